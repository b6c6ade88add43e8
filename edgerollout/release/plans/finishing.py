"""Finish the live release: what it still needs, with or without swaps. Nothing is published here. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.errors import Refused
from edgerollout.policy.severity import Severity
from edgerollout.release.checks.unobserved import about_added_behaviors, added_unobserved, check_unobserved
from edgerollout.release.delivery.carrier import standing_invalidation
from edgerollout.release.delivery.choice import as_delivered, carrier_of, means_of
from edgerollout.release.delivery.coverage import plan_distribution
from edgerollout.release.delivery.steps import AwaitDeployed, DistributionPlan, Invalidate, SwapTriggers
from edgerollout.release.delivery.terraform import PARTLY_ATTACHED, partly_attached
from edgerollout.release.facts.arn import function_arn
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.live import (
    attached,
    handed_over,
    ledger_of,
    live_release,
    marked_unfinished,
    withdrawn,
)
from edgerollout.release.facts.reads import releases
from edgerollout.release.facts.release import Release
from edgerollout.release.facts.tfvars import TellingCommand
from edgerollout.release.facts.unreadable import UnreadableRelease, gone_without
from edgerollout.release.plans.handing_over import hand_over
from edgerollout.release.plans.plan import Plan
from edgerollout.release.plans.target import rolled_back, why_rolled_back

if TYPE_CHECKING:
    from edgerollout.advice import Advice
    from edgerollout.release.delivery.steps import DistributionStep
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.reads import Planning
    from edgerollout.release.facts.snapshot import Distribution, Function, Snapshot
    from edgerollout.release.facts.standing import LiveRelease


def _documents(environment: Environment, snapshot: Snapshot) -> frozenset[int]:
    """The release to be finished and the one before it: they tell the expected and the old headers."""
    function, live = snapshot.function, live_release(snapshot, frozenset(environment.exclude))
    if function is None:
        return frozenset()
    wanted = handed_over(snapshot) or (None if live is None else live.number)
    known = {wanted, None if live is None else live.number}
    line = None if wanted is None else ledger_of(function, wanted)
    known.add(None if line is None else line.previous)
    return frozenset(
        number for number in known if number is not None and ledger_of(function, number) is not None
    )


def plan_wait(environment: Environment, snapshot: Snapshot, *, patient: bool = False) -> Planning[Plan]:
    """Plan a `wait`: what the live release still needs. It never publishes or swaps.

    Where Terraform owns the triggers, it finishes the release that the tfvars name; `patient` waits until
    Terraform attaches it. Raises Refused when no release is live, or that release is not attached yet.
    """
    snapshot = yield releases(_documents(environment, snapshot))
    environment = _as_live(environment, snapshot)
    if snapshot.tfvars is not None:
        return _plan_handed_over(environment, snapshot, patient=patient)
    plan, swaps = _plan_live(environment, snapshot)
    plan = _not_swapping(
        plan, swaps, snapshot, "wait changes no behavior", CommandLine("publish", environment.name)
    )
    if carrier_of(environment).lost(snapshot):
        unknown = Finding(
            Severity.WARNING,
            "no-tfvars",
            f"{environment.tfvars} is lost, or names no release: the live release is finished, and"
            " `terraform plan` fails without it",
            advise(
                "Restore the file, or write it again: ",
                CommandLine("publish", environment.name),
                ". (With files of an earlier version, the next apply removes the function from every"
                " behavior.)",
            ),
        )
        plan = replace(plan, findings=(*plan.findings, unknown))
    return plan


def plan_finish(environment: Environment, snapshot: Snapshot) -> Plan:
    """The plan that attaches the live release to every behavior and publishes nothing.

    Raises Refused when no release is live, or the release counts as rolled back somewhere.
    """
    environment = _as_live(environment, snapshot)
    plan, swaps = _plan_live(environment, snapshot)
    if swaps and plan.target is not None:
        why = why_rolled_back(environment, snapshot, plan.target)
        if why is not None:
            raise rolled_back(plan.target, why, CommandLine("publish", environment.name, "--again"))
    if plan.release is not None:
        added = added_unobserved(environment, snapshot, plan.release, earlier=(plan.target,))
        found = (
            *check_unobserved(environment, added, None, publishes=False),
            *about_added_behaviors(environment, snapshot, plan.release),
        )
        plan = replace(plan, findings=(*plan.findings, *found))
    return hand_over(plan, environment, snapshot, TellingCommand.PROMOTE)


def _as_live(environment: Environment, snapshot: Snapshot) -> Environment:
    """The environment with the means of its live release: that is what is to be finished."""
    live = live_release(snapshot, frozenset(environment.exclude))
    return as_delivered(environment, snapshot.function, None if live is None else live.number)


def _plan_handed_over(environment: Environment, snapshot: Snapshot, *, patient: bool) -> Plan:
    """What the release in the tfvars still needs after Terraform has attached it."""
    function, live = snapshot.function, live_release(snapshot, frozenset(environment.exclude))
    if function is None:
        raise Refused(
            f"there is no function {environment.function.name} in us-east-1 of account {snapshot.account}",
            hint=advise("Publish first: ", CommandLine("publish", environment.name, "--no-swap")),
        )
    number = handed_over(snapshot)
    if number is None and snapshot.tfvars is not None and snapshot.tfvars.qualified_arn is not None:
        raise Refused(
            f"{environment.tfvars} names another function's version: {snapshot.tfvars.qualified_arn}",
            hint=advise("Write it again: ", CommandLine("publish", environment.name, "--no-swap")),
        )
    if number is None:
        return _plan_taken_off(environment, snapshot, function, live)
    if function.version(number) is None:
        raise Refused(
            f"{environment.tfvars} names release {number}, but {function.name} has no such version",
            hint=advise("Write it again: ", CommandLine("publish", environment.name, "--no-swap")),
        )
    plan, swaps = _plan_of(environment, snapshot, number, live)
    partly = tuple(partly_attached(environment, snapshot, plan.function_arn, plan.event))
    plan = replace(plan, findings=(*plan.findings, *partly))
    if patient:
        patiently = tuple(
            _until_attached(distribution) if distribution.id in swaps else distribution
            for distribution in plan.distributions
        )
        return replace(plan, distributions=patiently)
    if not any(number in _carried(distribution, function.arn) for distribution in snapshot.distributions):
        raise _not_attached(environment, live, number, taken_back=number in withdrawn(function))
    return _not_swapping(plan, swaps, snapshot, "Terraform has not attached it there", "terraform apply")


def _plan_taken_off(
    environment: Environment, snapshot: Snapshot, function: Function, live: LiveRelease | None
) -> Plan:
    """What is left after Terraform has removed our triggers: the cached responses with our headers."""
    if live is not None:
        raise Refused(
            f"release {live.number} is still attached in {environment.name}",
            why=f"{environment.tfvars} says that no release is to be attached",
            hint=_apply(environment),
        )
    means, carrier = means_of(environment, snapshot.policies), carrier_of(environment)

    def clearing(distribution: Distribution) -> DistributionPlan:
        settle: tuple[DistributionStep, ...] = () if distribution.deployed else (AwaitDeployed(),)
        due = means.cached(means.slot) and standing_invalidation(carrier, snapshot, distribution) is None
        return DistributionPlan(
            distribution.id,
            distribution.name,
            (),
            (*settle, *((Invalidate(environment.invalidate),) if due else ())),
        )

    return Plan(
        environment=environment.name,
        account=environment.account,
        function_arn=function.arn,
        means=means,
        release=None,
        target=None,
        live=None,
        function_steps=(),
        distributions=tuple(clearing(distribution) for distribution in snapshot.distributions),
        rolls_back=True,
        excluded=environment.exclude,
    )


def _not_attached(
    environment: Environment, live: LiveRelease | None, number: int, *, taken_back: bool
) -> Refused:
    now = "no release is live there" if live is None else f"release {live.number} is live there"
    return Refused(
        f"release {number} is not attached in {environment.name} yet",
        why=f"{environment.tfvars} names it; {now}" + ("; it is withdrawn" if taken_back else ""),
        hint=advise(
            "Name the release before it: ", CommandLine("rollback", environment.name, "--from", str(number))
        )
        if taken_back
        else _apply(environment),
    )


def _apply(environment: Environment) -> Advice:
    folder = "its folder" if environment.tfvars is None else str(environment.tfvars.parent)
    return advise(
        f"Run `terraform apply` in {folder}, then again: ",
        CommandLine("wait", environment.name),
        " (with --timeout TIME it waits for Terraform, too)",
    )


def _plan_live(environment: Environment, snapshot: Snapshot) -> tuple[Plan, frozenset[str]]:
    """Everything that the live release still needs, and the ids of the distributions that need a swap."""
    live = live_release(snapshot, frozenset(environment.exclude))
    if live is None:
        raise Refused(
            f"nothing of {environment.function.name} is attached in {environment.name}",
            hint=advise(
                "Publish first: "
                if not carrier_of(environment).lost(snapshot)
                else f"If {environment.tfvars} is lost: restore it, then `terraform apply`. Otherwise publish"
                " first: ",
                CommandLine("publish", environment.name),
            ),
        )
    return _plan_of(environment, snapshot, live.number, live)


def _plan_of(
    environment: Environment, snapshot: Snapshot, number: int, live: LiveRelease | None
) -> tuple[Plan, frozenset[str]]:
    """Everything a release still needs, and the ids of the distributions that need a swap."""
    excluded = frozenset(environment.exclude)
    arn = function_arn(environment.account, environment.function.name)
    document = snapshot.documents.get(number)
    release = document if isinstance(document, Release) else None
    # After an interrupted take-over, the replaced function is still on its slots.
    replaced = () if release is None else release.replaced
    carried = () if release is None else release.carried
    means = means_of(environment, snapshot.policies, carried)
    distributions = tuple(
        plan_distribution(
            distribution,
            standing_invalidation(carrier_of(environment), snapshot, distribution),
            means=means,
            function_arn=arn,
            target=number,
            excluded=excluded,
            paths=environment.invalidate,
            marked=marked_unfinished(snapshot, distribution),
            replaceable=frozenset(
                {
                    *(trigger.arn.rpartition(":")[0] for trigger in replaced),
                    *(policy.id for policy in carried),
                }
            ),
        )
        for distribution in snapshot.distributions
    )
    if live is not None and live.number != number:
        before = live.release
    else:
        followed = None if release is None or release.previous is None else release.previous
        earlier = None if followed is None else snapshot.documents.get(followed)
        before = earlier if isinstance(earlier, Release) else None
    plan = Plan(
        environment=environment.name,
        account=environment.account,
        function_arn=arn,
        means=means,
        release=release,
        target=number,
        live=live,
        function_steps=(),
        distributions=distributions,
        before=before,
        findings=(gone_without(document, "the live headers will not be compared with it"),)
        if isinstance(document, UnreadableRelease)
        else (),
        excluded=environment.exclude,
        urls=environment.urls,
    )
    swaps = (
        distribution.id
        for distribution in distributions
        if any(isinstance(step, SwapTriggers) for step in distribution.steps)
    )
    return plan, frozenset(swaps)


def _not_swapping(
    plan: Plan, swaps: frozenset[str], snapshot: Snapshot, why: str, finish: str | CommandLine
) -> Plan:
    """The plan without its swaps, and a warning for each distribution that needs one."""
    uncovered = tuple(distribution for distribution in plan.distributions if distribution.id in swaps)
    findings = tuple(
        Finding(
            Severity.WARNING,
            "not-everywhere",
            f"release {plan.target} is not on every behavior of {distribution.name}; {why}",
            advise("Finish it: ", finish),
            distribution.id,
        )
        for distribution in uncovered
    )
    by_id = {distribution.id: distribution for distribution in snapshot.distributions}
    told = {finding.distribution for finding in plan.findings if finding.rule == PARTLY_ATTACHED}
    return replace(
        plan,
        distributions=tuple(
            _without_swap(
                distribution, carried=plan.target in _carried(by_id[distribution.id], plan.function_arn)
            )
            if distribution.id in swaps
            else distribution
            for distribution in plan.distributions
        ),
        uncovered=tuple(distribution.name for distribution in uncovered),
        findings=(*plan.findings, *(finding for finding in findings if finding.distribution not in told)),
    )


def _without_swap(planned: DistributionPlan, *, carried: bool) -> DistributionPlan:
    finishing = tuple(step for step in planned.steps if not isinstance(step, SwapTriggers))
    return replace(planned, steps=finishing if carried else ())


def _until_attached(planned: DistributionPlan) -> DistributionPlan:
    """The same steps, with Terraform's apply instead of our update."""
    swaps = [step for step in planned.steps if isinstance(step, SwapTriggers)]
    clearing = [step for step in planned.steps if isinstance(step, Invalidate)]
    return replace(planned, steps=(AwaitDeployed(swaps[-1].intent, attached_elsewhere=True), *clearing[-1:]))


def _carried(distribution: Distribution, arn: str) -> frozenset[int]:
    return frozenset(version.version for _, _, _, version in attached((distribution,), arn))
