"""How a run takes itself back: it undoes its own changes, and nothing else. Pure.

A run *introduces* a release that it attaches for the first time, or that it finishes after an earlier run
stopped half-way. Then every distribution goes back to the release before, and the release is marked as
withdrawn. Any other run only repairs: it attaches a release that was live already. Then only the
distributions that it swapped get their triggers back, at their events, and the release is not marked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgerollout.policy.severity import Severity
from edgerollout.release.delivery.means import seen
from edgerollout.release.delivery.steps import (
    WRITES,
    Action,
    AwaitDeployed,
    BehaviorPlan,
    DistributionPlan,
    DistributionStep,
    Invalidate,
    Slot,
    SwapTriggers,
    TriggerIntent,
)
from edgerollout.release.facts.arn import is_ours
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.headers_policies import found_again
from edgerollout.release.facts.live import half_done, ledger_of, live_release
from edgerollout.release.facts.reads import ReadRelease, knowing
from edgerollout.release.facts.release import SHORT
from edgerollout.release.facts.snapshot import Trigger
from edgerollout.release.plans.plan import RecreateHeadersPolicy
from edgerollout.release.plans.rollback import RollbackRequest, plan_rollback

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.release.delivery.means import Means
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.reads import Planning, Read
    from edgerollout.release.facts.snapshot import Behavior, Distribution, Snapshot
    from edgerollout.release.plans.plan import Plan


@dataclass(frozen=True)
class Carried:
    """A run that is to be taken back: its plan, the state of AWS before it, and its release."""

    plan: Plan
    before: Snapshot
    number: int

    @property
    def introduced(self) -> bool:
        """Whether the run attached the release first, or finished it after an earlier run."""
        return introduces(self.plan, self.before)

    @property
    def changed(self) -> bool:
        """Whether the run changed triggers: one that only invalidates and checks has none to take back."""
        return any(
            isinstance(step, SwapTriggers)
            for distribution in self.plan.distributions
            for step in distribution.steps
        )

    @property
    def leads_to(self) -> int | None:
        """The release that is live once the run is taken back; None: none of ours."""
        if not self.introduced:
            return self.number
        return None if self.plan.release is None else self.plan.release.previous


def introduces(plan: Plan, before: Snapshot) -> bool:
    """Whether the plan attaches a release that was not live everywhere."""
    excluded = frozenset(plan.excluded)
    live = live_release(before, excluded)
    if plan.target is None or live is None or plan.target != live.number:
        return True
    return half_done(before, live, excluded)


def enforces_anew(plan: Plan, before: Snapshot) -> bool:
    """Whether the plan enforces a policy that the previous release did not enforce."""
    release, function = plan.release, before.function
    if release is None or release.enforced_digest is None or release.previous is None or function is None:
        return False
    line = ledger_of(function, release.previous)
    earlier = None if line is None else line.enforced
    return introduces(plan, before) and earlier != release.enforced_digest[:SHORT]


def plan_take_back(environment: Environment, carried: Carried, now: Snapshot) -> Planning[Plan]:
    """Plan how a run is undone. Raises what planning a rollback raises."""
    done = {
        distribution.id: distribution
        for distribution in carried.plan.distributions
        if any(isinstance(step, SwapTriggers) for step in distribution.steps)
    }
    if not carried.introduced:
        return _mend_undone(environment, carried, now, done)
    request = RollbackRequest(environment, back_from=carried.number)
    release = carried.plan.release
    if release is not None and carried.plan.publishes:
        # This run has made the release, so its zip need not be read to know what it took over.
        def with_own(snapshot: Snapshot) -> Snapshot:
            return replace(snapshot, documents={**snapshot.documents, carried.number: release})

        own: frozenset[Read] = frozenset({ReadRelease(carried.number)})
        plan = yield from knowing(plan_rollback(request, with_own(now)), own, with_own)
    else:
        plan = yield from plan_rollback(request, now)
    return replace(
        plan,
        distributions=tuple(
            _slots_back(environment, carried, now, done[distribution.id], plan.target, plan.means)
            if distribution.id in done and _moves_events(done[distribution.id], carried.plan.event)
            else distribution
            for distribution in plan.distributions
        ),
    )


def _mend_undone(
    environment: Environment, carried: Carried, now: Snapshot, done: dict[str, DistributionPlan]
) -> Plan:
    planned = tuple(
        _slots_back(environment, carried, now, done[distribution.id], carried.number, None)
        if distribution.id in done
        else replace(distribution, steps=(), behaviors=())
        for distribution in carried.plan.distributions
    )
    return replace(
        carried.plan,
        release=None,
        target=carried.number,
        function_steps=(),
        distributions=planned,
        rolls_back=True,
        before=None,
        gates=(),
        findings=tuple(_left_alone(carried, now, done)),
    )


def _moves_events(planned: DistributionPlan, event: str) -> bool:
    return any(row.action in WRITES and row.event != event for row in planned.behaviors)


def _slots(carried: Carried, planned: DistributionPlan, previous: int | None) -> Iterator[Slot]:
    """The changes of the run on one distribution, reversed. `previous`: the release for our own triggers."""
    plan = carried.plan
    before = carried.before.distribution(planned.id).behaviors
    moved = {row.path for row in planned.behaviors if row.event != plan.event and row.action in WRITES}
    brought = plan.version_arn(carried.number)
    for row in planned.behaviors:
        if row.action in (Action.SKIP, Action.FOREIGN):
            continue
        stood = _standing(before, row.path, row.event)
        now = None if row.action is Action.DETACH else Trigger(row.event, brought)
        if row.event != plan.event and row.after is not None:
            now = Trigger(row.event, row.after)  # a policy of others, which came back
        wanted = stood
        if carried.introduced:
            ours = stood is None or is_ours(stood.arn, plan.function_arn)
            gone = previous is None or (stood is None and row.path in moved)
            if ours:
                wanted = None if gone or previous is None else Trigger(row.event, plan.version_arn(previous))
        if (now is None) != (wanted is None) or (now and wanted and now.arn != wanted.arn):
            yield Slot(row.path, row.event, now, wanted)


def _slots_back(
    environment: Environment,
    carried: Carried,
    now: Snapshot,
    planned: DistributionPlan,
    previous: int | None,
    rollback: Means | None,
) -> DistributionPlan:
    """The steps that put one distribution's slots back, in two updates where something moves to another slot.

    What goes there stays until what comes is everywhere, and no cached response lacks its headers.
    `rollback`: the means of the release that is gone back to; None: the release stays, nothing is marked.
    """
    slots, arn = tuple(_slots(carried, planned, previous)), carried.plan.function_arn
    means, mark = (rollback or carried.plan.means).at(planned.id), rollback is not None
    means = means.knowing(carried.number, {}, _made_again(carried, now))
    distribution = seen(now.distribution(planned.id), means)
    intent = TriggerIntent(
        means,
        arn,
        None,
        previous,
        frozenset(environment.exclude),
        in_place=True,
        slots=slots,
    )

    def ours(trigger: Trigger | None) -> bool:
        return trigger is not None and is_ours(trigger.arn, arn)

    arriving = {slot.path for slot in slots if ours(slot.wanted) and not ours(slot.now)}
    leaving = tuple(
        slot for slot in slots if ours(slot.now) and not ours(slot.wanted) and slot.path in arriving
    )
    cached = any(means.cached(slot.event) for slot in slots)
    invalidate = Invalidate(environment.invalidate, unmark=mark)
    steps: tuple[DistributionStep, ...] = ()
    if slots and leaving:
        come, mark = tuple(slot for slot in slots if slot not in leaving), mark and cached
        first, last = replace(intent, slots=come), replace(intent, slots=leaving)
        between = Invalidate(environment.invalidate)
        steps = (
            SwapTriggers(first, mark), AwaitDeployed(first),
            *((between,) if any(means.cached(slot.event) for slot in come) else ()),
            SwapTriggers(last, mark), AwaitDeployed(last),
            *((invalidate,) if any(means.cached(slot.event) for slot in leaving) else ()),
        )  # fmt: skip
    elif slots:
        steps = (SwapTriggers(intent, mark=mark and cached), AwaitDeployed(intent))
        steps = (*steps, *((invalidate,) if cached else ()))
    return DistributionPlan(planned.id, planned.name, tuple(_rows(slots, distribution)), steps)


def _made_again(carried: Carried, now: Snapshot) -> dict[str, str]:
    """The ids that policies of others have since the run made them again, by the old ones."""
    again = (step.policy for step in carried.plan.function_steps if isinstance(step, RecreateHeadersPolicy))
    found = ((policy.id, found_again(policy, now.policies)) for policy in again)
    return {old: made.id for old, made in found if made is not None}


def _rows(slots: tuple[Slot, ...], distribution: Distribution) -> Iterator[BehaviorPlan]:
    for slot in slots:
        if slot.moved(distribution.behaviors):
            here = _standing(distribution.behaviors, slot.path, slot.event)
            arn = None if here is None else here.arn
            yield BehaviorPlan(slot.path, slot.event, Action.FOREIGN, arn, arn, why="moved by others since")
            continue
        action = (
            Action.REPLACE if slot.now and slot.wanted else Action.ATTACH if slot.wanted else Action.DETACH
        )
        yield BehaviorPlan(
            slot.path,
            slot.event,
            action,
            None if slot.now is None else slot.now.arn,
            None if slot.wanted is None else slot.wanted.arn,
            why="as before this run",
        )


def _left_alone(carried: Carried, now: Snapshot, done: dict[str, DistributionPlan]) -> Iterator[Finding]:
    """Warnings about slots that others have changed since the run."""
    for planned in done.values():
        behaviors = now.distribution(planned.id).behaviors
        for slot in _slots(carried, planned, carried.number):
            if slot.moved(behaviors):
                here = _standing(behaviors, slot.path, slot.event)
                stands = "nothing stands there now" if here is None else f"{here.arn} stands there now"
                yield Finding(
                    Severity.WARNING,
                    "moved-since",
                    f"{planned.name} {slot.path} {slot.event} was changed by others since and is left:"
                    f" {stands}",
                    distribution=planned.id,
                )


def _standing(behaviors: tuple[Behavior, ...], path: str, event: str) -> Trigger | None:
    return next((behavior.at(event) for behavior in behaviors if behavior.path == path), None)
