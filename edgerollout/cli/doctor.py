"""`edgerollout doctor`: is everything ready, and which rights does a command need? Only reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from edgerollout.cli.boundary import run_command
from edgerollout.cli.completion import commands
from edgerollout.cli.examples import examples
from edgerollout.cli.options import Options, with_global_options
from edgerollout.views.output.encoder import OutsideFormat, json_text

if TYPE_CHECKING:
    from edgerollout.aws.permissions import PermissionTarget
    from edgerollout.cli.invocation import Invocation
    from edgerollout.errors import ExitCode
    from edgerollout.release.facts.check import Checkup
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.snapshot import Distribution, Role
    from edgerollout.rollout.session import Session

EXAMPLES = examples(
    ("doctor -e testing", "is everything in place?"),
    ("doctor -e testing -o json", "for scripts"),
    ("doctor -e testing --contact", "does this account answer as edgerollout expects?"),
    ("doctor -e testing --policy publish", "the IAM policy that publish needs"),
    ("doctor -e testing --oidc acme/site", "who may assume the role: GitHub's jobs"),
)


@with_global_options
def doctor(
    options: Options,
    contact: Annotated[
        bool,
        typer.Option(
            "--contact",
            help="Make every read of a publish, and compare AWS's answers with what edgerollout expects."
            " Changes nothing; under a minute.",
        ),
    ] = False,
    policy: Annotated[
        str | None,
        typer.Option(
            "--policy",
            metavar="COMMAND",
            autocompletion=commands,
            help="Print the IAM policy that a command needs, or `all`.",
        ),
    ] = None,
    create: Annotated[
        bool, typer.Option("--create", help="With --policy: what only the first rollout needs, too.")
    ] = False,
    oidc: Annotated[
        str | None,
        typer.Option(
            "--oidc",
            metavar="OWNER/REPO",
            help="Print the trust policy for a GitHub environment's jobs.",
        ),
    ] = None,
) -> None:
    """Check what a publish needs: rights, role, function, slots, quotas, caches. Changes nothing.

    Exit code 6 when something forbids a publish. What is unknown is reported, and does not fail.
    """
    run_command(options, lambda: _run(options, policy, oidc, first=create, contact=contact))


def _run(
    options: Options, command: str | None, repository: str | None, *, first: bool, contact: bool
) -> ExitCode:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.errors import ExitCode, UsageError

    invocation = Invocation(options)
    output = invocation.document_format()
    if contact:
        if first or command is not None or repository is not None:
            raise UsageError(
                "--contact cannot be combined with another document", hint="Run one after the other."
            )
        return _contact(invocation, output)
    if command is None and repository is None:
        if first:
            raise UsageError("--create needs --policy", hint="Leave it out.")
        return _check(invocation, output)
    if command is not None and repository is not None:
        raise UsageError(
            "--policy and --oidc are two documents",
            hint="Print one after the other, each into its own file.",
        )
    if output == "markdown":
        raise UsageError("an IAM policy is JSON", hint="Leave -o markdown out.")
    environment = invocation.environment().environment
    if repository is not None:
        document = _trust(invocation, environment, repository)
    else:
        document = _policy(invocation, environment, str(command), first=first)
    invocation.streams.write_data(json_text(OutsideFormat(content=document)))
    return ExitCode.DONE


def _check(invocation: Invocation, output: str) -> ExitCode:
    from edgerollout.cli.rendering import show
    from edgerollout.errors import ExitCode
    from edgerollout.views.doctor import doctor_document
    from edgerollout.views.output.doctor import doctor_json

    environment = invocation.environment().environment
    found = _look(invocation, environment)
    show(
        invocation,
        output,
        document=lambda: doctor_document(found, quiet=invocation.quiet),
        json=lambda: doctor_json(found, invocation.spell),
    )
    return ExitCode.REFUSED if found.forbidden else ExitCode.DONE


def _contact(invocation: Invocation, output: str) -> ExitCode:
    from edgerollout.cli.reading import reading_session
    from edgerollout.cli.rendering import show
    from edgerollout.errors import ExitCode
    from edgerollout.release.facts.contact import Contact
    from edgerollout.rollout.contact import PATIENCE, look
    from edgerollout.views.contact import contact_document
    from edgerollout.views.output.doctor import contact_json

    environment = invocation.environment().environment
    session = reading_session(invocation, environment, patience=PATIENCE)
    environment = _with_means(invocation, session, environment)
    found = look(session, environment)
    show(
        invocation,
        output,
        document=lambda: contact_document(environment.name, found, quiet=invocation.quiet),
        json=lambda: contact_json(environment.name, found),
    )
    return (
        ExitCode.REFUSED
        if any(assumption.state is Contact.DIFFERS for assumption in found)
        else ExitCode.DONE
    )


def _look(invocation: Invocation, environment: Environment) -> Checkup:
    from edgerollout.aws import permissions
    from edgerollout.cli.reading import reading_session
    from edgerollout.policy.render import ENFORCED, REPORT_ONLY
    from edgerollout.release.checks.checkup import check_up
    from edgerollout.rollout.inspection import inspect

    session = reading_session(invocation, environment)
    environment = _with_means(invocation, session, environment)
    sent = {header.name for header in invocation.project.policy_of(environment).headers}
    facts = inspect(
        session,
        environment,
        invocation.siblings(environment),
        rights=lambda everything, role: {
            name: permissions.rights(name, _target(invocation, environment, everything, role))
            for name in permissions.COMMANDS
        },
        wins=frozenset({*sent, ENFORCED, REPORT_ONLY}),
        region=invocation.variables.get("AWS_REGION") or invocation.variables.get("AWS_DEFAULT_REGION"),
    )
    return check_up(environment, facts)


def _with_means(invocation: Invocation, session: Session, environment: Environment) -> Environment:
    """The environment with its means; where that cannot be told, what is wrong is what the check-up finds."""
    from dataclasses import replace

    from edgerollout.cli.means import with_means
    from edgerollout.errors import EdgerolloutError
    from edgerollout.release.facts.environment import LAMBDA_EDGE

    try:
        return with_means(invocation, session, environment)[0]
    except EdgerolloutError:
        return replace(environment, deliver=LAMBDA_EDGE)


def _policy(
    invocation: Invocation, environment: Environment, command: str, *, first: bool
) -> dict[str, object]:
    from edgerollout.aws import permissions
    from edgerollout.errors import UsageError
    from edgerollout.policy.wording import did_you_mean

    known = (*permissions.COMMANDS, "all")
    if command not in known:
        raise UsageError(
            f"no rights are known for {command!r}",
            why=did_you_mean(command, known),
            hint=f"Choose one of {', '.join(known)}.",
        )
    commands = permissions.COMMANDS if command == "all" else (command,)
    everything, role = _listed(invocation, environment)
    target = _target(invocation, environment, everything, role)
    if everything and not target.distributions:
        invocation.say_aside(
            f"note: not every distribution of {environment.name} was found, so it says distribution/*"
        )
    document = permissions.policy(commands, target, first=first)
    for action, why in permissions.wildcards(commands, target):
        invocation.say_aside(f"note: {action} is on *: {why}")
    size = len(json.dumps(document, separators=(",", ":")))
    if size > permissions.MANAGED_POLICY_LIMIT:
        invocation.say_aside(
            f"note: {size} characters; a managed policy can have {permissions.MANAGED_POLICY_LIMIT}:"
            " replace the ids by distribution/*, or split it"
        )
    return document


def _listed(invocation: Invocation, environment: Environment) -> tuple[tuple[Distribution, ...], Role | None]:
    """The account's distributions and the role; a note where they cannot be read."""
    from edgerollout.cli.reading import reading_session
    from edgerollout.errors import EdgerolloutError
    from edgerollout.rollout.reading import check_account

    try:
        aws = reading_session(invocation, environment).aws
        check_account(aws, environment)
        everything = aws.cloudfront.distributions()
    except EdgerolloutError as error:
        unknown = "whether they have VPC origins or web ACLs, which need more rights, is unknown"
        if not _ids(environment):
            unknown = "the distributions' ids are unknown, so it says distribution/*"
        invocation.say_aside(f"note: {unknown}: {error}")
        return (), None
    try:
        return everything, aws.roles.role(environment.function.role)
    except EdgerolloutError:
        # Only its path, if it has one, is unknown.
        return everything, None


def _target(
    invocation: Invocation,
    environment: Environment,
    everything: tuple[Distribution, ...],
    role: Role | None,
) -> PermissionTarget:
    """The environment's resources, and those of the environment before where the account is the same.

    In a policy, a role's ARN has its path and name.
    """
    from edgerollout.aws.permissions import PermissionTarget
    from edgerollout.release.delivery.choice import carrier_of, may_need_policies

    before: PermissionTarget | None = None
    other = None if environment.after is None else invocation.project.environments[environment.after]
    if other is not None and other.account == environment.account:
        ids = tuple(distribution.id for distribution in _own(other, everything)) or _ids(other)
        before = PermissionTarget(other.account, other.function.name, other.function.role, ids)
    settings = environment.function
    own = _own(environment, everything)
    return PermissionTarget(
        environment.account,
        settings.name,
        settings.role if role is None else f"{role.path}{role.name}".removeprefix("/"),
        tuple(distribution.id for distribution in own) or _ids(environment),
        before,
        swaps=carrier_of(environment).file is None,
        vpc_origins=tuple(sorted({origin for distribution in own for origin in distribution.vpc_origins})),
        web_acls=tuple(
            sorted({distribution.web_acl for distribution in own if distribution.web_acl is not None})
        ),
        by_policy=may_need_policies(environment),
    )


def _ids(environment: Environment) -> tuple[str, ...]:
    """The ids in the configuration; empty where it names a distribution in another way."""
    named = tuple(
        distribution.id for distribution in environment.distributions if distribution.id is not None
    )
    return named if len(named) == len(environment.distributions) else ()


def _own(environment: Environment, everything: tuple[Distribution, ...]) -> tuple[Distribution, ...]:
    """The environment's distributions; empty where one of them is not in the list."""
    from edgerollout.errors import UsageError
    from edgerollout.rollout.reading import resolve

    try:
        return resolve(environment.distributions, everything, environment.name)
    except UsageError:
        return ()


def _trust(invocation: Invocation, environment: Environment, repository: str) -> dict[str, object]:
    import re

    from edgerollout.aws.permissions import github_trust
    from edgerollout.errors import UsageError

    name = repository.removeprefix("github:")
    if re.fullmatch(r"[A-Za-z0-9-]+(@\d+)?/[A-Za-z0-9._-]+(@\d+)?", name) is None or (name.count("@") == 1):
        raise UsageError(
            f"{repository!r} is not a repository",
            hint="Write OWNER/REPO, or OWNER@ID/REPO@ID where GitHub gives immutable subjects.",
        )
    invocation.say_aside(
        f"note: the workflow's job has to say `environment: {environment.name}`, and the account needs the"
        " identity provider https://token.actions.githubusercontent.com"
    )
    if "@" not in name:
        invocation.say_aside(
            "note: repositories made since July 2026 have ids in their subject: --oidc OWNER@ID/REPO@ID"
        )
    invocation.say_aside(
        f"note: allow the GitHub environment {environment.name} deployments from your protected branch only"
        " (Settings > Environments > Deployment branches); otherwise a workflow of any branch gets the role"
    )
    return github_trust(environment.account, name, environment.name)
