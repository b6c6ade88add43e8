"""Rollback: to the release before the live one, to a named one, or to what was there before our first. Pure.

A rollback reads only AWS: no policy, no handler folder. It publishes nothing, replaces our triggers where
they are, and never waits for a running propagation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgerollout.advice import advise
from edgerollout.errors import Conflict, Refused, UsageError
from edgerollout.release.delivery.choice import as_delivered, carrier_of, means_of
from edgerollout.release.delivery.tag_room import about_unmarked, markable
from edgerollout.release.facts.environment import LAMBDA_EDGE
from edgerollout.release.facts.ledger import LedgerLine
from edgerollout.release.facts.live import (
    attached,
    detached,
    ledger_of,
    live_release,
    marks_of,
    pending,
    withdrawn,
)
from edgerollout.release.facts.reads import ReadState, releases
from edgerollout.release.facts.release import Release, ReplacedTrigger
from edgerollout.release.facts.replaced_tags import keys_of, read_replaced, releases_told
from edgerollout.release.facts.soak import attached_again, noted_for
from edgerollout.release.facts.standing import NOTHING, LiveRelease
from edgerollout.release.facts.swap_marks import Due
from edgerollout.release.facts.tfvars import TellingCommand
from edgerollout.release.facts.unreadable import UnreadableRelease, command_for
from edgerollout.release.plans.coming_back import ComingBack, coming_back, records
from edgerollout.release.plans.handing_over import hand_over
from edgerollout.release.plans.other_means import about_altered, check_theirs, check_way_back
from edgerollout.release.plans.plan import MarkReleases, Plan
from edgerollout.release.plans.provision import (
    about_room_for_policies,
    cannot_be_provided,
    provided,
    room_asked,
)
from edgerollout.release.plans.rollback_distribution import goes_along, take_back
from edgerollout.release.plans.rollback_findings import hindrances, to_restore, unread, what_browsers_keep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.advice import Advice
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.reads import Planning
    from edgerollout.release.facts.snapshot import Function, Snapshot, Version


@dataclass(frozen=True)
class RollbackRequest:
    """What to roll back. `to` is the release to go to, None for the one before.

    `back_from` names the release to take back. Where a newer one is live, nothing is changed. Where it is no
    longer live, an unfinished rollback from it is finished, and nothing more is taken back.
    """

    environment: Environment
    to: int | None = None
    back_from: int | None = None

    @property
    def excluded(self) -> frozenset[str]:
        return frozenset(self.environment.exclude)


def _documents(request: RollbackRequest, snapshot: Snapshot) -> frozenset[int]:
    """The versions whose release.json is needed, for the diff and the check: the live one and the target."""
    function, live = snapshot.function, _live(request, snapshot)
    if function is None or (live is None and pending(snapshot, live) is None):
        return frozenset()
    target = _target(request, snapshot, function, live)
    known = (NOTHING if live is None else live.number, target)
    return frozenset(n for n in known if n != NOTHING and ledger_of(function, n) is not None)


def plan_rollback(request: RollbackRequest, snapshot: Snapshot) -> Planning[Plan]:
    """Plan a rollback.

    Raises Refused when there is nothing to take back, or the target cannot be found out; UsageError for a
    `to` or `back_from` that is not a release; Conflict when a newer release than `back_from` is live.
    """
    recorded = records(request.environment, snapshot)
    snapshot = yield releases(_documents(request, snapshot)) | recorded
    snapshot = yield frozenset(ReadState(arn) for arn in _functions_to_restore(request, snapshot))
    environment, function = request.environment, snapshot.function
    live = _live(request, snapshot)
    if function is None:
        raise Refused(
            f"there is no function {environment.function.name} in us-east-1 of account {snapshot.account}",
            hint="Nothing of it can be live.",
        )
    _check_named(request, function, live)
    handed = pending(snapshot, live)
    begun = _begun(snapshot, function) if live is None else None
    if live is None and handed is None and begun is None and request.back_from is None:
        raise Refused(
            f"nothing of {environment.function.name} is attached in {environment.name}: nothing to take back"
        )
    target = (
        (begun or NOTHING) if live is None and handed is None else _target(request, snapshot, function, live)
    )
    marks = tuple(_marks(request, snapshot, function, target))
    fitting = tuple(replace(mark, withdrawn=markable(function, mark.withdrawn)) for mark in marks)
    unmarked = {number for mark in marks for number in mark.withdrawn}
    unmarked -= {number for mark in fitting for number in mark.withdrawn}
    restore: tuple[ReplacedTrigger, ...] = ()
    if target == NOTHING and live is None:
        restore = (*_standing(snapshot, function), *(_to_come_back(function) if begun is not None else ()))
    elif target == NOTHING and live is not None:
        restore = _replaced(request, snapshot, live)
    document = snapshot.documents.get(target)
    release = document if isinstance(document, Release) else None
    before = None if live is None or live.number == target else live.release
    # Back to a release is back to its means, too.
    environment = as_delivered(environment, function, target)
    goes = target == NOTHING or environment.deliver == LAMBDA_EDGE
    back = coming_back(environment, snapshot) if goes else ComingBack()
    along = goes_along(environment, snapshot, target, live)
    means = means_of(environment, snapshot.policies, along).among(snapshot.distributions, target)
    made = provided(means, snapshot, release, target or None, live, request.excluded, in_place=True)
    snapshot = yield room_asked(snapshot, (*made, *back.steps))
    plan = Plan(
        environment=environment.name,
        account=snapshot.account,
        function_arn=function.arn,
        means=means,
        release=release,
        target=target or None,
        live=live,
        function_steps=(*made, *back.steps, *fitting),
        distributions=tuple(
            take_back(
                distribution,
                snapshot,
                function,
                target,
                environment,
                means,
                (*restore, *back.triggers),
                along,
            )
            for distribution in snapshot.distributions
        ),
        rolls_back=True,
        before=before,
        findings=(
            *unread(environment, snapshot, target, live),
            *(
                cannot_be_provided(means, snapshot, release, target, request.excluded)
                if target != NOTHING
                else ()
            ),
            *back.findings,
            *about_room_for_policies(environment, snapshot, (*made, *back.steps)),
            *check_way_back(environment, snapshot, live, target),
            *check_theirs(environment, snapshot, target, along),
            *about_altered(environment, snapshot, target, then="visitors get what it says now"),
            *what_browsers_keep(before, release),
            *to_restore(environment, restore if target == NOTHING and live is not None else ()),
            *hindrances(environment, snapshot, function, target),
            *about_unmarked(unmarked),
        ),
        given_up=keys_of(function.tags or {}) if target == NOTHING else (),
        excluded=environment.exclude,
        urls=environment.urls if target != NOTHING else (),
    )
    return hand_over(plan, environment, snapshot, TellingCommand.ROLLBACK)


def _check_named(request: RollbackRequest, function: Function, live: LiveRelease | None) -> None:
    """Raise if `back_from` is not a release, or a newer one is live."""
    named = request.back_from
    if named is None:
        return
    if live is not None and live.number > named:
        line = ledger_of(function, live.number)
        commit = "" if line is None or line.commit is None else f" (commit {line.commit})"
        raise Conflict(
            f"superseded by {live.number}{commit}: {named} is no longer the newest release",
            hint="Nothing was taken back. Look at what is live first.",
        )
    if live is not None and live.number == named:
        return
    if ledger_of(function, named) is None:
        raise _no_release(function, named)
    if request.to is not None and (live is None or live.number != request.to):
        now = "no release" if live is None else f"release {live.number}"
        raise Conflict(
            f"release {named} is no longer live: {now} is",
            hint=f"Nothing was changed. To go to {request.to} nevertheless, leave --from out.",
        )


def _no_release(function: Function, number: int) -> UsageError:
    known = ", ".join(str(release.number) for release in _releases(function)[-8:])
    return UsageError(
        f"{number} is not a release of {function.name}",
        hint=f"The existing releases: {known}" if known else "There are no releases.",
    )


def _functions_to_restore(request: RollbackRequest, snapshot: Snapshot) -> frozenset[str]:
    """The ARNs of somebody else's functions that this rollback would restore."""
    function, live = snapshot.function, _live(request, snapshot)
    if function is None or live is None:
        return frozenset()
    try:
        if _target(request, snapshot, function, live) != NOTHING:
            return frozenset()
        return frozenset(trigger.arn for trigger in _replaced(request, snapshot, live))
    except (Refused, UsageError):
        return frozenset()


def _live(request: RollbackRequest, snapshot: Snapshot) -> LiveRelease | None:
    """The live release; None, too, where an interrupted rollback has restored versions made by hand."""
    function, live = snapshot.function, live_release(snapshot, request.excluded)
    if function is None or live is None:
        return None
    back = ledger_of(function, live.number) is None and _detaching(snapshot, function)
    return None if back else live


def _standing(snapshot: Snapshot, function: Function) -> tuple[ReplacedTrigger, ...]:
    """The triggers of our function that are there, to stay as they are."""
    return tuple(
        ReplacedTrigger(distribution.id, behavior.path, event, str(version))
        for distribution, behavior, event, version in attached(snapshot.distributions, function.arn)
    )


def _target(
    request: RollbackRequest, snapshot: Snapshot, function: Function, live: LiveRelease | None
) -> int:
    """The version to go to; NOTHING: there was none before.

    A release that was handed to Terraform and is not applied yet is taken back first.
    """
    if request.to is not None:
        if function.version(request.to) is None or ledger_of(function, request.to) is None:
            raise _no_release(function, request.to)
        return request.to
    if request.back_from is not None and live is not None and live.number < request.back_from:
        return live.number
    number = pending(snapshot, live)
    if number is None:
        if live is None:
            return NOTHING
        number = live.number
        if Due(number, back=True) in marks_of(function).among(
            distribution.id for distribution in snapshot.distributions
        ):
            # An earlier rollback got here and was interrupted: finish it before another step back.
            return number
    line = ledger_of(function, number)
    if line is None:
        raise Refused(
            f"version {number} was not published by edgerollout: the release before it is unknown",
            hint=_name_one(request.environment, function),
        )
    if line.previous is None:
        return NOTHING
    if function.version(line.previous) is None:
        raise Refused(
            f"release {line.previous}, the one before {number}, no longer exists",
            hint=_name_one(request.environment, function, below=number),
        )
    return line.previous


def _name_one(environment: Environment, function: Function, below: int | None = None) -> Advice:
    """The advice where the release before is unknown or gone."""
    known = [version.number for version in _releases(function) if below is None or version.number < below]
    off = command_for(environment, "detach")
    if not known:
        return advise("To take our release off: ", off)
    newest = command_for(environment, "rollback", "--to", str(known[-1]))
    return advise("Name a release: ", newest, "   To take our release off: ", off)


def _releases(function: Function) -> list[Version]:
    return [version for version in function.versions if LedgerLine.parse(version.description) is not None]


def _begun(snapshot: Snapshot, function: Function) -> int | None:
    """The target of an unfinished rollback, from its marks; None: there is none.

    Of several targets it is the newest, which is nearest to what was live.
    """
    begun = marks_of(function).among(distribution.id for distribution in snapshot.distributions)
    return max((due.release for due in begun if due.back), default=None)


def _detaching(snapshot: Snapshot, function: Function) -> bool:
    """Whether a rollback to no release has removed our triggers and is unfinished."""
    return _begun(snapshot, function) == NOTHING


def _to_come_back(function: Function) -> tuple[ReplacedTrigger, ...]:
    """What a rollback to no release was restoring, from the tags; nothing for a `detach`."""
    tags = function.tags or {}
    if detached(function) >= max((version.number for version in _releases(function)), default=NOTHING):
        return ()
    return tuple(trigger for number in releases_told(tags) for trigger in read_replaced(tags, number) or ())


def _replaced(request: RollbackRequest, snapshot: Snapshot, live: LiveRelease) -> tuple[ReplacedTrigger, ...]:
    """Others' triggers that the first release took over, from its release.json, or else from the tags.

    Raises Refused if neither has them. Where Terraform owns the triggers, it restores what it knows.
    """
    if live.release is not None:
        return live.release.replaced
    environment, function = request.environment, snapshot.function
    told = None if function is None else read_replaced(function.tags or {}, live.number)
    if told is not None or not carrier_of(environment).brings_back:
        return told or ()
    document = snapshot.documents.get(live.number)
    why = document.why if isinstance(document, UnreadableRelease) else "its release.json was not read"
    raise Refused(
        f"release {live.number} is the first one, and what it may have replaced is unknown",
        why=f"{why}; no tag of the function has it, either",
        hint=advise(
            "To take our release off without restoring anything (it says what may stay detached): ",
            command_for(environment, "detach"),
        ),
    )


def _marks(
    request: RollbackRequest, snapshot: Snapshot, function: Function, target: int
) -> Iterator[MarkReleases]:
    """The step that marks the releases that the rollback takes back, but none after `back_from`.

    It also records since when the target's policy is observed, because the target's own record is older.
    """
    known, back_from = withdrawn(function), request.back_from
    above = tuple(
        version.number
        for version in _releases(function)
        if target < version.number <= (back_from or version.number) and version.number not in known
    )
    cleared = (target,) if target in known else ()
    observed = attached_again(snapshot, target, request.excluded)
    noted = observed is None or noted_for(function, target) is not None
    if above or cleared or not noted:
        yield MarkReleases(above, cleared, observed=observed)
