"""A tour at a terminal: pages and directives, each cause with what to do, and what the policy gains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.tour.suggestion import Allow, Decide
from edgerollout.views.ink import Line, Style, fitted, visible
from edgerollout.views.tour_entries import entries_of
from edgerollout.views.tour_rows import page_table
from edgerollout.views.tour_wording import (
    advice_why,
    happened,
    mode_words,
    shown_url,
    shown_words,
    snippet_of,
    verdict_words,
)
from edgerollout.views.wording import count_words, duration_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.tour.judgement import JudgedPage, TourVerdict
    from edgerollout.tour.model import Gathered
    from edgerollout.views.glyphs import Glyphs
    from edgerollout.views.tour_entries import Entry
    from edgerollout.views.tour_rows import TourHeading

MOST_ENTRIES = 100
"""Causes told one by one; the rest is counted, and is in the JSON."""

_PAGES = 8
_LEAST = 20
"""Columns that a page's URL needs in the table."""
_STYLES = {"good": Style.GOOD, "warn": Style.WARNING, "bad": Style.BAD, "plain": Style.PLAIN}


def tour_lines(
    verdict: TourVerdict, gathered: Gathered | None, heading: TourHeading, width: int | None, glyphs: Glyphs
) -> tuple[Line, ...]:
    """The verdict in lines."""
    return tuple(_lines(verdict, gathered, heading, width, glyphs))


def _lines(
    verdict: TourVerdict, gathered: Gathered | None, heading: TourHeading, width: int | None, glyphs: Glyphs
) -> Iterator[Line]:
    tone, words = verdict_words(verdict)
    mark = {"good": glyphs.done, "bad": glyphs.failed}.get(tone, glyphs.warning)
    yield Line(f"{mark} {words}", _STYLES[tone], hang=2)
    yield from _about(verdict, gathered, heading)
    yield from _partial(verdict, glyphs)
    if verdict.pages:
        yield Line("")
        yield from _table(verdict, width, glyphs)
    yield from _causes(verdict, glyphs)
    yield from _broken_by_headers(verdict, glyphs)
    yield from _not_seen(verdict, glyphs)
    yield from _others(verdict, glyphs)
    yield from _policy(verdict)
    yield from _next(verdict, heading)


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


def _causes(verdict: TourVerdict, glyphs: Glyphs) -> Iterator[Line]:
    entries = entries_of(verdict.rows)
    for entry in entries[:MOST_ENTRIES]:
        yield Line("")
        yield from _entry(entry, glyphs)
    if len(entries) > MOST_ENTRIES:
        yield Line("")
        yield Line(f"and {len(entries) - MOST_ENTRIES:,} more, which -o json tells", Style.MUTED)


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


def _policy(verdict: TourVerdict) -> Iterator[Line]:
    if not verdict.suggestions:
        return
    yield Line("")
    yield Line("The policy would gain:", Style.STRONG)
    for one in verdict.additions:
        if one.copied_from is not None:
            copied = f", copied from {one.copied_from}" if one.copied else ""
            words = " ".join(("new", *one.copied)) + copied
            yield Line(f"  + {one.directive}: {visible(words)}", Style.MUTED, hang=4)
        for source in one.sources:
            yield Line(f"  + {one.directive} {visible(source)}", Style.ADDED, hang=4)


def _next(verdict: TourVerdict, heading: TourHeading) -> Iterator[Line]:
    if verdict.suggestions and not heading.writes and heading.environment is not None:
        yield Line("")
        yield Line(f"Write it: {heading.writing or 'the same command with --write'}", whole=True)
    decisions = {
        source for row in verdict.open if isinstance(row.advice, Decide) for source in row.advice.sources
    }
    if decisions:
        yield Line(
            f"Risky sources are suggested with --accept: {' '.join(sorted(decisions)[:_PAGES])}", hang=2
        )
