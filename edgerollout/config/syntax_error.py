"""What tomllib says about invalid TOML, with the place and a correction."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edgerollout.config.excerpt import MASK, Excerpts
from edgerollout.errors import Place, Problem

if TYPE_CHECKING:
    from collections.abc import Collection

_AT = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|line (\d+)|end of document)\)$")
_KEY = re.compile(r"\s*(?:[^=\s]*\.)?[\"']?([A-Za-z0-9_-]+)[\"']?\s*=")
_WORD = re.compile(r"[^\s\"',\[\]{}#=]+")
_WHOLE_KEY = re.compile(r"[^\s=]+")
_LEADING_ZERO = re.compile(r"=\s*(0\d+)")
_CURLY = "“”„‘’‚"

_HINTS = {
    "Expected '=' after a key": 'write KEY = "VALUE"',
    "Illegal character '\\n'": "close the text with its opening quote",
    "Unclosed array": "a comma or a ] is missing before this",
    "Unclosed inline table": "a comma or a } is missing before this",
    "Cannot overwrite a value": "the key is already there: keep one of the two",
    "Cannot declare": "the table is already there: keep one of the two",
}


def syntax_problem(name: str, error: str, text: str, known: Collection[str] | None) -> Problem:
    """The problem of the file called `name`.

    A line whose key is not in `known` (None: any key) is not shown, nor one below quotes over several
    lines: unreadable text may be a secret.
    """
    message = f"not TOML: {_AT.sub('', error)}"
    found = _AT.search(error)
    number, column, only = found.groups() if found is not None else (None, None, None)
    if number is None or column is None:
        return Problem(Place(name, int(only) if only else text.rstrip().count("\n") + 1), message)
    lines = text.split("\n")
    line = lines[int(number) - 1]
    first = sum(len(before) + 1 for before in lines[: int(number) - 1])
    start, end, hint = _meant(message, line, int(column) - 1)
    place = Place(name, int(number), column=start + 1)
    key = _KEY.match(line)
    unknown = known is not None and key is not None and key[1] not in known
    if unknown or '"""' in text[:first] or "'''" in text[:first]:
        return Problem(place, message)
    excerpt = Excerpts(text).at(int(number), (first + start, first + end))
    masked = MASK in excerpt.text and hint is not None and '"' in hint
    return Problem(place, message, None if masked else hint, excerpt)


def _meant(message: str, line: str, at: int) -> tuple[int, int, str | None]:
    """The wrong part, and what would be right."""
    if (number := _LEADING_ZERO.search(line)) is not None and number.start(1) <= at <= number.end(1):
        return *number.span(1), f'put it in quotes: "{number[1]}"'
    if "Invalid value" in message:
        if line[at : at + 1] in _CURLY and at < len(line):
            return at, at + 1, 'use the straight quote "'
        if (word := _WORD.match(line, at)) is not None:
            return *word.span(), f'put it in quotes: "{word[0]}"'
        return at, at, 'write KEY = "VALUE"' if at >= len(line) else None
    if "Cannot overwrite" in message and (key := _WHOLE_KEY.search(line)) is not None:
        return *key.span(), _HINTS["Cannot overwrite a value"]
    return at, at, next((hint for start, hint in _HINTS.items() if start in message), None)
