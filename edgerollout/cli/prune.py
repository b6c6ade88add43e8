"""`edgerollout prune`: deletes old versions that nothing uses and no rollback needs."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from edgerollout.advice import CommandLine
from edgerollout.cli.boundary import run_command
from edgerollout.cli.examples import examples
from edgerollout.cli.options import Options, with_global_options
from edgerollout.policy.severity import Severity
from edgerollout.release.plans.pruning import KEEP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.cli.acting.run import Run
    from edgerollout.cli.invocation import Invocation
    from edgerollout.config import ChosenEnvironment
    from edgerollout.errors import ExitCode
    from edgerollout.release.facts.headers_policies import StandingPolicy
    from edgerollout.release.plans.pruning import PrunePlan
    from edgerollout.rollout.session import Session
    from edgerollout.views.heading import Heading

EXAMPLES = examples(
    ("prune -e testing --dry-run", "what would be deleted, and why the rest stays"),
    ("prune -e testing --keep 3 --yes", "keep the newest three"),
    ("prune --function security-headers", "without a configuration"),
)


@with_global_options
def prune(
    options: Options,
    keep: Annotated[
        int, typer.Option("--keep", metavar="N", min=0, help="How many of the newest releases stay.")
    ] = KEEP,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be deleted; -o text, json, markdown.")
    ] = False,
    function: Annotated[
        str | None,
        typer.Option("--function", metavar="NAME", help="Versions of this function; no config needed."),
    ] = None,
) -> None:
    """Delete old versions of the environment's function.

    It keeps versions that a distribution of the account uses, that an alias names, or that a rollback needs,
    the newest releases, and every version that edgerollout did not publish. A version with replicas at the
    edge is pending: Lambda allows deleting it some hours after its last use, so run it again then.
    """
    run_command(options, partial(_run, options, keep, function, dry_run=dry_run))


def _run(options: Options, keep: int, function: str | None, *, dry_run: bool) -> ExitCode:
    from edgerollout.cli.acting.confirmation import check_may_act
    from edgerollout.cli.acting.run import acting
    from edgerollout.cli.by_function import chosen_by_function
    from edgerollout.cli.invocation import Invocation
    from edgerollout.rollout.pruning import Pruning

    invocation = Invocation(options)
    chosen = invocation.environment() if function is None else chosen_by_function(invocation, function)
    if dry_run:
        return _show(invocation, chosen, keep, function)
    check_may_act(invocation, chosen)
    with acting(invocation, "prune", chosen) as run:
        plan = _plan(run.session, invocation, chosen, keep, function)
        heading = _heading(plan, run.session)
        _agree(run, plan, heading)
        run.begin(heading)
        again = _again(chosen, keep, function)
        return Pruning(run.session, plan, again).run().exit_code


def _show(invocation: Invocation, chosen: ChosenEnvironment, keep: int, function: str | None) -> ExitCode:
    from edgerollout.cli.reading import reading_session
    from edgerollout.cli.rendering import show
    from edgerollout.errors import ExitCode
    from edgerollout.views.output.pruning import pruning_json
    from edgerollout.views.pruning import pruning_document

    output = invocation.document_format()
    session = reading_session(invocation, chosen.environment)
    plan = _plan(session, invocation, chosen, keep, function)
    show(
        invocation,
        output,
        document=lambda: pruning_document(plan),
        json=lambda: pruning_json(plan),
    )
    return ExitCode.DONE


def _plan(
    session: Session, invocation: Invocation, chosen: ChosenEnvironment, keep: int, function: str | None
) -> PrunePlan:
    """Read AWS and decide about every version."""
    from edgerollout.cli.by_function import environment_of
    from edgerollout.cli.handing_over import read_tfvars
    from edgerollout.release.delivery.choice import went_by_policy
    from edgerollout.release.plans.pruning import PruneRequest, plan_prune
    from edgerollout.rollout.reading import take_snapshot

    environment, siblings, read = environment_of(session, invocation, chosen, function)
    snapshot = take_snapshot(session, environment, siblings, tfvars=read_tfvars(environment), read=read)
    if went_by_policy(snapshot.function) and not snapshot.policies:
        # None is attached: they may be left over from before the means was changed.
        snapshot = replace(snapshot, policies=_policies(session))
    aliases = None if snapshot.function is None else _aliases(session, snapshot.function.name)
    return plan_prune(PruneRequest(environment, keep), snapshot, aliases)


def _policies(session: Session) -> tuple[StandingPolicy, ...]:
    """The account's response headers policies; none without the right to list them."""
    from edgerollout.release.facts.events import Noticed
    from edgerollout.rollout.ports import AwsFailure

    try:
        return session.aws.cloudfront.own_headers_policies()
    except AwsFailure as failure:
        if not failure.denied:
            raise
        message = f"response headers policies are unknown ({failure}): those of earlier releases stay"
        session.emit(Noticed(Severity.WARNING, message))
        return ()


def _aliases(session: Session, function: str) -> Mapping[str, frozenset[int]] | None:
    """The versions that the function's aliases name; None without the right to list them."""
    from edgerollout.release.facts.events import Noticed
    from edgerollout.rollout.ports import AwsFailure

    try:
        return session.aws.functions.aliases(function)
    except AwsFailure as failure:
        if not failure.denied:
            raise
        message = (
            f"aliases are unknown ({failure}); Lambda itself refuses to delete a version that an alias names"
        )
        session.emit(Noticed(Severity.WARNING, message))
        return None


def _agree(run: Run, plan: PrunePlan, heading: Heading) -> None:
    """Show the plan to people, and ask."""
    from edgerollout.cli.acting.confirmation import confirm
    from edgerollout.cli.rendering import show_aside
    from edgerollout.views.pruning import pruning_document, pruning_summary
    from edgerollout.views.wording import against_words

    invocation, github = run.invocation, run.relay.github
    document = pruning_document(plan, against=against_words(heading.endpoint, sandbox=heading.sandbox))
    asks = plan.changes and not invocation.options.yes
    if github is not None:
        github.found(f"Versions of {plan.function}: {pruning_summary(plan)}", document, heading)
    elif asks or (run.relay.name != "json" and not invocation.quiet):
        show_aside(invocation, document)
    if asks:
        confirm(invocation, run.chosen)


def _heading(plan: PrunePlan, session: Session) -> Heading:
    from edgerollout.views.heading import Heading

    return Heading(
        "prune",
        plan.environment,
        plan.account,
        live=plan.live,
        target=plan.live,
        endpoint=session.aws.endpoint,
        sandbox=session.sandbox,
    )


def _again(chosen: ChosenEnvironment, keep: int, function: str | None) -> CommandLine:
    own = () if keep == KEEP else ("--keep", str(keep))
    if function is not None:
        return CommandLine("prune", None, *own, "--function", function)
    return CommandLine("prune", chosen.environment.name, *own)
