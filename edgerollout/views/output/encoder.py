"""The one place that writes JSON for stdout. It takes what is declared here and refuses everything else.

A document, or an event, is a subclass of `Output`: its fields are the keys, in their order. What they hold is
a closed list: text, numbers, booleans, None, lists, mappings, other subclasses of `Output`. So nothing else
gets out by accident: no bytes, no path, no value of the core that got one more field. docs/schema/output is
made of these classes.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Annotated, Any, Final, Self, TypeAlias, dataclass_transform

SCHEMA: Final = "1.0"
"""Version of the contract: docs/json.md and docs/events.md say what it promises."""

# A pair after a type is a keyword of its JSON Schema.
SchemaVersion: TypeAlias = Annotated[str, ("pattern", r"^1\.\d+$")]
Moment: TypeAlias = Annotated[str, ("format", "date-time")]
"""ISO 8601, with its offset."""


class Absent(enum.Enum):
    """The field is left out. Where there is nothing to say, the rule is null; this is for what came later."""

    ABSENT = enum.auto()


ABSENT: Final = Absent.ABSENT


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Output:
    """A JSON object that people's programs read. Every subclass is a frozen dataclass with keywords only.

    The key is the field's name, without the underscore at the end that a word of Python needs (`from_`).
    A field's docstring is its description in the schema and in the docs.
    """

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True, kw_only=True)(cls)

    @classmethod
    def of(cls, source: object, /, **more: Any) -> Self:
        """With what `source` has under the fields' own names; `more` is what it has otherwise."""
        names = [field.name for field in fields(cls) if field.default is MISSING]  # type: ignore[arg-type]
        return cls(**{name: getattr(source, name) for name in names if name not in more}, **more)


class DocumentJson(Output):
    """What a command prints as a whole. Its first field is the version of the contract."""

    schema: SchemaVersion = SCHEMA
    """version of this contract"""


class OutsideFormat(Output):
    """A document whose format is somebody else's, such as SARIF or an IAM policy: `content`, as it is."""

    content: Mapping[str, Any]


def json_text(document: DocumentJson | OutsideFormat) -> str:
    """`document`, indented, in ASCII, so that no encoding can break it. Raises TypeError for other types."""
    return _harmless(json.dumps(_declared(document), indent=2, allow_nan=False)) + "\n"


def json_line(document: Output) -> str:
    """`document` on a line of its own, in ASCII. Raises TypeError for other types."""
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
    """The same JSON without `##[`, which GitHub Actions obeys anywhere in a line of a job's log.

    Outside a string JSON has no `#`, so the escape always stands where it means the character.
    """
    return text.replace("##[", "\\u0023#[")
