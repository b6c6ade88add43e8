"""Structured fields (RFC 9651), parsed for rules and comparisons."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEY = re.compile(r"\s*([a-z*][a-z0-9_.*-]*)")
_APART = re.compile(r'"(?:[^"\\]|\\.)*"|[(),]')


@dataclass(frozen=True)
class Malformed:
    """A value that browsers drop completely, and why."""

    reason: str


@dataclass(frozen=True)
class Word:
    """A token: a word without quotes."""

    text: str


def shown(item: object) -> str:
    """An item as it is written, without quotes."""
    return item.text if isinstance(item, Word) else str(item)


@dataclass(frozen=True)
class Member:
    """A member of a field: its items (one, or those of an inner list) and its parameters.

    Strings, numbers and booleans are themselves, tokens a `Word`.
    """

    items: tuple[object, ...]
    is_list: bool = False
    parameters: Mapping[str, object] = field(default_factory=dict)

    @property
    def words(self) -> tuple[str, ...]:
        """Its tokens."""
        return tuple(word.text for word in self.items if isinstance(word, Word))

    @property
    def only(self) -> object:
        """Its item; None if it is an inner list."""
        return None if self.is_list else self.items[0]


def dictionary(value: str) -> Mapping[str, Member] | Malformed:
    """The members by key; of a repeated key the last one, as browsers do."""
    parsed = _parsed(value, "dictionary")
    if isinstance(parsed, Malformed):
        return parsed
    return {str(key): _member(member) for key, member in parsed.items()} if isinstance(parsed, dict) else {}


def item(value: str) -> Member | Malformed:
    """The item of a field that has a single item."""
    parsed = _parsed(value, "item")
    return parsed if isinstance(parsed, Malformed) else _member(parsed)


def items(value: str) -> tuple[Member, ...] | Malformed:
    """The members of a list."""
    parsed = _parsed(value, "list")
    if isinstance(parsed, Malformed):
        return parsed
    return tuple(_member(member) for member in parsed) if isinstance(parsed, list) else ()


def repeated_keys(value: str) -> tuple[str, ...]:
    """The keys that a dictionary has more than once, in order."""
    depth, start, seen = 0, 0, list[str]()
    for found in (*_APART.finditer(value), None):
        mark = "," if found is None else found[0]
        if mark in "()":
            depth += 1 if mark == "(" else -1
        elif mark == "," and (depth <= 0 or found is None):
            key = _KEY.match(value, start)
            seen += [] if key is None else [key[1]]
            start = len(value) if found is None else found.end()
    return tuple(dict.fromkeys(key for key in seen if seen.count(key) > 1))


def _parsed(value: str, kind: Literal["dictionary", "item", "list"]) -> object:
    import http_sf

    if not value.strip():
        return Malformed("it is empty") if kind == "item" else {} if kind == "dictionary" else []
    try:
        return http_sf.parse(value.encode("latin-1", "replace"), tltype=kind)
    except http_sf.StructuredFieldError as error:
        return Malformed(str(error))


def _member(given: object) -> Member:
    value, parameters = given if isinstance(given, tuple) else (given, {})
    named = {str(key): _bare(parameter) for key, parameter in parameters.items()}
    if isinstance(value, list):
        found = tuple(_bare(element[0] if isinstance(element, tuple) else element) for element in value)
        return Member(found, is_list=True, parameters=named)
    return Member((_bare(value),), parameters=named)


def _bare(value: object) -> object:
    import http_sf

    return Word(str(value)) if isinstance(value, http_sf.Token) else value
