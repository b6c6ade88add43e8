from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from edgerollout.config.locate import TomlPath, locate

EVERYTHING = '''\
# a comment with [brackets] and = signs
title = "x # not a comment"
a.b.c = 1
"quoted.key" . 'lit eral' = 2   # comment

[ table . "sub table" ]
text = """
one "quoted" [line]
\\""" three""""
literal = \'\'\'
it's
\'\'\'
list = [ # comment ]
  1, 2,
  # between
  { x = 1, y.z = [
      "deep",
  ] },
  [3,
   4],
]
when = 1979-05-27 07:32:00
after = true

[[points]]
x = 1
[points.meta]
m = 1
[[points]]
x = 2
[points.meta]
m = 2
[[points.sub]]
n = 1
'''


def paths(value: object, at: TomlPath = ()) -> set[TomlPath]:
    """Every key path of what tomllib returned."""
    found = {at}
    if isinstance(value, dict):
        for key, item in value.items():
            found |= paths(item, (*at, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found |= paths(item, (*at, index))
    return found


def test_every_form_of_toml_is_located() -> None:
    marks = locate(EVERYTHING)
    assert marks.keys() == paths(tomllib.loads(EVERYTHING))
    lines = {path: mark.line for path, mark in marks.items()}
    assert lines["title",] == 2
    assert lines["a",] == lines["a", "b", "c"] == 3
    assert lines["quoted.key", "lit eral"] == 4
    table = ("table", "sub table")
    assert lines[table] == 6
    assert lines[*table, "text"] == 7
    assert lines[*table, "literal"] == 10
    assert lines[*table, "list", 1] == 14
    assert lines[*table, "list", 2, "x"] == 16
    assert lines[*table, "list", 2, "y", "z", 0] == 17
    assert lines[*table, "list", 3, 1] == 20
    assert lines[*table, "when"] == 22
    assert lines[*table, "after"] == 23
    assert lines["points", 0, "meta", "m"] == 28
    assert lines["points", 1] == 29
    assert lines["points", 1, "meta", "m"] == 32
    assert lines["points", 1, "sub", 0, "n"] == 34


KEYS = st.text("ab.-_ \u00fc'#", min_size=1, max_size=4)
TEXTS = st.text("ab\"'\\#[]{},=\n\u00fc ", max_size=8)
SCALARS = st.one_of(st.integers(), st.booleans(), TEXTS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(KEYS, VALUES, max_size=4)


def quoted(text: str) -> str:
    """A basic string; TOML escapes as JSON does, for the characters used here."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def written(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str() if "\n" in value and '"' not in value and "\\" not in value:
            return f'"""\n{value}"""'
        case str():
            return quoted(value)
        case list():
            return "[ # items\n" + "".join(f"  {written(item)},\n" for item in value) + "]"
        case dict():
            return "{ " + ", ".join(f"{quoted(key)} = {written(item)}" for key, item in value.items()) + " }"
        case _:
            return str(value)


@given(DOCUMENTS, DOCUMENTS)
def test_the_keys_located_are_those_that_tomllib_reads(
    top: dict[str, object], table: dict[str, object]
) -> None:
    text = "".join(f"# comment\n{quoted(key)}\t= {written(value)} # end\n" for key, value in top.items())
    text += '\n["the table"]\n' + "".join(f"{quoted(key)}={written(value)}\n" for key, value in table.items())
    data = tomllib.loads(text)
    assert data == {**top, "the table": table}
    assert locate(text).keys() == paths(data)


@given(DOCUMENTS)
def test_a_key_stands_on_the_line_that_mentions_it(document: dict[str, object]) -> None:
    text = "".join(f"{quoted(key)} = {written(value)}\n\n" for key, value in document.items())
    rows = text.split("\n")
    for path, mark in locate(text).items():
        if path and isinstance(path[-1], str):
            assert mark.key is not None
            assert text[slice(*mark.key)] == quoted(path[-1])
            assert quoted(path[-1]) in rows[mark.line - 1]


@given(DOCUMENTS)
def test_what_stands_at_a_value_is_that_value(document: dict[str, object]) -> None:
    text = "".join(f"{quoted(key)} = {written(value)}  # end\n" for key, value in document.items())
    for path, mark in locate(text).items():
        if path:
            assert mark.value is not None
            read: object = tomllib.loads(f"it = {text[slice(*mark.value)]}")["it"]
            expected: object = document
            for part in path:
                expected = expected[part]  # type: ignore[index]
            assert read == expected


def test_a_table_that_a_header_makes_has_a_key_and_no_value() -> None:
    text = "[a]\n[a . 'b']\nc.d = 12 # twelve\n[[e]]\n"
    marks = locate(text)

    assert {path: text[slice(*mark.key)] for path, mark in marks.items() if mark.key} == {
        ("a",): "a",
        ("a", "b"): "'b'",
        ("a", "b", "c"): "c",
        ("a", "b", "c", "d"): "d",
        ("e",): "e",
        ("e", 0): "e",
    }
    assert {path: text[slice(*mark.value)] for path, mark in marks.items() if mark.value} == {
        ("a", "b", "c", "d"): "12"
    }
