"""The `scan` document: grades of URLs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from edgerollout.policy.grade.letter import INFERRED
from edgerollout.views.output.encoder import DocumentJson, Output
from edgerollout.views.scan import Failed, notes

if TYPE_CHECKING:
    from edgerollout.policy.grade.grades import Grade, Grades
    from edgerollout.policy.grade.letter import Letter
    from edgerollout.policy.grade.observatory import ObservatoryGrade
    from edgerollout.views.scan import Scanned


class ObservatoryTestJson(Output):
    """A test of Observatory."""

    result: str
    """Observatory's name for the result"""
    modifier: int
    """points that it adds to the score"""
    pass_: bool
    """whether the test is passed"""
    missing: int
    """points that the best result would add"""
    reason: str
    """why, in words"""
    advice: str | None
    """what to do"""


class ObservatoryJson(Output):
    """The grade that Mozilla's Observatory would give."""

    algorithm: int
    """version of its rules"""
    score: int
    """points"""
    grade: str
    """`A+` to `F`"""
    uncurved: int
    """the score without bonuses"""
    bonus: int
    """the sum of the bonuses"""
    bonus_counts: bool
    """whether the bonuses count: they do if `uncurved` is at least 90"""
    tests: Mapping[str, ObservatoryTestJson]
    """all tests, by Observatory's name"""


class LetterWarningJson(Output):
    """A header that is present but weak."""

    header: str
    """its name"""
    message: str
    """what is weak"""
    inferred: bool
    """whether the rule is a guess from what securityheaders.com shows"""


class LetterJson(Output):
    """A letter in the style of securityheaders.com."""

    grade: str
    """`A+` to `F`"""
    missing: Sequence[str]
    """names of missing headers"""
    warnings: Sequence[LetterWarningJson]
    """all weak headers"""
    inferred: Sequence[str]
    """which of its rules are guesses"""


class GradeJson(Output):
    """Both grades of the same headers."""

    observatory: ObservatoryJson
    """Mozilla's Observatory"""
    securityheaders: LetterJson
    """in the style of securityheaders.com"""


class GradesAfterJson(GradeJson):
    """Both grades with the release's headers."""

    if_enforced: GradeJson | None
    """both grades if its report-only policy were enforced; null without such a policy"""


class ScannedJson(Output):
    """A URL and its grades."""

    url: str
    """the URL as given"""
    final_url: str | None
    """the URL after redirects, also with an `error`; null without an answer"""
    status: int | None
    """its status; null without an answer"""
    error: str | None
    """why it could not be graded"""
    observatory: ObservatoryJson | None
    """Mozilla's Observatory; null with an `error`"""
    securityheaders: LetterJson | None
    """in the style of securityheaders.com; null with an `error`"""
    if_enforced: GradeJson | None
    """both grades if the report-only policy were enforced; null without such a policy"""
    after: GradesAfterJson | None
    """the grades with the release's headers; null if no release was given"""
    notes: Sequence[str]
    """notes, in sentences"""


class ScanJson(DocumentJson):
    """Grades of URLs: `scan`."""

    results: Sequence[ScannedJson]
    """a result for each URL, in the given order"""


def scan_json(results: Sequence[Scanned]) -> ScanJson:
    """The document. A URL that could not be graded has `error` and null grades."""
    return ScanJson(results=[_result(result) for result in results])


def _result(result: Scanned) -> ScannedJson:
    if isinstance(result, Failed):
        return ScannedJson.of(
            result,
            error=result.why,
            observatory=None,
            securityheaders=None,
            if_enforced=None,
            after=None,
            notes=[] if result.hint is None else [result.hint],
        )
    return ScannedJson(
        url=result.url,
        final_url=result.seen.page.url,
        status=result.seen.page.status,
        error=None,
        **vars(_grades(result.grades)),
        after=None if result.after is None else _grades(result.after),
        notes=notes(result),
    )


def _grades(grades: Grades) -> GradesAfterJson:
    enforced = grades.if_enforced
    return GradesAfterJson(
        **vars(_grade(grades.now)), if_enforced=None if enforced is None else _grade(enforced)
    )


def _grade(grade: Grade) -> GradeJson:
    return GradeJson(observatory=_observatory(grade.observatory), securityheaders=_letter(grade.letter))


def _observatory(grade: ObservatoryGrade) -> ObservatoryJson:
    return ObservatoryJson.of(
        grade,
        tests={
            test.test: ObservatoryTestJson.of(test, pass_=test.passes, advice=test.advice or None)
            for test in grade.tests
        },
    )


def _letter(letter: Letter) -> LetterJson:
    return LetterJson.of(
        letter,
        warnings=[LetterWarningJson.of(warning) for warning in letter.warnings],
        inferred=tuple(INFERRED),
    )
