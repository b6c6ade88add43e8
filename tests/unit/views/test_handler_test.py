from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from edgerollout.handlers.acceptance import CaseResult, HeaderMismatch, Report
from edgerollout.handlers.cases import Case
from edgerollout.handlers.refusals import READ_ONLY_TEXT, Refusal
from edgerollout.handlers.results import HandlerFailure
from edgerollout.views.glyphs import ASCII
from edgerollout.views.handler_test import handler_test_document
from edgerollout.views.handler_test_junit import handler_test_junit
from edgerollout.views.output.encoder import json_text
from edgerollout.views.output.handler_test import handler_test_json
from tests.json_output import parsed

from .drawing import markdown_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable


def case(group: str, name: str) -> Case:
    return Case(group, name, {}, "viewer-response")


EXPECTED = {"x-frame-options": ("DENY",), "x-powered-by": ()}
GOOD = {"x-frame-options": ("DENY",)}
REFUSED = Refusal(
    "read-only",
    READ_ONLY_TEXT,
    "Validation error: Lambda function result validation failed, the function tried to delete read-only"
    " header, headerName : Via.",
    "via",
)
THREW = HandlerFailure(
    "exception",
    "KeyError: 'x'",
    (
        "Traceback (most recent call last):",
        '  File "/var/task/index.py", line 3, in handler',
        "    x = headers['x']",
        "KeyError: 'x'",
    ),
    0.4,
    ("about to fail",),
)

OK = Report(
    "python3.13",
    "index.handler",
    "Python 3.11.9",
    (
        CaseResult(case("statuses", "200, a page"), EXPECTED, GOOD, duration_ms=0.031),
        CaseResult(case("statuses", "404, an error page"), EXPECTED, {}, not_run="CloudFront calls none"),
        CaseResult(
            case("requests", "HEAD"),
            EXPECTED,
            GOOD,
            duration_ms=0.03,
            notes=("sets x-extra, which the release does not mention",),
        ),
    ),
    init_ms=4.25,
    call_ms=0.0305,
)

WRONG = (
    HeaderMismatch("x-frame-options", ("DENY",), ("SAMEORIGIN", "DENY")),
    HeaderMismatch("x-a", ("1",), ()),
)
FAILING = Report(
    "nodejs22.x",
    "index.handler",
    "Node.js 20.20.2",
    (
        CaseResult(case("statuses", "200, a page"), EXPECTED, GOOD, WRONG, duration_ms=0.5),
        CaseResult(case("statuses", "301, moved"), EXPECTED, GOOD, WRONG, duration_ms=0.5),
        CaseResult(case("statuses", "302, found"), EXPECTED, GOOD, WRONG, duration_ms=0.5, when_warm=True),
        CaseResult(case("origin headers", "Via"), EXPECTED, GOOD, refusals=(REFUSED,), duration_ms=0.5),
        CaseResult(case("requests", "HEAD <&> \x1b[31m\x00"), EXPECTED, {}, failure=THREW),
    ),
    init_ms=12.0,
    call_ms=0.5,
)

BROKEN = Report(
    "python3.13",
    "index.handler",
    None,
    (CaseResult(case("statuses", "200, a page"), EXPECTED, {}, not_run="the handler could not be loaded"),),
    init_failure=HandlerFailure(
        "init",
        "ModuleNotFoundError: No module named 'x'",
        ("ModuleNotFoundError: No module named 'x'",),
        1.0,
        (),
    ),
)

REPORTS = {"ok": OK, "failing": FAILING, "broken": BROKEN}
each_report = pytest.mark.parametrize("name", REPORTS)


def text(report: Report, width: int) -> str:
    title = "testing: handler/python (index.handler) at viewer-response"
    return text_of(handler_test_document(report, title), width)


@each_report
@pytest.mark.parametrize("width", [100, 40])
def test_a_handler_test_is_text(name: str, width: int, golden: Callable[[str, str], None]) -> None:
    golden(f"handler-test-{name}-{width}", text(REPORTS[name], width))


@each_report
def test_a_handler_test_is_markdown(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"handler-test-{name}-markdown", markdown_of(handler_test_document(REPORTS[name], "testing")))


@each_report
def test_a_handler_test_is_a_json_document(name: str, golden: Callable[[str, str], None]) -> None:
    document = json_text(handler_test_json(REPORTS[name], "testing"))
    assert parsed(document)["ok"] is REPORTS[name].ok
    golden(f"handler-test-{name}-json", document)


@each_report
def test_a_handler_test_is_junit_xml(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"handler-test-{name}-junit", handler_test_junit(REPORTS[name], "testing"))


@each_report
def test_the_counts_of_a_suite_are_those_of_its_cases(name: str) -> None:
    root = ET.fromstring(handler_test_junit(REPORTS[name], "testing"))
    for suite in root.findall("testsuite"):
        cases = suite.findall("testcase")
        assert int(suite.get("tests", "")) == len(cases)
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(attribute, "")) == sum(
                1 for element in cases if element.find(tag) is not None
            )


def test_what_a_handler_prints_can_break_neither_xml_nor_terminal() -> None:
    root = ET.fromstring(handler_test_junit(FAILING, "testing"))
    names = [element.get("name") for element in root.iter("testcase")]
    assert "HEAD <&> \\u001b[31m\\u0000" in names
    assert "\x1b" not in text(FAILING, 100)


def test_signs_have_stand_ins_in_ascii() -> None:
    assert text_of(handler_test_document(FAILING, "title"), 100, ASCII).isascii()
