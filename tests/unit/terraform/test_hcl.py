from __future__ import annotations

import hcl2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.terraform.hcl import Block, document, quoted


def attributes(**values: object) -> str:
    return document([Block("locals", groups=(values,))])  # type: ignore[arg-type]


def test_equal_signs_of_consecutive_lines_stand_under_each_other() -> None:
    assert attributes(a=1, long_name=True) == "locals {\n  a         = 1\n  long_name = true\n}\n"


def test_a_value_of_several_lines_ends_a_row() -> None:
    text = attributes(a=1, bb={"key": "x"}, ccc=2)
    assert text == 'locals {\n  a = 1\n  bb = {\n    key = "x"\n  }\n  ccc = 2\n}\n'


def test_a_list_breaks_where_it_would_be_too_wide() -> None:
    assert "[1, 2]" in attributes(a=[1, 2])
    assert '    "xxxx' in attributes(a=["x" * 60, "y" * 60])


def test_none_is_left_out() -> None:
    assert attributes(a=None, b=1) == "locals {\n  b = 1\n}\n"


def test_a_comment_stands_above_its_block() -> None:
    text = document([Block("locals", groups=({"a": 1},), comment="one\ntwo")], "heading")
    assert text == "# heading\n\n# one\n# two\nlocals {\n  a = 1\n}\n"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('a"b', '"a\\"b"'),
        ("a\\b", '"a\\\\b"'),
        ("${a}", '"$${a}"'),
        ("%{if}", '"%%{if}"'),
        ("line\nline", '"line\\nline"'),
        ("\x1b[0m", '"\\U0000001b[0m"'),
        ("Füße", '"Füße"'),
    ],
)
def test_nothing_in_a_string_is_taken_for_the_language(text: str, written: str) -> None:
    assert quoted(text) == written


@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("for", '"for"'),
        ("-a", '"-a"'),
        ("a b", '"a b"'),
        ("${a}", '"$${a}"'),
        ("format", "format"),
        ("a-b", "a-b"),
    ],
)
def test_a_key_that_means_something_else_bare_is_quoted(key: str, written: str) -> None:
    assert f"    {written} = 1\n" in attributes(tags={key: 1})


_WORDS = st.text(
    alphabet=st.characters(codec="ascii", exclude_characters='\\"$%', categories=("L", "N", "P"))
)
_VALUES = st.recursive(
    _WORDS | st.booleans() | st.integers(0, 10**6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.from_regex("[a-z]{1,9}", fullmatch=True), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(_VALUES)
def test_what_is_written_reads_back_as_it_was(value: object) -> None:
    read = hcl2.loads(attributes(a=value), serialization_options=None)["locals"][0]["a"]
    assert plain(read) == value


def plain(read: object) -> object:
    """The reader leaves strings in their quotes, and its own marks in objects."""
    if isinstance(read, dict):
        return {key: plain(item) for key, item in read.items() if not key.startswith("__")}
    if isinstance(read, list):
        return [plain(item) for item in read]
    if isinstance(read, str) and read.startswith('"'):
        return read[1:-1]
    return {"true": True, "false": False}.get(read, read) if isinstance(read, str) else read
