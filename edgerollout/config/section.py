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
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from edgerollout.config.duration import parse_duration
from edgerollout.config.excerpt import Excerpts, without_user
from edgerollout.config.locate import KeyPath, Mark, Span, locate
from edgerollout.config.syntax_error import syntax_problem
from edgerollout.config.toml_text import parse_toml
from edgerollout.errors import Place, Problem
from edgerollout.policy.wording import listed, near, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import timedelta
    from pathlib import Path

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")

_LARGEST = 262_144
"""Bytes. What CloudFront takes of all this is 20,480; a file beyond is another one, put here by mistake."""


Part = Literal["key", "value"]
"""What of `key = value` a problem is about."""

_Note = tuple[KeyPath, str, str | None, Part]
"""Where, the message, the suggestion, and what of it."""


class TomlFile:
    """One file: its content, where each key stands, and the problems found in it so far."""

    def __init__(
        self, name: str, text: str, data: Mapping[str, object], marks: Mapping[KeyPath, Mark]
    ) -> None:
        self.name = name
        self.data = data
        self._text = text
        self._marks = dict(marks)
        # Header and directive names know no case, so places are looked up without it as well.
        for path, mark in marks.items():
            self._marks.setdefault(_folded(path), mark)
        self._noted: dict[_Note, None] = {}
        self._warned: dict[_Note, None] = {}
        self._unknown: set[KeyPath] = set()
        self._misspelt: set[KeyPath] = set()

    @classmethod
    def read(cls, path: Path, known: Collection[str] | None = None) -> TomlFile | Problem:
        """The file at `path`, or why it cannot be read; `known` are the keys that it may have, None: any."""
        name = str(path)
        try:
            text = _bytes_of(path).decode("utf-8-sig").replace("\r\n", "\n")
            return cls(name, text, parse_toml(text), locate(text))
        except FileNotFoundError:
            return Problem(Place(name), "there is no such file")
        except OSError as error:
            return Problem(Place(name), f"cannot be read: {error.strerror or error}")
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            return Problem(Place(name, line), "this line is not UTF-8", "save the file as UTF-8")
        except tomllib.TOMLDecodeError as error:
            return syntax_problem(name, str(error), text, known)
        except RecursionError:
            return Problem(Place(name), "not TOML: nested too deeply")

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every problem noted, each once, by place."""
        return self._placed(self._noted)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What may stay, each once, by place."""
        return self._placed(self._warned)

    def note(self, path: KeyPath, message: str, suggestion: str | None = None, part: Part = "value") -> None:
        """Note a problem at `path`: with its value, or with its key."""
        self._noted[path, message, suggestion, part] = None

    def warn(self, path: KeyPath, message: str, suggestion: str | None = None, part: Part = "value") -> None:
        """Note at `path` what may stay and its author should know."""
        self._warned[path, message, suggestion, part] = None

    def unknown(self, path: KeyPath) -> None:
        """Nobody knows what stands at `path`, so that is never shown."""
        self._unknown.add(path)

    def misspelt(self, path: KeyPath) -> None:
        """The key that is missing at `path` is there with another name, which is told already."""
        self._misspelt.add(path)

    def missing(self, path: KeyPath, suggestion: str) -> None:
        """Note that the key at `path` is missing."""
        if path not in self._misspelt:
            self.note(path, "missing", suggestion)

    def place(self, path: KeyPath) -> Place:
        """Where `path` stands; a path the file does not have stands where its nearest parent does."""
        return self._found(path, "key")[0]

    def top(self) -> Section:
        return Section(self, (), self.data)

    def _placed(self, notes: Iterable[_Note]) -> tuple[Problem, ...]:
        excerpts = Excerpts(self._text, self._hidden())
        found: list[Problem] = []
        for path, message, suggestion, part in notes:
            place, span = self._found(path, part)
            excerpt = None
            if span is not None and place.line is not None:
                excerpt = excerpts.at(place.line, span)
                place = replace(place, column=excerpts.column(place.line, span[0]))
            found.append(Problem(place, message, suggestion, excerpt))
        return tuple(sorted(found, key=lambda one: (one.place.line or 0, one.place.column or 0)))

    def _hidden(self) -> Mapping[int, Sequence[Span]]:
        """The values below unknown keys, by every line that they touch."""
        hidden: dict[int, list[Span]] = {}
        if not self._unknown:
            return hidden
        for path, mark in self._marks.items():
            if mark.value and any(path[:depth] in self._unknown for depth in range(1, len(path) + 1)):
                lines = self._text.count("\n", *mark.value) + 1
                for line in range(mark.line, mark.line + lines):
                    hidden.setdefault(line, []).append(mark.value)
        return hidden

    def _found(self, path: KeyPath, part: Part) -> tuple[Place, Span | None]:
        known = path if path in self._marks else _folded(path)
        if known not in self._marks:
            part = "key"  # of the table that lacks it
        while known not in self._marks:
            known = known[:-1]
        mark = self._marks[known]
        span = mark.value or mark.key
        # Of a value on several lines the first one shows no more than a bracket.
        if mark.key is not None and (part == "key" or (span and "\n" in self._text[slice(*span)])):
            span = mark.key
        return Place(self.name, mark.line, _dotted(path) or None), span


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

    def note(self, key: str, message: str, suggestion: str | None = None, part: Part = "value") -> None:
        """Note a problem at `key` of this table: with its value, or with the key."""
        self.file.note(self.at(key), message, suggestion, part)

    def refuse_unknown(self, known: tuple[str, ...]) -> None:
        """Note every key that is not among `known`, with the nearest that is."""
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
        """The list of tables at `key`, without the items that are none; `offer` writes such a one anew."""
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


def array_of(words: Iterable[str]) -> str:
    """Words as TOML writes a list of strings, to be pasted."""
    return f"[{', '.join(quoted(word) for word in words)}]"


def quoted(word: str) -> str:
    """A word as TOML writes a string."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{printable(escaped)}"'


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
