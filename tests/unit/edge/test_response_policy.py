"""A response headers policy at the edge: after the cache, before viewer-response."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgerollout.edge.message import EdgeRequest, EdgeResponse
from edgerollout.edge.model import CustomErrorResponse
from edgerollout.edge.response_policy import PolicyHeader, ResponsePolicy, response_policy

from .world import behavior

if TYPE_CHECKING:
    from typing import Any

    from .world import World

OURS = ResponsePolicy((PolicyHeader("X-Frame-Options", "DENY", override=True),))


def custom(name: str, value: str, *, override: bool = True) -> dict[str, Any]:
    item = {"Header": name, "Value": value, "Override": override}
    return {"CustomHeadersConfig": {"Quantity": 1, "Items": [item]}}


def applied(
    config: dict[str, Any], *lines: tuple[str, str], method: str = "GET", **headers: str
) -> EdgeResponse:
    asked = EdgeRequest(method, "www.example.com", "/", headers=tuple(headers.items()))
    answer = EdgeResponse(200, "OK", lines)
    return response_policy({"Name": "p", **config}).applied(asked, answer, "Hit from cloudfront")


def test_what_is_in_the_cache_gets_the_policy_at_once_and_loses_it_at_once(world: World) -> None:
    world.get("/a.html")
    world.deploy(behavior(response_policy=OURS))
    hit = world.get("/a.html")
    assert (hit.header("x-cache"), hit.header("x-frame-options")) == ("Hit from cloudfront", "DENY")
    world.deploy(behavior())
    assert world.get("/a.html").header("x-frame-options") is None


def test_every_behavior_has_a_policy_of_its_own(world: World) -> None:
    world.deploy(behavior("/app.js"), behavior(response_policy=OURS))
    assert world.get("/a.html").header("x-frame-options") == "DENY"
    assert world.get("/app.js").header("x-frame-options") is None


def test_an_error_its_custom_page_and_a_304_have_the_policy_too(world: World) -> None:
    world.deploy(behavior(response_policy=OURS))
    assert world.get("/nowhere").header("x-frame-options") == "DENY"
    etag = world.get("/a.html").header("etag")
    unchanged = world.get("/a.html", headers=(("If-None-Match", etag or ""),))
    assert (unchanged.status, unchanged.header("x-frame-options")) == (304, "DENY")
    page = CustomErrorResponse(403, "/error.html", 404)
    world.deploy(behavior(response_policy=OURS), custom_error_responses=(page,))
    shown = world.get("/nothing-here")
    assert (shown.status, shown.body, shown.header("x-frame-options")) == (404, b"<p>sorry</p>", "DENY")


def test_what_cloudfront_answers_by_itself_has_no_policy(world: World) -> None:
    world.deploy(behavior(response_policy=OURS, viewer_protocol_policy="redirect-to-https"))
    redirect = world.get("/a.html", scheme="http")
    assert (redirect.status, redirect.header("x-frame-options")) == (301, None)


def test_override_decides_between_the_origins_value_and_the_policys() -> None:
    there = ("X-Frame-Options", "SAMEORIGIN")
    assert applied(custom("x-frame-options", "DENY"), there).headers == (("x-frame-options", "DENY"),)
    kept = applied(custom("x-frame-options", "DENY", override=False), there)
    assert kept.headers == (there,)
    added = applied(custom("x-frame-options", "DENY", override=False))
    assert added.header("x-frame-options") == "DENY"


def test_removed_headers_go_and_one_that_is_set_as_well_has_the_policys_value() -> None:
    removed = {"RemoveHeadersConfig": {"Quantity": 1, "Items": [{"Header": "server"}]}}
    assert applied(removed, ("Server", "nginx"), ("X-A", "1")).headers == (("X-A", "1"),)
    both = applied(removed | custom("Server", "none", override=False), ("Server", "nginx"))
    assert both.headers == (("Server", "none"),)


@pytest.mark.parametrize(
    ("member", "part", "header", "value"),
    [
        ("ContentTypeOptions", {}, "x-content-type-options", "nosniff"),
        ("FrameOptions", {"FrameOption": "DENY"}, "x-frame-options", "DENY"),
        ("ReferrerPolicy", {"ReferrerPolicy": "no-referrer"}, "referrer-policy", "no-referrer"),
        (
            "ContentSecurityPolicy",
            {"ContentSecurityPolicy": "default-src 'self'"},
            "content-security-policy",
            "default-src 'self'",
        ),
        (
            "StrictTransportSecurity",
            {"AccessControlMaxAgeSec": 300, "IncludeSubdomains": True, "Preload": True},
            "strict-transport-security",
            "max-age=300; includeSubDomains; preload",
        ),
        ("XSSProtection", {"Protection": False}, "x-xss-protection", "0"),
        ("XSSProtection", {"Protection": True, "ModeBlock": True}, "x-xss-protection", "1; mode=block"),
        (
            "XSSProtection",
            {"Protection": True, "ReportUri": "https://r.example.com/"},
            "x-xss-protection",
            "1; report=https://r.example.com/",
        ),
    ],
)
def test_typed_members_are_written_as_headers(
    member: str, part: dict[str, Any], header: str, value: str
) -> None:
    config = {"SecurityHeadersConfig": {member: {"Override": True, **part}}}
    assert applied(config).header(header) == value


CORS = {
    "CorsConfig": {
        "AccessControlAllowOrigins": {"Quantity": 1, "Items": ["https://*.example.com"]},
        "AccessControlAllowHeaders": {"Quantity": 1, "Items": ["X-Token"]},
        "AccessControlAllowMethods": {"Quantity": 2, "Items": ["GET", "PUT"]},
        "AccessControlAllowCredentials": True,
        "AccessControlMaxAgeSec": 60,
        "OriginOverride": True,
    }
}


def test_cors_answers_the_origins_it_names_and_nobody_who_has_none() -> None:
    allowed = applied(CORS, origin="https://app.example.com")
    assert allowed.header("access-control-allow-origin") == "https://app.example.com"
    assert allowed.header("access-control-allow-methods") is None
    preflight = applied(CORS, method="OPTIONS", origin="https://app.example.com")
    assert preflight.header("access-control-allow-methods") == "GET,PUT"
    for origin in ("http://app.example.com", "https://example.org", "https://notexample.com"):
        assert applied(CORS, origin=origin).headers == ()
    assert applied(CORS).headers == ()
