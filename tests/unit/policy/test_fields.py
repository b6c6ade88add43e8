"""Structured fields: what of them counts, and no value is too strange to be looked at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.policy import fields
from edgerollout.policy.fields import Malformed, Word

KEYS = st.text("abcxyz-", min_size=1, max_size=4).filter(lambda key: key[0] != "-")
MEMBERS = st.sampled_from(
    ["?0", "1", '"a, b=()"', '("x" y, z)'.replace(",", ""), "token", '"\\""', "(a b);q=1"]
)


@given(st.text(max_size=40))
def test_no_value_is_too_strange(value: str) -> None:
    for read in (fields.dictionary, fields.item, fields.items):
        read(value)
    fields.repeated_keys(value)


@given(st.lists(st.tuples(KEYS, MEMBERS), max_size=6))
def test_keys_are_repeated_where_they_are_there_twice(members: list[tuple[str, str]]) -> None:
    value = ", ".join(f"{key}={member}" for key, member in members)
    keys = [key for key, _ in members]
    parsed = fields.dictionary(value)
    assert not isinstance(parsed, Malformed)
    assert set(parsed) == set(keys)
    assert set(fields.repeated_keys(value)) == {key for key in keys if keys.count(key) > 1}


def test_of_a_key_that_is_there_twice_the_last_counts() -> None:
    parsed = fields.dictionary("a=1, b, a=(x);to=y")
    assert not isinstance(parsed, Malformed)
    assert parsed["a"].words == ("x",)
    assert parsed["a"].parameters == {"to": Word("y")}
    assert parsed["b"].only is True


@pytest.mark.parametrize("value", ["a=(", "A=1", "a b", "a=1,"])
def test_what_browsers_drop_whole_says_why(value: str) -> None:
    found = fields.dictionary(value)
    assert isinstance(found, Malformed)
    assert found.reason
