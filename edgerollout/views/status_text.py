"""A status for people: the live release in a few lines, then one line a behavior."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.release.status import BehaviorState
from edgerollout.views.ink import Line, Style, visible
from edgerollout.views.wording import count_words, duration_words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from edgerollout.release.status import BehaviorStatus, DistributionStatus, Status
    from edgerollout.views.glyphs import Glyphs


def status_lines(status: Status, now: datetime, width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """The status in lines; `now` is what ages are counted from."""
    return tuple(_lines(status, now, width, glyphs))


def release_words(status: Status) -> str:
    """Which release is live, in a few words."""
    live = status.live
    if live is None:
        return "nothing published yet"
    if live.mixed:
        counts = ", ".join(f"{number} on {count_words(count, 'behavior')}" for number, count in live.counts)
        return f"mixed: {counts}"
    return f"release {live.number}" + (" (withdrawn)" if status.withdrawn else "")


def policy_words(status: Status) -> str | None:
    """The stage of the live policies, in a few words; None while nothing of ours is live."""
    live = status.live
    if live is None or live.digest is None:
        return None
    parts = [
        f"{stage} {digest}"
        for stage, digest in (("enforced", live.enforced), ("report-only", live.report_only))
        if digest is not None
    ]
    return ", ".join(parts) or "none"


def notes(status: Status) -> tuple[str, ...]:
    """What one should know beyond the table."""
    found: list[str] = []
    if status.drift and status.live is not None and not status.live.mixed:
        found.append(
            f"drift: not every behavior carries release {status.live.number}; the next publish completes it"
        )
    if status.live is not None and status.live.mixed:
        found.append("an earlier run stopped half-way; run its publish again, or roll back")
    if status.unattached:
        numbers = ", ".join(str(number) for number in status.unattached)
        found.append(f"published and attached nowhere: {numbers} (unfinished, or rolled back)")
    if status.in_progress and status.live is not None:
        found.append("not finished: `edgerollout wait` sees it through")
    return tuple(found)


def _lines(status: Status, now: datetime, width: int, glyphs: Glyphs) -> Iterator[Line]:
    yield Line(f"{status.environment}: {release_words(status)}", Style.STRONG)
    if status.live_since is not None:
        age = duration_words(max(0.0, (now - status.live_since).total_seconds()))
        yield Line(f"  live since  {status.live_since:%Y-%m-%d %H:%M:%S} UTC ({age} ago)", hang=14)
    policies = policy_words(status)
    if policies is not None:
        yield Line(f"  CSP         {policies}", hang=14)
    if status.commit is not None:
        yield Line(f"  commit      {visible(status.commit)}", hang=14)
    yield Line(f"  function    {status.function} on {status.event}, account {status.account}", hang=14)
    for distribution in status.distributions:
        yield Line("")
        yield from _distribution(distribution, width, glyphs)
    remarks = notes(status)
    if remarks:
        yield Line("")
        for remark in remarks:
            yield Line(f"{glyphs.warning} {remark}", Style.WARNING, hang=2)


def _distribution(one: DistributionStatus, width: int, glyphs: Glyphs) -> Iterator[Line]:
    invalidation = {None: "", True: ", invalidated", False: ", not invalidated yet"}[one.invalidated]
    yield Line(f"{visible(one.name)} ({one.id})  {one.status}{invalidation}", Style.STRONG, hang=2)
    column = min(max((len(each.path) for each in one.behaviors), default=0), max(12, width - 24))
    for each in one.behaviors:
        good = each.state in (BehaviorState.CURRENT, BehaviorState.EXCLUDED)
        mark = glyphs.done if good else glyphs.warning
        style = Style.PLAIN if good else Style.WARNING
        yield Line(f"  {mark} {visible(each.path).ljust(column)}  {_carries(each)}", style, hang=column + 6)


def _carries(each: BehaviorStatus) -> str:
    version = f":{each.version} " if each.version is not None else ""
    match each.state:
        case BehaviorState.FOREIGN:
            return f"foreign {visible(str(each.foreign))}"
        case BehaviorState.MISSING:
            return "no trigger"
        case _:
            return f"{version}{each.state.value}"
