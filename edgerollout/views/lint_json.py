"""A lint as the `lint` document, and as SARIF 2.1.0 for code scanning. Fields are contract."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from edgerollout import __version__
from edgerollout.policy.severity import Severity
from edgerollout.views.json_text import json_text

if TYPE_CHECKING:
    from edgerollout.views.lint_rows import LintReport, LintRow

SCHEMA = "1.0"
SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def lint_json(report: LintReport) -> str:
    """The document as text."""
    document = {
        "schema": SCHEMA,
        "findings": [_finding(row) for row in report.rows],
        "ignored": [{**_finding(row), "reason": row.reason} for row in report.ignored],
    }
    return json_text(document)


def _finding(row: LintRow) -> dict[str, object]:
    finding = row.finding
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "file": row.file,
        "line": row.line,
        "directive": finding.directive,
        "header": finding.header,
        "source": finding.source,
        "message": finding.message,
        "fix": finding.hint,
        "fixable": finding.edit is not None,
        "environments": list(row.environments),
    }


def lint_sarif(report: LintReport) -> str:
    """The log as text (OASIS SARIF 2.1.0): every rule, and a result for each finding.

    Ignored findings are there too, suppressed with their reason.
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
    return json_text({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]})


def _result(row: LintRow, index: dict[str, int]) -> dict[str, object]:
    finding = row.finding
    subject = f"{row.where}: " if row.where else ""
    fix = "" if finding.hint is None else f" Fix: {finding.hint}."
    result: dict[str, object] = {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": finding.severity,
        "message": {"text": f"{subject}{finding.message}.{fix}"},
    }
    if row.file is not None:
        place: dict[str, object] = {"artifactLocation": {"uri": _uri(row.file)}}
        if row.line is not None:
            place["region"] = {"startLine": row.line}
        result["locations"] = [{"physicalLocation": place}]
    if row.reason is not None:
        result["suppressions"] = [{"kind": "external", "justification": row.reason}]
    return result


def _uri(file: str) -> str:
    """A URI reference, seen from the folder of the run where the file is below it."""
    path = Path(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
