"""A tour as an HTML file. It works offline, needs no script, and has its own strict policy.

Pages and violations are hostile input. All markup comes from `markup.element`, which escapes its input; the
file's own Content-Security-Policy is a second protection.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING

from edgerollout.views.ink import fitted
from edgerollout.views.markup import Html, element, joined
from edgerollout.views.tour_entries import entries_of
from edgerollout.views.tour_html_causes import (
    MOST_ENTRIES,
    causes_section,
    filter_rules,
    others_section,
)
from edgerollout.views.tour_html_headers import headers_section
from edgerollout.views.tour_html_pages import Gallery, coverage_section, pages_section
from edgerollout.views.tour_html_policy import grades_section, policy_section
from edgerollout.views.tour_html_todo import todo_section
from edgerollout.views.tour_wording import shown_words, verdict_words
from edgerollout.views.wording import count_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgerollout.advice import Spell
    from edgerollout.policy.grade.grades import Grade, GradeChange
    from edgerollout.tour.judgement import TourVerdict
    from edgerollout.tour.model import Gathered
    from edgerollout.views.tour_entries import Entry
    from edgerollout.views.tour_rows import TourHeading
    from edgerollout.views.tour_wording import Tone

_REASONS = 6
_REASON = 400

_MARKS: dict[Tone, str] = {"good": "✓", "warn": "!", "bad": "✕", "plain": ""}


def tour_html(
    gathered: Gathered | None,
    verdict: TourVerdict,
    heading: TourHeading,
    *,
    spell: Spell,
    grades: GradeChange | None = None,
) -> str:
    """The report as a complete document: first what to do, then every cause on a line that unfolds.

    `gathered` is None if the verdict is about violation reports and not a tour. `grades` are the grades of
    the site with `verdict.before` and with `verdict.after`, each now and once enforced; None leaves them out.
    Screenshots that the tour took are in the file, at most some megabytes, without the lower part of a page.
    """
    private = gathered is not None and gathered.private
    environment = heading.environment or ""
    shown = list(enumerate(entries_of(verdict.rows)[:MOST_ENTRIES], 1))
    gallery = Gallery.of(gathered, verdict)
    style = files("edgerollout.views").joinpath("tour_html.css").read_text(encoding="utf-8")
    style += filter_rules(shown)
    has_todo = bool(verdict.rows or heading.next_step or heading.losses)
    sections = [
        *([("todo", "What to do")] if has_todo else []),
        ("causes", "What would break" if verdict.disposition == "report" else "What breaks"),
        *([("headers", "Other headers")] if verdict.breakages or verdict.asks else []),
        *([("others", "Other policies")] if verdict.others else []),
        ("policy", "The policy"),
        *([("grades", "Grades")] if grades is not None else []),
        *([("pages", "Pages")] if verdict.pages else []),
        ("coverage", "How it was looked at"),
    ]
    body = joined(
        (
            element("a", "Skip to the findings", class_="skip", href="#causes"),
            _top(gathered, verdict, environment, grades),
            element(
                "div",
                _contents(sections, shown),
                element(
                    "main",
                    todo_section(verdict, heading, spell, shown) if has_todo else None,
                    causes_section(verdict, shown, gallery, private=private),
                    headers_section(verdict) if verdict.breakages or verdict.asks else None,
                    others_section(verdict) if verdict.others else None,
                    policy_section(verdict),
                    None if grades is None else grades_section(grades, changed=bool(verdict.suggestions)),
                    pages_section(gathered, verdict, gallery) if verdict.pages else None,
                    coverage_section(gathered, verdict),
                ),
                class_="columns",
            ),
            element("footer", element("p", _colophon(private=private))),
            gallery.store(),
        ),
        "\n",
    )
    return (
        f'<!doctype html>\n<html lang="en">\n{_head(style, _title(verdict, environment)).text}\n'
        f"<body>\n{body.text}\n</body>\n</html>\n"
    )


def policy_of(style: str) -> str:
    """The policy under which the report itself stands: this one style sheet, pictures within the file."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def _head(style: str, title: str) -> Html:
    if "</" in style:
        raise ValueError("the style sheet would end its own element")
    return element(
        "head",
        element("meta", charset="utf-8"),
        # Before anything it could be about; browsers heed it from here on only.
        element("meta", http_equiv="Content-Security-Policy", content=policy_of(style)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="robots", content="noindex"),
        element("title", title),
        # Or browsers ask the server for /favicon.ico.
        Html('<link rel="icon" href="data:,">'),
        Html(f"<style>{style}</style>"),
    )


def _title(verdict: TourVerdict, environment: str) -> str:
    _, words = verdict_words(verdict)
    return f"{words} · tour of {environment}" if environment else f"{words} · tour"


def _top(
    gathered: Gathered | None, verdict: TourVerdict, environment: str, grades: GradeChange | None
) -> Html:
    tone, words = verdict_words(verdict)
    mark = element("span", _MARKS[tone], class_="mark", aria_hidden="true")
    when = None
    if gathered is not None:
        stamp = gathered.started.strftime("%Y-%m-%d %H:%M UTC")
        when = element("time", stamp, datetime=gathered.started.isoformat())
    overline = joined(
        (
            element("strong", "edgerollout tour" if gathered is not None else "edgerollout reports"),
            f" · {environment}" if environment else None,
            " · " if when is not None else None,
            when,
        )
    )
    return element(
        "header",
        element("p", overline, class_="overline"),
        element("h1", mark, words),
        element("p", _lede(verdict), class_="lede"),
        _figures(verdict, grades),
        _partial(verdict),
        class_=f"top {tone}",
    )


def _lede(verdict: TourVerdict) -> str:
    """What to do, in one or two sentences."""
    parts = []
    if verdict.rows:
        parts.append(_answers(verdict))
    if verdict.breakages:
        parts.append("Headers other than the CSP break something: without them it works.")
    if verdict.pages and not verdict.complete:
        parts.append("The tour is not complete: what it did not see may break, too.")
    if not parts and verdict.passed:
        parts.append("Every page was seen completely, and the detector passed its test in this run.")
    return " ".join(parts)


def _answers(verdict: TourVerdict) -> str:
    if not verdict.suggestions:
        return "No source is suggested: each cause below says what to do."
    sources = count_words(len(verdict.suggestions), "source")
    answered = len(verdict.rows) - len(verdict.open)
    if answered == len(verdict.rows):
        return f"{sources} more in the policy would allow all of it."
    rest = len(verdict.open)
    needs = "the other one needs" if rest == 1 else f"the other {rest} need"
    return f"{sources} more in the policy would allow {answered} of them; {needs} you."


def _partial(verdict: TourVerdict) -> Html | None:
    """Why the verdict may be incomplete, at the top of the report."""
    partly = sum(1 for page in verdict.pages if not page.complete)
    reasons: list[Html | str] = [
        fitted(shown_words(reason), _REASON) for reason in verdict.partial[:_REASONS]
    ]
    left = len(verdict.partial) - len(reasons)
    if left > 0:
        reasons.append(f"and {count_words(left, 'other reason')}")
    if partly:
        were = "was" if partly == 1 else "were"
        told = f"{count_words(partly, 'page')} {were} seen only in part"
        reasons.append(element("a", told, href="#pages"))
    if not reasons:
        return None
    return element(
        "div",
        element("p", "What the tour did not see", class_="verb"),
        element("ul", *(element("li", reason) for reason in reasons), class_="bullets"),
        class_="advice warn",
    )


def _figures(verdict: TourVerdict, grades: GradeChange | None) -> Html:
    whole = sum(1 for page in verdict.pages if page.complete)
    seen = f"{whole} of {len(verdict.pages)}" if whole < len(verdict.pages) else str(len(verdict.pages))
    figures: list[tuple[str, Html | str]] = [
        *([("pages seen completely", seen)] if verdict.pages else []),
        ("causes", f"{len(verdict.rows):,}"),
        ("sources suggested", f"{len(verdict.suggestions):,}"),
    ]
    if verdict.open:
        figures.append(("needs you" if len(verdict.open) == 1 else "need you", f"{len(verdict.open):,}"))
    if grades is not None:
        figures.append(("Observatory, once enforced", _grade_step(grades.before.now, _final(grades))))
    return element(
        "dl",
        *(element("div", element("dt", name), element("dd", value)) for name, value in figures),
        class_="figures",
    )


def _final(grades: GradeChange) -> Grade:
    return grades.after.if_enforced or grades.after.now


def _grade_step(now: Grade, then: Grade) -> Html:
    arrow = element("span", " → ", class_="arrow")
    return joined((now.observatory.grade, arrow, then.observatory.grade))


def _contents(sections: list[tuple[str, str]], shown: Sequence[tuple[int, Entry]]) -> Html:
    items = []
    for name, words in sections:
        directives = _directives(shown) if name == "causes" else None
        items.append(element("li", element("a", words, href=f"#{name}"), directives))
    return element("nav", element("ul", *items), class_="contents", aria_label="Contents")


def _directives(shown: Sequence[tuple[int, Entry]]) -> Html | None:
    if not shown:
        return None
    groups = groupby(shown, lambda item: item[1].cause.directive)
    counted = [(name, sum(len(entry.rows) for _, entry in group)) for name, group in groups]
    return element(
        "ul",
        *(
            element(
                "li",
                element("a", element("code", name), href=f"#on-{number}"),
                element("span", f" {count}", class_="count"),
            )
            for number, (name, count) in enumerate(counted, 1)
        ),
    )


def _colophon(*, private: bool) -> str:
    words = "Written by edgerollout. This file loads nothing and runs no script: its own policy forbids that."
    words += " Addresses are shown without query and fragment."
    if private:
        words += " The tour was logged in: code of the pages is left out, too."
    return words
