"""The policy before and after in the HTML report, and the grades of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.policy.fallback import effective_directive
from edgerollout.policy.grade.observatory_v6 import ALGORITHM
from edgerollout.policy.stage import Stage
from edgerollout.release.facts.difference import Change, directives_between
from edgerollout.release.facts.release import SHORT
from edgerollout.views.ink import fitted
from edgerollout.views.markup import Html, element, joined
from edgerollout.views.scan import modifier_words
from edgerollout.views.wording import count_words, size_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.policy.csp import Csp
    from edgerollout.policy.grade.grades import Grade, GradeChange
    from edgerollout.release.facts.difference import DirectiveDifference, SourceDifference
    from edgerollout.tour.judgement import TourVerdict

_SOURCES = 300
"""Up to this many sources of a directive are listed."""

_HEADER = 64_000


def policy_section(verdict: TourVerdict) -> Html:
    """The policy by directive: which sources stay, which are added."""
    before, after = verdict.before, verdict.after
    rows = directives_between(Stage.ENFORCED, before, after)
    if verdict.suggestions:
        gains = count_words(len(verdict.suggestions), "source")
        words = f"With all suggestions the policy gains {gains}; they are marked with a +."
    else:
        words = "Nothing is suggested, so the policy does not change."
    return element(
        "section",
        element("h2", "The policy", id="policy-title"),
        element("p", words),
        element(
            "details",
            element("summary", f"{count_words(len(rows), 'directive')}, source by source"),
            element("ul", *(_directive(row, before) for row in rows), class_="policy"),
        )
        if rows
        else None,
        _header("The header before" if verdict.suggestions else "The header", before),
        id="policy",
        aria_labelledby="policy-title",
    )


def _directive(row: DirectiveDifference, before: Csp) -> Html:
    return element(
        "li",
        element("code", row.name),
        element("span", *_spaced(row), class_="sources"),
        _newness(row, before),
    )


def _spaced(row: DirectiveDifference) -> Iterator[Html]:
    shown = row.sources
    if len(shown) > _SOURCES:
        changed = [difference for difference in shown if difference.change is not Change.UNCHANGED]
        shown = tuple(
            [*changed, *(difference for difference in shown if difference.change is Change.UNCHANGED)][
                :_SOURCES
            ]
        )
    for source in shown:
        yield _source(source)
        yield Html(" ")
    if len(row.sources) > len(shown):
        yield element("span", f"and {count_words(len(row.sources) - len(shown), 'other')}", class_="muted")


def _source(source: SourceDifference) -> Html:
    if source.change is Change.ADDED:
        return element("ins", element("code", f"+ {source.source}"))
    if source.change is Change.REMOVED:
        return element("del", element("code", f"− {source.source}"))
    return element("code", source.source)


def _newness(row: DirectiveDifference, before: Csp) -> Html | None:
    if row.change is not Change.ADDED:
        return None
    stand_in = effective_directive(before, row.name)
    if stand_in is None:
        return element("p", "a new directive", class_="muted")
    why = f"new; until now {stand_in} applied, so its sources are copied"
    return element("p", why, class_="muted")


def _header(title: str, policy: Csp) -> Html | None:
    value = policy.header_value()
    if not value:
        return None
    return element(
        "details",
        element("summary", f"{title} ({size_words(len(value))}, digest {policy.digest()[:SHORT]})"),
        element("pre", fitted(value, _HEADER)),
    )


def grades_section(grades: GradeChange, *, changed: bool) -> Html:
    """The grades of the site now, once the policy is enforced, and with the suggestions."""
    columns: list[tuple[str, Grade]] = [("Now", grades.before.now)]
    if grades.before.if_enforced is not None:
        columns.append(("Once enforced", grades.before.if_enforced))
    if changed:
        columns.append(("With the suggestions, enforced", grades.after.if_enforced or grades.after.now))
    head = element("tr", element("td"), *(element("th", name, scope="col") for name, _ in columns))
    observatory = element(
        "tr",
        element("th", "MDN Observatory", scope="row"),
        *(_cell(grade.observatory.grade, f"{grade.observatory.score} points") for _, grade in columns),
    )
    letter = element(
        "tr",
        element("th", "securityheaders style", scope="row"),
        *(_cell(grade.letter.grade, _letter_words(grade)) for _, grade in columns),
    )
    return element(
        "section",
        element("h2", "Grades", id="grades-title"),
        element(
            "p",
            f"By Observatory's algorithm {ALGORITHM} and a letter in the style of securityheaders.com,"
            " affiliated with neither. Certificate, redirects and CORS are assumed to be correct.",
        ),
        element(
            "div",
            element("table", element("thead", head), element("tbody", observatory, letter)),
            class_="scroll",
            tabindex="0",
            role="region",
            aria_label="Grades",
        ),
        _costs(columns[-1][1]),
        id="grades",
        aria_labelledby="grades-title",
    )


def _cell(grade: str, words: str) -> Html:
    return element(
        "td", element("span", grade, class_="grade"), Html(" "), element("span", words, class_="muted")
    )


def _letter_words(grade: Grade) -> str:
    missing = len(grade.letter.missing)
    return f"{count_words(missing, 'header')} missing" if missing else "all headers there"


def _costs(grade: Grade) -> Html | None:
    """What still costs points in the last column."""
    costly = [test for test in grade.observatory.tests if test.modifier < 0]
    if not costly:
        return None
    items = (
        element("li", element("strong", f"{test.test} {modifier_words(test.modifier)}"), f": {test.reason}")
        for test in costly
    )
    return joined(
        (
            element("p", "What still costs points:", class_="costs"),
            element("ul", *items, class_="bullets"),
        )
    )
