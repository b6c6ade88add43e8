"""Since when a report-only policy has been observed without a break. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.release.ledger import LedgerLine
from edgerollout.release.live import ledger_of, live_release, live_since, withdrawn
from edgerollout.release.snapshot import UnreadableRelease

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from edgerollout.release.snapshot import Function, Snapshot


def soaked_since(snapshot: Snapshot, excluded: frozenset[str] = frozenset()) -> datetime | None:
    """Since when the live report-only policy is observed; None when none is.

    Counts back through `previous` while the report-only digest is the same. AWS does not keep when a
    release went live, and that may be long after it was published (cut off before the swap); so each
    release carries since when its policy was observed when it was published. Without that, the first one
    counts from when the next one found it live. A release that came between with another report-only
    policy ends the count, also one that was rolled back, that nobody knows to have been live, or that is
    deleted. What was rolled back is told by tags; where they cannot be read, one of the releases is marked
    as withdrawn, or the live one tells nothing, only the time of the live release itself counts.
    """
    live = live_release(snapshot, excluded)
    if snapshot.function is None or live is None:
        return None
    since = live_since(snapshot, live.number)
    if isinstance(snapshot.documents.get(live.number), UnreadableRelease):
        return None if live.report_only is None else since
    recorded = None if live.release is None else live.release.observed_since
    return counted_since(snapshot.function, live.number, since, recorded)


def counted_since(
    function: Function, live: int, since: datetime | None, recorded: datetime | None
) -> datetime | None:
    """What `soaked_since` makes of a function's versions and tags; None where nothing is observed.

    `since`: since when the release `live` is live; `recorded`: since when its policy was observed, as its
    document says.
    """
    members = same_policy(function, live)
    if not members:
        return None
    if function.tags is None or withdrawn(function) & set(members):
        return since
    breaks = _breaks(function, members)
    first = min((number for number in members if number > max(breaks, default=0)), default=None)
    there = None if first is None else function.version(first)
    if there is None:
        return since
    if recorded is not None:
        return max(recorded, there.published_at) if breaks else recorded
    return _found_live(function, there.number) or since


def _breaks(function: Function, members: tuple[int, ...]) -> frozenset[int]:
    """The versions since the first of `members` that observed something else, or nobody knows what.

    Lambda numbers versions without a gap: a missing one is deleted. What people publish by hand is no
    release.
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
        and (observed is None or line.report_only != observed.report_only)
    }
    return frozenset(deleted | others)


def _found_live(function: Function, number: int) -> datetime | None:
    """When a release was certainly live: the first one that follows it was planned when it was."""
    for version in function.versions:
        line = LedgerLine.parse(version.description) if version.number > number else None
        if line is not None and line.previous == number:
            return version.published_at
    return None


def same_policy(function: Function, live: int) -> tuple[int, ...]:
    """The release and those it follows, newest first, while they observe its policy. None if it has none."""
    first = ledger_of(function, live)
    if first is None or first.report_only is None:
        return ()
    return tuple(_following(function, live, first.report_only))


def _following(function: Function, number: int, report_only: str) -> Iterator[int]:
    following: int | None = number
    while following is not None:
        line = ledger_of(function, following)
        if line is None or line.report_only != report_only:
            return
        yield following
        # A release follows an older one; anything else would never end.
        following = line.previous if line.previous is not None and line.previous < following else None
