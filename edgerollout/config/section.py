"""Reads one TOML file's tables with types; what is wrong is noted with its place, never raised.

A reader that finds nothing usable answers None after noting why, so that every problem of both
files is found in one go.
"""

from __future__ import annotations

import datetime as dt
import errno
import re
import stat
import tomllib
from typing import TYPE_CHECKING

from edgerollout.config.duration import parse_duration
from edgerollout.config.locate import KeyPath, locate
from edgerollout.config.toml_text import parse_toml
from edgerollout.errors import Place, Problem
from edgerollout.policy.wording import did_you_mean, listed, printable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta
    from pathlib import Path

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_AT_LINE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")


_LARGEST = 262_144
"""Bytes. What CloudFront takes of all this is 20,480; a file beyond is another one, put here by mistake."""


class TomlFile:
    """One file: its content, where each key stands, and the problems found in it so far."""

    def __init__(self, name: str, data: Mapping[str, object], lines: Mapping[KeyPath, int]) -> None:
        self.name = name
        self.data = data
        self._lines = dict(lines)
        # Header and directive names know no case, so places are looked up without it as well.
        for path, line in lines.items():
            self._lines.setdefault(_folded(path), line)
        self._problems: dict[Problem, None] = {}

    @classmethod
    def read(cls, path: Path) -> TomlFile | Problem:
        """The file at `path`, or why it cannot be read."""
        name = str(path)
        try:
            text = _bytes_of(path).decode("utf-8-sig")
            return cls(name, parse_toml(text), locate(text.replace("\r\n", "\n")))
        except FileNotFoundError:
            return Problem(Place(name), "there is no such file")
        except OSError as error:
            return Problem(Place(name), f"cannot be read: {error.strerror or error}")
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            return Problem(Place(name, line), "this line is not UTF-8", "save the file as UTF-8")
        except tomllib.TOMLDecodeError as error:
            return Problem(
                Place(name, _line_of(str(error), text)), f"not TOML: {_AT_LINE.sub('', str(error))}"
            )
        except RecursionError:
            return Problem(Place(name), "not TOML: nested too deeply")

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every problem noted, each once, by line."""
        return tuple(sorted(self._problems, key=lambda problem: problem.place.line or 0))

    def note(self, path: KeyPath, message: str, suggestion: str | None = None) -> None:
        """Note a problem at `path`."""
        self._problems[Problem(self.place(path), message, suggestion)] = None

    def place(self, path: KeyPath) -> Place:
        """Where `path` stands; a path the file does not have stands where its nearest parent does."""
        known = path if path in self._lines else _folded(path)
        while known not in self._lines:
            known = known[:-1]
        return Place(self.name, self._lines[known], _dotted(path) or None)

    def top(self) -> Section:
        return Section(self, (), self.data)


class Section:
    """One table, read key by key."""

    def __init__(self, file: TomlFile, path: KeyPath, data: Mapping[str, object]) -> None:
        self.file = file
        self.path = path
        self.data = data

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def at(self, key: str | int) -> KeyPath:
        return (*self.path, key)

    def note(self, key: str, message: str, suggestion: str | None = None) -> None:
        """Note a problem at `key` of this table."""
        self.file.note(self.at(key), message, suggestion)

    def refuse_unknown(self, known: tuple[str, ...]) -> None:
        """Note every key that is not among `known`, with the nearest that is."""
        for key in self.data:
            if key not in known:
                nearest = did_you_mean(key, known) or f"known here: {listed(known)}"
                self.note(key, "unknown key", nearest)

    def string(self, key: str) -> str | None:
        """The string at `key`; None when absent, or noted as something else."""
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
            hint = f'write ["{printable(value)}"]' if isinstance(value, str) else None
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

    def tables(self, key: str) -> tuple[Section, ...] | None:
        """The list of tables at `key`, without the items that are none."""
        value = self.data.get(key)
        if value is None:
            return None
        if not isinstance(value, list):
            self.note(key, f"expected a list of tables, found {kind(value)}")
            return None
        for index, item in enumerate(value):
            if not isinstance(item, dict):
                self.file.note((*self.at(key), index), f"expected a table, found {kind(item)}")
        return tuple(
            Section(self.file, (*self.at(key), index), item)
            for index, item in enumerate(value)
            if isinstance(item, dict)
        )


def _bytes_of(path: Path) -> bytes:
    """The content of a file. Raises OSError, also for what would never end: a pipe, a device."""
    status = path.stat()
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        raise OSError(errno.EINVAL, "it is a pipe or a device, not a file")
    if status.st_size > _LARGEST:
        raise OSError(errno.EFBIG, f"it has {status.st_size:,} bytes, at most {_LARGEST:,} are read")
    return path.read_bytes()


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
            return "something else"


def _quote_number(value: object) -> str | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f'put it in quotes: "{value}"' if is_number else None


def _folded(path: KeyPath) -> KeyPath:
    return tuple(part.lower() if isinstance(part, str) else part for part in path)


def _dotted(path: KeyPath) -> str:
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if _BARE_KEY.fullmatch(part) else f'"{printable(part)}"'
            text += f".{name}" if text else name
    return text


def _line_of(message: str, text: str) -> int:
    found = _AT_LINE.search(message)
    return int(found[1]) if found is not None and found[1] else text.rstrip().count("\n") + 1
