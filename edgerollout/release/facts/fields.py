"""The reader of JSON documents: bounded parsing, and typed access to their fields.

Anything invalid raises ValueError with a message; the caller adds which document it is.
"""

from __future__ import annotations

import json
import math
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

_DIGEST = re.compile(r"[0-9a-f]{64}")


MAX_DEPTH = 64
"""How deep lists and objects may be nested in a document; ours need six levels."""

_MAX_DIGITS = 15
"""The digits of an integer. Every JSON parser reads numbers below 2**53 the same way (RFC 8259 §6)."""

# It always matches from a quote on, to the end of the text if necessary, so it never reads a byte twice.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_BRACKET = re.compile(rb"[][{}]")


def parse_json(content: bytes | str, *, any_integer: bool = False) -> object:
    """The value of the JSON text `content`.

    Raises ValueError for invalid JSON, for nesting beyond MAX_DEPTH, and for text that parsers read
    differently: a field given twice, NaN and Infinity, huge numbers (RFC 8259 §4, §6). `any_integer` accepts
    integers of any length, for documents of others that must stay as they are.
    """
    _check_depth(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
    return json.loads(
        content,
        object_pairs_hook=_object,
        parse_constant=_refuse_constant,
        parse_int=int if any_integer else _integer,
        parse_float=_fraction,
    )


def _check_depth(content: bytes) -> None:
    """Check the depth before parsing: the parser's own limit depends on the stack that is left."""
    if b"\x00" in content:
        # This is UTF-16 or UTF-32, which json.loads would accept.
        raise ValueError("it is not UTF-8")
    depth = 0
    for bracket in _BRACKET.finditer(_STRING.sub(b"", content)):
        depth += 1 if bracket[0] in b"[{" else -1
        if depth > MAX_DEPTH:
            raise ValueError("it is nested too deep")


def canonical_json(document: object) -> bytes:
    """The canonical text of a JSON value, for checksums: sorted names, no spaces, ASCII."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


class Fields:
    """The fields of one JSON object. `document` is its name in messages."""

    def __init__(self, value: object, document: str) -> None:
        if not isinstance(value, dict):
            raise ValueError(f"{document} is not an object")
        self._values: dict[str, object] = value
        self._document = document

    def only(self, *known: str) -> None:
        """Raise ValueError for a field that is not `known`, and for a known field that is missing."""
        for name in self._values.keys() - set(known):
            raise ValueError(f"{self._document} has a field {name!r} that does not belong there")
        for name in known:
            self.value(name)

    def names(self) -> tuple[str, ...]:
        """The names of its fields, in the order of the document."""
        return tuple(self._values)

    def has(self, name: str) -> bool:
        return name in self._values

    def value(self, name: str) -> object:
        """Whatever the field holds. Raises ValueError when it is missing."""
        if name not in self._values:
            raise ValueError(f"{self._document} has no field {name!r}")
        return self._values[name]

    def text(self, name: str) -> str:
        value = self.value(name)
        if not isinstance(value, str):
            self._wrong(name, "a text")
        return value

    def text_or_none(self, name: str) -> str | None:
        return None if self.value(name) is None else self.text(name)

    def one_of(self, name: str, *words: str) -> str:
        value = self.text(name)
        if value not in words:
            self._wrong(name, f"one of {', '.join(words)}")
        return value

    def digest(self, name: str) -> str:
        """A SHA-256 in 64 lower-case hex digits."""
        value = self.text(name)
        if not _DIGEST.fullmatch(value):
            self._wrong(name, "a SHA-256 in 64 hex digits")
        return value

    def digest_or_none(self, name: str) -> str | None:
        return None if self.value(name) is None else self.digest(name)

    def flag(self, name: str) -> bool:
        value = self.value(name)
        if not isinstance(value, bool):
            self._wrong(name, "true or false")
        return value

    def count(self, name: str) -> int:
        """An integer from 0 up."""
        value = self.value(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            self._wrong(name, "a number from 0 up")
        return value

    def count_or_none(self, name: str) -> int | None:
        return None if self.value(name) is None else self.count(name)

    def moment(self, name: str) -> datetime:
        """A time in ISO 8601 with the offset +00:00."""
        text = self.text(name)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self._wrong(name, "a time in ISO 8601")
        if moment.utcoffset() != timedelta(0) or moment.isoformat() != text:
            self._wrong(name, "a time in UTC, as 2026-03-01T12:00:00+00:00")
        return moment

    def items(self, name: str) -> tuple[object, ...]:
        value = self.value(name)
        if not isinstance(value, list):
            self._wrong(name, "a list")
        return tuple(value)

    def texts(self, name: str) -> tuple[str, ...]:
        found = []
        for item in self.items(name):
            if not isinstance(item, str):
                self._wrong(name, "a list of texts")
            found.append(item)
        return tuple(found)

    def object(self, name: str) -> Fields:
        return Fields(self.value(name), f"{self._document}.{name}")

    def mapping(self, name: str) -> dict[str, Any]:
        """The field's object as it was parsed."""
        value = self.value(name)
        if not isinstance(value, dict):
            self._wrong(name, "an object")
        return dict(value)

    def objects(self, name: str) -> Iterator[Fields]:
        """The field's list of objects."""
        for index, item in enumerate(self.items(name)):
            yield Fields(item, f"{self._document}.{name}[{index}]")

    def _wrong(self, name: str, expected: str) -> NoReturn:
        shown = json.dumps(self._values[name])
        shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
        raise ValueError(f"{self._document}.{name} must be {expected}, not {shown}")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field is given twice")
    return found


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > _MAX_DIGITS:
        raise ValueError(f"a number has {len(digits)} digits")
    return int(digits)


def _fraction(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
