"""What a rollback or a detach does to one distribution. Pure.

Our triggers go to the target, or off; then what was there before us comes back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edgerollout.release.delivery.carrier import standing_invalidation
from edgerollout.release.delivery.choice import carrier_of
from edgerollout.release.delivery.coverage import GoingBack, plan_distribution
from edgerollout.release.delivery.distribution_document import standing
from edgerollout.release.delivery.means import seen
from edgerollout.release.delivery.steps import (
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
from edgerollout.release.facts.arn import VersionArn, is_ours, version_arn
from edgerollout.release.facts.environment import RESPONSE_HEADERS_POLICY
from edgerollout.release.facts.headers_policies import SLOT as POLICY_SLOT
from edgerollout.release.facts.headers_policies import found_again, own_policies
from edgerollout.release.facts.live import (
    attached,
    invalidated_for,
    live_release,
    marked_unfinished,
    marks_of,
    withdrawn,
)
from edgerollout.release.facts.release import Release
from edgerollout.release.facts.snapshot import Trigger
from edgerollout.release.facts.standing import NOTHING
from edgerollout.release.facts.swap_marks import Due

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from edgerollout.release.delivery.means import Means
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.headers_policies import CarriedPolicy
    from edgerollout.release.facts.release import ReplacedTrigger
    from edgerollout.release.facts.snapshot import Distribution, Function, Snapshot
    from edgerollout.release.facts.standing import LiveRelease

_RESTORES = "restores what was there before"


def take_back(
    distribution: Distribution,
    snapshot: Snapshot,
    function: Function,
    target: int,
    environment: Environment,
    means: Means,
    restore: tuple[ReplacedTrigger, ...] = (),
    along: tuple[CarriedPolicy, ...] = (),
) -> DistributionPlan:
    """What one distribution needs: our triggers get `target` or are removed, and `restore` comes back.
    `along`: what goes along with the target.

    One that a run has left before its invalidation was made still gets that. Where ours stands by another
    means than the target's, the target comes first, and ours goes by a second update.
    """
    if target != NOTHING and _by_other_means(distribution, function.arn, environment):
        return _change_back(distribution, snapshot, function, target, environment, means, restore, along)
    own = tuple(trigger for trigger in restore if trigger.distribution == distribution.id)
    intent = TriggerIntent(
        means.at(distribution.id),
        function.arn,
        None,
        target or None,
        frozenset(environment.exclude),
        in_place=True,
        restore=own,
    )
    intent = replace(intent, seen=standing(distribution.behaviors, intent))
    rows = tuple(_rows(distribution, function.arn, target, frozenset(environment.exclude), own))
    marked = marked_unfinished(snapshot, distribution)
    if (
        marked
        and not rows
        and (lost := _lost(distribution, function, target, environment, means, own)) is not None
    ):
        return lost
    cached = marked or any(means.cached(row.event) for row in rows)
    invalidate = Invalidate(environment.invalidate, unmark=True)
    steps: tuple[DistributionStep, ...] = ()
    if any(row.action is not Action.KEEP for row in rows):
        steps = (SwapTriggers(intent, mark=cached), AwaitDeployed(intent), *((invalidate,) if cached else ()))
    else:
        found = standing_invalidation(carrier_of(environment), snapshot, distribution)
        through = invalidated_for(found, target)
        due = marked or (bool(rows) and cached and not through)
        waits = () if distribution.deployed or not (rows or marked) else (AwaitDeployed(intent),)
        steps = (*waits, *((invalidate,) if due else ()))
    return DistributionPlan(distribution.id, distribution.name, rows, steps)


def _by_other_means(distribution: Distribution, function_arn: str, environment: Environment) -> bool:
    by_policy = environment.deliver == RESPONSE_HEADERS_POLICY
    return any(
        (slot == POLICY_SLOT) is not by_policy
        for _, _, slot, _ in attached((distribution,), function_arn, frozenset(environment.exclude))
    )


def _change_back(
    distribution: Distribution,
    snapshot: Snapshot,
    function: Function,
    target: int,
    environment: Environment,
    means: Means,
    restore: tuple[ReplacedTrigger, ...],
    along: tuple[CarriedPolicy, ...],
) -> DistributionPlan:
    """The target by its own means first, then what stands by the other one goes.

    The mark of a release that is taken back is made before the first swap. Without it nothing was taken
    back yet, and the target stands wherever the run that is taken back had left it.
    """
    live, taken = live_release(snapshot, frozenset(environment.exclude)), withdrawn(function)
    begun = function.tags is None or (live is not None and live.number in taken)
    return plan_distribution(
        # The snapshot shows what the configured means sees.
        seen(distribution, means),
        standing_invalidation(carrier_of(environment), snapshot, distribution),
        means=means,
        function_arn=function.arn,
        target=target,
        excluded=frozenset(environment.exclude),
        paths=environment.invalidate,
        marked=marked_unfinished(snapshot, distribution),
        replaceable=frozenset(policy.id for policy in along),
        restore=restore,
        back=GoingBack(begun),
    )


def goes_along(
    environment: Environment, snapshot: Snapshot, target: int, live: LiveRelease | None
) -> tuple[CarriedPolicy, ...]:
    """What goes along with the target where that is a policy: what did then, or else what does now.

    Where a policy of others stands beside the function, it goes along as it is by now, if it did then: only
    of those does the target know what to give back. Where none stands there, none goes along.
    """
    if environment.deliver != RESPONSE_HEADERS_POLICY:
        return ()
    document = snapshot.documents.get(target)
    then = document.carried if isinstance(document, Release) else ()
    now = () if live is None or live.release is None else live.release.carried
    theirs = theirs_beside(environment, snapshot)
    found: list[CarriedPolicy] = []
    for policy in then:
        here = None if policy.managed else found_again(policy, snapshot.policies)
        held, config = (policy.id, policy.config) if here is None else (here.id, here.config)
        places = tuple(place for place, standing in theirs.items() if standing == held)
        found.append(replace(policy, id=held, config=config, places=places))
    known = {place for policy in then for place in policy.places} | theirs.keys()
    found += (_without(policy, theirs.keys()) for policy in then)
    found += (_without(policy, known) for policy in now)
    return tuple(policy for policy in found if policy.places)


def _without(policy: CarriedPolicy, places: Collection[tuple[str, str]]) -> CarriedPolicy:
    """The policy, but for these places."""
    return replace(policy, places=tuple(place for place in policy.places if place not in places))


def theirs_beside(environment: Environment, snapshot: Snapshot) -> dict[tuple[str, str], str | None]:
    """What of others has the place for a policy, beside a function of ours: place → id, None for nothing."""
    function, own = snapshot.function, own_policies(snapshot.policies, environment.function.name)
    ids = {policy.id for policy in own.values()}
    return {
        (distribution.id, behavior.path): behavior.response_headers_policy
        for distribution, behavior, slot, _ in attached(
            snapshot.distributions, "" if function is None else function.arn, frozenset(environment.exclude)
        )
        if slot != POLICY_SLOT and behavior.response_headers_policy not in ids
    }


def _lost(
    distribution: Distribution,
    function: Function,
    target: int,
    environment: Environment,
    means: Means,
    restore: tuple[ReplacedTrigger, ...],
) -> DistributionPlan | None:
    """The plan for what a rollback had attached or restored there and CloudFront has dropped; None: nothing.

    The rollback's mark says that it was there, but none of our triggers is there any more.
    """
    if target != NOTHING:
        if not marks_of(function).surely(distribution.id, Due(target, back=True)):
            return None
        return plan_distribution(
            distribution,
            None,
            means=means,
            function_arn=function.arn,
            target=target,
            excluded=frozenset(environment.exclude),
            paths=environment.invalidate,
            marked=True,
        )
    wanted = [(trigger, Trigger(trigger.event, trigger.arn, trigger.include_body)) for trigger in restore]
    free = [(Slot(replaced.path, replaced.event, None, trigger), trigger) for replaced, trigger in wanted]
    free = [(slot, trigger) for slot, trigger in free if slot.stands(distribution.behaviors)]
    if not free:
        return None
    slots = tuple(slot for slot, _ in free)
    intent = TriggerIntent(
        means,
        function.arn,
        None,
        None,
        frozenset(environment.exclude),
        in_place=True,
        slots=slots,
    )
    back = tuple(
        BehaviorPlan(slot.path, slot.event, Action.ATTACH, None, trigger.arn, why=_RESTORES)
        for slot, trigger in free
    )
    steps = (
        SwapTriggers(intent, mark=True),
        AwaitDeployed(intent),
        Invalidate(environment.invalidate, unmark=True),
    )
    return DistributionPlan(distribution.id, distribution.name, back, steps)


def _rows(
    distribution: Distribution,
    function_arn: str,
    target: int,
    excluded: frozenset[str],
    restore: tuple[ReplacedTrigger, ...],
) -> Iterator[BehaviorPlan]:
    """One row per trigger of ours; behaviors without one are not part of a rollback."""
    back = {(trigger.path, trigger.event): trigger.arn for trigger in restore}
    for behavior in distribution.behaviors:
        if behavior.path in excluded:
            continue
        for trigger in behavior.triggers:
            if not is_ours(trigger.arn, function_arn):
                continue
            version = VersionArn.parse(trigger.arn)
            after = back.get((behavior.path, trigger.event))
            if target != NOTHING:
                after = version_arn(function_arn, target)
            if trigger.arn == after or (version is not None and version.version == target):
                action = Action.KEEP
            else:
                action = Action.DETACH if after is None else Action.REPLACE
            why = _RESTORES if target == NOTHING and after is not None else None
            yield BehaviorPlan(behavior.path, trigger.event, action, trigger.arn, after, why=why)
