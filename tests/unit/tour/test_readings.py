"""What the browser says of violations, as records."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.tour import readings
from edgerollout.tour.model import Box

PAGE = "https://www.example.com/"


def _log(text: str, source: str = "security") -> dict[str, object]:
    return {"source": source, "text": text, "url": PAGE, "lineNumber": 4}


_ONLY = " The policy is report-only, so the violation has been logged but no further action has been taken."


@pytest.mark.parametrize(
    ("said", "directive", "blocked", "disposition"),
    [
        (
            "Loading the image 'https://a.example/x.png' violates the following Content Security Policy"
            " directive: \"img-src 'self'\"." + _ONLY,
            "img-src", "https://a.example/x.png", "report",
        ),
        (
            ("Loading the script 'https://a.example/x.js' violates the following Content Security Policy"
            " directive: \"script-src 'self'\". Note that 'script-src-elem' was not explicitly set, so"
            " 'script-src' is used as a fallback. The action has been blocked."),
            "script-src-elem", "https://a.example/x.js", "enforce",
        ),
        (
            "Loading the script 'https://a.example/x.js' violates the following Content Security Policy"
            " directive: \"script-src 'self'\"." + _ONLY,
            "script-src-elem", "https://a.example/x.js", "report",
        ),
        (
            ("Framing 'https://a.example/' violates the following report-only Content Security Policy"
            " directive: \"frame-src 'self'\". The violation has been logged.\n"),
            "frame-src", "https://a.example/", "report",
        ),
        (
            "Connecting to 'blob:https://a.example/1' violates the following Content Security Policy"
            " directive: \"connect-src 'self'\"." + _ONLY,
            "connect-src", "blob", "report",
        ),
        (
            "Applying inline style violates the following Content Security Policy directive"
            " 'style-src 'self''. Either the 'unsafe-inline' keyword is required. Note that hashes do not"
            " apply to event handlers, style attributes and javascript: navigations unless the"
            " 'unsafe-hashes' keyword is present." + _ONLY,
            "style-src-attr", "inline", "report",
        ),
        (
            "This document requires 'TrustedHTML' assignment." + _ONLY,
            "require-trusted-types-for", "trusted-types-sink", "report",
        ),
    ],
)  # fmt: skip
def test_the_console_s_prose_is_read(said: str, directive: str, blocked: str, disposition: str) -> None:
    record = readings.from_log(_log(said), PAGE, PAGE)
    assert record is not None
    assert (record.directive, record.blocked, record.disposition) == (directive, blocked, disposition)
    assert (record.source, record.line) == (PAGE, 5)


def test_the_hash_that_the_browser_prints_is_kept() -> None:
    said = (
        "Executing inline script violates the following Content Security Policy directive 'script-src"
        " 'self''. Either the 'unsafe-inline' keyword, a hash ('sha256-WpNQ/+A4E='), or a nonce is required."
    )
    record = readings.from_log(_log(said), PAGE, PAGE)
    assert record is not None
    assert (record.directive, record.blocked, record.hash) == (
        "script-src-elem", "inline", "sha256-WpNQ/+A4E=",
    )  # fmt: skip


@pytest.mark.parametrize(
    "entry",
    [
        _log("Failed to load resource: net::ERR_FAILED", "network"),
        _log("Loading the image 'https://a.example/' violates the following Content Security Policy"
             " directive: \"img-src 'self'\".", "worker"),
        _log("The Content Security Policy directive 'sandbox' is ignored in a report-only policy."),
        {},
    ],
)  # fmt: skip
def test_what_tells_of_no_violation_is_none(entry: dict[str, object]) -> None:
    assert readings.from_log(entry, PAGE, PAGE) is None


def test_an_issue_s_place_counts_from_one() -> None:
    details = {
        "violatedDirective": "connect-src",
        "blockedURL": "https://a.example/x",
        "isReportOnly": False,
        "contentSecurityPolicyViolationType": "kURLViolation",
        "sourceCodeLocation": {"url": f"{PAGE}app.js", "lineNumber": 0, "columnNumber": 7},
    }
    issue = {
        "code": "ContentSecurityPolicyIssue",
        "details": {"contentSecurityPolicyIssueDetails": details},
    }
    record = readings.from_issue(issue, PAGE, PAGE)
    assert record is not None
    assert (record.source, record.line, record.column) == (f"{PAGE}app.js", 1, 7)
    assert (record.blocked, record.disposition) == ("https://a.example/x", "enforce")


def test_of_what_may_not_be_framed_the_one_that_frames_is_named() -> None:
    details = {
        "violatedDirective": "frame-ancestors",
        "blockedURL": PAGE,
        "isReportOnly": True,
        "contentSecurityPolicyViolationType": "kURLViolation",
    }
    issue = {
        "code": "ContentSecurityPolicyIssue",
        "details": {"contentSecurityPolicyIssueDetails": details},
    }
    record = readings.from_issue(issue, PAGE, PAGE, "https://frame.example/x")
    assert record is not None
    assert record.blocked == "https://frame.example/x"


def test_both_formats_of_reports_are_read() -> None:
    old = {"csp-report": {"document-uri": PAGE, "effective-directive": "img-src", "blocked-uri": "data"}}
    new = [{"body": {"documentURL": PAGE, "effectiveDirective": "img-src", "blockedURL": "data:image/png"}}]
    (first,) = readings.from_report(json.dumps(old), PAGE)
    (second,) = readings.from_report(json.dumps(new), PAGE)
    assert first == second
    assert (first.channel, first.blocked) == ("report", "data")


def _event(**more: object) -> dict[str, object]:
    return {
        "document": PAGE, "directive": "script-src-attr", "blocked": "inline", **more,
    }  # fmt: skip


def test_every_handler_that_may_be_the_blocked_one_is_a_record() -> None:
    handlers = [{"name": "onclick", "value": "go()"}, {"name": "onfocus", "value": "stay()"}]
    found = list(readings.from_event(_event(attributes=handlers), PAGE))
    assert [record.attribute for record in found] == [("onclick", "go()"), ("onfocus", "stay()")]
    (item,) = readings.from_event(_event(attributes=handlers, sample="stay("), PAGE)
    assert item.attribute == ("onfocus", "stay()")


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["csp-report", "body", "effective-directive", "blocked-uri", "line-number", "events", "attributes"]
    ), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(json_values)
def test_no_report_is_too_strange_to_be_read(value: object) -> None:
    for record in readings.from_report(json.dumps(value), PAGE):
        assert record.directive


@pytest.mark.parametrize(
    "sent", ["[" * 100_000, '{"a":' * 100_000, '{"csp-report": {}, "csp-report": {}}', "\ud800"]
)
def test_what_a_page_makes_up_is_no_report_and_ends_nothing(sent: str) -> None:
    assert list(readings.from_report(sent, PAGE)) == []
    assert readings.batch(sent) == {}


def test_a_place_and_inline_code_are_taken_only_as_the_listener_tells_them() -> None:
    told = {"mark": "1:2", "left": 0, "top": 10.5, "width": 3, "height": 4}
    assert readings.box_of(told) == ("1:2", Box(0.0, 10.5, 3.0, 4.0))
    for wrong in ({"left": -1}, {"top": "x"}, {"width": 1e9}, {"height": None}):
        assert readings.box_of({**told, **wrong}) is None
    digest = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    assert readings.inline_code({"hash": digest, "text": "x" * 900}) == (f"sha256-{digest}", "x" * 200)
    assert readings.inline_code({"hash": "' *", "text": ""}) is None
