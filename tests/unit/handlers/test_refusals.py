from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgerollout.handlers.events import (
    EventConfig,
    EventRequest,
    EventResponse,
    event_record,
    header_lists,
)
from edgerollout.handlers.refusals import DISALLOWED_TEXT, READ_ONLY_TEXT, refusals
from tests.samples import THOROUGH

SENT = {
    "request": {
        "headers": header_lists([("Host", "a.example"), ("Via", "1.1 x")]),
        "method": "GET",
        "uri": "/",
    },
    "response": {
        "status": "200",
        "statusDescription": "OK",
        "headers": header_lists([("Content-Type", "text/html"), ("Via", "1.1 x"), ("Content-Length", "5")]),
    },
}


def changed(
    event: str = "origin-response",
    *,
    add: tuple[str, str] | None = None,
    drop: str | None = None,
    **fields: object,
) -> tuple[Any, dict[str, Any]]:
    result: dict[str, Any] = deepcopy(SENT["response"])
    if add is not None:
        result["headers"][add[0].lower()] = [{"key": add[0], "value": add[1]}]
    if drop is not None:
        del result["headers"][drop]
    return event, {**result, **fields}


@pytest.mark.parametrize(
    "case",
    [
        changed(),
        changed(add=("X-Frame-Options", "DENY")),
        changed("viewer-response", add=("Content-Security-Policy", "default-src 'self'")),
        changed(drop="content-length"),
        changed(status=404),
        changed(status="503"),
        changed(body="aGk=", bodyEncoding="base64"),
        changed(add=("X-Tab", "a\tb")),
    ],
)
def test_what_cloudfront_takes_is_not_refused(case: tuple[Any, dict[str, Any]]) -> None:
    assert refusals(case[0], SENT, case[1]) == ()


@pytest.mark.parametrize(
    ("case", "rule", "log"),
    [
        (changed(drop="via"), "read-only", "tried to delete read-only header, headerName : Via."),
        (changed(add=("Via", "2")), "read-only", "tried to change read-only header, headerName : Via."),
        (changed(add=("Transfer-Encoding", "chunked")), "read-only", "tried to add read-only header"),
        (changed("viewer-response", drop="content-length"), "read-only", "headerName : Content-Length."),
        (changed("viewer-response", add=("Warning", "1")), "read-only", "tried to add read-only header"),
        (
            changed(add=("X-Cache", "Hit")),
            "disallowed",
            "tried to add blacklisted header, headerName : X-Cache.",
        ),
        (changed(add=("X-Amz-Cf-Pop", "X")), "disallowed", "blacklisted"),
        (changed(add=("X-Edge-Thing", "X")), "disallowed", "blacklisted"),
        (
            changed(add=("X-A", "a\r")),
            "value",
            "invalid character : '%0D' in header value, headerName : X-A.",
        ),
        (changed(add=("X-A", "é")), "value", "'%C3%A9'"),
        (changed(add=("X A", "a")), "name", "headerName"),
        (changed(headers={"x-a": "DENY"}), "shape", "must be a list"),
        (
            changed(headers={"x-a": [{"key": "X-A", "value": 1}]}),
            "shape",
            "neither string nor array of strings",
        ),
        (changed(headers={"x-a": [{"key": "X-B", "value": "1"}]}), "shape", "another name"),
        (changed(headers=[]), "shape", "not an object"),
        (changed(add=("X-Big", "v" * 20_480)), "size", "20480 are allowed"),
        (changed(status="OK"), "status", "invalid status code"),
        (changed(status=None), "status", "invalid status code"),
        (changed(status="199"), "status", "invalid status code"),
        (changed("viewer-response", status="404"), "status", "change the status code in a viewer-response"),
        (changed(body={"a": 1}), "body", "not a string"),
        (changed(body="%%%", bodyEncoding="base64"), "body", "not valid base64"),
        (changed(body="x", bodyEncoding="gzip"), "body", "neither text nor base64"),
        (changed(body="x" * 1_048_576), "body", "1048576 are allowed"),
        (changed("viewer-response", body="x" * 40_960), "body", "40960 are allowed"),
        (("origin-response", None), "shape", "null"),
        (("origin-response", "text"), "shape", "not a response object"),
    ],
)
def test_what_cloudfront_refuses_is_named_as_it_names_it(
    case: tuple[Any, object], rule: str, log: str
) -> None:
    found = refusals(case[0], SENT, case[1])
    assert rule in [refusal.rule for refusal in found]
    assert any(log in refusal.log for refusal in found)


def test_the_viewers_texts_are_cloudfronts() -> None:
    read_only = refusals("origin-response", SENT, changed(drop="via")[1])
    disallowed = refusals("origin-response", SENT, changed(add=("Connection", "close"))[1])
    assert [refusal.text for refusal in read_only] == [READ_ONLY_TEXT]
    assert [refusal.text for refusal in disallowed] == [DISALLOWED_TEXT]


def test_an_invalid_character_that_the_origin_itself_sent_is_not_the_functions_fault() -> None:
    sent = {"response": {"status": "200", "headers": header_lists([("X-Name", "é")])}}
    assert refusals("origin-response", sent, sent["response"]) == ()


def test_a_request_function_may_not_touch_host_at_the_viewer() -> None:
    request = deepcopy(SENT["request"])
    request["headers"]["host"][0]["value"] = "other.example"  # type: ignore[index]
    assert [r.rule for r in refusals("viewer-request", SENT, request)] == ["read-only"]
    assert refusals("origin-request", SENT, request) == ()


@pytest.mark.parametrize(("field", "value"), [("uri", "index.html"), ("uri", None), ("method", "POST")])
def test_a_request_function_may_not_break_uri_or_method(field: str, value: object) -> None:
    request = {**SENT["request"], field: value}
    assert len(refusals("viewer-request", SENT, request)) == 1


def test_a_generated_response_is_judged_as_a_response() -> None:
    assert (
        refusals("viewer-request", SENT, {"status": "302", "headers": header_lists([("Location", "/x")])})
        == ()
    )
    assert [r.rule for r in refusals("viewer-request", SENT, {"status": "200", "body": "x" * 50_000})] == [
        "body"
    ]


NAMES = st.sampled_from(["status", "headers", "body", "via", "x", "key", "value"])
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=2000 if THOROUGH else 60)
@given(ANY_JSON)
def test_any_json_is_judged_without_failing(result: object) -> None:
    for event in ("viewer-request", "origin-request", "origin-response", "viewer-response"):
        refusals(event, SENT, result)  # type: ignore[arg-type]


def test_the_record_has_the_shape_of_lambda_at_edge() -> None:
    record = event_record(
        "origin-response",
        EventConfig("E1", "d1.cloudfront.net", "id"),
        EventRequest("GET", "/a", (("Host", "a.example"),), "q=1", origin={"s3": {"domainName": "b"}}),
        EventResponse(200, (("Set-Cookie", "a"), ("Set-Cookie", "b")), "OK"),
    )
    assert record == {
        "Records": [
            {
                "cf": {
                    "config": {
                        "distributionDomainName": "d1.cloudfront.net",
                        "distributionId": "E1",
                        "eventType": "origin-response",
                        "requestId": "id",
                    },
                    "request": {
                        "clientIp": "127.0.0.1",
                        "headers": {"host": [{"key": "Host", "value": "a.example"}]},
                        "method": "GET",
                        "querystring": "q=1",
                        "uri": "/a",
                        "origin": {"s3": {"domainName": "b"}},
                    },
                    "response": {
                        "headers": {
                            "set-cookie": [
                                {"key": "Set-Cookie", "value": "a"},
                                {"key": "Set-Cookie", "value": "b"},
                            ]
                        },
                        "status": "200",
                        "statusDescription": "OK",
                    },
                }
            }
        ]
    }
