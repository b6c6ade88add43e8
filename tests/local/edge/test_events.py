"""Which function runs when: the table of situations, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgerollout.edge.message import EdgeResponse
from edgerollout.edge.model import CustomErrorResponse, MissingFunction, OriginGroup
from edgerollout.edge.response_policy import PolicyHeader, ResponsePolicy
from tests.unit.edge.world import World, behavior

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.handlers.code import FunctionCode

BOTH = ["origin-response", "viewer-response"]


@pytest.fixture
def watched(world: World, function: Callable[..., FunctionCode]) -> World:
    """The world with functions that change nothing at both response events."""
    same = function("return response")
    world.deploy(behavior(functions={"origin-response": same, "viewer-response": same}))
    return world


def test_a_miss_runs_both(watched: World) -> None:
    watched.get("/a.html")
    assert watched.ran() == BOTH


def test_a_hit_runs_viewer_response_only(watched: World) -> None:
    watched.get("/a.html")
    watched.runs.clear()
    watched.get("/a.html")
    assert watched.ran() == ["viewer-response"]


def test_viewer_response_sees_what_a_response_headers_policy_set_and_has_the_last_word(
    world: World, function: Callable[..., FunctionCode]
) -> None:
    seen = function(
        "headers = response['headers']; "
        "headers['x-seen'] = [{'key': 'X-Seen', 'value': headers['x-frame-options'][0]['value']}]; "
        "headers['x-frame-options'][0]['value'] = 'SAMEORIGIN'; "
        "return response"
    )
    policy = ResponsePolicy((PolicyHeader("X-Frame-Options", "DENY", override=True),))
    world.deploy(behavior(functions={"viewer-response": seen}, response_policy=policy))
    answer = world.get("/a.html")
    assert (answer.header("x-seen"), answer.header("x-frame-options")) == ("DENY", "SAMEORIGIN")


def test_a_redirect_of_the_origin_runs_both(watched: World) -> None:
    watched.site.responses["/moved"] = EdgeResponse(301, "Moved Permanently", (("Location", "/a.html"),))
    assert watched.get("/moved").header("location") == "/a.html"
    assert watched.ran() == BOTH


@pytest.mark.parametrize("status", [400, 403, 404, 500, 503])
def test_an_error_of_the_origin_runs_origin_response_only(watched: World, status: int) -> None:
    watched.site.responses["/x"] = EdgeResponse(status, "", (), b"no")
    answer = watched.get("/x")
    assert (answer.status, answer.header("x-cache")) == (status, "Error from cloudfront")
    watched.get("/x")
    assert watched.ran() == ["origin-response"]


def test_a_custom_error_page_runs_origin_response_for_each_fetch_and_never_viewer_response(
    watched: World,
) -> None:
    custom = CustomErrorResponse(403, "/error.html", 200)
    watched.deploy(custom_error_responses=(custom,))
    answer = watched.get("/missing")
    assert (answer.status, answer.reason, answer.body) == (200, "OK", b"<p>sorry</p>")
    watched.get("/missing")
    assert watched.ran() == ["origin-response", "origin-response"]


def test_a_redirect_to_https_runs_nothing(watched: World) -> None:
    functions = watched.distribution.behaviors[0].functions
    watched.deploy(behavior(functions=functions, viewer_protocol_policy="redirect-to-https"))
    answer = watched.get("/a.html?x=1", scheme="http")
    assert (answer.status, answer.header("location")) == (301, "https://www.example.com/a.html?x=1")
    assert watched.ran() == []
    assert watched.get("/a.html", scheme="https").status == 200


def test_a_response_generated_at_viewer_request_runs_no_response_function(
    watched: World, function: Callable[..., FunctionCode]
) -> None:
    made = function(
        "return {'status': '302', 'headers': {'location': [{'key': 'Location', 'value': '/login'}]}}"
    )
    functions = {**watched.distribution.behaviors[0].functions, "viewer-request": made}
    watched.deploy(behavior(functions=functions))
    answer = watched.get("/a.html")
    assert (answer.status, answer.reason, answer.header("location")) == (302, "Found", "/login")
    assert watched.ran() == ["viewer-request"]


def test_a_response_generated_at_origin_request_is_cached_and_runs_viewer_response_only(
    watched: World, function: Callable[..., FunctionCode]
) -> None:
    made = function("return {'status': '200', 'body': 'aGk=', 'bodyEncoding': 'base64'}")
    functions = {**watched.distribution.behaviors[0].functions, "origin-request": made}
    watched.deploy(behavior(functions=functions))
    assert watched.get("/a.html").body == b"hi"
    assert watched.get("/a.html").header("x-cache") == "Hit from cloudfront"
    assert watched.ran() == ["origin-request", "viewer-response", "viewer-response"]
    assert watched.site.asked == []


def test_failover_runs_origin_response_once_for_each_origin_and_viewer_response_once(watched: World) -> None:
    functions = watched.distribution.behaviors[0].functions
    group = OriginGroup("both", ("site", "spare"), frozenset({403, 500}))
    watched.deploy(behavior(functions=functions, target="both"), origin_groups=(group,))
    assert watched.get("/only-spare.html").body == b"spare"
    assert watched.ran() == ["origin-response", "origin-response", "viewer-response"]


def test_failover_needs_a_status_of_the_criteria(watched: World) -> None:
    group = OriginGroup("both", ("site", "spare"), frozenset({500}))
    watched.deploy(behavior(target="both"), origin_groups=(group,))
    assert watched.get("/only-spare.html").status == 403


def test_an_origin_that_is_down_fails_over_whatever_the_criteria(watched: World) -> None:
    watched.site.is_down = True
    group = OriginGroup("both", ("site", "spare"), frozenset({500}))
    watched.deploy(behavior(target="both"), origin_groups=(group,))
    assert watched.get("/only-spare.html").status == 200


def test_an_origin_that_is_down_is_cloudfronts_own_502(watched: World) -> None:
    watched.site.is_down = True
    answer = watched.get("/a.html")
    assert (answer.status, answer.header("server")) == (502, "CloudFront")
    assert watched.ran() == []


def test_each_behavior_runs_its_own_function(world: World, sets: Callable[[str], FunctionCode]) -> None:
    world.deploy(
        behavior("*.js", {"origin-response": sets("scripts")}),
        behavior("/a*", {"origin-response": sets("a")}),
        behavior("*", {"origin-response": sets("default")}),
    )
    seen = [world.get(path).header("x-release") for path in ("/app.js", "/a.html", "/")]
    assert seen == ["scripts", "a", "default"]


def test_a_function_that_throws_is_a_503_without_its_headers(
    world: World, function: Callable[..., FunctionCode]
) -> None:
    world.deploy(behavior(functions={"origin-response": function("raise ValueError('x')")}))
    answer = world.get("/a.html")
    assert answer.status == 503
    assert b"invalid or doesn&#x27;t have the required permissions" in answer.body
    assert answer.header("x-cache") == "LambdaExecutionError from cloudfront"


def test_a_function_that_overruns_its_timeout_is_a_503(
    world: World, function: Callable[..., FunctionCode]
) -> None:
    slow = function("import time\ntime.sleep(60)", timeout=0.3)
    world.deploy(behavior(functions={"viewer-response": slow}))
    assert world.get("/a.html").status == 503


def test_a_trigger_whose_version_is_not_there_is_a_503(world: World) -> None:
    gone = MissingFunction("arn:aws:lambda:us-east-1:123456789012:function:gone:1")
    world.deploy(behavior(functions={"origin-response": gone}))
    assert world.get("/a.html").status == 503


@pytest.mark.parametrize("event", BOTH)
@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("response['headers']['via'] = [{'key': 'Via', 'value': 'x'}]\nreturn response", "read-only header"),
        (
            "response['headers']['x-cache'] = [{'key': 'X-Cache', 'value': 'x'}]\nreturn response",
            "blacklisted",
        ),
        ("return None", "failed validation"),
    ],
)
def test_a_result_cloudfront_refuses_is_a_502_that_says_why(
    world: World, function: Callable[..., FunctionCode], event: str, body: str, text: str
) -> None:
    world.deploy(behavior(functions={event: function(body)}))  # type: ignore[dict-item]
    answer = world.get("/a.html")
    assert answer.status == 502
    assert text in answer.body.decode()
    assert answer.header("x-cache") == "LambdaValidationError from cloudfront"
    assert world.runs[0].refusals


def test_a_broken_function_is_mended_by_a_deployment_alone(
    world: World, function: Callable[..., FunctionCode], sets: Callable[[str], FunctionCode]
) -> None:
    world.deploy(behavior(functions={"origin-response": function("raise ValueError('x')")}))
    world.get("/a.html")
    world.deploy(behavior(functions={"origin-response": sets("good")}))
    assert world.get("/a.html").header("x-release") == "good"


def test_a_request_function_may_rewrite_the_path(world: World, function: Callable[..., FunctionCode]) -> None:
    rewrite = function("request['uri'] = '/a.html'\nreturn request")
    world.deploy(behavior(functions={"viewer-request": rewrite}))
    assert world.get("/nice-name").body == b"<p>a</p>"


def test_a_function_may_replace_body_and_status_at_origin_response(
    world: World, function: Callable[..., FunctionCode]
) -> None:
    body = """response['status'] = '404'
response['statusDescription'] = 'Gone Fishing'
response['body'] = 'no'
return response"""
    world.deploy(behavior(functions={"origin-response": function(body)}))
    answer = world.get("/a.html")
    assert (answer.status, answer.reason, answer.body) == (404, "Gone Fishing", b"no")
    assert answer.header("content-length") == "2"


def test_a_304_runs_viewer_response(watched: World) -> None:
    etag = watched.get("/a.html").header("etag") or ""
    watched.runs.clear()
    assert watched.get("/a.html", headers=(("If-None-Match", etag),)).status == 304
    assert watched.ran() == ["viewer-response"]


def test_the_functions_of_an_old_deployment_are_ended(
    world: World, sets: Callable[[str], FunctionCode]
) -> None:
    world.deploy(behavior(functions={"origin-response": sets("old")}))
    world.get("/a.html")
    assert len(world.edge._functions._runners) == 1
    world.deploy(behavior())
    assert world.edge._functions._runners == {}


def test_a_function_sees_the_body_only_where_its_trigger_includes_it(
    world: World, function: Callable[..., FunctionCode]
) -> None:
    tell = function("return {'status': '200', 'body': str('body' in request)}")
    trigger = {"viewer-request": tell}
    methods = frozenset({"GET", "HEAD", "POST"})
    world.deploy(behavior(functions=trigger, methods=methods))  # type: ignore[arg-type]
    assert world.get("/a.html", method="POST", body=b"x").body == b"False"
    world.deploy(behavior(functions=trigger, methods=methods, include_body=frozenset({"viewer-request"})))  # type: ignore[arg-type]
    assert world.get("/a.html", method="POST", body=b"x").body == b"True"
