"""Live headers against the release, for people: a line for each answer, only what differs at length."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.advice import spelled
from edgerollout.views.ink import Line, Style, visible
from edgerollout.views.verify_rows import difference_rows, groups, release_words, status_words, summary
from edgerollout.views.wording import duration_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.advice import Spell
    from edgerollout.probe.live_headers import LiveProbe, Verified
    from edgerollout.views.glyphs import Glyphs
    from edgerollout.views.verify_rows import Group

_KIND = 14
"""Columns of the kind's name."""


def verify_lines(found: Verified, environment: str, glyphs: Glyphs, spell: Spell) -> tuple[Line, ...]:
    """The run in lines."""
    return tuple(_lines(found, environment, glyphs, spell))


def _lines(found: Verified, environment: str, glyphs: Glyphs, spell: Spell) -> Iterator[Line]:
    yield Line(f"{environment}: {release_words(found.expectation)}", Style.STRONG, hang=2)
    for group in groups(found):
        yield Line("")
        yield from _group(group, found, glyphs, spell)
    yield Line("")
    mark, style = (glyphs.done, Style.GOOD) if found.ok else (glyphs.failed, Style.BAD)
    again = f" (looked {found.looks} times in {duration_words(found.elapsed)})" if found.looks > 1 else ""
    yield Line(f"{mark} {summary(found)}{again}", style, hang=2)


def _group(group: Group, found: Verified, glyphs: Glyphs, spell: Spell) -> Iterator[Line]:
    yield Line(visible(group.title), Style.STRONG, hang=2)
    told: dict[tuple[str, ...], str] = {}
    for one in group.probes:
        yield from _probe(one, found, told, glyphs, spell)
    by_reason: dict[str, list[str]] = {}
    for each in group.left_out:
        by_reason.setdefault(each.why, []).append(each.kind or "")
    for why, kinds in by_reason.items():
        names = ", ".join(kind for kind in kinds if kind)
        words = f"{names}: not seen, {why}" if names else f"not judged: {why}"
        yield Line(f"  {glyphs.waiting} {visible(words)}", Style.MUTED, hang=6)


def _probe(
    one: LiveProbe, found: Verified, told: dict[tuple[str, ...], str], glyphs: Glyphs, spell: Spell
) -> Iterator[Line]:
    """One answer. `told` has the differences that were shown, and of which kind: none is shown twice."""
    mark, style = (glyphs.done, Style.PLAIN) if one.ok else (glyphs.failed, Style.BAD)
    kind = one.answer.kind.value.ljust(_KIND)
    words = f"{visible(one.probed.url)}  ({visible(status_words(one))})"
    yield Line(f"  {mark} {kind} {words}", style, hang=6)
    rows = tuple(row for each in one.differences for row in difference_rows(each, found.expectation))
    if rows in told:
        yield Line(f"      the same differences as the {told[rows]}", hang=8)
    else:
        for row in rows:
            words = row.lstrip(" ")
            yield Line(f"      {' ' * (len(row) - len(words))}{visible(words)}", hang=10)
        if rows:
            told[rows] = one.answer.kind.value
    for why in one.why:
        yield Line(f"      {visible(spelled(why, spell))}", Style.MUTED if one.ok else Style.WARNING, hang=8)
