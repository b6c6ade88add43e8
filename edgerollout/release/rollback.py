"""The way back: to the release before the live one, to a named one, or to what was there before any.

A rollback reads AWS and nothing else: no policy, no handler folder. It publishes nothing, replaces our
triggers where they are, and never waits for a propagation that is under way. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.errors import Conflict, Refused, UsageError
from edgerollout.policy.headers import cased
from edgerollout.release.arn import VersionArn, version_arn
from edgerollout.release.distribution_document import is_ours, standing
from edgerollout.release.handover import hand_over
from edgerollout.release.ledger import LedgerLine
from edgerollout.release.live import (
    UNFINISHED_TAG,
    attached,
    invalidated_for,
    ledger_of,
    live_release,
    marked_unfinished,
    standing_invalidation,
    withdrawn,
)
from edgerollout.release.model import Release, ReplacedTrigger
from edgerollout.release.plan import (
    Action,
    AwaitDeployed,
    BehaviorPlan,
    DistributionPlan,
    DistributionStep,
    Finding,
    Invalidate,
    LiveRelease,
    MarkReleases,
    Plan,
    Severity,
    SwapTriggers,
    TriggerIntent,
)
from edgerollout.release.tfvars import Command, pending

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.release.environment import Environment
    from edgerollout.release.snapshot import Distribution, Function, Snapshot, Version

NOTHING = 0
"""Stands for "no release" where a number is wanted; Lambda counts from 1."""

ROLLBACK = " rollback"
"""Ends the value of the tag that an unfinished rollback leaves: `41 rollback`."""


@dataclass(frozen=True)
class RollbackRequest:
    """What to take back. `to`: a release to go to, None for the one before.

    `undo` names the release that must be the live one; a run that takes itself back sets it, so that
    nobody else's newer release is touched.
    """

    environment: Environment
    to: int | None = None
    undo: int | None = None

    @property
    def excluded(self) -> frozenset[str]:
        return frozenset(self.environment.exclude)


def rollback_documents(request: RollbackRequest, snapshot: Snapshot) -> frozenset[int]:
    """The versions whose release.json is wanted: what is live and where it goes, for diff and check."""
    function, live = snapshot.function, _live(request, snapshot)
    if function is None or (live is None and pending(snapshot, live) is None):
        return frozenset()
    target = _target(request, snapshot, function, live)
    known = (NOTHING if live is None else live.number, target)
    return frozenset(n for n in known if n != NOTHING and ledger_of(function, n) is not None)


def plan_rollback(request: RollbackRequest, snapshot: Snapshot) -> Plan:
    """The plan of a rollback.

    Raises Refused when there is nothing to take back, or the way back cannot be read; UsageError for a
    `to` that is no release; Conflict when `undo` is no longer what is live.
    """
    environment, function = request.environment, snapshot.function
    live = _live(request, snapshot)
    if function is None:
        raise Refused(
            f"there is no function {environment.function.name} in us-east-1 of account {snapshot.account}",
            hint="Nothing of it can be live.",
        )
    handed = pending(snapshot, live)
    if live is None and handed is None and not _detaching(snapshot, function):
        raise Refused(
            f"nothing of {environment.function.name} is attached in {environment.name}: nothing to take back"
        )
    if request.undo is not None and live is not None and live.number > request.undo:
        raise Conflict(
            f"superseded by {live.number}: {request.undo} is no longer the newest release",
            hint="Nothing was taken back. Look at what is live first.",
        )
    target = NOTHING if live is None and handed is None else _target(request, snapshot, function, live)
    restore: tuple[ReplacedTrigger, ...] = ()
    if target == NOTHING:
        restore = _standing(snapshot, function) if live is None else _replaced(snapshot, live)
    document = snapshot.documents.get(target)
    before = None if live is None or live.number == target else live.release
    plan = Plan(
        environment=environment.name,
        account=snapshot.account,
        function_arn=function.arn,
        event=environment.function.event,
        release=document if isinstance(document, Release) else None,
        target=target or None,
        live=live,
        function_steps=tuple(_marks(function, target)),
        distributions=tuple(
            take_back(one, snapshot, function, target, request, restore) for one in snapshot.distributions
        ),
        rolls_back=True,
        before=before,
        findings=(
            *what_browsers_keep(before, document if isinstance(document, Release) else None),
            *_to_restore(environment, restore if target == NOTHING and live is not None else ()),
        ),
        excluded=environment.exclude,
        urls=environment.urls if target != NOTHING else (),
    )
    return hand_over(plan, environment, snapshot, Command.ROLLBACK)


def _to_restore(environment: Environment, restore: tuple[ReplacedTrigger, ...]) -> Iterator[Finding]:
    """What the way back to nothing cannot say by tfvars: whose functions stood there before."""
    if environment.triggers == "terraform" and restore:
        functions = ", ".join(sorted({one.arn for one in restore}))
        yield Finding(
            Severity.WARNING,
            "restore-by-terraform",
            f"attached before our first release, and for Terraform to bring back: {functions}",
            "Write them into the Terraform configuration before `terraform apply`.",
        )


def _live(request: RollbackRequest, snapshot: Snapshot) -> LiveRelease | None:
    """The live release; None also where a cut-off rollback has brought back what was made by hand."""
    function, live = snapshot.function, live_release(snapshot, request.excluded)
    if function is None or live is None:
        return None
    back = ledger_of(function, live.number) is None and _detaching(snapshot, function)
    return None if back else live


def _standing(snapshot: Snapshot, function: Function) -> tuple[ReplacedTrigger, ...]:
    """What is there of our function, to be left as it is."""
    return tuple(
        ReplacedTrigger(distribution.id, behavior.path, event, str(version))
        for distribution, behavior, event, version in attached(snapshot.distributions, function.arn)
    )


def _target(
    request: RollbackRequest, snapshot: Snapshot, function: Function, live: LiveRelease | None
) -> int:
    """The version to go to; NOTHING: there was none before.

    A release that was handed to Terraform and not applied yet is what is taken back first.
    """
    if request.to is not None:
        if function.version(request.to) is None or ledger_of(function, request.to) is None:
            known = ", ".join(str(one.number) for one in _releases(function)[-8:])
            raise UsageError(
                f"{request.to} is no release of {function.name}",
                hint=f"The releases there are: {known}" if known else "There are no releases.",
            )
        return request.to
    number = pending(snapshot, live)
    if number is None:
        if live is None:
            return NOTHING
        number = live.number
        if _pending(function, number):
            # An earlier rollback got here and was cut off: it is finished before another step back.
            return number
    line = ledger_of(function, number)
    if line is None:
        raise Refused(
            f"version {number} was not published by edgerollout: what came before it is unknown",
            hint="Name a release with --to.",
        )
    if line.previous is None:
        return NOTHING
    if function.version(line.previous) is None:
        raise Refused(
            f"release {line.previous}, the one before {number}, no longer exists",
            hint="Name another release with --to.",
        )
    return line.previous


def _releases(function: Function) -> list[Version]:
    return [one for one in function.versions if LedgerLine.parse(one.description) is not None]


def _pending(function: Function, number: int) -> bool:
    """Whether a rollback to this release left a tag that says it is not through."""
    return any(
        key.startswith(UNFINISHED_TAG) and value == f"{number}{ROLLBACK}"
        for key, value in (function.tags or {}).items()
    )


def _detaching(snapshot: Snapshot, function: Function) -> bool:
    """Whether a rollback to nothing has taken our triggers off and is not through."""
    return _pending(function, NOTHING) and any(
        marked_unfinished(function, one.id) for one in snapshot.distributions
    )


def _replaced(snapshot: Snapshot, live: LiveRelease) -> tuple[ReplacedTrigger, ...]:
    """The foreign triggers that the first release took over. Raises Refused when they cannot be read."""
    if live.release is None:
        document = snapshot.documents.get(live.number)
        raise Refused(
            f"release {live.number} is the first one, and its release.json cannot be read",
            why=getattr(document, "why", None),
            hint="It may have replaced another function, which would have to come back. Allow"
            " lambda:GetFunction on the function's versions.",
        )
    return live.release.replaced


def _marks(function: Function, target: int) -> Iterator[MarkReleases]:
    known = withdrawn(function)
    above = tuple(
        one.number for one in _releases(function) if one.number > target and one.number not in known
    )
    cleared = (target,) if target in known else ()
    if above or cleared:
        yield MarkReleases(above, cleared)


def take_back(
    distribution: Distribution,
    snapshot: Snapshot,
    function: Function,
    target: int,
    request: RollbackRequest,
    restore: tuple[ReplacedTrigger, ...] = (),
) -> DistributionPlan:
    """What one distribution needs: our triggers to `target` where they are, or off, `restore` coming back.

    One that a run has left before its invalidation was made still gets that.
    """
    own = tuple(one for one in restore if one.distribution == distribution.id)
    intent = TriggerIntent(function.arn, None, target or None, request.excluded, in_place=True, restore=own)
    intent = TriggerIntent(
        function.arn,
        None,
        target or None,
        request.excluded,
        seen=standing(distribution.behaviors, intent),
        in_place=True,
        restore=own,
    )
    rows = tuple(_rows(distribution, function.arn, target, request.excluded, own))
    marked = marked_unfinished(function, distribution.id)
    cached = marked or any(row.event.startswith("origin-") for row in rows)
    invalidate = Invalidate(request.environment.invalidate, unmark=True)
    steps: tuple[DistributionStep, ...] = ()
    if any(row.action is not Action.KEEP for row in rows):
        steps = (SwapTriggers(intent, mark=cached), AwaitDeployed(intent), *((invalidate,) if cached else ()))
    else:
        found = standing_invalidation(request.environment, snapshot, distribution)
        through = invalidated_for(found, target)
        due = marked or (bool(rows) and cached and not through)
        waits = () if distribution.deployed or not (rows or marked) else (AwaitDeployed(intent),)
        steps = (*waits, *((invalidate,) if due else ()))
    return DistributionPlan(distribution.id, distribution.name, rows, steps)


def _rows(
    distribution: Distribution,
    function_arn: str,
    target: int,
    excluded: frozenset[str],
    restore: tuple[ReplacedTrigger, ...],
) -> Iterator[BehaviorPlan]:
    """One row a trigger of ours; behaviors without one are none of a rollback's business."""
    back = {(one.path, one.event): one.arn for one in restore}
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
            why = "restores what was there before" if target == NOTHING and after is not None else None
            yield BehaviorPlan(behavior.path, trigger.event, action, trigger.arn, after, why=why)


def what_browsers_keep(live: Release | None, target: Release | None) -> Iterator[Finding]:
    """What going from a release to another, or to none, does not take back."""
    if live is None:
        return
    after = {} if target is None else {one.name: one.value for one in target.headers}
    for header in live.headers:
        lasting = header.name == "strict-transport-security" and header.action != "remove"
        if lasting and after.get(header.name) != header.value:
            yield Finding(
                Severity.NOTE,
                "browsers-remember",
                f"browsers that saw {cased(header.name)}: {header.value} keep to it until max-age is over",
            )
    yield Finding(
        Severity.NOTE,
        "browsers-cache",
        "documents that browsers have cached keep the headers they came with, as long as their Cache-Control"
        " says",
    )
