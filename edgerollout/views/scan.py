"""A scan: all URLs side by side, then every test of each URL, with the reason and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.policy.grade.cookies import refused_cookies
from edgerollout.policy.grade.letter import HEADERS
from edgerollout.policy.grade.observatory_v6 import EXTRA_CREDIT_FROM, HSTS, TESTS
from edgerollout.policy.grade.transport import read_hsts
from edgerollout.views.document import (
    Code,
    Doc,
    Fold,
    Item,
    Labelled,
    List,
    Marker,
    Table,
    TableRow,
    Title,
)
from edgerollout.views.ink import Style

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgerollout.policy.grade.grades import Grade, GradeChange, Grades
    from edgerollout.policy.grade.letter import Letter
    from edgerollout.policy.grade.observation import Observation
    from edgerollout.policy.grade.observatory import ObservatoryGrade, Tested
    from edgerollout.views.document import Passage


@dataclass(frozen=True)
class Graded:
    """A URL and its grades. `after` are the grades with a release's headers; None if no release was given."""

    seen: Observation
    grades: Grades
    after: Grades | None

    @property
    def url(self) -> str:
        return self.seen.url

    @property
    def now(self) -> Grade:
        return self.grades.now


@dataclass(frozen=True)
class Failed:
    """A URL that could not be graded. `status` is the answer of `final_url`, if there was one."""

    url: str
    why: str
    hint: str | None = None
    final_url: str | None = None
    status: int | None = None


Scanned = Graded | Failed


def scan_document(results: Sequence[Scanned]) -> Doc:
    """The scan of a URL or of several."""
    parts = [] if len(results) == 1 else list(_overview(results))
    for result in results:
        parts.append(Title(result.url))
        if isinstance(result, Failed):
            hint = () if result.hint is None else (Item(result.hint, label="next"),)
            parts.append(List((Item(result.why, Marker.FAILED, under=hint),)))
        else:
            parts += _graded(result)
    return Doc("Security headers", tuple(parts))


def grade_change_words(change: GradeChange) -> str:
    """Grades before and after, in one line."""
    after = change.after
    enforced = "" if after.if_enforced is None else f"; once enforced {both_words(after.if_enforced)}"
    return f"{both_words(change.before.now)} → {both_words(after.now)}{enforced}"


def _overview(results: Sequence[Scanned]) -> Iterator[Passage]:
    """The URLs with their numbers, then the tests that differ, with a column for each URL."""
    numbers = tuple(map(str, range(1, len(results) + 1)))
    rows = (
        TableRow((number, Code(result.url), result.why), style=Style.BAD)
        if isinstance(result, Failed)
        else TableRow((number, Code(result.url), both_words(result.now)))
        for number, result in zip(numbers, results, strict=True)
    )
    yield Table(("", "URL", "grade"), tuple(rows), right=("",))
    differing = tuple(TableRow((name, *cells)) for name, cells in _side_by_side(results))
    if differing:
        yield Table(("where they differ", *numbers), differing, titled=True, right=numbers)


def _graded(graded: Graded) -> Iterator[Passage]:
    grade, letter = graded.now.observatory, graded.now.letter
    enforced, after = graded.grades.if_enforced, graded.after
    yield Labelled(
        (
            ("graded at", None if graded.seen.page.url == graded.url else Code(graded.seen.page.url)),
            ("Observatory", f"{score_words(grade)}, algorithm {grade.algorithm}, not affiliated with MDN"),
            ("securityheaders style", f"{letter.grade}, its rules in part inferred"),
            ("once enforced", None if enforced is None else both_words(enforced)),
            ("with the release", None if after is None else both_words(after.now)),
            (
                "and once it enforces",
                None if after is None or after.if_enforced is None else both_words(after.if_enforced),
            ),
        )
    )
    rows = tuple(map(_test, grade.tests))
    tests = Table(("test", "score", "why"), rows, right=("score",), note=_bonus(grade))
    yield Fold("Every test", (tests,))
    yield Title(f"securityheaders style {letter.grade}")
    yield List((*map(Item, _letter(letter)), *(Item(words, Marker.NOTE) for words in notes(graded))))


def _test(test: Tested) -> TableRow:
    marker, style = (Marker.DONE, None) if test.passes else (Marker.FAILED, Style.REMOVED)
    more = f"→ {test.advice} (up to +{test.missing})" if test.missing and test.advice else None
    return TableRow((test.test, modifier_words(test.modifier), test.reason), marker, style, more)


def score_words(grade: ObservatoryGrade) -> str:
    """`A+ (115)`."""
    return f"{grade.grade} ({grade.score})"


def both_words(grade: Grade) -> str:
    """`Observatory A+ (115), securityheaders style A`."""
    return f"Observatory {score_words(grade.observatory)}, securityheaders style {grade.letter.grade}"


def modifier_words(modifier: int) -> str:
    """`+5`, `0`, `-20`."""
    return f"{modifier:+d}" if modifier else "0"


def _bonus(grade: ObservatoryGrade) -> str | None:
    """Why bonuses count or not; None if there are none."""
    if not grade.bonus:
        return None
    if grade.bonus_counts:
        return f"bonuses of +{grade.bonus} count: without them the score is {grade.uncurved}"
    return (
        f"bonuses of +{grade.bonus} do not count: they count from a score of {EXTRA_CREDIT_FROM},"
        f" and the score without them is {grade.uncurved}"
    )


def _letter(letter: Letter) -> tuple[str, ...]:
    """The reasons for the letter."""
    words = [f"missing: {', '.join(letter.missing)}"] if letter.missing else [f"all {len(HEADERS)} headers"]
    weak = (
        f"{warning.header}: {warning.message}{' (inferred)' if warning.inferred else ''}"
        for warning in letter.warnings
    )
    return (*words, *weak)


def _side_by_side(results: Sequence[Scanned]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each test that has different results, with its modifier for every URL."""
    graded = [None if isinstance(result, Failed) else result.now.observatory for result in results]
    rows = (
        (name, tuple("" if item is None else modifier_words(item.test(name).modifier) for item in graded))
        for name in TESTS
    )
    return tuple((name, cells) for name, cells in rows if len({cell for cell in cells if cell}) > 1)


def notes(graded: Graded) -> tuple[str, ...]:
    """Notes beside the grades: assumptions, unusual answers, and policies that have no effect."""
    seen = graded.seen
    found = [*seen.warnings, *seen.assumed]
    if refused := refused_cookies(seen):
        names = ", ".join(refused)
        found.append(f"browsers refuse these cookies, because of their Domain or their prefix: {names}")
    if seen.page.page.report_only:
        found.append("a report-only policy in <meta> has no effect: browsers only take it from a header")
    observed = seen.page.joined("content-security-policy-report-only")
    if observed and not any(name in observed.lower() for name in ("report-uri", "report-to")):
        found.append("the report-only policy reports to nobody: it has neither report-uri nor report-to")
    if graded.now.observatory.test(HSTS).result.startswith("hsts-implemented") and not seen.preloaded:
        hsts = read_hsts(seen.page.joined("strict-transport-security") or "")
        asks = hsts is not None and hsts.preload and hsts.include_subdomains
        found.append(
            "the HSTS preload list is not looked up"
            + ("; a host that is on it gets +5 (--preloaded HOST)" if asks else "")
        )
    return tuple(found)
