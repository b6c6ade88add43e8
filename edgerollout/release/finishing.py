"""Finishing the live release: what it still needs, with or without swaps. Nothing is published here. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edgerollout.errors import Refused
from edgerollout.release.coverage import plan_distribution
from edgerollout.release.live import attached, live_release, marked_unfinished
from edgerollout.release.model import Release
from edgerollout.release.plan import DistributionPlan, Finding, Plan, Severity, SwapTriggers
from edgerollout.release.planning import function_arn
from edgerollout.release.target import rolled_back, why_rolled_back

if TYPE_CHECKING:
    from edgerollout.release.environment import Environment
    from edgerollout.release.snapshot import Distribution, Snapshot


def plan_wait(environment: Environment, snapshot: Snapshot) -> Plan:
    """The plan of `wait`: what is left of the live release. It never publishes or swaps.

    Raises Refused when nothing of ours is live.
    """
    plan, swaps = _plan_live(environment, snapshot)
    uncovered = tuple(one for one in plan.distributions if one.id in swaps)
    findings = tuple(
        Finding(
            Severity.WARNING,
            "not-everywhere",
            f"release {plan.target} is not on every behavior of {one.name}; wait changes no triggers",
            f"Finish it: edgerollout publish -e {environment.name}",
            one.id,
        )
        for one in uncovered
    )
    by_id = {one.id: one for one in snapshot.distributions}
    return replace(
        plan,
        distributions=tuple(
            _without_swap(one, carried=plan.target in _carried(by_id[one.id], plan.function_arn))
            if one.id in swaps
            else one
            for one in plan.distributions
        ),
        uncovered=tuple(one.name for one in uncovered),
        findings=findings,
    )


def plan_finish(environment: Environment, snapshot: Snapshot) -> Plan:
    """The plan that brings the live release to every behavior and publishes nothing.

    Raises Refused when nothing of ours is live, or the release was rolled back somewhere.
    """
    plan, swaps = _plan_live(environment, snapshot)
    if swaps and plan.target is not None:
        why = why_rolled_back(environment, snapshot, plan.target)
        if why is not None:
            raise rolled_back(plan.target, why)
    return plan


def _plan_live(environment: Environment, snapshot: Snapshot) -> tuple[Plan, frozenset[str]]:
    """Everything the live release still needs, and the ids of the distributions that need a swap."""
    excluded = frozenset(environment.exclude)
    live = live_release(snapshot, excluded)
    arn = function_arn(environment.account, environment.function.name)
    if live is None:
        raise Refused(
            f"nothing of {environment.function.name} is attached in {environment.name}",
            hint=f"Publish first: edgerollout publish -e {environment.name}",
        )
    # Where a take-over was cut off, the function it replaces is still on its slots.
    replaced = () if live.release is None else live.release.replaced
    distributions = tuple(
        plan_distribution(
            distribution,
            snapshot.invalidations.get(distribution.id),
            function_arn=arn,
            event=environment.function.event,
            target=live.number,
            excluded=excluded,
            paths=environment.invalidate,
            marked=marked_unfinished(snapshot.function, distribution.id),
            replaceable=frozenset(one.arn.rpartition(":")[0] for one in replaced),
        )
        for distribution in snapshot.distributions
    )
    before = None if live.release is None or live.release.previous is None else live.release.previous
    document = None if before is None else snapshot.documents.get(before)
    plan = Plan(
        environment=environment.name,
        account=environment.account,
        function_arn=arn,
        event=environment.function.event,
        release=live.release,
        target=live.number,
        live=live,
        function_steps=(),
        distributions=distributions,
        before=document if isinstance(document, Release) else None,
        excluded=environment.exclude,
        urls=environment.urls,
    )
    swaps = (one.id for one in distributions if any(isinstance(step, SwapTriggers) for step in one.steps))
    return plan, frozenset(swaps)


def _without_swap(planned: DistributionPlan, *, carried: bool) -> DistributionPlan:
    finishing = tuple(step for step in planned.steps if not isinstance(step, SwapTriggers))
    return replace(planned, steps=finishing if carried else ())


def _carried(distribution: Distribution, arn: str) -> frozenset[int]:
    return frozenset(version.version for _, _, _, version in attached((distribution,), arn))
