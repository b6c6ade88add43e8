"""A handler test as JUnit XML, as CI systems read it: a suite for each group, a test case for each case."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

from edgerollout.views.handler_test import groups, init_lines, problem_lines, stand_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgerollout.handlers.acceptance import CaseResult, Report


def handler_test_junit(report: Report, environment: str) -> str:
    """The document as text. A handler that cannot be loaded is an error in its own suite."""
    suites = ET.Element("testsuites", {"name": "edgerollout test"})
    if report.init_failure is not None:
        case = _suite(suites, environment, "init", ())
        text = "\n".join(init_lines(report.init_failure))
        error = ET.SubElement(case, "testcase", {"classname": f"{environment}.init", "name": "load"})
        _body(error, "error", report.init_failure.kind, text)
        case.set("tests", "1")
        case.set("errors", "1")
    for group, results in groups(report).items():
        suite = _suite(suites, environment, group, results)
        if (words := stand_in(report)) is not None:
            properties = ET.SubElement(suite, "properties")
            ET.SubElement(properties, "property", {"name": "interpreter", "value": _xml(words)})
        for result in results:
            _case(suite, f"{environment}.{group.replace(' ', '-')}", result)
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _suite(parent: ET.Element, environment: str, group: str, results: Iterable[CaseResult]) -> ET.Element:
    every = tuple(results)
    return ET.SubElement(
        parent,
        "testsuite",
        {
            "name": _xml(f"{environment}: {group}"),
            "tests": str(len(every)),
            "failures": str(sum(1 for result in every if not result.ok and result.failure is None)),
            "errors": str(sum(1 for result in every if result.failure is not None)),
            "skipped": str(sum(1 for result in every if result.not_run is not None)),
            "time": f"{sum(result.duration_ms or 0.0 for result in every) / 1000:.6f}",
        },
    )


def _case(suite: ET.Element, classname: str, result: CaseResult) -> None:
    seconds = f"{(result.duration_ms or 0.0) / 1000:.6f}"
    case = ET.SubElement(
        suite, "testcase", {"classname": _xml(classname), "name": _xml(result.case.name), "time": seconds}
    )
    if result.not_run is not None:
        ET.SubElement(case, "skipped", {"message": _xml(result.not_run)})
    elif not result.ok:
        kind = "error" if result.failure is not None else "failure"
        rule = (
            result.failure.kind if result.failure is not None else "refused" if result.refusals else "headers"
        )
        _body(case, kind, rule, "\n".join(problem_lines(result)))
    if result.notes:
        ET.SubElement(case, "system-out").text = _xml("\n".join(result.notes))


def _body(case: ET.Element, kind: str, rule: str, text: str) -> None:
    message, _, _ = text.partition("\n")
    ET.SubElement(case, kind, {"message": _xml(message), "type": _xml(rule)}).text = _xml(text)


def _xml(text: str) -> str:
    """`text` with the characters escaped that XML 1.0 §2.2 forbids: a handler may print anything."""
    return "".join(
        character
        if character in "\t\n\r"
        or " " <= character <= "\ud7ff"
        or "\ue000" <= character <= "\ufffd"
        or character >= "\U00010000"
        else f"\\u{ord(character):04x}"
        for character in text
    )
