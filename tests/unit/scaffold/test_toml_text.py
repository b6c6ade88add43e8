from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.scaffold import toml_text

TEXTS = st.text(st.characters(exclude_categories=("Cs",)))


@given(TEXTS)
def test_a_string_is_read_back_as_it_was(text: str) -> None:
    assert tomllib.loads(f"x = {toml_text.string(text)}") == {"x": text}


@given(TEXTS)
def test_a_key_is_read_back_as_it_was(name: str) -> None:
    assert tomllib.loads(f"{toml_text.key(name)} = 1") == {name: 1}


@given(st.lists(TEXTS))
def test_a_list_is_read_back_as_it_was(texts: list[str]) -> None:
    assert tomllib.loads(f"x = {toml_text.strings(texts)}") == {"x": texts}


@given(TEXTS)
def test_a_comment_never_becomes_anything_else(words: str) -> None:
    text = toml_text.commented("x = 1", words, 20)

    assert tomllib.loads(text) == {"x": 1}
    assert len(text.splitlines()) == 1


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(ValueError, match="U\\+D800"):
        toml_text.string("\ud800")


@pytest.mark.parametrize(("name", "spelled"), [("img-src", "img-src"), ("a.b", '"a.b"'), ("", '""')])
def test_a_key_is_bare_where_it_can_be(name: str, spelled: str) -> None:
    assert toml_text.key(name) == spelled
