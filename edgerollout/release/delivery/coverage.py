"""What one distribution needs so that every wanted behavior carries the target: rows and steps. Pure."""

from __future__ import annotations

from dataclasses import replace
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
from edgerollout.release.facts.live import invalidated_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.release.delivery.means import Means
    from edgerollout.release.facts.snapshot import Behavior, Distribution, Invalidation


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
) -> DistributionPlan:
    """The coverage table of a distribution and its steps, in order. `target` None: a version to come.

    `marked`: an earlier swap there still waits for its invalidation (`live.marked_unfinished`).
    `replaceable`: unqualified ARNs of foreign functions whose slots are taken over.

    All edits go into one update. Only a move from an uncached slot (a viewer event) to a cached one (an
    origin event) takes two: what is cached has no headers yet, so what stands in the uncached slot stays
    until the cache has been invalidated.
    """
    event = means.slot
    rows = tuple(
        row
        for behavior in distribution.behaviors
        for row in _rows(behavior, function_arn, event, target, excluded, replaceable)
    )
    intent = TriggerIntent(means, function_arn, event, target, excluded, replaceable=replaceable)
    intent = replace(intent, seen=standing(distribution.behaviors, intent))
    actions = {row.action for row in rows}
    swaps = bool(actions & WRITES)
    named = target is not None and invalidated_for(invalidation, target)
    invalidated = named and not marked
    left = frozenset(row.event for row in rows if row.action is Action.DETACH)
    leaves_uncached = frozenset(event for event in left if not means.cached(event))
    touches_cache = means.cached(event) or leaves_uncached != left
    # Killed after the swap, the next run must see that the cache is still to be cleared. A missing
    # invalidation of the release says so, unless there is an older one or none is looked for.
    mark = marked or (touches_cache and (named or not means.cached(event)))
    invalidate = Invalidate(paths, unmark=mark)
    steps: tuple[DistributionStep, ...]
    # Somebody else's change is waited out: one cannot tell whose propagation ends otherwise.
    settle: tuple[DistributionStep, ...] = () if distribution.deployed else (AwaitDeployed(),)
    if swaps and leaves_uncached and means.cached(event):
        staying = replace(intent, keep_events=leaves_uncached)
        arrive: tuple[DistributionStep, ...] = settle
        if actions & {Action.ATTACH, Action.REPLACE}:
            arrive = (*settle, SwapTriggers(staying, mark), AwaitDeployed(staying), invalidate)
        elif not (invalidated and invalidation is not None and invalidation.completed):
            # Asked for again with the same reference, CloudFront answers with the one under way.
            arrive = (*settle, invalidate)
        steps = (*arrive, SwapTriggers(intent), AwaitDeployed(intent))
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
) -> Iterator[BehaviorPlan]:
    ours = tuple(trigger for trigger in behavior.triggers if is_ours(trigger.arn, function_arn))
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
    elif there not in ours and (there.version is None or there.version.function_arn not in replaceable):
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
        why = None if there in ours else "its slot is taken over"
        yield BehaviorPlan(
            behavior.path, event, Action.REPLACE, there.arn, wanted, to_new=target is None, why=why
        )
    for trigger in ours:
        if trigger.event != event:
            yield BehaviorPlan(
                behavior.path,
                trigger.event,
                Action.DETACH,
                trigger.arn,
                None,
                why=f"the event is {event} now",
            )
