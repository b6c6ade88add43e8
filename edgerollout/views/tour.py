"""A tour as a document: a line for each cause, the additions to policy.toml, the result, the next command."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from edgerollout.tour.suggestion import Allow, Decide, Settled
from edgerollout.views.document import (
    Advised,
    Code,
    Diff,
    DiffRow,
    Doc,
    Fold,
    Item,
    Labelled,
    List,
    Marker,
    Paragraph,
    Table,
    TableRow,
    Title,
    Verdict,
)
from edgerollout.views.ink import Style, fitted
from edgerollout.views.tour_entries import entries_of, from_where
from edgerollout.views.tour_wording import (
    advice_why,
    balance_words,
    brief_todo,
    gain_place,
    happened,
    losses_words,
    mode_words,
    shown_url,
    shown_words,
    snippet_of,
    sources_words,
    thing,
    verdict_words,
)
from edgerollout.views.wording import count_words, duration_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgerollout.tour.gains import Gain
    from edgerollout.tour.judgement import JudgedPage, TourVerdict
    from edgerollout.tour.model import Gathered
    from edgerollout.views.document import Passage
    from edgerollout.views.tour_entries import Entry
    from edgerollout.views.tour_rows import TourHeading
    from edgerollout.views.tour_wording import Tone

MOST_ENTRIES = 100
"""Up to this many causes are listed; the others are counted, and are in the JSON."""

_PAGES, _FEW, _REASONS = 40, 8, 10
_SUBJECT, _TODO, _TEXT, _CODE = 40, 34, 160, 120
"""Characters of a thing and what to do about it, which are a line of 80 together; of a URL or a sentence,
of code. With all bounds a pull request's comment stays below GitHub's 65,536 characters."""

_ROWS = 200
_MARKS: dict[Tone, Marker] = {
    "good": Marker.DONE,
    "warn": Marker.WARNING,
    "bad": Marker.FAILED,
    "plain": Marker.NONE,
}


def tour_document(
    verdict: TourVerdict, gathered: Gathered | None, heading: TourHeading, *, details: bool = False
) -> Doc:
    """The verdict. `gathered` is None if it is about reports. `details` shows everything about each cause."""
    tone, words = verdict_words(verdict)
    balance = balance_words(verdict, words, fixed_by=heading.fixed_by) if verdict.rows else words
    following = () if heading.next_step is None else (Advised("next", heading.next_step),)
    return Doc(
        _title(gathered, heading),
        tuple(_parts(verdict, gathered, heading, details=details)),
        Verdict(balance, _MARKS[tone]),
        following,
    )


def _title(gathered: Gathered | None, heading: TourHeading) -> str:
    where = "" if heading.environment is None else f" of {heading.environment}"
    if gathered is None or heading.mode == "reports":
        return f"Reports of browsers{where}, compared with the local policy"
    release = "" if heading.release is None else f", release {heading.release}"
    return f"Tour{where}: {mode_words(gathered.mode)}{release}"


def _parts(
    verdict: TourVerdict, gathered: Gathered | None, heading: TourHeading, *, details: bool
) -> Iterator[Passage]:
    yield _about(verdict, gathered)
    yield from _not_whole(verdict)
    if verdict.pages:
        yield _pages(verdict.pages)
    yield from _causes(verdict, details=details)
    yield from _broken_by_headers(verdict)
    yield from _not_settled(verdict)
    yield from _others(verdict)
    yield from _gains(heading, details=details)
    yield from _losses(heading, details=details)


def _about(verdict: TourVerdict, gathered: Gathered | None) -> Labelled:
    stage = "enforced" if verdict.disposition == "enforce" else "report-only"
    rows: list[tuple[str, tuple[str | Code, ...] | str | None]] = []
    if gathered is not None:
        took = duration_words((gathered.ended - gathered.started).total_seconds())
        seen = count_words(len(verdict.pages), "page")
        rows.append(("seen", f"{seen} in {took}, {gathered.browser.name} {gathered.browser.version}"))
    rows.append(("policy", (Code(verdict.digest[:16]), f", {stage}")))
    rows += [("left out", f"{count:,} of {reason}") for reason, count in verdict.dropped.items()]
    if verdict.accepted_unseen:
        rows.append(("accepted without answer", ", ".join(verdict.accepted_unseen)))
    return Labelled(tuple(rows))


def _not_whole(verdict: TourVerdict) -> Iterator[Passage]:
    """Why the verdict may be incomplete."""
    reasons = list(map(shown_words, verdict.partial))
    for page in verdict.pages:
        url = fitted(shown_url(page.url), _TEXT)
        reasons += [f"{url}: {shown_words(reason)}" for reason in page.reasons]
    if not reasons:
        return
    shown = [Item(fitted(reason, _TEXT * 2), Marker.WARNING) for reason in reasons[:_REASONS]]
    if len(reasons) > _REASONS:
        shown.append(Item(f"and {count_words(len(reasons) - _REASONS, 'other reason')}"))
    yield Title("Not seen")
    yield List(tuple(shown))


def _pages(pages: Sequence[JudgedPage]) -> Table:
    """Every page with its number of violations. If there are many pages, those with most come first."""
    shown = pages if len(pages) <= _PAGES else sorted(pages, key=lambda page: -page.violations)[:_PAGES]
    left = len(pages) - len(shown)
    return Table(
        ("violations", "page"),
        tuple(
            TableRow((str(page.violations or "-"), Code(fitted(shown_url(page.url), _TEXT))), _mark(page))
            for page in shown
        ),
        right=("violations",),
        note=f"and {count_words(left, 'more page')}" if left else None,
    )


def _mark(page: JudgedPage) -> Marker:
    if page.violations:
        return Marker.FAILED
    return Marker.DONE if page.complete else Marker.WARNING


# --- causes ----------------------------------------------------------------------------------------------


def _causes(verdict: TourVerdict, *, details: bool) -> Iterator[Passage]:
    entries = entries_of(verdict.rows)
    if not entries:
        return
    shown = entries[:MOST_ENTRIES]
    left = len(verdict.rows) - sum(len(entry.rows) for entry in shown)
    more = f"and {count_words(left, 'other cause')}, see -o json" if left else ""
    if details:
        for entry in shown:
            yield Title(fitted(happened(entry.cause, len(entry.rows)), _TEXT))
            yield List(tuple(_told(entry)))
        if more:
            yield Paragraph(more, Style.MUTED)
        return
    yield Table(
        ("what", "what to do", "where"),
        tuple(map(_brief, shown)),
        note=more or "details with -v, or in a report: --html FILE",
        spare=True,
    )


def _brief(entry: Entry) -> TableRow:
    """A cause on a line of 80 columns: what it is, what to do about it; and its place, if there is room."""
    sound = isinstance(entry.advice, Allow | Settled)
    subject = fitted(thing(entry.cause, len(entry.rows)), _SUBJECT)
    todo = fitted(brief_todo(entry.advice, entry.place, subject), _TODO)
    named = isinstance(entry.advice, Allow)
    cells = (subject, Code(todo) if named else todo, Code(from_where(entry)))
    return TableRow(cells, Marker.FAILED if sound else Marker.WARNING)


def _told(entry: Entry) -> Iterator[Item]:
    """All details of a cause."""
    cause, pages = entry.cause, entry.pages
    yield Item(f"by {cause.directive}", style=Style.MUTED)
    if cause.kind == "url":
        for row in entry.rows[:3]:
            redirected = f" → {row.cause.target}" if row.cause.target else ""
            yield Item(fitted(row.cause.blocked + redirected, _TEXT * 2))
    elif snippet := snippet_of(cause).strip():
        yield Item(Code(fitted(" ".join(snippet.split()), _CODE)))
    if entry.spots:
        yield Item(f"requested in {', '.join(str(spot) for spot in entry.spots[:3])}", style=Style.MUTED)
    first = shown_url(pages[0]) if pages else ""
    more = f" and {count_words(len(pages) - 1, 'more page')}" if len(pages) > 1 else ""
    yield Item(f"on {first}{more}", style=Style.MUTED)
    yield _advised(entry)


def _advised(entry: Entry) -> Item:
    advice = entry.advice
    match advice:
        case Allow(sources=sources):
            words, mark, reasons = f"{entry.place} {' '.join(sources)}", Marker.ADDED, advice.notes
        case Decide(sources=sources):
            words = f"needs a decision: {entry.place} {' '.join(sources)}"
            mark, reasons = Marker.WARNING, advice_why(advice)
        case _:
            words, mark, reasons = "no source is suggested", Marker.WARNING, advice_why(advice)
    return Item(words, mark, under=tuple(Item(reason) for reason in reasons))


# --- the rest --------------------------------------------------------------------------------------------


def _broken_by_headers(verdict: TourVerdict) -> Iterator[Passage]:
    for header in dict.fromkeys(breakage.header for breakage in verdict.breakages[:_PAGES]):
        found = [breakage for breakage in verdict.breakages if breakage.header == header]
        items = [Item(Code(fitted(found[0].value, _TEXT)), style=Style.MUTED)] if found[0].value else []
        for item in found[:_FEW]:
            more = f" and {count_words(len(item.pages) - 1, 'more page')}" if len(item.pages) > 1 else ""
            on = Item(f"on {fitted(shown_url(item.pages[0]), _TEXT)}{more}", style=Style.MUTED)
            items.append(Item(fitted(item.problem, _TEXT * 2), Marker.FAILED, under=(on,)))
        if len(found) > _FEW:
            items.append(Item(f"and {count_words(len(found) - _FEW, 'other thing')}, see -o json"))
        so = "without this header it works" if found[0].value else "reported by browsers"
        breaks = "reports what it would break" if found[0].observed else "breaks something"
        yield Title(f"{fitted(header, _TEXT)} {breaks}")
        yield List((*items, Item(so, style=Style.MUTED)))


def _not_settled(verdict: TourVerdict) -> Iterator[Passage]:
    """What a tour of these pages cannot find out."""
    told: dict[str, list[str]] = {}
    for page in verdict.pages:
        for words in (*page.differences, *page.not_tried):
            told.setdefault(shown_words(words), []).append(shown_url(page.url))
    items = []
    for words, pages in list(told.items())[:_FEW]:
        more = f" and {count_words(len(pages) - 1, 'more page')}" if len(pages) > 1 else ""
        items.append(Item(f"{fitted(words, _TEXT * 2)}, on {fitted(pages[0], _TEXT)}{more}", Marker.NOTE))
    if len(told) > _FEW:
        items.append(Item(f"and {len(told) - _FEW:,} more, see -o json"))
    items += [Item(f"{header} cannot be judged here: {ask}", Marker.NOTE) for header, ask in verdict.asks]
    if items:
        yield Title("Not settled by this tour")
        yield List(tuple(items))


def _others(verdict: TourVerdict) -> Iterator[Passage]:
    """What other policies of the site block. Because of that the tour may not see everything."""
    if not verdict.others:
        return
    items = []
    for cause in verdict.others[:_FEW]:
        stage = "blocked" if cause.disposition == "enforce" else "reported"
        items.append(Item(f"{cause.directive} {stage} {fitted(cause.name, _TEXT)}", Marker.NOTE))
    if len(verdict.others) > _FEW:
        items.append(Item(f"and {len(verdict.others) - _FEW:,} more"))
    yield Title("Other policies on these pages")
    yield List(tuple(items))


def _gains(heading: TourHeading, *, details: bool) -> Iterator[Passage]:
    """Which sources are added to which list in policy.toml, or were added."""
    if not heading.gains:
        return
    file = "the policy" if heading.environment is None else "policy.toml"
    verb = "has gained" if heading.written else "would gain"
    count = count_words(sum(len(gain.sources) for gain in heading.gains), "source")
    rows: list[DiffRow] = []
    for place, group in groupby(heading.gains, key=lambda gain: (gain.table, gain.environment, gain.why)):
        if heading.environment is not None:
            rows.append(DiffRow(Marker.NONE, 0, gain_place(*place)))
        rows += [row for gain in group for row in _gained(gain, details=details)]
    yield Fold(f"{file} {verb} {count}", _diff(rows), opened=True)


def _gained(gain: Gain, *, details: bool) -> Iterator[DiffRow]:
    kept = f" (new; keeps {' '.join(gain.copied)} of {gain.copied_from})" if gain.copied else ""
    if not details:
        yield DiffRow(Marker.ADDED, 0, f"{gain.directive} {sources_words(gain.sources)}{kept}")
        return
    if kept:
        yield DiffRow(Marker.ADDED, 0, f"{gain.directive}{kept}")
    for source in gain.sources:
        yield DiffRow(Marker.ADDED, 0, f"{gain.directive} {source}")


def _losses(heading: TourHeading, *, details: bool) -> Iterator[Passage]:
    """Sources that no page used, list by list."""
    if not heading.losses:
        return
    rows = []
    for loss in heading.losses:
        whose = "" if loss.environment is None else f" (only of {loss.environment})"
        sources = " ".join(loss.sources) if details else sources_words(loss.sources)
        rows.append(DiffRow(Marker.REMOVED, 0, f"{loss.directive} {sources}{whose}"))
    yield Fold(losses_words(pruned=heading.pruned), _diff(rows), opened=True)


def _diff(rows: Sequence[DiffRow]) -> tuple[Passage, ...]:
    shown = tuple(DiffRow(row.mark, row.depth, fitted(row.text, _TEXT * 4)) for row in rows[:_ROWS])
    diff = Diff(shown)
    return (diff,) if len(rows) <= _ROWS else (diff, Paragraph(f"and {len(rows) - _ROWS:,} other lines"))
