"""A scan as the `scan` document. Fields are contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.policy.grade.letter import INFERRED
from edgerollout.views.json_text import json_text
from edgerollout.views.scan_rows import Failed, notes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgerollout.policy.grade.grades import Grade, Grades
    from edgerollout.views.scan_rows import Scanned

SCHEMA = "1.0"


def scan_json_text(results: Sequence[Scanned]) -> str:
    """The document as text."""
    return json_text(scan_json(results))


def scan_json(results: Sequence[Scanned]) -> dict[str, object]:
    """The document. A URL that gave nothing has `error` and null grades."""
    return {"schema": SCHEMA, "results": [_result(one) for one in results]}


def _result(one: Scanned) -> dict[str, object]:
    if isinstance(one, Failed):
        return {
            "url": one.url,
            "final_url": one.final_url,
            "status": one.status,
            "error": one.why,
            "observatory": None,
            "securityheaders": None,
            "if_enforced": None,
            "after": None,
            "notes": [] if one.hint is None else [one.hint],
        }
    return {
        "url": one.url,
        "final_url": one.seen.page.url,
        "status": one.seen.page.status,
        "error": None,
        **_grades(one.grades),
        "after": None if one.after is None else _grades(one.after),
        "notes": list(notes(one)),
    }


def _grades(grades: Grades) -> dict[str, object]:
    enforced = grades.if_enforced
    return {**_grade(grades.now), "if_enforced": None if enforced is None else _grade(enforced)}


def _grade(grade: Grade) -> dict[str, object]:
    observatory, letter = grade.observatory, grade.letter
    return {
        "observatory": {
            "algorithm": observatory.algorithm,
            "score": observatory.score,
            "grade": observatory.grade,
            "uncurved": observatory.uncurved,
            "bonus": observatory.bonus,
            "bonus_counts": observatory.bonus_counts,
            "tests": {
                one.test: {
                    "result": one.result,
                    "modifier": one.modifier,
                    "pass": one.passes,
                    "missing": one.missing,
                    "reason": one.reason,
                    "advice": one.advice or None,
                }
                for one in observatory.tests
            },
        },
        "securityheaders": {
            "grade": letter.grade,
            "missing": list(letter.missing),
            "warnings": [
                {"header": one.header, "message": one.message, "inferred": one.inferred}
                for one in letter.warnings
            ],
            "inferred": list(INFERRED),
        },
    }
