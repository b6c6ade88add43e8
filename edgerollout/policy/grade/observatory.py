"""The score and grade that MDN HTTP Observatory would give, with the result of every test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.policy.grade.cookies import cookie_result
from edgerollout.policy.grade.csp import csp_result
from edgerollout.policy.grade.headers import (
    content_type_options_result,
    cors_result,
    embedder_policy_result,
    frame_options_result,
    opener_policy_result,
    referrer_result,
    resource_policy_result,
)
from edgerollout.policy.grade.observatory_v6 import (
    ALGORITHM,
    COEP,
    COOKIES,
    COOP,
    CORP,
    CORS,
    CSP,
    EXTRA_CREDIT_FROM,
    GRADES,
    HSTS,
    REDIRECTION,
    REFERRER,
    RESULTS,
    SRI,
    TESTS,
    XCTO,
    XFO,
    best_of,
    grade_of,
)
from edgerollout.policy.grade.scripts import integrity_result
from edgerollout.policy.grade.transport import hsts_result, redirection_result

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from edgerollout.policy.grade.observation import Observation

_TESTS: Mapping[str, Callable[[Observation], str]] = {
    CSP: csp_result,
    COOKIES: cookie_result,
    CORS: cors_result,
    REDIRECTION: redirection_result,
    REFERRER: referrer_result,
    HSTS: hsts_result,
    SRI: integrity_result,
    XCTO: content_type_options_result,
    XFO: frame_options_result,
    CORP: resource_policy_result,
    COOP: opener_policy_result,
    COEP: embedder_policy_result,
}


@dataclass(frozen=True)
class Tested:
    """A test: its result by Observatory's name, the modifier, and in words why and what to do.

    `missing` are the points that the best result would add.
    """

    test: str
    result: str
    modifier: int
    passes: bool
    reason: str
    advice: str
    missing: int


@dataclass(frozen=True)
class ObservatoryGrade:
    """`uncurved` is 100 with every penalty; bonuses are added only if that is 90 or more."""

    score: int
    grade: str
    uncurved: int
    bonus: int
    """The sum of the bonuses, whether they count or not."""
    tests: tuple[Tested, ...]
    algorithm: int = ALGORITHM

    @property
    def bonus_counts(self) -> bool:
        return self.uncurved >= EXTRA_CREDIT_FROM

    def test(self, name: str) -> Tested:
        return next(test for test in self.tests if test.test == name)


def observatory_grade(seen: Observation) -> ObservatoryGrade:
    """Grade what was seen."""
    tests = tuple(_tested(name, seen) for name in TESTS)
    uncurved = 100 + sum(test.modifier for test in tests if test.modifier < 0)
    bonus = sum(test.modifier for test in tests if test.modifier > 0)
    score = max(0, uncurved + bonus if uncurved >= EXTRA_CREDIT_FROM else uncurved)
    return ObservatoryGrade(score, grade_of(score), uncurved, bonus, tests)


def is_at_least(grade: str, wanted: str) -> bool:
    """Whether a grade is `wanted` or better. Raises ValueError for an unknown grade."""
    order = [name for _, name in GRADES]
    return order.index(grade) <= order.index(wanted)


def _tested(name: str, seen: Observation) -> Tested:
    result = _TESTS[name](seen)
    row = RESULTS[result]
    return Tested(
        test=name,
        result=result,
        modifier=row.modifier,
        passes=row.verdict == "pass",
        reason=row.reason,
        advice=row.advice,
        missing=best_of(name) - row.modifier,
    )
