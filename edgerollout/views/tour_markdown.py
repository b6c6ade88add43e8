"""A tour as Markdown, for a pull request or a job summary: short, and in bounds whatever it found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.policy.stage import Stage
from edgerollout.release.facts.difference import Change, directives_between
from edgerollout.tour.suggestion import Allow, Decide
from edgerollout.views.ink import fitted, visible
from edgerollout.views.markdown import code, plain
from edgerollout.views.scan import grade_change_words
from edgerollout.views.tour_entries import entries_of
from edgerollout.views.tour_wording import (
    advice_badge,
    advice_why,
    happened,
    shown_url,
    shown_words,
    verdict_words,
)
from edgerollout.views.wording import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.policy.grade.grades import GradeChange
    from edgerollout.release.facts.difference import DirectiveDifference
    from edgerollout.tour.judgement import TourVerdict
    from edgerollout.tour.model import Gathered
    from edgerollout.tour.suggestion import CauseAdvice
    from edgerollout.views.tour_entries import Entry
    from edgerollout.views.tour_wording import Tone

_ENTRIES, _REASONS = 40, 10
_TEXT = 160
"""Characters of a URL or a sentence. With all bounds a comment keeps below GitHub's 65,536 characters."""

_POLICY = 12_000

_SIGNS = {Change.ADDED: "+", Change.REMOVED: "-"}
_MARKS: dict[Tone, str] = {"good": "✅", "warn": "⚠️", "bad": "❌", "plain": ""}


def tour_markdown(
    gathered: Gathered | None,
    verdict: TourVerdict,
    *,
    environment: str = "",
    grades: GradeChange | None = None,
) -> str:
    """The tour as Markdown, ending in a line end. The arguments are `tour_html`'s."""
    return "\n".join(_lines(gathered, verdict, environment, grades)) + "\n"


def _lines(
    gathered: Gathered | None, verdict: TourVerdict, environment: str, grades: GradeChange | None
) -> Iterator[str]:
    tone, words = verdict_words(verdict)
    yield f"## {_MARKS[tone]} {words}"
    yield ""
    yield _about(gathered, verdict, environment)
    if verdict.partial or any(page.reasons for page in verdict.pages):
        yield ""
        yield from _missing(verdict)
    if verdict.rows:
        yield ""
        yield from _table(entries_of(verdict.rows))
    if verdict.breakages:
        yield ""
        yield from _broken_by_headers(verdict)
    if verdict.asks:
        yield ""
        yield from (f"- {code(header)} cannot be judged here: {plain(ask)}" for header, ask in verdict.asks)
    if verdict.suggestions:
        yield ""
        yield from _policy(verdict)
    if grades is not None:
        yield ""
        yield f"Grade: {grade_change_words(grades)}"


def _about(gathered: Gathered | None, verdict: TourVerdict, environment: str) -> str:
    parts = [f"Tour of {plain(environment)}" if environment else "Tour"]
    if gathered is None:
        parts = [f"Violation reports of {plain(environment)}" if environment else "Violation reports"]
    else:
        parts.append(f"{gathered.mode}, {plain(gathered.browser.name)} {plain(gathered.browser.version)}")
    stage = "report-only" if verdict.disposition == "report" else "enforced"
    parts.append(f"policy {code(verdict.digest[:16])} {stage}")
    return " · ".join(parts)


def _missing(verdict: TourVerdict) -> Iterator[str]:
    """Why the verdict is not the whole truth."""
    yield "**Not everything was seen:**"
    yield ""
    parts = [page for page in verdict.pages if not page.complete]
    reasons = [*verdict.partial, *(f"{fitted(one.url, _TEXT)}: {'; '.join(one.reasons)}" for one in parts)]
    shown = (shown_words(reason) for reason in reasons[:_REASONS])
    yield from (f"- {plain(fitted(reason, _TEXT * 2))}" for reason in shown)
    if len(reasons) > _REASONS:
        yield f"- and {count_words(len(reasons) - _REASONS, 'other reason')}"


def _table(entries: tuple[Entry, ...]) -> Iterator[str]:
    yield "| directive | what | where | what to do |"
    yield "|---|---|---|---|"
    for entry in entries[:_ENTRIES]:
        what = plain(fitted(happened(entry.cause, len(entry.rows)), _TEXT))
        where = _where(entry)
        directive, todo = code(fitted(entry.cause.directive, 40)), _todo(entry.advice, entry.place)
        yield f"| {directive} | {what} | {where} | {todo} |"
    if len(entries) > _ENTRIES:
        left = sum(len(entry.rows) for entry in entries[_ENTRIES:])
        yield f"| | and {count_words(left, 'other cause')} | | |"


def _broken_by_headers(verdict: TourVerdict) -> Iterator[str]:
    yield "| header | value | what it breaks | where |"
    yield "|---|---|---|---|"
    for one in verdict.breakages[:_ENTRIES]:
        more = f", {count_words(len(one.pages), 'page')}" if len(one.pages) > 1 else ""
        where = f"{code(fitted(shown_url(one.pages[0]), _TEXT))}{more}"
        header, value = code(fitted(one.header, 40)), code(fitted(one.value, _TEXT))
        yield f"| {header} | {value} | {plain(fitted(one.what, _TEXT * 2))} | {where} |"
    if len(verdict.breakages) > _ENTRIES:
        yield f"| | | and {count_words(len(verdict.breakages) - _ENTRIES, 'other thing')} | |"


def _where(entry: Entry) -> str:
    """The line of code, else the page; and on how many pages."""
    place = str(entry.spots[0]) if entry.spots else entry.pages[0]
    pages = len(entry.pages)
    more = f", {count_words(pages, 'page')}" if pages > 1 else ""
    return f"{code(fitted(shown_url(place), _TEXT))}{more}"


def _todo(advice: CauseAdvice, directive: str) -> str:
    if isinstance(advice, Allow | Decide):
        source = code(fitted(f"{directive} {' '.join(advice.sources)}", _TEXT))
        if isinstance(advice, Allow):
            return source
        return f"decide: {source}, but {plain(fitted(advice.why, _TEXT))}"
    return f"{advice_badge(advice)}: {plain(fitted(' '.join(advice_why(advice)), _TEXT * 2))}"


def _policy(verdict: TourVerdict) -> Iterator[str]:
    rows = [
        row
        for row in directives_between(Stage.ENFORCED, verdict.before, verdict.after)
        if row.change is not Change.UNCHANGED
    ]
    lines = [line for row in rows for line in _directive(row)]
    yield f"<details><summary>The policy: {count_words(len(verdict.suggestions), 'source')} more</summary>"
    yield ""
    yield "```diff"
    room = _POLICY
    for number, line in enumerate(lines):
        room -= len(line) + 1
        if room < 0:
            yield f"# and {count_words(len(lines) - number, 'other line')}"
            break
        yield line
    yield "```"
    yield ""
    yield "</details>"


def _directive(row: DirectiveDifference) -> Iterator[str]:
    """A directive as lines of a diff, a source a line."""
    yield f"{_SIGNS.get(row.change, ' ')} {_unfenced(row.name)}"
    yield from (f"{_SIGNS.get(one.change, ' ')}   {_unfenced(one.source)}" for one in row.sources)


def _unfenced(text: str) -> str:
    """Text that cannot end the block it stands in."""
    return fitted(visible(text).replace("`", "'"), _TEXT)
