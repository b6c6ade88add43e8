"""The place of each key, value and array item in a TOML text; tomllib does not tell it.

Only for text that tomllib has accepted: nothing is checked here, values are only skipped.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, NamedTuple

from edgerollout.config.toml_text import DEEPEST

if TYPE_CHECKING:
    from collections.abc import Mapping

TomlPath = tuple[str | int, ...]
"""Keys and array positions from the top, as indexes into what tomllib returns."""

Span = tuple[int, int]
"""First character in the text and the one after the last; counted from 0."""


class Mark(NamedTuple):
    """The place of a key path: its line, counted from 1, its key and its value.

    An array item has no key. A table made by headers has no value: its parts may be far apart.
    """

    line: int
    key: Span | None = None
    value: Span | None = None


_BLANK = re.compile(r"[ \t]*")
_VOID = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SCALAR = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})'
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|[^,\]}\n#]+",
    re.DOTALL,
)
_KEY_PART = re.compile(r"""[A-Za-z0-9_-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*'""")


def locate(text: str) -> Mapping[TomlPath, Mark]:
    """The place of every key path of `text`, where it is first mentioned.

    The empty path is line 1, and has neither key nor value. Raises RecursionError for keys nested
    too deeply: each path is kept whole, so memory grows with the square of the depth.
    """
    return _Scanner(text).document()


class _Scanner:
    """Walks the text once; `_marks` fills up on the way."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._marks: dict[TomlPath, Mark] = {(): Mark(1)}
        self._tables: dict[TomlPath, int] = {}
        """How many elements each array of tables has so far."""

    def document(self) -> Mapping[TomlPath, Mark]:
        table: TomlPath = ()
        self._skip(_VOID)
        while self._at < len(self._text):
            if self._peek("[["):
                self._step(2)
                table = self._table_header(array=True)
                self._step(2)
            elif self._peek("["):
                self._step(1)
                table = self._table_header(array=False)
                self._step(1)
            else:
                self._pair(table)
            self._skip(_VOID)
        return self._marks

    def _table_header(self, *, array: bool) -> TomlPath:
        line = self._line
        parts = self._key()
        path: TomlPath = ()
        for index, (part, span) in enumerate(parts):
            path = (*path, part)
            self._marks.setdefault(path, Mark(line, span))
            if array and index == len(parts) - 1:
                position = self._tables.get(path, 0)
                self._tables[path] = position + 1
                path = (*path, position)
                self._marks[path] = Mark(line, span)
            elif path in self._tables:
                # [a.b] after [[a]] means the newest element of a.
                path = (*path, self._tables[path] - 1)
        return path

    def _pair(self, table: TomlPath) -> None:
        path = table
        line = self._line
        key: Span | None = None
        for part, key in self._key():
            path = (*path, part)
            self._marks.setdefault(path, Mark(line, key))
        self._step(1)  # the equals sign
        self._skip(_BLANK)
        self._marks[path] = Mark(line, key, self._value(path))

    def _key(self) -> tuple[tuple[str, Span], ...]:
        parts: list[tuple[str, Span]] = []
        while True:
            self._skip(_BLANK)
            start = self._at
            raw = self._skip(_KEY_PART)
            quoted = raw[0] in "\"'"
            part = str(tomllib.loads(f"key = {raw}")["key"]) if quoted else raw
            parts.append((part, (start, self._at)))
            self._skip(_BLANK)
            if not self._peek("."):
                return tuple(parts)
            self._step(1)

    def _value(self, path: TomlPath) -> Span:
        if len(path) > 4 * DEEPEST:
            raise RecursionError("nested too deeply")
        start = self._at
        if self._peek("["):
            self._array(path)
        elif self._peek("{"):
            self._inline_table(path)
        else:
            # Numbers, dates and words end before the next token, or before blanks.
            return start, start + len(self._skip(_SCALAR).rstrip(" \t"))
        return start, self._at

    def _array(self, path: TomlPath) -> None:
        self._step(1)
        self._skip(_VOID)
        position = 0
        while not self._peek("]"):
            item = (*path, position)
            line = self._line
            self._marks[item] = Mark(line, value=self._value(item))
            position += 1
            self._skip(_VOID)
            if self._peek(","):
                self._step(1)
                self._skip(_VOID)
        self._step(1)

    def _inline_table(self, path: TomlPath) -> None:
        self._step(1)
        self._skip(_VOID)
        while not self._peek("}"):
            self._pair(path)
            self._skip(_VOID)
            if self._peek(","):
                self._step(1)
                self._skip(_VOID)
        self._step(1)

    def _peek(self, expected: str) -> bool:
        return self._text.startswith(expected, self._at)

    def _step(self, characters: int) -> None:
        self._at += characters

    def _skip(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise ValueError(f"line {self._line}: not TOML that tomllib accepts")
        self._at = found.end()
        self._line += found[0].count("\n")
        return found[0]
