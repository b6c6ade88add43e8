"""A tour at a terminal: pages and directives, each cause with what to do, and what the policy gains."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edgerollout.tour.suggestion import Allow, Decide, Settled
from edgerollout.views.hint_lines import hint_lines
from edgerollout.views.ink import Line, Style, fitted, visible
from edgerollout.views.tour_entries import entries_of
from edgerollout.views.tour_rows import page_table
from edgerollout.views.tour_wording import (
    advice_why,
    balance_words,
    gain_place,
    happened,
    losses_words,
    mode_words,
    shown_url,
    shown_words,
    snippet_of,
    sources_words,
    thing,
    todo_words,
    verdict_words,
)
from edgerollout.views.wording import count_words, duration_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgerollout.advice import Spell
    from edgerollout.tour.gains import Gain
    from edgerollout.tour.judgement import JudgedPage, TourVerdict
    from edgerollout.tour.model import Gathered
    from edgerollout.views.glyphs import Glyphs
    from edgerollout.views.tour_entries import Entry
    from edgerollout.views.tour_rows import TourHeading
    from edgerollout.views.tour_wording import Tone

MOST_ENTRIES = 100
"""Causes told one by one; the rest is counted, and is in the JSON."""

_PAGES = 8
_THREE_COLUMNS = 80
_LONGEST = 60
_LEAST = 20
"""Columns that a page's URL needs in the table."""
_STYLES: dict[Tone, Style] = {
    "good": Style.GOOD,
    "warn": Style.WARNING,
    "bad": Style.BAD,
    "plain": Style.PLAIN,
}


@dataclass(frozen=True)
class TextStyle:
    """How to write it: `width` in columns (None: as long as need be), every detail of a cause or one line."""

    width: int | None
    glyphs: Glyphs
    spell: Spell
    details: bool = False


def tour_lines(
    verdict: TourVerdict, gathered: Gathered | None, heading: TourHeading, style: TextStyle
) -> tuple[Line, ...]:
    """The verdict in lines: what was toured, a line a cause, what policy.toml gains, and what comes next."""
    return tuple(_lines(verdict, gathered, heading, style))


def _lines(
    verdict: TourVerdict, gathered: Gathered | None, heading: TourHeading, style: TextStyle
) -> Iterator[Line]:
    glyphs = style.glyphs
    tone, words = verdict_words(verdict)
    yield Line(f"{_sign(tone, glyphs)} {words}", _STYLES[tone], hang=2)
    yield from _about(verdict, gathered, heading)
    yield from _partial(verdict, glyphs)
    if verdict.pages:
        yield Line("")
        yield from _table(verdict, style.width, glyphs)
    yield from _causes(verdict, style)
    yield from _broken_by_headers(verdict, glyphs)
    yield from _not_seen(verdict, glyphs)
    yield from _others(verdict, glyphs)
    yield from _gains(heading, style)
    yield from _losses(heading, style)
    if verdict.rows:
        yield Line("")
        words = balance_words(verdict, written=heading.written)
        yield Line(f"{_sign('bad', glyphs)} {visible(words)}", Style.BAD, hang=4)
    if heading.next_step is not None:
        yield from hint_lines("next:", heading.next_step, style.spell, indent=2)


def _sign(tone: Tone, glyphs: Glyphs) -> str:
    return {"good": glyphs.done, "bad": glyphs.failed}.get(tone, glyphs.warning)


def _about(verdict: TourVerdict, gathered: Gathered | None, heading: TourHeading) -> Iterator[Line]:
    where = "" if heading.environment is None else f"{heading.environment}: "
    release = "" if heading.release is None else f", release {heading.release}"
    if gathered is None or heading.mode == "reports":
        yield Line(f"  {where}reports from browsers, against the local policy", Style.MUTED, hang=4)
    else:
        yield Line(f"  {where}{mode_words(gathered.mode)}{release}", Style.MUTED, hang=4)
        took = duration_words((gathered.ended - gathered.started).total_seconds())
        browser = f"{gathered.browser.name} {gathered.browser.version}"
        pages = count_words(len(verdict.pages), "page")
        yield Line(f"  {pages} in {took}, {visible(browser)}", Style.MUTED, hang=4)
    stage = "in force" if verdict.disposition == "enforce" else "report-only"
    yield Line(f"  policy {verdict.digest[:16]}, {stage}", Style.MUTED, hang=4)
    for reason, count in verdict.dropped.items():
        yield Line(f"  left out: {count:,} of {reason}", Style.MUTED, hang=4)


def _partial(verdict: TourVerdict, glyphs: Glyphs) -> Iterator[Line]:
    for reason in map(shown_words, verdict.partial):
        yield Line(f"{glyphs.warning} incomplete: {visible(reason)}", Style.WARNING, hang=4)
    for page in verdict.pages:
        url = visible(shown_url(page.url))
        for reason in page.reasons:
            yield Line(f"{glyphs.warning} {url}: {visible(shown_words(reason))}", Style.WARNING, hang=4)
    if verdict.accepted_unseen:
        hosts = visible(", ".join(verdict.accepted_unseen))
        yield Line(f"{glyphs.warning} accepted unseen: {hosts}", Style.WARNING, hang=4)


def _table(verdict: TourVerdict, width: int | None, glyphs: Glyphs) -> Iterator[Line]:
    table = page_table(verdict)
    numbers = [max(3, len(name)) for name in table.directives]
    room = (width or 1000) - 4 - sum(one + 2 for one in numbers)
    urls = {page.url: visible(shown_url(page.url)) for page, _ in table.rows}
    if room < _LEAST:
        for page, counts in table.rows:
            start = f"  {_mark(page, counts, glyphs)} {sum(counts) or '-'}  "
            yield Line(f"{start}{urls[page.url]}", hang=4, lead=len(start))
        return
    column = min(room, max(len("page"), *(len(url) for url in urls.values())))
    heads = "".join(f"  {name.rjust(size)}" for name, size in zip(table.directives, numbers, strict=True))
    if heads:
        yield Line(f"    {'page'.ljust(column)}{heads}", Style.MUTED)
    for page, counts in table.rows:
        cells = "".join(
            f"  {(str(count) if count else '-').rjust(size)}"
            for count, size in zip(counts, numbers, strict=True)
        )
        url = fitted(urls[page.url], column, glyphs.ellipsis).ljust(column)
        yield Line(f"  {_mark(page, counts, glyphs)} {url}{cells}".rstrip(), whole=True)


def _mark(page: JudgedPage, counts: tuple[int, ...], glyphs: Glyphs) -> str:
    if any(counts):
        return glyphs.failed
    return glyphs.done if page.complete else glyphs.warning


def _causes(verdict: TourVerdict, style: TextStyle) -> Iterator[Line]:
    entries = entries_of(verdict.rows)
    if not entries:
        return
    if style.details:
        for entry in entries[:MOST_ENTRIES]:
            yield Line("")
            yield from _entry(entry, style.glyphs)
    else:
        yield Line("")
        yield from _brief(entries[:MOST_ENTRIES], style)
    if len(entries) > MOST_ENTRIES:
        yield Line("")
        yield Line(f"and {len(entries) - MOST_ENTRIES:,} more, which -o json tells", Style.MUTED)
    elif not style.details:
        yield Line("  more of each with -v, or in a report: --html FILE", Style.MUTED, hang=4)


def _brief(entries: Sequence[Entry], style: TextStyle) -> Iterator[Line]:
    """A line a cause: what it is, what to do about it, where it was asked for."""
    glyphs, width = style.glyphs, style.width
    cells = [
        (thing(one.cause, len(one.rows)), todo_words(one.advice, one.place), _place(one)) for one in entries
    ]
    cells = [(visible(what), visible(todo), visible(where)) for what, todo, where in cells]
    signs = [
        (glyphs.failed, Style.PLAIN)
        if isinstance(one.advice, Allow | Settled)
        else (glyphs.warning, Style.WARNING)
        for one in entries
    ]
    if width is None or width < _THREE_COLUMNS:
        for (sign, how), (what, todo, where) in zip(signs, cells, strict=True):
            short = fitted(what, _LONGEST, glyphs.ellipsis)
            yield Line(f"{sign} {short} {glyphs.arrow} {todo} ({where})", how, hang=4)
        return
    room = width - 2 - 3 - 2
    first = min(max(len(what) for what, _, _ in cells), room * 3 // 8)
    second = min(max(len(todo) for _, todo, _ in cells), room * 9 // 20)
    for (sign, how), (what, todo, where) in zip(signs, cells, strict=True):
        left = fitted(what, first, glyphs.ellipsis).ljust(first)
        right = fitted(todo, second, glyphs.ellipsis).ljust(second)
        last = fitted(where, room - first - second, glyphs.ellipsis)
        yield Line(f"{sign} {left} {glyphs.arrow} {right}  {last}".rstrip(), how, whole=True)


def _place(entry: Entry) -> str:
    """The line of code, else the page, by its path; and on how many more pages."""
    url = shown_url(str(entry.spots[0]) if entry.spots else next(iter(entry.pages), ""))
    path = urlsplit(url).path if "://" in url else url
    if entry.spots and path.startswith(":"):
        path = f"/{path}"
    more = f" +{len(entry.pages) - 1}" if len(entry.pages) > 1 else ""
    return f"{path or url}{more}"


def _entry(entry: Entry, glyphs: Glyphs) -> Iterator[Line]:
    cause = entry.cause
    words = visible(happened(cause, len(entry.rows)))
    yield Line(f"{glyphs.failed} {words}", Style.STRONG, hang=2)
    yield Line(f"  by {cause.directive}", Style.MUTED, hang=4)
    if cause.kind == "url":
        for row in entry.rows[:3]:
            redirected = f" {glyphs.arrow} {row.cause.target}" if row.cause.target else ""
            yield Line(f"  {visible(row.cause.blocked + redirected)}", hang=4)
    elif snippet := visible(snippet_of(cause)):
        yield Line(f"  {fitted(snippet, 120, glyphs.ellipsis)}", hang=4)
    if entry.spots:
        places = ", ".join(visible(str(spot)) for spot in entry.spots[:3])
        yield Line(f"  asked for in {places}", Style.MUTED, hang=4)
    pages = entry.pages
    first = visible(shown_url(pages[0])) if pages else ""
    more = f" and {count_words(len(pages) - 1, 'more page')}" if len(pages) > 1 else ""
    yield Line(f"  on {first}{more}", Style.MUTED, hang=4)
    yield from _advice(entry, glyphs)


def _advice(entry: Entry, glyphs: Glyphs) -> Iterator[Line]:
    advice = entry.advice
    match advice:
        case Allow(sources=sources):
            yield Line(f"  {glyphs.arrow} {entry.place} {' '.join(sources)}", Style.ADDED, hang=4)
            reasons = advice.notes
        case Decide(sources=sources):
            yield Line(
                f"  {glyphs.warning} needs a decision: {entry.place} {' '.join(sources)}",
                Style.WARNING,
                hang=4,
            )
            reasons = advice_why(advice)
        case _:
            yield Line(f"  {glyphs.warning} no source is suggested", Style.WARNING, hang=4)
            reasons = advice_why(advice)
    yield from (Line(f"    {visible(reason)}", hang=4) for reason in reasons)


def _broken_by_headers(verdict: TourVerdict, glyphs: Glyphs) -> Iterator[Line]:
    for header in dict.fromkeys(one.header for one in verdict.breakages):
        found = [one for one in verdict.breakages if one.header == header]
        yield Line("")
        yield Line(f"{glyphs.failed} {visible(header)} breaks something", Style.STRONG, hang=2)
        if found[0].value:
            yield Line(f"  {visible(found[0].value)}", Style.MUTED, hang=4)
        for one in found[:_PAGES]:
            more = f" and {count_words(len(one.pages) - 1, 'more page')}" if len(one.pages) > 1 else ""
            yield Line(f"  {visible(one.what)}", hang=4)
            yield Line(f"    on {visible(shown_url(one.pages[0]))}{more}", Style.MUTED, hang=6)
        if len(found) > _PAGES:
            yield Line(f"  and {len(found) - _PAGES:,} more, which -o json tells", Style.MUTED)
        so = "without this header it is not so" if found[0].value else "by what browsers reported"
        yield Line(f"  {so}", Style.MUTED, hang=4)


def _not_seen(verdict: TourVerdict, glyphs: Glyphs) -> Iterator[Line]:
    """What no tour of these pages can answer for."""
    told: dict[str, list[str]] = {}
    for page in verdict.pages:
        for one in (*page.differences, *page.not_tried):
            told.setdefault(shown_words(one), []).append(shown_url(page.url))
    if not told and not verdict.asks:
        return
    yield Line("")
    yield Line("Not settled by this tour:", Style.STRONG)
    for words, pages in list(told.items())[:_PAGES]:
        more = f" and {count_words(len(pages) - 1, 'more page')}" if len(pages) > 1 else ""
        yield Line(f"  {glyphs.dot} {visible(words)}, on {visible(pages[0])}{more}", hang=4)
    if len(told) > _PAGES:
        yield Line(f"  and {len(told) - _PAGES:,} more, which -o json tells", Style.MUTED)
    for header, question in verdict.asks:
        yield Line(f"  {glyphs.dot} {header} cannot be judged here: {question}", hang=4)


def _others(verdict: TourVerdict, glyphs: Glyphs) -> Iterator[Line]:
    """What other policies of the site block: it may hide more from the one that was toured."""
    if not verdict.others:
        return
    yield Line("")
    yield Line("Other policies on these pages:", Style.STRONG)
    for cause in verdict.others[:_PAGES]:
        stage = "blocked" if cause.disposition == "enforce" else "reported"
        yield Line(f"  {glyphs.dot} {cause.directive} {stage} {visible(cause.what)}", hang=4)
    if len(verdict.others) > _PAGES:
        yield Line(f"  and {len(verdict.others) - _PAGES:,} more", Style.MUTED)


def _gains(heading: TourHeading, style: TextStyle) -> Iterator[Line]:
    """What is written where: the very lists that policy.toml gains or has gained."""
    if not heading.gains:
        return
    yield Line("")
    file = "The policy" if heading.environment is None else "policy.toml"
    verb = "has gained" if heading.written else "would gain"
    yield Line(f"{file} {verb}:", Style.STRONG)
    for table, group in groupby(heading.gains, key=lambda one: (one.table, one.environment, one.why)):
        if heading.environment is not None:
            yield Line(f"  {visible(gain_place(*table))}", Style.MUTED, hang=4)
        for gain in group:
            yield from _gain(gain, style)


def _losses(heading: TourHeading, style: TextStyle) -> Iterator[Line]:
    """What no page used any more, list by list."""
    if not heading.losses:
        return
    yield Line("")
    yield Line(losses_words(pruned=heading.pruned), Style.STRONG, hang=2)
    for one in heading.losses:
        whose = "" if one.environment is None else f"  (of {one.environment} alone)"
        sources = " ".join(one.sources) if style.details else sources_words(one.sources)
        yield Line(visible(f"  - {one.directive} {sources}{whose}"), Style.REMOVED, hang=6)


def _gain(gain: Gain, style: TextStyle) -> Iterator[Line]:
    kept = f"  (new; keeps {' '.join(gain.copied)} of {gain.copied_from})" if gain.copied else ""
    if not style.details:
        words = f"  + {gain.directive} {sources_words(gain.sources)}{kept}"
        yield Line(visible(words), Style.ADDED, hang=6)
        return
    if kept:
        yield Line(visible(f"  + {gain.directive}{kept}"), Style.MUTED, hang=6)
    for source in gain.sources:
        yield Line(f"  + {gain.directive} {visible(source)}", Style.ADDED, hang=6)
