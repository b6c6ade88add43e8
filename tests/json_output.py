"""Reads the JSON that the program printed, and checks it against docs/schema/output.

The published schemas leave room for fields of a later 1.x; here a field that no schema names is an error.
Imports nothing of edgerollout: tests from outside use it as well.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import jsonschema

SCHEMAS = Path(__file__).parents[1] / "docs" / "schema" / "output"


def parsed(text: str) -> Any:
    """A document or a line of the program. Formats of others (SARIF, IAM policies) are not checked."""
    document = json.loads(text)
    if not {"schema", "type"} & set(document):
        assert {"$schema", "Version"} & set(document), f"a document without a schema: {text[:100]}"
        return document
    keys = set(document)
    _, validator = min(_kinds(), key=lambda kind: len(kind[0] ^ keys))
    validator.validate(document)
    return document


def parsed_lines(text: str) -> list[Any]:
    """The lines of a run."""
    return [parsed(line) for line in text.splitlines()]


@functools.cache
def _kinds() -> list[tuple[frozenset[str], jsonschema.Draft202012Validator]]:
    """Of every kind of document and line its keys, and what checks it."""
    kinds = []
    for path in sorted(SCHEMAS.glob("*.json")):
        schema = _closed(json.loads(path.read_text(encoding="utf-8")))
        validator = jsonschema.Draft202012Validator(schema)
        for kind in schema.get("anyOf", [schema]):
            inner = schema["$defs"][kind["$ref"].rpartition("/")[2]] if "$ref" in kind else kind
            kinds.append((frozenset(inner["properties"]), validator))
    return kinds


def _closed(value: Any) -> Any:
    """The same schema without room for other fields."""
    match value:
        case dict():
            closed = {key: _closed(inner) for key, inner in value.items()}
            return {**closed, "additionalProperties": False} if "properties" in value else closed
        case list():
            return [_closed(inner) for inner in value]
        case _:
            return value
