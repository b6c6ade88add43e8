"""Since when a report-only policy and headers have been observed, without a gap that a run of ours saw or
closed. Pure.

A gap that others open and close between two runs leaves no trace, so it cannot be seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from edgerollout.release.facts.ledger import LedgerLine
from edgerollout.release.facts.live import ledger_of, live_release, live_since, withdrawn
from edgerollout.release.facts.unreadable import UnreadableRelease

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edgerollout.release.facts.snapshot import Behavior, Function, Snapshot

OBSERVED_TAG = "edgerollout:observed"
"""Tag on the function, for a release that was attached again: `42`, or `42 2026-03-01T12:00:00+00:00`.

It says since when the policy of that release is observed: since the given time, or without a time, from when
the release is live everywhere.
"""


@dataclass(frozen=True)
class ObservedFrom:
    """Since when the report-only policy of a release counts as observed, once the release is attached again.

    `since` None: from when the release is live everywhere. This replaces the time that its release.json
    recorded.
    """

    release: int
    since: datetime | None = None


def soaked_since(snapshot: Snapshot, excluded: frozenset[str] = frozenset()) -> datetime | None:
    """Since when the live report-only policy is observed; None when it is not observed everywhere.

    A release records since when its policy was observed, if every behavior observed it already when the
    release was published. Otherwise the time counts from when the release is live everywhere. It also counts
    from then when a run closed a gap with the release later. After a rollback, the tag that the rollback left
    decides.

    A release in between with another report-only policy ends the count. This is also so when that release was
    rolled back, is deleted, or was perhaps never live. Only the time of the live release itself counts where
    the tags cannot be read, one of the releases is marked as withdrawn, or the live release cannot be read.
    """
    live = live_release(snapshot, excluded)
    if snapshot.function is None or live is None:
        return None
    line = ledger_of(snapshot.function, live.number)
    if line is None or not line.observes or not covered(snapshot, line, excluded):
        return None
    since = live_since(snapshot, live.number)
    if isinstance(snapshot.documents.get(live.number), UnreadableRelease):
        return since
    recorded = None if live.release is None else live.release.observed_since
    return counted_since(snapshot.function, live.number, since, recorded)


def counted_since(
    function: Function, live: int, since: datetime | None, recorded: datetime | None
) -> datetime | None:
    """The result of `soaked_since` from a function's versions and tags; None where nothing is observed.

    `since` is the time since when the release `live` is live; `recorded` the time in its document since when
    its policy was observed.
    """
    members = same_policy(function, live)
    if not members:
        return None
    if function.tags is None or withdrawn(function) & set(members):
        return since
    noted = noted_for(function, live)
    recorded = recorded if noted is None else noted.since
    breaks = _breaks(function, members)
    first = min((number for number in members if number > max(breaks, default=0)), default=None)
    there = None if first is None else function.version(first)
    if there is None or recorded is None:
        return since
    return max(recorded, there.published_at) if breaks else recorded


def covered(snapshot: Snapshot, observed: LedgerLine, excluded: frozenset[str]) -> bool:
    """Whether every behavior carries a release that observes what the release of this line does."""
    function = snapshot.function
    return function is not None and all(
        _observes(behavior, function, observed)
        for distribution in snapshot.distributions
        for behavior in distribution.behaviors
        if behavior.path not in excluded
    )


def _observes(behavior: Behavior, function: Function, observed: LedgerLine) -> bool:
    for trigger in behavior.triggers:
        version = trigger.version
        if version is not None and version.function_arn == function.arn:
            line = ledger_of(function, version.version)
            if line is not None and line.observes_all_of(observed):
                return True
    return False


def gap_closed(snapshot: Snapshot, target: int, excluded: frozenset[str]) -> ObservedFrom | None:
    """What to record before a run attaches the existing release `target` where it is missing.

    None where there is no gap, or where the soak counts from when the release is live in any case.
    """
    line = None if snapshot.function is None else ledger_of(snapshot.function, target)
    if snapshot.function is None or line is None or not line.observes:
        return None
    if covered(snapshot, line, excluded):
        return None
    noted = noted_for(snapshot.function, target)
    if noted is None and not _may_have_recorded(snapshot.function, line):
        return None
    return None if noted is not None and noted.since is None else ObservedFrom(target)


def _may_have_recorded(function: Function, line: LedgerLine) -> bool:
    """Whether a release may record a time before its own: only if the release before had its policy."""
    if line.previous is None:
        return False
    before = ledger_of(function, line.previous)
    return before is None or before.observes_all_of(line)


def attached_again(snapshot: Snapshot, target: int, excluded: frozenset[str]) -> ObservedFrom | None:
    """What to record when a rollback goes to `target`: the soak continues where the policy stays the same.

    None where `target` observes nothing, or is live already.
    """
    function, live = snapshot.function, live_release(snapshot, excluded)
    line = None if function is None else ledger_of(function, target)
    if line is None or not line.observes or (live is not None and live.number == target):
        return None
    now = None if function is None or live is None else ledger_of(function, live.number)
    goes_on = now is not None and now.observes_all_of(line)
    if live is not None and not goes_on and live.number > target:
        return None  # the ledger shows that another policy was live since then
    since = soaked_since(snapshot, excluded) if goes_on else None
    return ObservedFrom(target, None if since is None else since.astimezone(UTC))


def observed_tag(observed: ObservedFrom) -> Mapping[str, str]:
    """The tag that keeps it, on the function."""
    since = "" if observed.since is None else f" {observed.since.isoformat()}"
    return {OBSERVED_TAG: f"{observed.release}{since}"}


def noted_for(function: Function, release: int) -> ObservedFrom | None:
    """The tag's data about a release; None if the tag is about another one. An invalid time is ignored."""
    number, _, since = (function.tags or {}).get(OBSERVED_TAG, "").partition(" ")
    if number != str(release):
        return None
    try:
        moment = datetime.fromisoformat(since)
    except ValueError:
        return ObservedFrom(release)
    return ObservedFrom(release, moment if moment.tzinfo is not None else None)


def _breaks(function: Function, members: tuple[int, ...]) -> frozenset[int]:
    """The versions since the first of `members` that observed another policy, or an unknown one.

    Lambda numbers versions without gaps, so a missing version is deleted. A version that people published by
    hand is not a release.
    """
    oldest, newest = members[-1], members[0]
    observed = ledger_of(function, newest)
    known = {version.number: version for version in function.versions}
    deleted = {number for number in range(oldest, newest) if number not in known}
    others = {
        number
        for number, version in known.items()
        if number > oldest
        and number not in members
        and (line := LedgerLine.parse(version.description)) is not None
        and (observed is None or not line.observes_all_of(observed))
    }
    return frozenset(deleted | others)


def same_policy(function: Function, live: int) -> tuple[int, ...]:
    """The release and those before it that observe its policy and headers, newest first. Empty if it observes
    nothing.
    """
    first = ledger_of(function, live)
    if first is None or not first.observes:
        return ()
    return tuple(_following(function, live, first))


def _following(function: Function, number: int, observed: LedgerLine) -> Iterator[int]:
    following: int | None = number
    while following is not None:
        line = ledger_of(function, following)
        if line is None or not line.observes_all_of(observed):
            return
        yield following
        # A release always follows an older one. Anything else could loop for ever.
        following = line.previous if line.previous is not None and line.previous < following else None
