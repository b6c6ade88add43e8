from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.policy.csp import Csp
from edgerollout.policy.headers import Header
from edgerollout.policy.policy import Overlay, Policy
from edgerollout.policy.refusals import (
    check_csp,
    check_environments,
    check_header,
    check_policy,
    check_size,
)
from edgerollout.policy.render import RenderedResponse

ORIGIN = {"testing": "origin-response"}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "a source is empty"),
        ("'self' data:", "the source ''self' data:' holds a space"),
        ("a;b", "the source 'a;b' holds a ';', which would start another directive"),
        ("a,b", "the source 'a,b' holds a ',', which would start another policy"),
        ("a\r\nset-cookie:x", "the source 'a\\r\\nset-cookie:x' holds a carriage return"),
        ("a\nb", "the source 'a\\nb' holds a line feed"),
        ("a\0b", "the source 'a\\x00b' holds a NUL"),
        ("a\tb", "the source 'a\\tb' holds a tab"),
        ("https://b\u00fccher.example", "the source 'https://b\u00fccher.example' holds '\u00fc' (U+00FC)"),
        ("\u2018self\u2019", "the source '\u2018self\u2019' holds '\u2018' (U+2018)"),
        ("a\u00a0b", "the source 'a\\xa0b' holds the character U+00A0"),
    ],
)
def test_a_source_that_would_break_the_header_is_refused(source: str, message: str) -> None:
    (problem,) = check_csp(Csp.of({"img-src": ["'self'", source]}), ("csp",))
    assert (problem.path, problem.message) == (("csp", "img-src", 1), message)


@given(st.text(max_size=8), st.text(max_size=8))
def test_what_is_accepted_reads_back_as_it_was_written(first: str, second: str) -> None:
    csp = Csp.of({"img-src": [first, second], "font-src": ["'self'"]})
    if not any(True for _ in check_csp(csp, ())):
        parsed = [tuple(part.split(" ")) for part in csp.header_value().split("; ")]
        assert parsed == [("img-src", first, second), ("font-src", "'self'")]
        assert csp.header_value().isascii()
        assert csp.header_value().isprintable()
        assert "," not in csp.header_value()


@pytest.mark.parametrize("name", ["img src", "img_src", "img-src;", "", "größe"])
def test_a_name_outside_the_grammar_is_no_directive(name: str) -> None:
    (problem,) = check_csp(Csp.of({name: []}), ("csp",))
    assert problem.severity == "error"
    assert problem.message.endswith("cannot be a directive name")


@pytest.mark.parametrize(
    ("name", "suggestion", "severity"),
    [("scrpt-src", "did you mean script-src?", "error"), ("quantum-gates", None, "warning")],
)
def test_a_misspelled_directive_is_refused_and_a_new_one_warned_about(
    name: str, suggestion: str | None, severity: str
) -> None:
    (problem,) = check_csp(Csp.of({name: ["'self'"]}), ("csp",))
    assert (problem.suggestion, problem.severity) == (suggestion, severity)
    assert problem.message == (
        f"no browser is known to support the directive {name}; browsers ignore unknown ones"
    )


@pytest.mark.parametrize(
    ("name", "event", "message"),
    [
        ("connection", "origin-response", "CloudFront does not let functions touch connection"),
        ("x-amz-cf-id", "origin-response", "CloudFront does not let functions touch x-amz-cf-id"),
        ("via", "origin-response", "via is read-only at origin-response"),
        ("warning", "viewer-response", "warning is read-only at viewer-response"),
        ("content-length", "viewer-response", "content-length is read-only at viewer-response"),
        ("content-length", "origin-response", "content-length describes each body"),
        ("content-security-policy", "origin-response", "content-security-policy is made from the policy"),
        ("content-security-policy-report-only", "origin-response", "content-security-policy-report-only is"),
        ("x frame", "origin-response", "'x frame' cannot be a header name"),
    ],
)
@pytest.mark.parametrize("action", ["set", "keep", "remove"])
def test_a_header_that_may_not_be_touched_is_refused(
    name: str, event: str, message: str, action: str
) -> None:
    header = Header(name, "x", action)  # type: ignore[arg-type]
    (problem,) = check_header(header, ("headers", name), (event,))
    assert problem.message.startswith(message)
    assert problem.severity == "error"


def test_a_header_is_refused_only_at_events_that_hold_it() -> None:
    assert list(check_header(Header("warning", "199 -"), (), ("origin-response",))) == []


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "the value is empty"),
        (" DENY", "the value begins or ends with a blank, which HTTP drops"),
        ("DENY\r\nx: y", "the value holds a carriage return; a header takes visible ASCII only"),
        ("caf\u00e9", "the value holds '\u00e9' (U+00E9); a header takes visible ASCII only"),
    ],
)
def test_a_value_that_would_break_the_response_is_refused(value: str, message: str) -> None:
    (problem,) = check_header(Header("x-frame-options", value), ())
    assert problem.message == message


def test_20480_bytes_of_headers_pass_and_one_more_is_refused() -> None:
    room = 20_480 - len("X-A: \r\n")
    assert list(check_size(RenderedResponse(set={"x-a": ("X-A", "v" * room)}))) == []
    (problem,) = check_size(RenderedResponse(set={"x-a": ("X-A", "v" * (room + 1))}))
    assert problem.message == "the headers take 20,481 bytes, CloudFront allows 20,480"
    assert problem.suggestion == "X-A alone takes 20,481"


def test_a_csp_is_warned_about_from_1783_bytes() -> None:
    key = "Content-Security-Policy"
    assert list(check_size(RenderedResponse(set={key.lower(): (key, "v" * 1782)}))) == []
    (problem,) = check_size(RenderedResponse(set={key.lower(): (key, "v" * 1783)}))
    assert problem.severity == "warning"
    assert "takes 1,783 bytes" in problem.message


def test_the_size_is_told_once_for_environments_that_send_the_same() -> None:
    long = Csp.of({"img-src": [f"https://{n:04}.example" for n in range(100)]})
    (problem,) = check_environments(Policy(csp=long), ("testing", "staging"))
    assert problem.path == ("csp",)


def test_an_empty_policy_is_refused() -> None:
    (problem,) = check_environments(Policy(), ("testing",))
    assert problem.message == "the policy of testing is empty: no [csp] directive and no header"


def test_headers_alone_are_a_policy() -> None:
    policy = Policy(headers=(Header("x-frame-options", "DENY"),))
    assert list(check_environments(policy, ORIGIN)) == []
    assert check_policy(policy, ORIGIN) == ()


def test_an_overlay_that_adds_none_is_refused_because_it_adds_nothing() -> None:
    policy = Policy(
        csp=Csp.of({"img-src": ["'self'"]}),
        overlays={"testing": Overlay(csp=Csp.of({"img-src": ["'none'"], "font-src": ["'none'"]}))},
    )
    (problem,) = check_policy(policy, ORIGIN)
    assert problem.path == ("environments", "testing", "csp", "img-src", 0)
    assert problem.message == "an overlay only adds sources: 'none' does not empty the base policy's list"


def test_an_overlays_headers_are_checked_at_its_own_event() -> None:
    overlay = Overlay(headers=(Header("warning", "199 -"),))
    policy = Policy(headers=(Header("nel", "{}"),), overlays={"a": overlay, "b": overlay})
    (problem,) = check_policy(policy, {"a": "origin-response", "b": "viewer-response"})
    assert problem.path == ("environments", "b", "headers", "warning")
