"""Every environment for people: a table, or a few lines each where that is too wide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from edgerollout.advice import CommandLine, spelled
from edgerollout.release.status.overview import Seen, Standing, Unseen
from edgerollout.views.ink import Line, Style, visible
from edgerollout.views.status_text import arriving, notes
from edgerollout.views.wording import duration_words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from edgerollout.advice import Spell
    from edgerollout.release.status.overview import Overview, OverviewRow
    from edgerollout.release.status.status import Status
    from edgerollout.views.glyphs import Glyphs

HEADINGS = ("environment", "release", "enforced", "report-only", "live for", "drift", "policy")

_DIGEST = 8
"""Hex digits that tell two policies apart at a glance; the documents have sixteen."""

_GAP = 2


@dataclass(frozen=True)
class Cells:
    """A row in words, in the order of HEADINGS without the environment's name; empty: nothing to say."""

    release: str
    enforced: str
    report_only: str
    age: str
    drift: str
    policy: str

    @property
    def all(self) -> tuple[str, ...]:
        return self.release, self.enforced, self.report_only, self.age, self.drift, self.policy


def overview_lines(
    overview: Overview, now: datetime, width: int, glyphs: Glyphs, spell: Spell
) -> tuple[Line, ...]:
    """The overview in lines for `width` columns; `now` is what ages are counted from."""
    return tuple(_lines(overview, now, width, glyphs, spell))


def cells(row: OverviewRow, status: Status, now: datetime, digits: int, *, named: bool = True) -> Cells:
    """What there is to say of an environment that was read; digests with that many digits.

    `named`: the environment before is named.
    """
    live = status.live
    if live is None:
        return Cells("", "", "", "", "", "")
    age = "not yet"
    if not arriving(status) and status.live_since is not None:
        age = duration_words(max(0.0, (now - status.live_since).total_seconds()))
    unknown = "?" if live.digest is None else ""
    return Cells(
        release="mixed" if live.mixed else str(live.number),
        enforced=(live.enforced or unknown)[:digits],
        report_only=(live.report_only or unknown)[:digits],
        age=age,
        drift="yes" if status.drift else "no",
        policy=standing_words(row, named=named),
    )


def standing_words(row: OverviewRow, *, named: bool) -> str:
    """The policy against the one of the environment before."""
    after = f" {row.after}" if named else ""
    match row.standing:
        case None:
            return ""
        case Standing.SAME:
            return f"same as{after}" if named else "same"
        case Standing.OLDER:
            return f"older than{after}" if named else "older"
        case Standing.OTHER:
            return f"not{after}'s" if named else "another"
        case Standing.NONE:
            return "none yet"
        case Standing.UNKNOWN:
            return "not known"
        case _:
            assert_never(row.standing)


def hints(overview: Overview, spell: Spell) -> tuple[tuple[str, str], ...]:
    """(environment, what to do) of those that could not be read."""
    return tuple(
        (row.environment, visible(spelled(row.found.hint, spell)))
        for row in overview.rows
        if isinstance(row.found, Unseen) and row.found.hint is not None
    )


def remarks(overview: Overview, spell: Spell) -> tuple[tuple[str, str], ...]:
    """(environment, remark) of everything that the table has no room for."""
    found: list[tuple[str, str]] = []
    for row in overview.rows:
        if isinstance(row.found, Unseen):
            continue
        found += [(row.environment, note) for note in notes(row.found.status, spell)]
        behind = row.standing in (Standing.OLDER, Standing.OTHER, Standing.NONE)
        if behind and _enforces(overview, row.after):
            command = f"`{spell(CommandLine('promote', row.environment))}`"
            found.append((row.environment, f"{command}, later with --enforce, brings {row.after}'s policy"))
    return tuple(found)


def _enforces(overview: Overview, name: str | None) -> bool:
    """Whether an environment has an enforced policy: promotion carries no other."""
    return any(
        row.environment == name
        and isinstance(row.found, Seen)
        and row.found.status.live is not None
        and row.found.status.live.enforced is not None
        for row in overview.rows
    )


def _lines(overview: Overview, now: datetime, width: int, glyphs: Glyphs, spell: Spell) -> Iterator[Line]:
    for named in (True, False):
        known = {
            row.environment: cells(row, row.found.status, now, _DIGEST, named=named)
            for row in overview.rows
            if isinstance(row.found, Seen)
        }
        columns = _widths(overview, known)
        if sum(columns) + _GAP * (len(columns) - 1) <= width:
            yield from _table(overview, known, columns, glyphs)
            break
    else:
        for row in overview.rows:
            yield from _stacked(row, now, glyphs)
    found = (*hints(overview, spell), *remarks(overview, spell))
    if found:
        yield Line("")
        for name, remark in found:
            yield Line(f"{glyphs.warning} {name}: {remark}", Style.WARNING, hang=2)


def _table(overview: Overview, known: dict[str, Cells], columns: list[int], glyphs: Glyphs) -> Iterator[Line]:
    yield Line(_joined(HEADINGS, columns), Style.STRONG)
    for row in overview.rows:
        if isinstance(row.found, Unseen):
            column = columns[0] + _GAP
            words = _unseen_words(row.found, glyphs)
            yield Line(row.environment.ljust(column) + words, Style.BAD, hang=column)
        else:
            filled = (one or "-" for one in known[row.environment].all)
            yield Line(_joined((row.environment, *filled), columns), _style(row.found.status))


def _widths(overview: Overview, known: dict[str, Cells]) -> list[int]:
    rows = [HEADINGS, *((name, *words.all) for name, words in known.items())]
    widths = [max(len(one) for one in column) for column in zip(*rows, strict=True)]
    widths[0] = max(widths[0], *(len(row.environment) for row in overview.rows))
    return widths


def _joined(words: tuple[str, ...], widths: list[int]) -> str:
    return (" " * _GAP).join(word.ljust(width) for word, width in zip(words, widths, strict=True)).rstrip()


def _style(status: Status) -> Style:
    return Style.WARNING if status.drift or status.withdrawn else Style.PLAIN


def _unseen_words(found: Unseen, glyphs: Glyphs) -> str:
    return f"{glyphs.failed} not read: {visible(found.error)}"


def _stacked(row: OverviewRow, now: datetime, glyphs: Glyphs) -> Iterator[Line]:
    yield Line(row.environment, Style.STRONG)
    if isinstance(row.found, Unseen):
        yield Line(f"  {_unseen_words(row.found, glyphs)}", Style.BAD, hang=4)
        return
    column = max(map(len, HEADINGS)) + _GAP
    words = cells(row, row.found.status, now, _DIGEST).all
    for heading, word in zip(HEADINGS[1:], words, strict=True):
        if word or heading == "release":
            text = f"  {heading.ljust(column)}{word or 'none of ours'}"
            yield Line(text, _style(row.found.status), hang=column + 2)
