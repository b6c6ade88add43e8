"""Every environment as a Markdown table, for a job summary or a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.release.facts.release import SHORT
from edgerollout.release.status.overview import Unseen
from edgerollout.views.markdown import plain
from edgerollout.views.overview_text import HEADINGS, cells, hints, remarks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from edgerollout.advice import Spell
    from edgerollout.release.status.overview import Overview, OverviewRow


def overview_markdown(overview: Overview, now: datetime, spell: Spell) -> str:
    """The overview as one table and its remarks, ending in a line end. Text from AWS brings no markup."""
    return "\n".join(_lines(overview, now, spell)) + "\n"


def _lines(overview: Overview, now: datetime, spell: Spell) -> Iterator[str]:
    yield f"| {' | '.join(HEADINGS)} |"
    yield "|---" * len(HEADINGS) + "|"
    for row in overview.rows:
        yield f"| {' | '.join(_cells(row, now))} |"
    found = [f"{plain(name)}: {plain(hint)}" for name, hint in hints(overview, spell)]
    found += [f"{plain(name)}: {remark}" for name, remark in remarks(overview, spell)]
    if found:
        yield ""
        yield from (f"> **Note:** {remark}  " for remark in found[:-1])
        yield f"> **Note:** {found[-1]}"


def _cells(row: OverviewRow, now: datetime) -> tuple[str, ...]:
    if isinstance(row.found, Unseen):
        empty = ("",) * (len(HEADINGS) - 2)
        return plain(row.environment), f"not read: {plain(row.found.error)}", *empty
    return plain(row.environment), *map(plain, cells(row, row.found.status, now, SHORT).all)
