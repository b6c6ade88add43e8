"""The only place that writes JSON for stdout. It accepts the types declared here and refuses all others.

A document or an event is a subclass of `Output`. Its fields are the keys, in this order. Their values may
only be text, numbers, booleans, None, lists, mappings, or other subclasses of `Output`. So nothing else is
printed by accident: no bytes, no path, no object of the core that got a new field. docs/schema/output is made
from these classes.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Annotated, Any, Final, Self, TypeAlias, dataclass_transform

SCHEMA: Final = "1.0"
"""Version of the format: docs/json.md and docs/events.md say what it promises."""

# A pair after a type is a keyword of its JSON Schema, with its value.
SchemaVersion: TypeAlias = Annotated[str, ("pattern", r"^1\.\d+$")]
Moment: TypeAlias = Annotated[str, ("format", "date-time")]
"""ISO 8601, with offset."""


class Absent(enum.Enum):
    """The field is left out. A field without a value is usually null; this is for fields added later."""

    ABSENT = enum.auto()


ABSENT: Final = Absent.ABSENT


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Output:
    """A JSON object that users' programs read. Every subclass is a frozen dataclass with keywords only.

    The key is the field's name, without an underscore at its end, which Python's own words need (`from_`).
    The docstring of a field is its description in the schema and in the docs.
    """

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True, kw_only=True)(cls)

    @classmethod
    def of(cls, source: object, /, **more: Any) -> Self:
        """Make it from the attributes of `source` with the names of the fields, and from `more`."""
        names = [field.name for field in fields(cls) if field.default is MISSING]  # type: ignore[arg-type]
        return cls(**{name: getattr(source, name) for name in names if name not in more}, **more)


class DocumentJson(Output):
    """The whole output of a command. Its first field is the version of the format."""

    schema: SchemaVersion = SCHEMA
    """version of this format"""


class OutsideFormat(Output):
    """A document in a format of others, such as SARIF or an IAM policy: `content` is printed unchanged."""

    content: Mapping[str, Any]


def json_text(document: DocumentJson | OutsideFormat) -> str:
    """`document`, indented, in ASCII, so that it survives every encoding. Raises TypeError for other
    types."""
    return _harmless(json.dumps(_declared(document), indent=2, allow_nan=False)) + "\n"


def json_line(document: Output) -> str:
    """`document` on a line, in ASCII. Raises TypeError for other types."""
    return _harmless(json.dumps(_declared(document), separators=(",", ":"), allow_nan=False)) + "\n"


def key_of(field: str) -> str:
    """The JSON key of a field."""
    return field.removesuffix("_")


def _declared(document: Output) -> object:
    if not isinstance(document, Output):
        raise TypeError(f"JSON output is no {type(document).__name__}")
    return _plain(document)


def _plain(value: object) -> object:
    match value:
        case OutsideFormat():
            return _plain(value.content)
        case Output():
            content = {key_of(field.name): getattr(value, field.name) for field in fields(value)}  # type: ignore[arg-type]
            return {key: _plain(member) for key, member in content.items() if member is not ABSENT}
        case enum.StrEnum():
            return value.value
        case Mapping():
            if any(type(key) is not str for key in value):
                raise TypeError("a key in JSON output is text")
            return {key: _plain(member) for key, member in value.items()}
    if type(value) in (tuple, list):
        return [_plain(element) for element in value]  # type: ignore[attr-defined]
    if value is None or type(value) in (str, int, float, bool):
        return value
    raise TypeError(f"JSON output has no {type(value).__name__}")


def _harmless(text: str) -> str:
    """The same JSON without `##[`, which is a command for GitHub Actions anywhere in a line of a log.

    JSON has `#` only inside strings, so the escape always means this character.
    """
    return text.replace("##[", "\\u0023#[")
