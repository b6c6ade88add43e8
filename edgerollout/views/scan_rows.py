"""What every view of a scan says: results side by side, and in words what counts and what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.policy.grade.cookies import refused_cookies
from edgerollout.policy.grade.letter import HEADERS
from edgerollout.policy.grade.observatory_v6 import EXTRA_CREDIT_FROM, HSTS, TESTS
from edgerollout.policy.grade.transport import read_hsts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgerollout.policy.grade.grades import Grade, Grades
    from edgerollout.policy.grade.letter import Letter
    from edgerollout.policy.grade.observation import Observation
    from edgerollout.policy.grade.observatory import ObservatoryGrade


@dataclass(frozen=True)
class Graded:
    """A URL and its grades; `after` are those with a release's headers, None where none was asked about."""

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
    """A URL that gave nothing to grade; `status` is what `final_url` answered, where something came."""

    url: str
    why: str
    hint: str | None = None
    final_url: str | None = None
    status: int | None = None


Scanned = Graded | Failed


def score_words(grade: ObservatoryGrade) -> str:
    """`A+ (115)`."""
    return f"{grade.grade} ({grade.score})"


def both_words(grade: Grade) -> str:
    """`Observatory A+ (115), securityheaders style A`."""
    return f"Observatory {score_words(grade.observatory)}, securityheaders style {grade.letter.grade}"


def modifier_words(modifier: int) -> str:
    """`+5`, `0`, `-20`."""
    return f"{modifier:+d}" if modifier else "0"


def bonus_words(grade: ObservatoryGrade) -> str | None:
    """Why bonuses count or do not; None where there is none."""
    if not grade.bonus:
        return None
    if grade.bonus_counts:
        return f"bonuses of +{grade.bonus} count: without them the score is {grade.uncurved}"
    return (
        f"bonuses of +{grade.bonus} do not count: they do from {EXTRA_CREDIT_FROM} without them,"
        f" and the score is {grade.uncurved}"
    )


def letter_words(letter: Letter) -> tuple[str, ...]:
    """What the letter is made of."""
    words = [f"missing: {', '.join(letter.missing)}"] if letter.missing else [f"all {len(HEADERS)} headers"]
    weak = (f"{one.header}: {one.message}{' (inferred)' if one.inferred else ''}" for one in letter.warnings)
    return (*words, *weak)


def side_by_side(results: Sequence[Scanned]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each test that does not come to the same everywhere, with its modifier for every URL."""
    graded = [None if isinstance(one, Failed) else one.now.observatory for one in results]
    rows = (
        (name, tuple("" if one is None else modifier_words(one.test(name).modifier) for one in graded))
        for name in TESTS
    )
    return tuple((name, cells) for name, cells in rows if len({cell for cell in cells if cell}) > 1)


def notes(one: Graded) -> tuple[str, ...]:
    """What one should know beyond the grades: assumptions, oddities, and policies that do nothing."""
    seen = one.seen
    found = [*seen.warnings, *seen.assumed]
    if refused := refused_cookies(seen):
        names = ", ".join(refused)
        found.append(f"no browser takes these cookies, for their Domain or their prefix: {names}")
    if seen.page.page.report_only:
        found.append("a report-only policy in <meta> does nothing: browsers take it from the header alone")
    observed = seen.page.joined("content-security-policy-report-only")
    if observed and not any(name in observed.lower() for name in ("report-uri", "report-to")):
        found.append("the report-only policy reports to nobody: it has neither report-uri nor report-to")
    if one.now.observatory.test(HSTS).result.startswith("hsts-implemented") and not seen.preloaded:
        hsts = read_hsts(seen.page.joined("strict-transport-security") or "")
        asks = hsts is not None and hsts.preload and hsts.include_subdomains
        found.append(
            "the HSTS preload list is not looked up"
            + ("; a host that is on it gets +5 (--preloaded HOST)" if asks else "")
        )
    return tuple(found)
