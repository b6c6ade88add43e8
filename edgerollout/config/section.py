"""Reads one TOML file's tables with types; problems are noted with their place, never raised.

A reader that finds nothing usable notes why and returns None, so that all problems of both
files are found in one run.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Self

from edgerollout.config.duration import parse_duration
from edgerollout.config.excerpt import without_user
from edgerollout.policy.wording import listed, near, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import timedelta

    from edgerollout.config.locate import TomlPath
    from edgerollout.config.toml_file import Part, TomlFile


class Section:
    """One table, read key by key."""

    def __init__(self, file: TomlFile, path: TomlPath, data: Mapping[str, object]) -> None:
        self.file = file
        self.path = path
        self.data = data

    @classmethod
    def top(cls, file: TomlFile) -> Self:
        """All of a file."""
        return cls(file, (), file.data)

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def at(self, key: str | int) -> TomlPath:
        return (*self.path, key)

    def note(self, key: str, message: str, suggestion: str | None = None, part: Part = "value") -> None:
        """Note a problem at `key` of this table: at its value, or at the key."""
        self.file.note(self.at(key), message, suggestion, part)

    def refuse_unknown(self, known: tuple[str, ...]) -> None:
        """Note every key that is not in `known`, with the nearest known one."""
        for key in self.data:
            if key not in known:
                nearest = near(key, known)
                hint = f"known here: {listed(known)}" if nearest is None else f"did you mean {nearest}?"
                self.note(key, "unknown key", hint, "key")
                if nearest is None:
                    self.file.unknown(self.at(key))
                else:
                    self.file.misspelt(self.at(nearest))

    def string(self, key: str) -> str | None:
        """The string at `key`; None if absent, or of another type, which is noted."""
        value = self.data.get(key)
        if value is None:
            return None
        if isinstance(value, str):
            if value:
                return value
            self.note(key, "the text is empty")
            return None
        self.note(key, f"expected a string, found {kind(value)}", _quote_number(value))
        return None

    def boolean(self, key: str, *, default: bool) -> bool:
        value = self.data.get(key, default)
        if isinstance(value, bool):
            return value
        self.note(key, f"expected true or false, found {kind(value)}")
        return default

    def integer(self, key: str, low: int, high: int, unit: str) -> int | None:
        """The whole number at `key`, between `low` and `high`."""
        value = self.data.get(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            self.note(key, f"expected a whole number of {unit}, found {kind(value)}")
        elif not low <= value <= high:
            self.note(key, f"{value} is out of range: {low} to {high} {unit}")
        else:
            return value
        return None

    def strings(self, key: str) -> tuple[str, ...] | None:
        """The list of strings at `key`."""
        value = self.data.get(key)
        if value is None:
            return None
        if not isinstance(value, list):
            hint = (
                f"write {key} = {without_user(array_of(word.rstrip(',') for word in value.split()))}"
                if isinstance(value, str)
                else None
            )
            self.note(key, f"expected a list of strings, found {kind(value)}", hint)
            return None
        for index, item in enumerate(value):
            if not isinstance(item, str):
                self.file.note(
                    (*self.at(key), index), f"expected a string, found {kind(item)}", _quote_number(item)
                )
        return tuple(item for item in value if isinstance(item, str))

    def duration(self, key: str) -> timedelta | None:
        value = self.data.get(key)
        if value is None:
            return None
        found = parse_duration(value) if isinstance(value, str) else None
        if found is None:
            said = f'"{printable(value)}"' if isinstance(value, str) else kind(value)
            self.note(key, f"expected a duration, found {said}", 'write "7d", "12h", "30m" or "0"')
        return found

    def table(self, key: str) -> Section | None:
        """The table at `key`."""
        value = self.data.get(key)
        if value is None:
            return None
        if isinstance(value, dict):
            return Section(self.file, self.at(key), value)
        self.note(key, f"expected a table, found {kind(value)}")
        return None

    def tables_in(self, key: str) -> dict[str, Section]:
        """The tables of the table at `key`, by name; {} when it is absent."""
        parent = self.table(key)
        if parent is None:
            return {}
        found = {name: parent.table(name) for name in parent.data}
        return {name: section for name, section in found.items() if section is not None}

    def tables(self, key: str, offer: Callable[[object], str | None]) -> tuple[Section, ...] | None:
        """The list of tables at `key`, without other items; `offer` says how to write such an item."""
        value = self.data.get(key)
        if value is None:
            return None
        if not isinstance(value, list):
            hint = None if (item := offer(value)) is None else f"write {key} = [{item}]"
            self.note(key, f"expected a list of tables, found {kind(value)}", hint)
            return None
        for index, item in enumerate(value):
            if not isinstance(item, dict):
                hint = None if (written := offer(item)) is None else f"write {written}"
                self.file.note((*self.at(key), index), f"expected a table, found {kind(item)}", hint)
        return tuple(
            Section(self.file, (*self.at(key), index), item)
            for index, item in enumerate(value)
            if isinstance(item, dict)
        )


def kind(value: object) -> str:
    """What a TOML value is, in words."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "a list"
        case dict():
            return "a table"
        case dt.date() | dt.time():
            return "a date or time"
        case _:
            return "another type"


def array_of(words: Iterable[str]) -> str:
    """Words as a TOML list of strings, to paste."""
    return f"[{', '.join(quoted(word) for word in words)}]"


def quoted(word: str) -> str:
    """A word as a TOML string."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{printable(escaped)}"'


def _quote_number(value: object) -> str | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f'put it in quotes: "{value}"' if is_number else None
