"""Since when a report-only policy has been observed without a break. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.release.ledger import LedgerLine
from edgerollout.release.live import ledger_of, live_release, live_since, withdrawn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from edgerollout.release.snapshot import Function, Snapshot


def soaked_since(snapshot: Snapshot, excluded: frozenset[str] = frozenset()) -> datetime | None:
    """Since when the live report-only policy is observed; None when none is.

    Counts back through `previous` while the report-only digest is the same, to when the first of those
    releases was published: AWS does not keep when it went live, some minutes later. A release that
    came between with another report-only policy ends the count, also one that was rolled back, or that
    nobody knows to have been live. What was rolled back is told by tags; where they cannot be read, or
    one of the releases is marked as withdrawn, only the time of the live release itself counts.
    """
    function = snapshot.function
    live = live_release(snapshot, excluded)
    if function is None or live is None or live.report_only is None:
        return None
    since = live_since(snapshot, live.number)
    members = tuple(_same_policy(function, live.number, live.report_only))
    if function.tags is None or withdrawn(function) & set(members):
        return since
    others: dict[int, bool] = {}
    for version in function.versions:
        line = LedgerLine.parse(version.description)
        if version.number > members[-1] and version.number not in members and line is not None:
            others[version.number] = line.report_only == live.report_only
    breaks = [number for number, same_policy in others.items() if not same_policy]
    first = min((number for number in members if number > max(breaks, default=0)), default=None)
    alone = first == live.number and not any(others.values())
    version_there = None if first is None or alone else function.version(first)
    return since if version_there is None else version_there.published_at


def _same_policy(function: Function, number: int, report_only: str) -> Iterator[int]:
    """The release and those it follows, newest first, while they observe this policy."""
    following: int | None = number
    while following is not None:
        line = ledger_of(function, following)
        if line is None or line.report_only != report_only:
            return
        yield following
        # A release follows an older one; anything else would never end.
        following = line.previous if line.previous is not None and line.previous < following else None
