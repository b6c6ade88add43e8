"""Since when a report-only policy has been observed, without a gap that a run of ours saw or closed. Pure.

Gaps that others open and close between two runs leave no trace: they cannot be seen.
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

It says since when the policy of that release is observed: from when it is live everywhere, or since then.
"""


@dataclass(frozen=True)
class ObservedFrom:
    """Since when the report-only policy of a release counts as observed once it is attached again.

    `since` None: from when it is live everywhere. It takes the place of what its release.json recorded.
    """

    release: int
    since: datetime | None = None


def soaked_since(snapshot: Snapshot, excluded: frozenset[str] = frozenset()) -> datetime | None:
    """Since when the live report-only policy is observed; None when it is not, or not everywhere.

    A release carries since when its policy was observed when it was published, if that was so on every
    behavior; else it counts from when it is live everywhere. So it does when a run closed a gap with it
    later, and after a rollback as the tag says that this left. A release that came between with another
    report-only policy ends the count, also one that was rolled back, that nobody knows to have been live,
    or that is deleted. Where the tags cannot be read, one of the releases is marked as withdrawn, or the
    live one tells nothing, only the time of the live release itself counts.
    """
    live = live_release(snapshot, excluded)
    if snapshot.function is None or live is None:
        return None
    if live.report_only is None or not covered(snapshot, live.report_only, excluded):
        return None
    since = live_since(snapshot, live.number)
    if isinstance(snapshot.documents.get(live.number), UnreadableRelease):
        return since
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
    noted = noted_for(function, live)
    recorded = recorded if noted is None else noted.since
    breaks = _breaks(function, members)
    first = min((number for number in members if number > max(breaks, default=0)), default=None)
    there = None if first is None else function.version(first)
    if there is None or recorded is None:
        return since
    return max(recorded, there.published_at) if breaks else recorded


def covered(snapshot: Snapshot, report_only: str, excluded: frozenset[str]) -> bool:
    """Whether every behavior carries a release that observes this policy (its ledger digest)."""
    function = snapshot.function
    return function is not None and all(
        _observes(behavior, function, report_only)
        for distribution in snapshot.distributions
        for behavior in distribution.behaviors
        if behavior.path not in excluded
    )


def _observes(behavior: Behavior, function: Function, report_only: str) -> bool:
    for trigger in behavior.triggers:
        version = trigger.version
        if version is not None and version.function_arn == function.arn:
            line = ledger_of(function, version.version)
            if line is not None and line.report_only == report_only:
                return True
    return False


def gap_closed(snapshot: Snapshot, target: int, excluded: frozenset[str]) -> ObservedFrom | None:
    """What is to be noted before a run attaches the existing release `target` where it is missing.

    None where there is no gap, or the soak counts from when the release is live anyway.
    """
    line = None if snapshot.function is None else ledger_of(snapshot.function, target)
    if snapshot.function is None or line is None or line.report_only is None:
        return None
    if covered(snapshot, line.report_only, excluded):
        return None
    noted = noted_for(snapshot.function, target)
    if noted is None and not _may_have_recorded(snapshot.function, line):
        return None
    return None if noted is not None and noted.since is None else ObservedFrom(target)


def _may_have_recorded(function: Function, line: LedgerLine) -> bool:
    """Whether a release may carry a time before its own: only what followed one of the same policy does."""
    if line.previous is None:
        return False
    before = ledger_of(function, line.previous)
    return before is None or before.report_only == line.report_only


def attached_again(snapshot: Snapshot, target: int, excluded: frozenset[str]) -> ObservedFrom | None:
    """What is to be noted when a rollback goes to `target`: the soak goes on where the policy stays.

    None where nothing is observed there, or the target is live already.
    """
    function, live = snapshot.function, live_release(snapshot, excluded)
    line = None if function is None else ledger_of(function, target)
    if line is None or line.report_only is None or (live is not None and live.number == target):
        return None
    goes_on = live is not None and live.report_only == line.report_only
    if live is not None and not goes_on and live.number > target:
        return None  # the ledger tells that another policy was live since
    since = soaked_since(snapshot, excluded) if goes_on else None
    return ObservedFrom(target, None if since is None else since.astimezone(UTC))


def observed_tag(observed: ObservedFrom) -> Mapping[str, str]:
    """The tag that keeps it, on the function."""
    since = "" if observed.since is None else f" {observed.since.isoformat()}"
    return {OBSERVED_TAG: f"{observed.release}{since}"}


def noted_for(function: Function, release: int) -> ObservedFrom | None:
    """The tag's data of a release; None if it is about another. An invalid time is ignored."""
    number, _, since = (function.tags or {}).get(OBSERVED_TAG, "").partition(" ")
    if number != str(release):
        return None
    try:
        moment = datetime.fromisoformat(since)
    except ValueError:
        return ObservedFrom(release)
    return ObservedFrom(release, moment if moment.tzinfo is not None else None)


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
