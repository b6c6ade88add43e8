"""Words for characters, names and lists in messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_INVISIBLE = {"\r": "a carriage return", "\n": "a line feed", "\0": "a NUL", "\t": "a tab", " ": "a space"}


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """`did you mean …?` for the nearest known word, None when none is near."""
    nearest = near(word, known)
    return None if nearest is None else f"did you mean {nearest}?"


def near(word: str, known: Iterable[str]) -> str | None:
    """The nearest known word, None when none is near."""
    import difflib

    found = difflib.get_close_matches(word.lower(), sorted(known), n=1)
    return found[0] if found else None


def there_are(names: Iterable[str]) -> str:
    """`there is only a`, `there are a and b`."""
    known = tuple(names)
    return f"there is only {known[0]}" if len(known) == 1 else f"there are {listed(known)}"


def printable(text: str) -> str:
    """`text` for a message, with control characters escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def spelled(character: str) -> str:
    """A character in words that are visible on any terminal: `a line feed`, `'é' (U+00E9)`."""
    if character in _INVISIBLE:
        return _INVISIBLE[character]
    code = f"U+{ord(character):04X}"
    if not character.isprintable():
        return f"the character {code}"
    return f"'{character}'" if character.isascii() else f"'{character}' ({code})"


def listed(words: Iterable[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    *rest, end = words
    return f"{', '.join(rest)} {last} {end}" if rest else end
