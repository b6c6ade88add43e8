"""One TOML file: its content, the place of each key, and the problems noted by its readers."""

from __future__ import annotations

import errno
import re
import stat
import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from edgerollout.config.excerpt import Excerpts
from edgerollout.config.locate import Mark, Span, TomlPath, locate
from edgerollout.config.syntax_error import syntax_problem
from edgerollout.config.toml_text import parse_toml
from edgerollout.errors import Place, Problem
from edgerollout.policy.wording import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")

_LARGEST = 262_144
"""Bytes. CloudFront accepts 20,480 bytes of headers; a larger file is here by mistake."""


Part = Literal["key", "value"]
"""The part of `key = value` that a problem is about."""

_Note = tuple[TomlPath, str, str | None, Part]
"""The place, the message, the suggestion, and the part."""


class TomlFile:
    """One file: its content, the place of each key, and the problems found so far."""

    def __init__(
        self, name: str, text: str, data: Mapping[str, object], marks: Mapping[TomlPath, Mark]
    ) -> None:
        self.name = name
        self.data = data
        self._text = text
        self._marks = dict(marks)
        # Case does not count in header and directive names, so places are also looked up without it.
        for path, mark in marks.items():
            self._marks.setdefault(_folded(path), mark)
        self._noted: dict[_Note, None] = {}
        self._warned: dict[_Note, None] = {}
        self._unknown: set[TomlPath] = set()
        self._misspelt: set[TomlPath] = set()

    @classmethod
    def read(cls, path: Path, known: Collection[str] | None = None) -> TomlFile | Problem:
        """The file at `path`, or why it cannot be read; `known` are its allowed keys (None: any)."""
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
        """Every warning, each once, by place."""
        return self._placed(self._warned)

    def note(self, path: TomlPath, message: str, suggestion: str | None = None, part: Part = "value") -> None:
        """Note a problem at `path`: at its value, or at its key."""
        self._noted[path, message, suggestion, part] = None

    def warn(self, path: TomlPath, message: str, suggestion: str | None = None, part: Part = "value") -> None:
        """Note a warning at `path`."""
        self._warned[path, message, suggestion, part] = None

    def unknown(self, path: TomlPath) -> None:
        """The key at `path` is unknown, so its value is never shown."""
        self._unknown.add(path)

    def misspelt(self, path: TomlPath) -> None:
        """The missing key at `path` is there under another name, which is already reported."""
        self._misspelt.add(path)

    def missing(self, path: TomlPath, suggestion: str) -> None:
        """Note that the key at `path` is missing."""
        if path not in self._misspelt:
            self.note(path, "missing", suggestion)

    def place(self, path: TomlPath) -> Place:
        """The place of `path`; for a missing one, the place of its nearest parent."""
        return self._found(path, "key")[0]

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
        return tuple(sorted(found, key=lambda problem: (problem.place.line or 0, problem.place.column or 0)))

    def _hidden(self) -> Mapping[int, Sequence[Span]]:
        """The values below unknown keys, by line."""
        hidden: dict[int, list[Span]] = {}
        if not self._unknown:
            return hidden
        for path, mark in self._marks.items():
            if mark.value and any(path[:depth] in self._unknown for depth in range(1, len(path) + 1)):
                lines = self._text.count("\n", *mark.value) + 1
                for line in range(mark.line, mark.line + lines):
                    hidden.setdefault(line, []).append(mark.value)
        return hidden

    def _found(self, path: TomlPath, part: Part) -> tuple[Place, Span | None]:
        known = path if path in self._marks else _folded(path)
        if known not in self._marks:
            part = "key"  # of the table without it
        while known not in self._marks:
            known = known[:-1]
        mark = self._marks[known]
        span = mark.value or mark.key
        # The first line of a value on several lines shows only a bracket.
        if mark.key is not None and (part == "key" or (span and "\n" in self._text[slice(*span)])):
            span = mark.key
        return Place(self.name, mark.line, _dotted(path) or None), span


def _bytes_of(path: Path) -> bytes:
    """The content of a file. Raises OSError, also for a pipe or a device, which may never end."""
    status = path.stat()
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        raise OSError(errno.EINVAL, "it is a pipe or a device, not a file")
    if status.st_size > _LARGEST:
        raise OSError(errno.EFBIG, f"it has {status.st_size:,} bytes, at most {_LARGEST:,} are read")
    return path.read_bytes()


def _folded(path: TomlPath) -> TomlPath:
    return tuple(part.lower() if isinstance(part, str) else part for part in path)


def _dotted(path: TomlPath) -> str:
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if _BARE_KEY.fullmatch(part) else f'"{printable(part)}"'
            text += f".{name}" if text else name
    return text
