from __future__ import annotations

import pytest

from edgerollout.release.facts.fields import MAX_DEPTH, parse_json


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="lists"),
        pytest.param(b'{"a":' * 100_000, id="objects that never end"),
        pytest.param(b'"]]]", ' + b"[" * 65, id="brackets in texts count for nothing"),
        pytest.param(b'"' + b'\\"' * 500_000, id="a text that never ends"),
        pytest.param(b"1" * 16, id="more digits than parsers agree about"),
        pytest.param(b"1e999", id="beyond what is finite"),
        pytest.param("[1]".encode("utf-16"), id="UTF-16"),
    ],
)
def test_what_no_document_of_ours_holds_is_refused_before_it_is_built(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_json(content)


def test_nesting_up_to_the_limit_is_read() -> None:
    assert parse_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH) is not None
    assert parse_json(rb'["\"[[", "]", {"a\\": "{"}]') == ['"[[', "]", {"a\\": "{"}]


def test_what_is_not_ours_may_have_integers_of_any_length() -> None:
    assert parse_json('{"pixel": 1234567890123456789}', any_integer=True) == {"pixel": 1234567890123456789}
    with pytest.raises(ValueError, match="given twice"):
        parse_json('{"a": 1, "a": 2}', any_integer=True)
