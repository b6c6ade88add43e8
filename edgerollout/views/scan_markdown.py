"""A scan as Markdown, for a pull request or a job summary."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from edgerollout.views.ink import visible
from edgerollout.views.markdown import code, plain
from edgerollout.views.scan_rows import (
    Failed,
    bonus_words,
    both_words,
    letter_words,
    modifier_words,
    notes,
    score_words,
    side_by_side,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgerollout.policy.grade.grades import GradeChange, Grades
    from edgerollout.views.scan_rows import Graded, Scanned


def scan_markdown(results: Sequence[Scanned]) -> str:
    """The scan as one table of all URLs and one of tests for each, ending in a line end.

    Text that comes from a site is escaped: it can bring no markup.
    """
    return "\n".join(_lines(results)) + "\n"


def grade_change_markdown(change: GradeChange) -> str:
    """Grades before and after in one line, for a job summary."""
    return f"Grade: {both_words(change.before.now)} → {_after_words(change.after)}"


def _after_words(grades: Grades) -> str:
    words = both_words(grades.now)
    return words if grades.if_enforced is None else f"{words}; once enforced {both_words(grades.if_enforced)}"


def _lines(results: Sequence[Scanned]) -> Iterator[str]:
    after = any(not isinstance(one, Failed) and one.after is not None for one in results)
    yield "## Security headers"
    yield ""
    yield "| URL | Observatory | securityheaders style | once enforced |" + (" after |" if after else "")
    yield "|---|---|---|---|" + ("---|" if after else "")
    for one in results:
        yield _row(one, after=after)
    differing = side_by_side(results)
    if differing:
        yield ""
        yield f"| where they differ | {' | '.join(code(one.url) for one in results)} |"
        yield f"|---|{'---|' * len(results)}"
        yield from (f"| {name} | {' | '.join(cells)} |" for name, cells in differing)
    for one in results:
        if not isinstance(one, Failed):
            yield ""
            yield from _details(one)


def _row(one: Scanned, *, after: bool) -> str:
    if isinstance(one, Failed):
        return f"| {code(one.url)} | {plain(one.why)} | | |" + (" |" if after else "")
    enforced = one.grades.if_enforced
    cells = [code(one.url), f"**{score_words(one.now.observatory)}**", one.now.letter.grade]
    cells.append("" if enforced is None else both_words(enforced))
    if after:
        cells.append("" if one.after is None else _after_words(one.after))
    return f"| {' | '.join(cells)} |"


def _details(one: Graded) -> Iterator[str]:
    grade = one.now.observatory
    # Here text is HTML's, not Markdown's: a backslash would escape nothing.
    yield f"<details><summary>{escape(visible(one.url))}: every test</summary>"
    yield ""
    yield f"Observatory algorithm {grade.algorithm}, not affiliated with MDN."
    yield ""
    yield "| test | | result | why | what to do |"
    yield "|---|---|---|---|---|"
    for test in grade.tests:
        advice = "" if not test.missing else plain(test.advice)
        yield (
            f"| {test.test} | {modifier_words(test.modifier)} | {code(test.result)}"
            f" | {plain(test.reason)} | {advice} |"
        )
    yield ""
    if (bonus := bonus_words(grade)) is not None:
        yield f"- {bonus}"
    yield from (
        f"- securityheaders style {one.now.letter.grade}: {plain(text)}"
        for text in letter_words(one.now.letter)
    )
    yield from (f"- {plain(text)}" for text in notes(one))
    yield ""
    yield "</details>"
