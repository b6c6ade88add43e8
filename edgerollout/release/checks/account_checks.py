"""Checks of the account: credentials, rights, the role, the function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.release.delivery.choice import needs_policies
from edgerollout.release.delivery.edge_rules import (
    check_function,
    check_release_runtime,
    check_role,
    check_runtime_updates,
)
from edgerollout.release.delivery.tag_room import check_room
from edgerollout.release.facts.account_facts import SERVICE_LINKED_ROLES
from edgerollout.release.facts.arn import function_arn
from edgerollout.release.facts.check import Check, CheckState, of_findings, shortened, unknown
from edgerollout.release.facts.release import HandlerFacts, Release
from edgerollout.release.facts.snapshot import Role
from edgerollout.release.facts.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgerollout.advice import Hint
    from edgerollout.release.facts.account_facts import Decision, Facts, Permissions, Right
    from edgerollout.release.facts.environment import Environment

EDGE_REGION = "us-east-1"

_TRUST = (
    "CloudFront refuses a function whose role it cannot assume; Lambda runs the function and edgelambda its"
    " replicas."
)
_EDGE = "CloudFront refuses to attach a version that breaks one of Lambda@Edge's rules."
_RIGHTS = "Otherwise a missing right is only found in the middle of a rollout."
_SIMULATED = (
    "IAM simulates the principal's own policies, its boundary and service control policies. It leaves"
    " out session policies and conditions on the request."
)


def check_account(environment: Environment, facts: Facts) -> Check:
    """Check that the credentials are for the environment's account."""
    partition = facts.caller.split(":")[1] if facts.caller.count(":") > 1 else "aws"
    if facts.account != environment.account:
        return Check(
            "credentials",
            CheckState.ERROR,
            facts.caller,
            f"these credentials are for account {facts.account}, {environment.name} is in"
            f" {environment.account}",
            "Everything else would be read from, and written to, the wrong account.",
            "Choose other credentials (AWS_PROFILE, --profile), or name them in the configuration:"
            f" environments.{environment.name}.profile or role_arn.",
        )
    if partition != "aws":
        return Check(
            "credentials",
            CheckState.ERROR,
            facts.caller,
            f"these credentials are of the partition {partition}",
            "Lambda@Edge runs in AWS's commercial regions only, not in China and not in GovCloud.",
            "Use CloudFront Functions or response headers policies there.",
        )
    if facts.caller.endswith(":root"):
        return Check(
            "credentials",
            CheckState.WARNING,
            facts.caller,
            f"account {facts.account}, as its root user",
            "The root user may do everything and cannot be limited.",
            advise("Use a role with the policy of `", _policy(environment, "publish"), "`."),
        )
    return Check("credentials", CheckState.OK, facts.caller, f"account {facts.account}, as configured")


def check_region(facts: Facts) -> Check:
    """Say which region the function is in, whatever the user's settings are."""
    message = f"the function lives in {EDGE_REGION}, as all Lambda@Edge functions"
    if facts.region not in (None, EDGE_REGION):
        message += f"; your region {facts.region} is not used"
    return Check("region", CheckState.OK, EDGE_REGION, message)


def check_permissions(environment: Environment, facts: Facts) -> Iterator[Check]:
    """What IAM says about the rights of each command. Commands with all their rights share one check."""
    given = facts.permissions
    if isinstance(given, Unreadable):
        fix: Hint = advise(
            "Allow iam:SimulatePrincipalPolicy and iam:GetRole (`", _policy(environment, "doctor"), "`)."
        )
        if given.subject == "principal":
            fix = "Run it as the user or role that publishes."
        yield unknown("permissions", facts.caller, f"not known: {given.why}", _RIGHTS, fix=fix)
        return
    fine: list[str] = []
    for command, rights in facts.rights.items():
        check = _permission(environment, command, rights, given)
        if check.state is CheckState.OK:
            fine.append(command)
        else:
            yield check
    if fine:
        unasked = sorted({right.action for name in fine for right in facts.rights[name] if not right.askable})
        more = f" (not known, IAM does not simulate them: {', '.join(unasked)})" if unasked else ""
        yield Check(
            "permissions", CheckState.OK, given.principal, f"enough for {', '.join(fine)}{more}", _SIMULATED
        )


def _permission(environment: Environment, command: str, rights: Sequence[Right], given: Permissions) -> Check:
    decided = {(decision.action, decision.resource): decision for decision in given.decisions}
    denied: list[tuple[Right, Decision]] = []
    open_questions: list[str] = []
    for right in rights:
        for resource in right.resources:
            decision = decided.get((right.action, resource))
            if decision is None:
                if right.askable:
                    open_questions.append(right.action)
            elif not decision.allowed and decision.unknown:
                open_questions.append(f"{right.action} (depends on {', '.join(decision.unknown)})")
            elif not decision.allowed:
                denied.append((right, decision))
    needed = [pair for pair in denied if not pair[0].optional]
    fix: Hint = advise("Attach the policy of `", _policy(environment, command), "`.")
    if needed:
        # This check-up is about a publish; a caller with read rights may lack the others.
        state = CheckState.ERROR if command == "publish" else CheckState.WARNING
        if any(decision.by_organization for _, decision in needed):
            fix = "A service control policy of the organization denies it: ask its administrators."
        message = f"{command} lacks {_actions(decision for _, decision in needed)}"
        return Check("permissions", state, command, message, _RIGHTS, fix)
    if open_questions:
        message = f"{command}: not known: {shortened(dict.fromkeys(open_questions))}"
        return unknown("permissions", command, message, _SIMULATED)
    spare = {right.action: right.note for right, _ in denied}
    if spare and command in ("publish", "doctor"):
        # Every other command reports its own missing rights.
        words = shortened((f"{action} ({note})" for action, note in spare.items()), 6)
        message = f"{command} works, and does without {words}"
        return Check("permissions", CheckState.WARNING, command, message, _RIGHTS, fix)
    return Check("permissions", CheckState.OK, command, "all rights")


def _actions(decisions: Iterator[Decision]) -> str:
    wanted: dict[str, str] = {}
    for decision in decisions:
        wanted.setdefault(decision.action, decision.resource)
    return shortened((f"{action} on {resource}" for action, resource in wanted.items()), 6)


def check_role_and_function(environment: Environment, facts: Facts) -> Iterator[Check]:
    """The execution role's trust, and the function against Lambda@Edge's rules."""
    settings, function = environment.function, facts.function
    missing = function is None
    if facts.role is None and missing:
        yield Check(
            "role",
            CheckState.WARNING,
            settings.role,
            f"the role {settings.role} does not exist yet",
            "The function runs as this role.",
            advise(
                "`", CommandLine("publish", environment.name, "--create"), "` makes it, with the function."
            ),
        )
    else:
        yield from of_findings(
            "role",
            settings.role,
            check_role(facts.role, settings.role, create=False),
            fine="lambda and edgelambda may assume it",
            why=_TRUST,
        )
    match function:
        case None:
            yield Check(
                "function",
                CheckState.WARNING,
                settings.name,
                f"the function {settings.name} does not exist in {EDGE_REGION} yet",
                "Releases are its versions.",
                advise("`", CommandLine("publish", environment.name, "--create"), "` makes it."),
            )
        case Unreadable():
            yield unknown(
                "function",
                settings.name,
                f"not known: {function.why}",
                _EDGE,
                fix=f"Allow lambda:GetFunction on {function_arn(environment.account, settings.name)}.",
            )
        case _:
            fine = f"keeps Lambda@Edge's rules: x86_64, {function.runtime}, no environment variables, no VPC"
            about = (
                *check_function(function),
                *check_runtime_updates(settings.name, facts.runtime_updates),
                *check_room(function),
            )
            yield from of_findings("function", settings.name, about, fine=fine, why=_EDGE)
            if isinstance(facts.role, Role) and facts.role.arn != function.role_arn:
                yield Check(
                    "function",
                    CheckState.WARNING,
                    settings.name,
                    f"it runs as {function.role_arn}, but the configuration names {settings.role}",
                    "The next publish gives it the configured role, which must then trust edgelambda.",
                    "Write the right role under function.role.",
                )
    yield from of_findings(
        "runtime",
        settings.name,
        check_release_runtime(_as_configured(environment), settings.event),
        fine=f"{settings.runtime}, {settings.memory} MB, {settings.timeout} s: fit for {settings.event}"
        + (", though it runs nowhere now" if needs_policies(environment) else ""),
        why="CloudFront and Lambda check the configured runtime, memory and timeout at the next publish.",
    )


def check_service_linked(environment: Environment, facts: Facts) -> Iterator[Check]:
    """Check the roles with which Lambda copies functions to the edges and CloudFront writes their logs."""
    if needs_policies(environment):
        return
    for name, service in SERVICE_LINKED_ROLES.items():
        role = facts.service_linked.get(name)
        match role:
            case Role():
                yield Check("service-linked-role", CheckState.OK, name, "exists")
            case None:
                yield Check(
                    "service-linked-role",
                    CheckState.WARNING,
                    name,
                    "is not there yet",
                    "AWS makes it with the account's first trigger, if the caller has the right.",
                    advise(
                        "Allow iam:CreateServiceLinkedRole (`",
                        _policy(environment, "publish").plus("--create"),
                        f"`), or run once: aws iam create-service-linked-role --aws-service-name {service}",
                    ),
                )
            case Unreadable():
                yield unknown(
                    "service-linked-role",
                    name,
                    f"not known: {role.why}",
                    "Without it the account's first trigger is refused.",
                    fix=f"Allow iam:GetRole on role/aws-service-role/{service}/{name}.",
                )


def _policy(environment: Environment, command: str) -> CommandLine:
    """The command line that prints a command's policy."""
    return CommandLine("doctor", environment.name, "--policy", command)


def _as_configured(environment: Environment) -> Release:
    """A release with the configured runtime and settings, for the rules that check them."""
    settings = environment.function
    handler = HandlerFacts(
        {}, settings.runtime, settings.entry, settings.memory, settings.timeout, settings.role
    )
    return Release(environment.name, handler)
