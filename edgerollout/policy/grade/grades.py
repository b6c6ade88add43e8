"""Both grades of a site: now, once its report-only policy is enforced, and after other headers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.policy.grade.letter import Letter, letter_of
from edgerollout.policy.grade.observation import assumed_site
from edgerollout.policy.grade.observatory import ObservatoryGrade, observatory_grade
from edgerollout.policy.render import ENFORCED, REPORT_ONLY
from edgerollout.policy.staging import STAGED, twin_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgerollout.policy.grade.observation import Observation
    from edgerollout.policy.render import RenderedResponse


@dataclass(frozen=True)
class Grade:
    """One set of headers, graded both ways."""

    observatory: ObservatoryGrade
    letter: Letter


@dataclass(frozen=True)
class Grades:
    """`if_enforced` is None if no report-only policy is sent."""

    now: Grade
    if_enforced: Grade | None


_TWINS = {REPORT_ONLY: ENFORCED, **{twin_of(name): name for name in STAGED}}
"""A header that only reports → what it becomes."""


@dataclass(frozen=True)
class GradeChange:
    """Before and after a change of headers."""

    before: Grades
    after: Grades


def grades_of(seen: Observation) -> Grades:
    """Grade what was seen, and what it would be with the report-only policy and headers enforced.

    Each report-only policy or header then replaces the enforced one, as `promote --enforce` does.
    """
    observed = {name: seen.page.values(twin) for twin, name in _TWINS.items()}
    found = {name: values for name, values in observed.items() if any(value.strip() for value in values)}
    if not found:
        return Grades(_grade(seen), None)
    kept = [pair for pair in seen.page.headers if pair[0] not in found and pair[0] not in _TWINS]
    enforced = seen.with_headers([*kept, *((name, value) for name in found for value in found[name])])
    return Grades(_grade(seen), _grade(enforced))


def grade_change(
    before: Iterable[tuple[str, str]], after: Iterable[tuple[str, str]], url: str = "https://site.invalid/"
) -> GradeChange:
    """Grade two sets of headers of one site: (name, value), repeats kept.

    Certificate, redirects and CORS, which headers do not show, are assumed to be right in both.
    """
    return GradeChange(grades_of(assumed_site(url, before)), grades_of(assumed_site(url, after)))


def change_of(
    seen: Observation, release: RenderedResponse, live: RenderedResponse | None = None
) -> GradeChange:
    """Grade a site as it was seen, and as it would be with a release's headers.

    `live` is what the live release does; None if there is no live release, or it is unknown.
    """
    after = seen.with_headers(headers_with(seen.page.headers, release, live))
    return GradeChange(grades_of(seen), grades_of(after))


def headers_with(
    headers: Iterable[tuple[str, str]], release: RenderedResponse, live: RenderedResponse | None = None
) -> tuple[tuple[str, str], ...]:
    """The headers a visitor gets after the handler of the release.

    The handler runs on the origin's response, but `headers` are those after the live release. So the headers
    that the live release set are removed first. Headers of the origin that it removed are not known.
    """
    gone = {*release.set, *release.remove, *(() if live is None else live.set)}
    kept = [(name.lower(), value) for name, value in headers if name.lower() not in gone]
    there = {name for name, _ in kept}
    keep = ((name, value) for name, (_, value) in release.keep.items() if name not in there)
    return (*kept, *((name, value) for name, (_, value) in release.set.items()), *keep)


def _grade(seen: Observation) -> Grade:
    return Grade(observatory_grade(seen), letter_of(seen))
