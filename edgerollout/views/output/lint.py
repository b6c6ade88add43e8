"""The `lint` document, and SARIF 2.1.0 for code scanning."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from edgerollout import __version__
from edgerollout.policy.severity import Severity
from edgerollout.views.output.encoder import DocumentJson, Output, OutsideFormat, json_text

if TYPE_CHECKING:
    from edgerollout.views.lint import LintReport, LintRow

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


class LintFindingJson(Output):
    """Something that a rule found."""

    rule: str
    """the [rule](lint.md)"""
    severity: Severity
    """`error`, `warning` or `note`"""
    file: str | None
    """the file; null for `--csp`"""
    line: int | None
    """from 1; null for `--csp`"""
    directive: str | None
    """the directive it is about; null if it is about more than that"""
    header: str | None
    """the header it is about; null if it is about more than that"""
    source: str | None
    """the source it is about; null if it is about more than that"""
    message: str
    """what was found"""
    fix: str | None
    """what to do"""
    fixable: bool
    """whether `--fix` would write it"""
    environments: Sequence[str]
    """the environments with this finding; empty: all that were checked"""


class IgnoredFindingJson(LintFindingJson):
    """A finding that `[[lint.ignore]]` ignores."""

    reason: str | None
    """the reason given there"""


class LintJson(DocumentJson):
    """What is weak or wrong in a policy: `lint`."""

    findings: Sequence[LintFindingJson]
    """in the order of files and lines"""
    ignored: Sequence[IgnoredFindingJson]
    """the findings that `[[lint.ignore]]` ignores"""


def lint_json(report: LintReport) -> LintJson:
    """The document."""
    return LintJson(
        findings=[_finding(row) for row in report.rows],
        ignored=[IgnoredFindingJson(**vars(_finding(row)), reason=row.reason) for row in report.ignored],
    )


def _finding(row: LintRow) -> LintFindingJson:
    finding = row.finding
    return LintFindingJson.of(
        finding,
        file=row.file,
        line=row.line,
        fix=finding.hint,
        fixable=finding.edit is not None,
        environments=row.environments,
    )


def lint_sarif(report: LintReport) -> str:
    """The log as text (OASIS SARIF 2.1.0): every rule, and a result for each finding.

    Ignored findings are included, as suppressed, with their reason.
    """
    from edgerollout.policy.lint.registry import CSP_RULES, HEADER_RULES

    shared = [(rule.name, rule.severity, rule.summary) for rule in CSP_RULES]
    shared += [(rule.name, rule.severity, rule.summary) for rule in HEADER_RULES]
    shared.append(("unused-ignore", Severity.NOTE, "an ignore that covers no finding"))
    index = {name: position for position, (name, _, _) in enumerate(shared)}
    driver = {
        "name": "edgerollout",
        "version": __version__,
        "rules": [
            {
                "id": name,
                "shortDescription": {"text": f"{summary[0].upper()}{summary[1:]}."},
                "defaultConfiguration": {"level": severity},
            }
            for name, severity, summary in shared
        ],
    }
    results = [_result(row, index) for row in (*report.rows, *report.ignored)]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json_text(OutsideFormat(content={"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}))


def _result(row: LintRow, index: dict[str, int]) -> dict[str, Any]:
    finding = row.finding
    subject = f"{row.where}: " if row.where else ""
    fix = "" if finding.hint is None else f" Fix: {finding.hint}."
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": finding.severity,
        "message": {"text": f"{subject}{finding.message}.{fix}"},
    }
    if row.file is not None:
        place: dict[str, Any] = {"artifactLocation": {"uri": _uri(row.file)}}
        if row.line is not None:
            place["region"] = {"startLine": row.line}
        result["locations"] = [{"physicalLocation": place}]
    if row.reason is not None:
        result["suppressions"] = [{"kind": "external", "justification": row.reason}]
    return result


def _uri(file: str) -> str:
    """A URI reference, relative to the current folder if the file is inside it."""
    path = Path(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
