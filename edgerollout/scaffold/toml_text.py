"""Values as TOML text (toml.io/en/v1.0.0), for files that people edit later."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SHORT = {"\b": r"\b", "\t": r"\t", "\n": r"\n", "\f": r"\f", "\r": r"\r", '"': r"\"", "\\": r"\\"}


def string(text: str) -> str:
    """A basic string: quotes, backslashes and everything invisible are escaped.

    Raises ValueError for a lone surrogate, which a TOML file cannot have.
    """
    return f'"{"".join(map(_character, text))}"'


def key(name: str) -> str:
    """A key, without quotes where possible."""
    return name if _BARE_KEY.fullmatch(name) else string(name)


def strings(values: Iterable[str]) -> str:
    """A list of strings on one line."""
    return f"[{', '.join(map(string, values))}]"


def comment(text: str) -> str:
    """Any text, made safe for a comment after `#`: one line, no invisible characters."""
    return "".join(character if character.isprintable() else " " for character in text)


def commented(text: str, words: str, column: int) -> str:
    """A line with a comment after it, at `column` unless the line is longer."""
    return f"{text.ljust(column)} # {comment(words)}"


def _character(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        raise ValueError(f"a lone surrogate (U+{code:04X}) cannot be written in TOML")
    if character.isprintable():
        return character
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
