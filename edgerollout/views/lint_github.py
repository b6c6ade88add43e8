"""A lint as annotations of a GitHub job: the diff shows each finding at its line."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from edgerollout.policy.severity import Severity
from edgerollout.views.annotations import Annotation, AnnotationKind, Annotations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.views.github import Job
    from edgerollout.views.lint import LintReport, LintRow


def lint_annotations(report: LintReport, job: Job) -> Iterator[str]:
    """The lines for the job's log, worst first, because GitHub shows only ten of a kind."""
    annotations = Annotations()
    rows = (row for kind in Severity for row in report.rows if row.finding.severity is kind)
    lines = [annotations.line(_annotation(row, job)) for row in rows]
    yield from (line for line in (*lines, *annotations.rest()) if line is not None)


def _annotation(row: LintRow, job: Job) -> Annotation:
    finding = row.finding
    subject = f"{row.where}: " if row.where else ""
    fix = "" if finding.hint is None else f" ({finding.hint})"
    file = None if row.file is None else job.path(row.file)
    return Annotation(
        _kind(finding.severity), f"{subject}{finding.message}{fix}", finding.rule, file, row.line
    )


def _kind(severity: Severity) -> AnnotationKind:
    match severity:
        case Severity.ERROR:
            return "error"
        case Severity.WARNING:
            return "warning"
        case Severity.NOTE:
            return "notice"
        case _:
            assert_never(severity)
