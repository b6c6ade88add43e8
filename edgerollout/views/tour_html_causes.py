"""The causes in the HTML report: what happened, where, and what to do about it."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from edgerollout.tour.cause import UNKNOWN_TARGET
from edgerollout.tour.suggestion import Allow, Decide
from edgerollout.views.ink import fitted
from edgerollout.views.markup import Html, element, joined, lines, web_link
from edgerollout.views.tour_wording import (
    advice_badge,
    advice_verb,
    advice_why,
    happened,
    shown_url,
    snippet_of,
    tone_of,
)
from edgerollout.views.wording import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.tour.cause import Cause
    from edgerollout.tour.judgement import Row, Verdict
    from edgerollout.tour.suggestion import Advice
    from edgerollout.views.tour_html_pages import Gallery

MOST_CAUSES = 200
"""Causes told one by one; the rest is counted."""

_OTHERS = 50
_PAGES = 6
_URL, _SNIPPET = 600, 900
"""Characters of a URL and of a piece of code."""


def causes_section(verdict: Verdict, gallery: Gallery, *, private: bool) -> Html:
    """Every cause, under the directive that forbids it."""
    shown = list(enumerate(verdict.rows[:MOST_CAUSES], 1))
    groups = groupby(shown, lambda one: one[1].cause.directive)
    parts: list[Html] = []
    for number, (directive, group) in enumerate(groups, 1):
        rows = list(group)
        heading = element(
            "h3",
            element("code", directive),
            element("span", f" · {count_words(len(rows), 'cause')}", class_="count"),
            class_="directive",
            id=f"on-{number}",
        )
        parts.append(heading)
        parts += [_cause(at, row, gallery, private=private) for at, row in rows]
    left = len(verdict.rows) - len(shown)
    title = "What would break" if verdict.disposition == "report" else "What breaks"
    return element(
        "section",
        element("h2", title, id="causes-title"),
        element("p", _introduction(verdict)),
        *parts,
        element("p", f"And {count_words(left, 'other cause')}, in the JSON document (-o json).")
        if left
        else None,
        id="causes",
        aria_labelledby="causes-title",
    )


def _introduction(verdict: Verdict) -> str:
    if not verdict.rows:
        return "Nothing that the policy forbids was seen."
    stage = "only reported so far" if verdict.disposition == "report" else "in force"
    return (
        f"One entry for each cause, however many pages and loads it was seen on. The policy was {stage};"
        f" it saw {count_words(verdict.violations, 'violation')} in one load of every page."
    )


def _cause(number: int, row: Row, gallery: Gallery, *, private: bool) -> Html:
    cause, name = row.cause, f"cause-{number}"
    return element(
        "article",
        gallery.thumbnail(cause.pages),
        element("h4", happened(cause), id=name),
        element("p", *_badges(row), class_="badges"),
        element("dl", *_facts(cause, gallery, private=private), class_="facts"),
        _advice(row),
        class_="cause",
        aria_labelledby=name,
    )


def _badges(row: Row) -> Iterator[Html]:
    if row.cause.disposition == "enforce":
        yield element("span", "blocked now", class_="badge bad")
    else:
        yield element("span", "reported only", class_="badge")
    yield Html(" ")
    yield element("span", advice_badge(row.advice), class_=f"badge {tone_of(row.advice)}")
    if row.cause.unstable:
        yield Html(" ")
        yield element("span", "differs between loads", class_="badge warn")
    if not row.cause.confirmed:
        yield Html(" ")
        yield element("span", "told by the page alone", class_="badge warn")


def _facts(cause: Cause, gallery: Gallery, *, private: bool) -> Iterator[Html]:
    blocked = shown_url(cause.blocked, private=private)
    if cause.target:
        yield from _fact("Asked for", element("code", fitted(blocked, _URL)))
        seen = (
            "nobody saw where to"
            if cause.target == UNKNOWN_TARGET
            else shown_url(cause.target, private=private)
        )
        yield from _fact("Redirected to", element("code", fitted(seen, _URL)))
    elif cause.kind == "url":
        yield from _fact("Blocked", element("code", fitted(blocked, _URL)))
    spots = [fitted(_spot_words(cause, at, private=private), _URL) for at in range(len(cause.spots))]
    if spots:
        yield from _fact("By the code at", joined((element("code", one) for one in spots), ", "))
    code = "" if private else snippet_of(cause)
    if code:
        yield from _fact("Code", element("pre", lines(fitted(code, _SNIPPET))))
    if cause.hash:
        yield from _fact("Its hash", element("code", cause.hash))
    pages = [
        _page_words(cause, at, gallery, private=private) for at in range(min(_PAGES, len(cause.sightings)))
    ]
    left = len(cause.sightings) - len(pages)
    if left:
        pages.append(Html(f"and {count_words(left, 'other page')}"))
    yield from _fact("Seen on", joined(pages, ", "))
    inner = [one for one in cause.documents if one not in cause.pages]
    if inner:
        shown = (element("code", fitted(shown_url(one, private=private), _URL)) for one in inner)
        yield from _fact("In the frame", joined(shown, ", "))


def _fact(name: str, value: Html) -> tuple[Html, Html]:
    return element("dt", name), element("dd", value)


def _spot_words(cause: Cause, at: int, *, private: bool) -> str:
    spot = cause.spots[at]
    place = shown_url(spot.source, private=private)
    if not spot.line:
        return place
    return f"{place}:{spot.line}:{spot.column}" if spot.column else f"{place}:{spot.line}"


def _page_words(cause: Cause, at: int, gallery: Gallery, *, private: bool) -> Html:
    page, count = cause.sightings[at]
    url = shown_url(page, private=private)
    times = element("span", f" {count:,} times", class_="muted") if count > 1 else None
    return joined((web_link(url, fitted(gallery.short(url), _URL)), times))


def _advice(row: Row) -> Html:
    return element(
        "div",
        element("p", advice_verb(row.advice), class_="verb"),
        _sources(row.advice, row.place or row.cause.directive),
        *_reasons(advice_why(row.advice)),
        class_=f"advice {tone_of(row.advice)}",
    )


def _sources(advice: Advice, directive: str) -> Html | None:
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
        # Sources and directives keep their spelling: `data:` is no sentence's first word.
        begun = f"{reason[:1].upper()}{reason[1:]}" if first.isalpha() else reason
        yield element("p", begun if begun.endswith(".") else f"{begun}.")


def others_section(verdict: Verdict, *, private: bool) -> Html:
    """What policies other than the toured one forbid on the site's own pages."""
    shown = verdict.others[:_OTHERS]
    left = len(verdict.others) - len(shown)
    rows = (
        element(
            "tr",
            element("td", element("code", one.directive)),
            element("td", happened(one)),
            element(
                "td", ", ".join(fitted(shown_url(page, private=private), _URL) for page in one.pages[:_PAGES])
            ),
        )
        for one in shown
    )
    return element(
        "section",
        element("h2", "Other policies", id="others-title"),
        element(
            "p",
            "Violations of policies other than the toured one on the same pages: one that is in force"
            " meanwhile, or a page's own <meta>. No source is suggested for them.",
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
