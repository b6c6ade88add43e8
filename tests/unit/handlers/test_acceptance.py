"""What a handler is asked, and what is expected of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.errors import UsageError
from edgerollout.handlers.acceptance import expected_headers
from edgerollout.handlers.cases import cases
from edgerollout.handlers.event_file import read_events
from edgerollout.handlers.events import header_lists
from edgerollout.policy.headers import Header
from edgerollout.policy.render import RenderedResponse
from edgerollout.release.facts.header_comparison import compare
from tests.unit.release.builders import P1, make_release

if TYPE_CHECKING:
    from pathlib import Path

RELEASE = make_release(
    report_only=P1,
    headers=(
        Header("x-frame-options", "DENY"),
        Header("referrer-policy", "same-origin", "keep"),
        Header("x-powered-by", action="remove"),
    ),
)


def test_the_cases_cover_what_a_site_answers_with() -> None:
    every = cases(
        "origin-response", RELEASE.response(), ("https://a.example/x",), {"a.example /api/*": "/api/y"}
    )
    sent = [case.event["Records"][0]["cf"] for case in every]  # type: ignore[index]
    assert {"200", "304", "301", "302", "307", "308", "403", "404", "500"} <= {
        item["response"]["status"] for item in sent
    }
    assert {"GET", "HEAD"} <= {item["request"]["method"] for item in sent}
    assert {"/x", "/api/y"} <= {item["request"]["uri"] for item in sent}
    assert {"s3", "custom"} <= {kind for item in sent for kind in item["request"].get("origin", {})}
    assert len({(case.group, case.name) for case in every}) == len(every)


def test_the_origin_s_own_value_of_a_kept_header_is_expected() -> None:
    release = RenderedResponse(
        set={"x-a": ("X-A", "1")}, keep={"x-b": ("X-B", "2"), "x-c": ("X-C", "3")}, remove=("x-d",)
    )
    sent = header_lists([("X-A", "0"), ("X-B", "own"), ("X-B", "own too"), ("X-D", "4")])
    assert expected_headers(release, {**sent, "x-c": []}) == {
        "x-a": ("1",),
        "x-b": ("own", "own too"),
        "x-c": ("3",),
        "x-d": (),
    }


NAMES = st.sampled_from(["x-a", "x-b", "x-c", "content-security-policy"])
VALUES = st.sampled_from(["1", "2", "default-src 'self'"])


@given(
    st.dictionaries(NAMES, VALUES),
    st.dictionaries(NAMES, VALUES),
    st.sets(NAMES),
    st.lists(st.tuples(NAMES, VALUES)),
)
def test_what_is_expected_of_a_handler_is_what_is_expected_of_the_live_site(
    to_set: dict[str, str], to_keep: dict[str, str], to_remove: set[str], sent: list[tuple[str, str]]
) -> None:
    """`test` and `verify` judge by the same release: what one takes the other takes."""
    release = RenderedResponse(
        set={name: (name, value) for name, value in to_set.items()},
        keep={name: (name, value) for name, value in to_keep.items() if name not in to_set},
        remove=tuple(sorted(to_remove - to_set.keys() - to_keep.keys())),
    )
    expected = expected_headers(release, header_lists(sent))
    lines = tuple((name, value) for name, values in expected.items() for value in values)
    assert compare(release, lines) == ()


# --- events of the user's own --------------------------------------------------------------------------


def event(kind: str | None = "viewer-response", status: str = "200") -> dict[str, Any]:
    config = {"distributionId": "E1"} | ({} if kind is None else {"eventType": kind})
    response = {"status": status, "headers": {"server": [{"key": "Server", "value": "x"}]}}
    return {"Records": [{"cf": {"config": config, "request": {"uri": "/"}, "response": response}}]}


def test_a_file_may_hold_one_event_or_a_list(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(event()))
    assert [(case.name, case.event_type) for case in read_events(path, "origin-response")] == [
        ("mine.json", "viewer-response")
    ]
    path.write_text(json.dumps([event(), event(None)]))
    assert [(case.name, case.event_type) for case in read_events(path, "origin-response")] == [
        ("mine.json[0]", "viewer-response"),
        ("mine.json[1]", "origin-response"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not JSON"),
        ("[]", "has no event"),
        ("{}", "is not a response event"),
        ('"x"', "is not a response event"),
        ("[1]", "is not a response event"),
        ('{"Records": []}', "is not a response event"),
        ('{"Records": [{"cf": {"request": {}}}]}', "it has no 'response'"),
        (
            json.dumps({"Records": [{"cf": {"response": {"headers": [], "status": "200"}}}]}),
            "is not a response",
        ),
        (
            json.dumps({"Records": [{"cf": {"config": 5, "response": {"headers": {}, "status": "200"}}}]}),
            "is no",
        ),
        (json.dumps(event("viewer-request")), "is a viewer-request event"),
        ("[" * 100_000, "is not JSON"),
    ],
)
def test_a_file_that_holds_no_response_event_is_refused_in_words(
    tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "mine.json"
    path.write_text(text)
    with pytest.raises(UsageError) as refused:
        read_events(path, "origin-response")
    assert words in str(refused.value)


def test_a_file_that_is_not_there_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_events(tmp_path / "none.json", "origin-response")
