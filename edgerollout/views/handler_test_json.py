"""A handler test as the `test` document. Fields are contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.views.json_text import json_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.handlers.acceptance import CaseResult, Report
    from edgerollout.handlers.results import HandlerFailure

SCHEMA = "1.0"


def handler_test_json(report: Report, environment: str) -> str:
    """The document as text."""
    document = {
        "schema": SCHEMA,
        "environment": environment,
        "ok": report.ok,
        "runtime": report.runtime,
        "entry": report.entry,
        "interpreter": report.interpreter,
        "init_ms": report.init_ms,
        "call_ms": report.call_ms,
        "failure": _failure(report.init_failure),
        "cases": [_case(one) for one in report.results],
    }
    return json_text(document)


def _case(one: CaseResult) -> dict[str, object]:
    return {
        "group": one.case.group,
        "name": one.case.name,
        "event": one.case.event_type,
        "ok": one.ok,
        "not_run": one.not_run,
        "expected": _lists(one.expected),
        "got": _lists(one.got),
        "differences": [
            {"header": each.header, "expected": list(each.expected), "got": list(each.got)}
            for each in one.mismatches
        ],
        "refusals": [
            {"rule": each.rule, "header": each.header, "text": each.text, "log": each.log}
            for each in one.refusals
        ],
        "failure": _failure(one.failure),
        "when_warm": one.when_warm,
        "notes": list(one.notes),
        "duration_ms": one.duration_ms,
    }


def _lists(headers: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    return {name: list(values) for name, values in headers.items()}


def _failure(failure: HandlerFailure | None) -> dict[str, object] | None:
    if failure is None:
        return None
    return {
        "kind": failure.kind,
        "message": failure.message,
        "trace": list(failure.trace),
        "logs": list(failure.logs),
    }
