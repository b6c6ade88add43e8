"""What the program writes as JSON is a closed list, and docs/schema/output and the docs tell all of it."""

from __future__ import annotations

import ast
import enum
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePath

import jsonschema
import pytest

from edgerollout.views.output.encoder import ABSENT, Output, OutsideFormat, json_line, json_text, key_of
from make_docs.output import DIALECT, DOCUMENTS, SCHEMAS, docs, hints, lines, reachable, schema_text

PACKAGE = Path(__file__).parents[3] / "edgerollout"
DOCS = PACKAGE.parent / "docs"


def every(of: type[Output] = Output) -> set[type[Output]]:
    found = set(of.__subclasses__())
    return found.union(*map(every, found))


# --- the closed list ---------------------------------------------------------------------------------------


def test_there_is_no_class_that_no_document_has() -> None:
    told = set[type[Output]]().union(*map(reachable, DOCUMENTS.values()))
    bases = {base for item in told for base in item.__mro__}

    assert every() - bases == {OutsideFormat}
    assert {item.__module__.rpartition(".")[0] for item in every()} == {"edgerollout.views.output"}


@pytest.mark.parametrize("of", sorted(every() - {OutsideFormat}, key=lambda item: item.__name__))
def test_every_field_says_what_it_means(of: type[Output]) -> None:
    assert of.__doc__
    assert set(hints(of)) - set(docs(of)) - {"type"} == set()


def test_json_is_written_in_one_place() -> None:
    writers = {
        path.relative_to(PACKAGE).as_posix()
        for room in ("views", "cli")
        for path in (PACKAGE / room).rglob("*.py")
        if re.search(r"\bjson\.dumps?\(", path.read_text(encoding="utf-8"))
    }
    assert writers == {"views/output/encoder.py", *NO_OUTPUT}


NO_OUTPUT = frozenset({"cli/doctor.py", "cli/generating.py"})
"""What counts the bytes of a policy, and what writes HCL: neither prints its JSON."""


def test_no_view_makes_a_document_by_hand() -> None:
    by_hand = {
        f"{path.relative_to(PACKAGE).as_posix()}:{node.name}"
        for path in (PACKAGE / "views").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
        and "dict[str, object]" in ast.unparse(node.returns or ast.Constant(None))
    }
    assert by_hand == set()


# --- the encoder -------------------------------------------------------------------------------------------


class Colour(enum.Enum):
    RED = "red"


class Number(enum.IntEnum):
    ONE = 1


class Secret(str):
    __slots__ = ()


@dataclass(frozen=True)
class Other:
    name: str


REFUSED = (
    b"bytes",
    bytearray(b"bytes"),
    PurePath("a/b"),
    datetime(2026, 3, 12, tzinfo=UTC),
    Colour.RED,
    Number.ONE,
    Secret("secret"),
    Other("name"),
    {"a"},
    range(3),
    {1: "a key that is no text"},
    {Secret("key"): "value"},
    float("nan"),
    float("inf"),
)


@pytest.mark.parametrize("write", [json_text, json_line])
@pytest.mark.parametrize("value", REFUSED, ids=repr)
def test_what_is_not_declared_is_refused_wherever_it_stands(value: object, write: object) -> None:
    assert callable(write)
    for content in ({"a": value}, {"a": [value]}, {"a": {"b": (value,)}}):
        with pytest.raises((TypeError, ValueError)):
            write(OutsideFormat(content=content))


@pytest.mark.parametrize("document", [{"a": 1}, [], "text", None, *REFUSED], ids=repr)
def test_a_document_is_one_of_the_declared_classes(document: object) -> None:
    with pytest.raises(TypeError):
        json_text(document)  # type: ignore[arg-type]


def test_a_word_of_python_loses_its_underscore_and_what_is_absent_is_left_out() -> None:
    from edgerollout.views.output.encoder import Absent

    assert key_of("from_") == "from"
    assert json_line(OutsideFormat(content={"a": None, "b": [True, 1, 1.5, "ü"]})) == (
        '{"a":null,"b":[true,1,1.5,"\\u00fc"]}\n'
    )
    assert isinstance(ABSENT, Absent)


# --- schemas and tables ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_schema_is_one(name: str) -> None:
    schema = json.loads(schema_text(name))
    assert schema["$schema"] == DIALECT
    jsonschema.Draft202012Validator.check_schema(schema)


def test_there_is_no_schema_of_nothing() -> None:
    assert {path.stem for path in SCHEMAS.iterdir()} == set(DOCUMENTS)


def test_every_document_and_every_line_has_its_table_and_its_schema_a_link() -> None:
    text = "".join((DOCS / page).read_text(encoding="utf-8") for page in ("json.md", "events.md"))

    assert set(re.findall(r"<!-- fields: (\S+) -->", text)) == {*DOCUMENTS, *lines()} - {"event"}
    assert [name for name in DOCUMENTS if f"(schema/output/{name}.json)" not in text] == []
