"""What one distribution needs so that every wanted behavior carries the target: rows and steps. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgerollout.release.delivery.distribution_document import standing
from edgerollout.release.delivery.steps import (
    WRITES,
    Action,
    AwaitDeployed,
    BehaviorPlan,
    DistributionPlan,
    DistributionStep,
    Invalidate,
    SwapTriggers,
    TriggerIntent,
)
from edgerollout.release.facts.arn import is_ours, version_arn
from edgerollout.release.facts.headers_policies import SLOT
from edgerollout.release.facts.headers_policies import SLOT as POLICY_SLOT
from edgerollout.release.facts.live import invalidated_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.release.delivery.means import Means
    from edgerollout.release.facts.release import ReplacedTrigger
    from edgerollout.release.facts.snapshot import Behavior, Distribution, Invalidation, Trigger


@dataclass(frozen=True)
class GoingBack:
    """A way back: only behaviors that carry something of ours change, and it waits for no propagation.

    `begun`: an earlier way back may have brought the target there, which is not known to be everywhere.
    """

    begun: bool


def plan_distribution(
    distribution: Distribution,
    invalidation: Invalidation | None,
    *,
    means: Means,
    function_arn: str,
    target: int | None,
    excluded: frozenset[str],
    paths: tuple[str, ...],
    marked: bool = False,
    replaceable: frozenset[str] = frozenset(),
    restore: tuple[ReplacedTrigger, ...] = (),
    back: GoingBack | None = None,
) -> DistributionPlan:
    """The coverage table of a distribution and its steps, in order.

    `marked`: an earlier swap there still waits for its invalidation (`live.marked_unfinished`).
    `replaceable`: unqualified ARNs of foreign functions whose slots are taken over. `restore`: what comes
    back where ours leaves a slot. `back`: it is a rollback.

    All edits go into one update. Only a move to another slot (another event, another means) takes two:
    CloudFront's locations and regional caches learn of an update one by one, so that with one update a
    response may miss both. What stands in the old slot stays until the new one is Deployed everywhere, and
    where the new one is cached, until the cache has been invalidated.
    """
    behaviors = distribution.behaviors
    if back is not None:
        behaviors = tuple(
            item for item in behaviors if item.path not in excluded and _own(item, function_arn)
        )
        kept = {item.path for item in behaviors}
        excluded = frozenset(item.path for item in distribution.behaviors if item.path not in kept)
    event = means.slot
    theirs = tuple(trigger for trigger in restore if trigger.distribution == distribution.id)
    rows = tuple(
        row
        for behavior in behaviors
        for row in _rows(behavior, function_arn, event, target, excluded, replaceable, theirs)
    )
    intent = TriggerIntent(
        means.at(distribution.id),
        function_arn,
        event,
        target,
        excluded,
        replaceable=replaceable,
        restore=theirs,
    )
    intent = replace(intent, seen=standing(distribution.behaviors, intent))
    actions = {row.action for row in rows}
    swaps = bool(actions & WRITES)
    named = target is not None and invalidated_for(invalidation, target)
    invalidated = named and not marked
    left = frozenset(row.event for row in rows if row.event != event)
    leaves_cached = any(means.cached(gone) for gone in left)
    touches_cache = means.cached(event) or leaves_cached
    # If this run is killed after the swap, the next run must see that the cache is not cleared yet. It sees
    # that the release has no invalidation, unless there is an older one, or it looks for none.
    mark = marked or (
        touches_cache and (named or not means.cached(event) or leaves_cached or back is not None)
    )
    invalidate = Invalidate(paths, unmark=mark)
    steps: tuple[DistributionStep, ...]
    # Wait until somebody else's change is propagated: otherwise nobody knows whose propagation ended.
    settle: tuple[DistributionStep, ...] = () if distribution.deployed else (AwaitDeployed(),)
    # The mark of a way back tells the next one where it was going; it stays until all is through.
    between = Invalidate(paths, unmark=mark and back is None)
    clear = (between,) if means.cached(event) else ()
    if swaps and left:
        staying = replace(intent, keep_events=left)
        arrive: tuple[DistributionStep, ...] = settle
        if any(row.event == event and row.action in WRITES for row in rows):
            # What comes takes nothing away: a way back need not wait for that.
            settle = settle if back is None else ()
            arrive = (*settle, SwapTriggers(staying, mark), AwaitDeployed(staying), *clear)
        elif back is not None and not back.begun:
            # Both stand there since the run that is taken back: the target was never away.
            arrive = ()
        elif not (invalidated and invalidation is not None and invalidation.completed):
            # For the same reference, CloudFront answers with the invalidation that is running.
            arrive = (*settle, *clear)
        cleared = (invalidate,) if leaves_cached else ()
        last = SwapTriggers(intent, mark and (leaves_cached or back is not None))
        steps = (*arrive, last, AwaitDeployed(intent), *cleared)
    elif swaps:
        cleared = (invalidate,) if touches_cache or marked else ()
        steps = (*settle, SwapTriggers(intent, mark), AwaitDeployed(intent), *cleared)
    elif any(row.action is Action.KEEP for row in rows):
        due = marked or (touches_cache and not invalidated)
        ours: tuple[DistributionStep, ...] = () if distribution.deployed else (AwaitDeployed(intent),)
        steps = (*ours, *((invalidate,) if due else ()))
    else:
        steps = ()
    return DistributionPlan(distribution.id, distribution.name, rows, steps)


def _rows(
    behavior: Behavior,
    function_arn: str,
    event: str,
    target: int | None,
    excluded: frozenset[str],
    replaceable: frozenset[str],
    restore: tuple[ReplacedTrigger, ...],
) -> Iterator[BehaviorPlan]:
    ours = _own(behavior, function_arn)
    if behavior.path in excluded:
        here = behavior.at(event)
        yield BehaviorPlan(
            behavior.path,
            event,
            Action.SKIP,
            before=None if here is None else here.arn,
            after=None if here is None else here.arn,
            why="excluded by the configuration",
        )
        return
    there = behavior.at(event)
    wanted = None if target is None else version_arn(function_arn, target)
    if there is None:
        yield BehaviorPlan(behavior.path, event, Action.ATTACH, None, wanted, to_new=target is None)
    elif there not in ours and there.holder not in replaceable:
        yield BehaviorPlan(
            behavior.path,
            event,
            Action.FOREIGN,
            there.arn,
            there.arn,
            why="another function is on this event",
        )
    elif there.arn == wanted:
        yield BehaviorPlan(behavior.path, event, Action.KEEP, there.arn, there.arn)
    else:
        taken = "what it says goes along" if event == SLOT else "its slot is taken over"
        why = None if there in ours else taken
        yield BehaviorPlan(
            behavior.path, event, Action.REPLACE, there.arn, wanted, to_new=target is None, why=why
        )
    for trigger in ours:
        if trigger.event != event:
            theirs = next(
                (item.arn for item in restore if (item.path, item.event) == (behavior.path, trigger.event)),
                None,
            )
            yield BehaviorPlan(
                behavior.path,
                trigger.event,
                Action.DETACH if theirs is None else Action.REPLACE,
                trigger.arn,
                theirs,
                why=_why_it_goes(trigger.event, event)
                + ("" if theirs is None else ", and theirs comes back"),
            )


def _own(behavior: Behavior, function_arn: str) -> tuple[Trigger, ...]:
    return tuple(trigger for trigger in behavior.triggers if is_ours(trigger.arn, function_arn))


def _why_it_goes(slot: str, instead: str) -> str:
    if instead == POLICY_SLOT:
        return "a response headers policy has its headers now"
    return "the function has its headers now" if slot == POLICY_SLOT else f"the event is {instead} now"
