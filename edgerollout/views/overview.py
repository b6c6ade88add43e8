"""All environments in a table, with remarks below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from edgerollout.advice import CommandLine
from edgerollout.release.status.overview import Seen, Standing, Unseen
from edgerollout.views.document import Doc, Item, List, Marker, Table, TableRow
from edgerollout.views.ink import Style
from edgerollout.views.status import arriving, notes
from edgerollout.views.wording import duration_words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from edgerollout.release.facts.standing import LiveRelease
    from edgerollout.release.status.overview import Overview, OverviewRow
    from edgerollout.release.status.status import Status
    from edgerollout.views.document import Phrase

_COLUMNS = ("environment", "release", "enforced", "report-only", "live for", "drift", "policy")

_DIGEST = 8
"""Hex digits that are enough to tell two policies apart; the JSON document has sixteen."""


def overview_document(overview: Overview, now: datetime) -> Doc:
    """The overview. Ages are counted from `now`."""
    table = Table(_COLUMNS, tuple(_row(row, now) for row in overview.rows), titled=True)
    remarks = [
        Item((f"{name}: ", *(words if isinstance(words, tuple) else (words,))), Marker.WARNING)
        for name, words in (*_hints(overview), *_remarks(overview))
    ]
    return Doc("Environments", (table, List(tuple(remarks))))


def _row(row: OverviewRow, now: datetime) -> TableRow:
    if isinstance(row.found, Unseen):
        return TableRow((row.environment, f"not read: {row.found.error}"), style=Style.BAD)
    status = row.found.status
    if status.live is None:
        return TableRow((row.environment, "no release"))
    style = Style.WARNING if status.drift or status.withdrawn else None
    return TableRow(
        (row.environment, *(cell or "-" for cell in _cells(row, status, status.live, now))), style=style
    )


def _cells(row: OverviewRow, status: Status, live: LiveRelease, now: datetime) -> tuple[str, ...]:
    """The cells for an environment that was read, in the order of the columns; an empty cell says nothing."""
    age = "not yet"
    if not arriving(status) and status.live_since is not None:
        age = duration_words(max(0.0, (now - status.live_since).total_seconds()))
    unknown = "?" if live.digest is None else ""
    return (
        "mixed" if live.mixed else str(live.number),
        (live.enforced or unknown)[:_DIGEST],
        (live.report_only or unknown)[:_DIGEST],
        age,
        "yes" if status.drift else "no",
        _standing(row),
    )


def _standing(row: OverviewRow) -> str:
    """The policy, compared with that of the environment before."""
    match row.standing:
        case None:
            return ""
        case Standing.SAME:
            return f"same as {row.after}"
        case Standing.OLDER:
            return f"older than {row.after}"
        case Standing.OTHER:
            return f"not {row.after}'s"
        case Standing.NONE:
            return "none yet"
        case Standing.UNKNOWN:
            return "not known"
        case _:
            assert_never(row.standing)


def _hints(overview: Overview) -> Iterator[tuple[str, Phrase]]:
    """(environment, what to do) for each environment that could not be read."""
    for row in overview.rows:
        if isinstance(row.found, Unseen) and row.found.hint is not None:
            yield row.environment, row.found.hint


def _remarks(overview: Overview) -> Iterator[tuple[str, Phrase]]:
    """(environment, remark) for everything that the table does not show."""
    for row in overview.rows:
        if isinstance(row.found, Unseen):
            continue
        for note in notes(row.found.status):
            yield row.environment, note
        behind = row.standing in (Standing.OLDER, Standing.OTHER, Standing.NONE)
        if behind and _enforces(overview, row.after):
            promote = CommandLine("promote", row.environment)
            yield row.environment, (promote, f", later with --enforce, brings {row.after}'s policy")


def _enforces(overview: Overview, name: str | None) -> bool:
    """Whether an environment has an enforced policy, the only kind that can be promoted."""
    return any(
        row.environment == name
        and isinstance(row.found, Seen)
        and row.found.status.live is not None
        and row.found.status.live.enforced is not None
        for row in overview.rows
    )
