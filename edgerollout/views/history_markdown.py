"""A history as Markdown, for a job summary or a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.release.status.history import Publisher
from edgerollout.views.history_text import age_words, live_words, notes, policy_words, remarks, title
from edgerollout.views.markdown import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from edgerollout.release.status.history import History, PastRelease


def history_markdown(history: History, now: datetime) -> str:
    """The history as one table, ending in a line end. `now` is what ages are counted from."""
    return "\n".join(_lines(history, now)) + "\n"


def _lines(history: History, now: datetime) -> Iterator[str]:
    yield f"## {plain(title(history))}"
    if history.releases:
        yield ""
        yield "| release | published | enforced | report-only | previous | commit | live on | remarks |"
        yield "|---|---|---|---|---|---|---|---|"
        for one in history.releases:
            yield f"| {' | '.join(_cells(one, history.environment, now))} |"
    found = notes(history)
    if found:
        yield ""
        yield from (f"> **Note:** {note}  " for note in found[:-1])
        yield f"> **Note:** {found[-1]}"


def _cells(one: PastRelease, environment: str, now: datetime) -> Iterator[str]:
    line = one.line
    yield f"**{one.version}**" if one.live else str(one.version)
    yield f"{one.published_at:%Y-%m-%d %H:%M} UTC ({age_words(one, now)})"
    yield "" if line is None else plain(line.enforced or "")
    yield "" if line is None else plain(line.report_only or "")
    yield "" if line is None or line.previous is None else str(line.previous)
    yield "" if line is None else plain(line.commit or "")
    yield plain(live_words(one) or "")
    unknown = () if one.publisher is Publisher.US else (policy_words(one),)
    yield plain("; ".join((*unknown, *remarks(one, environment))))
