from __future__ import annotations

from edgerollout.policy.csp import Csp, LayeredCsp
from edgerollout.policy.headers import Header
from edgerollout.policy.render import RenderedResponse, render

OLD = LayeredCsp(Csp.of({"img-src": ["*"], "upgrade-insecure-requests": []}))
NEW = LayeredCsp(Csp.of({"img-src": ["'self'"], "sandbox": []}), Csp.of({"img-src": ["data:"]}))


def test_a_release_enforces_one_policy_and_observes_another_at_once() -> None:
    response = render((), OLD, NEW)
    assert response.set == {
        "content-security-policy": ("Content-Security-Policy", "img-src *; upgrade-insecure-requests"),
        "content-security-policy-report-only": (
            "Content-Security-Policy-Report-Only",
            "img-src 'self' data:",
        ),
    }


def test_the_json_is_what_the_handlers_read() -> None:
    headers = (
        Header("x-frame-options", "DENY"),
        Header("server", action="remove"),
        Header("x-powered-by", action="remove"),
        Header("nel", "{}", "keep"),
    )
    assert render(reversed(headers), None, None).to_json() == {
        "set": {"x-frame-options": {"key": "X-Frame-Options", "value": "DENY"}},
        "keep": {"nel": {"key": "NEL", "value": "{}"}},
        "remove": ["server", "x-powered-by"],
    }


def test_a_policy_with_nothing_to_observe_makes_no_header() -> None:
    only_unobservable = LayeredCsp(Csp.of({"sandbox": ["allow-scripts"]}))
    assert render((), None, only_unobservable) == RenderedResponse()
    assert render((), LayeredCsp(Csp()), None) == RenderedResponse()


def test_bytes_are_counted_as_lines_on_the_wire() -> None:
    response = render((Header("x-frame-options", "DENY"), Header("nel", "{}", "keep")), None, None)
    assert response.byte_counts() == {
        "nel": len("NEL: {}\r\n"),
        "x-frame-options": len("X-Frame-Options: DENY\r\n"),
    }
    assert response.total_bytes == sum(response.byte_counts().values())
