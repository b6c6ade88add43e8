"""The causes in the HTML report: what happened, where, and what to do about it."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from edgerollout.tour.cause import UNKNOWN_TARGET
from edgerollout.tour.suggestion import Allow, CauseAdvice, Decide, Rework, Settled
from edgerollout.views.ink import fitted
from edgerollout.views.markup import Html, element, joined, lines, web_link
from edgerollout.views.tour_entries import from_where
from edgerollout.views.tour_wording import (
    advice_badge,
    advice_verb,
    advice_why,
    brief_todo,
    happened,
    shown_url,
    snippet_of,
    thing,
    tone_of,
)
from edgerollout.views.wording import count_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from edgerollout.tour.cause import Spot
    from edgerollout.tour.judgement import TourVerdict
    from edgerollout.views.tour_entries import Entry
    from edgerollout.views.tour_html_pages import Gallery

MOST_ENTRIES = 200
"""Up to this many entries are listed; the others are counted."""

_OTHERS = 50
_LISTED = 6
_SHORT, _URL, _SNIPPET = 120, 600, 900
"""Most characters of a title, of a URL and of code."""


def causes_section(
    verdict: TourVerdict, shown: Sequence[tuple[int, Entry]], gallery: Gallery, *, private: bool
) -> Html:
    """Every cause on a line that unfolds, grouped by the directive that forbids it."""
    pages = filtered_pages(shown)
    parts: list[Html] = []
    for number, (directive, group) in enumerate(
        groupby(shown, lambda numbered: numbered[1].cause.directive), 1
    ):
        entries = list(group)
        causes = sum(len(entry.rows) for _, entry in entries)
        heading = element(
            "h3",
            element("code", directive),
            element("span", f" · {count_words(causes, 'cause')}", class_="count"),
            class_="directive",
            id=f"on-{number}",
        )
        told = (_entry(at, entry, gallery, pages, private=private) for at, entry in entries)
        parts.append(element("div", heading, *told, class_="group"))
    left = len(verdict.rows) - sum(len(entry.rows) for _, entry in shown)
    title = "What would break" if verdict.disposition == "report" else "What breaks"
    return element(
        "section",
        element("h2", title, id="causes-title"),
        element("p", _introduction(verdict)),
        *_filters(shown, pages, gallery),
        *parts,
        element("p", f"And {count_words(left, 'other cause')}, in the JSON document (-o json).")
        if left
        else None,
        id="causes",
        aria_labelledby="causes-title",
    )


def _introduction(verdict: TourVerdict) -> str:
    if not verdict.rows:
        return "The tour saw nothing that the policy forbids."
    stage = "was report-only" if verdict.disposition == "report" else "was enforced"
    return (
        f"The policy {stage}. When every page was loaded once, there {_violations(verdict.violations)}."
        " The same thing on several pages, or from one host, is shown once. Click a line to unfold it."
    )


def _violations(count: int) -> str:
    return f"{'was' if count == 1 else 'were'} {count_words(count, 'violation')}"


# --- filters: radio buttons, and rules of the style sheet -------------------------------------------------

_KINDS: tuple[tuple[type[CauseAdvice], str, str], ...] = (
    (Allow, "allow", "a source allows it"),
    (Decide, "decide", "needs a decision"),
    (Rework, "rework", "needs a change of the page"),
    (Settled, "settled", "already allowed"),
)
_FILTERED_PAGES = 12


def filtered_pages(shown: Sequence[tuple[int, Entry]]) -> tuple[str, ...]:
    """The pages to choose from: those with most causes; none if there is only one page."""
    counts = Counter(page for _, entry in shown for page in entry.pages)
    return tuple(page for page, _ in counts.most_common(_FILTERED_PAGES)) if len(counts) > 1 else ()


def filter_rules(shown: Sequence[tuple[int, Entry]]) -> str:
    """The CSS rules that hide what a filter leaves out.

    Nothing in them comes from a page: all names are made here.
    """
    names = [
        *(f"is-{name}" for _, name, _ in _KINDS),
        *(f"on-page-{at}" for at, _ in enumerate(filtered_pages(shown), 1)),
    ]
    return "".join(
        f"#causes:has(#show-{name}:checked) .cause:not(.{name}), "
        f"#causes:has(#show-{name}:checked) .group:not(:has(.{name})) {{ display: none; }}\n"
        for name in names
    )


def _filters(shown: Sequence[tuple[int, Entry]], pages: tuple[str, ...], gallery: Gallery) -> Iterator[Html]:
    counts = Counter(type(entry.advice) for _, entry in shown)
    kinds = [(f"is-{name}", words, counts[kind]) for kind, name, words in _KINDS if counts[kind]]
    if len(kinds) > 1:
        yield _filter("kind", "Show", [("all", "everything", len(shown)), *kinds])
    if pages:
        of_page = Counter(page for _, entry in shown for page in entry.pages)
        named = [
            (f"on-page-{at}", fitted(gallery.short(shown_url(page)), _SHORT), of_page[page])
            for at, page in enumerate(pages, 1)
        ]
        yield _filter("page", "On", [("every-page", "every page", len(shown)), *named])


def _filter(name: str, legend: str, choices: list[tuple[str, str, int]]) -> Html:
    return element(
        "fieldset",
        element("legend", legend),
        *(
            element(
                "label",
                element(
                    "input",
                    type="radio",
                    name=name,
                    id=f"show-{value}",
                    checked="" if at == 0 else None,
                ),
                words,
                element("span", f" {count}", class_="count"),
            )
            for at, (value, words, count) in enumerate(choices)
        ),
        class_="filter",
    )


def _entry(number: int, entry: Entry, gallery: Gallery, pages: tuple[str, ...], *, private: bool) -> Html:
    kind = next(name for kind, name, _ in _KINDS if isinstance(entry.advice, kind))
    on = [f"on-page-{pages.index(page) + 1}" for page in entry.pages if page in pages]
    what = fitted(
        entry.cause.name if private and entry.cause.kind != "url" else thing(entry.cause, len(entry.rows)),
        _SHORT,
    )
    return element(
        "details",
        element(
            "summary",
            element("span", "", class_=f"dot {tone_of(entry.advice)}", aria_hidden="true"),
            element("span", what, class_="what"),
            element("code", fitted(brief_todo(entry.advice, entry.place, what), _SHORT), class_="todo"),
            element("span", from_where(entry), class_="where"),
        ),
        element(
            "div",
            gallery.place(entry),
            element("h4", _sentence(entry), id=f"cause-{number}"),
            element("p", *_badges(entry), class_="badges"),
            element("dl", *_facts(entry, gallery, private=private), class_="facts"),
            _advice(entry),
            class_="body",
        ),
        class_=" ".join(("cause", f"is-{kind}", *on)),
    )


def _sentence(entry: Entry) -> str:
    return fitted(happened(entry.cause, len(entry.rows)), _URL)


def _badges(entry: Entry) -> Iterator[Html]:
    yield element("span", advice_badge(entry.advice), class_=f"badge {tone_of(entry.advice)}")
    if entry.cause.unstable:
        yield Html(" ")
        yield element("span", "differs between loads", class_="badge warn")
    if not entry.cause.confirmed:
        yield Html(" ")
        yield element("span", "reported only by the page", class_="badge warn")


def _facts(entry: Entry, gallery: Gallery, *, private: bool) -> Iterator[Html]:
    cause = entry.cause
    if cause.kind == "url":
        name = "Requested" if cause.target else "Blocked"
        yield from _fact(name, _codes([row.cause.blocked for row in entry.rows]))
    if cause.target:
        targets = dict.fromkeys(row.cause.target for row in entry.rows)
        seen = Html("not known") if UNKNOWN_TARGET in targets else _codes(targets)
        yield from _fact("Redirected to", seen)
    if entry.spots:
        yield from _fact("Where", _codes([_spot_words(spot) for spot in entry.spots]))
    code = "" if private else snippet_of(cause)
    if code:
        yield from _fact("Code", element("pre", lines(fitted(code, _SNIPPET, " …"))))
    if cause.hash and not isinstance(entry.advice, Allow):
        yield from _fact("Its hash", element("code", fitted(cause.hash, _URL)))
    pages = [_page(page, count, gallery) for page, count in entry.sightings[:_LISTED]]
    left = len(entry.sightings) - len(pages)
    if left:
        pages.append(Html(f"and {count_words(left, 'other page')}"))
    yield from _fact("Seen on", joined(pages, ", "))
    inner = dict.fromkeys(
        document for row in entry.rows for document in row.cause.documents if document not in entry.pages
    )
    if inner:
        yield from _fact("In the frame", _codes(inner))


def _codes(texts: Iterable[str]) -> Html:
    """URLs, each on its own line."""
    every = list(texts)
    shown: list[Html] = [
        element("code", fitted(shown_url(url), _URL), class_="line") for url in every[:_LISTED]
    ]
    left = len(every) - len(shown)
    if left:
        shown.append(element("span", f"and {count_words(left, 'other')}", class_="line muted"))
    return joined(shown)


def _fact(name: str, value: Html) -> tuple[Html, Html]:
    return element("dt", name), element("dd", value)


def _spot_words(spot: Spot) -> str:
    return f"{spot}:{spot.column}" if spot.line and spot.column else str(spot)


def _page(page: str, count: int, gallery: Gallery) -> Html:
    url = shown_url(page)
    times = element("span", f" {count:,} times", class_="muted") if count > 1 else None
    return joined((web_link(url, fitted(gallery.short(url), _URL)), times))


def _advice(entry: Entry) -> Html:
    return element(
        "div",
        element("p", advice_verb(entry.advice), class_="verb"),
        _sources(entry.advice, entry.place),
        *_reasons(advice_why(entry.advice)),
        class_=f"advice {tone_of(entry.advice)}",
    )


def _sources(advice: CauseAdvice, directive: str) -> Html | None:
    if not isinstance(advice, Allow | Decide):
        return None
    added = " ".join(advice.sources)
    return element(
        "pre",
        f"{directive} ",
        element("span", added, class_="copy is-good" if isinstance(advice, Allow) else "copy"),
    )


def _reasons(reasons: tuple[str, ...]) -> Iterator[Html]:
    for reason in reasons:
        first = reason.partition(" ")[0]
        # Sources and directives stay as they are: no sentence begins with `Data:`.
        begun = f"{reason[:1].upper()}{reason[1:]}" if first.isalpha() else reason
        yield element("p", begun if begun.endswith(".") else f"{begun}.")


def others_section(verdict: TourVerdict) -> Html:
    """What other policies than the toured policy forbid on the pages of the site."""
    shown = verdict.others[:_OTHERS]
    left = len(verdict.others) - len(shown)
    rows = (
        element(
            "tr",
            element("td", element("code", cause.directive)),
            element("td", happened(cause)),
            element(
                "td",
                ", ".join(fitted(shown_url(page), _URL) for page in cause.pages[:_LISTED]),
            ),
        )
        for cause in shown
    )
    return element(
        "section",
        element("h2", "Other policies", id="others-title"),
        element(
            "p",
            "Violations of other policies on the same pages: a policy that the site already enforces, or a"
            " policy in a page's own <meta>. No source is suggested for them.",
        ),
        element(
            "div",
            _table(("Directive", "What", "Pages"), *rows),
            class_="scroll",
            tabindex="0",
            role="region",
            aria_label="Other policies",
        ),
        element("p", f"And {count_words(left, 'other')}.") if left else None,
        id="others",
        aria_labelledby="others-title",
    )


def _table(head: tuple[str, ...], *rows: Html) -> Html:
    cells = (element("th", name, scope="col") for name in head)
    return element("table", element("thead", element("tr", *cells)), element("tbody", *rows))
