"""Path patterns of cache behaviors: which paths they match, and an example path. They are case-sensitive."""

from __future__ import annotations

import re
from functools import lru_cache


def matches(pattern: str, path: str) -> bool:
    """Whether a behavior's path pattern matches a path (without query string).

    `*` stands for any characters, slashes too, `?` for exactly one; the leading slash is optional
    (CloudFront Developer Guide, "Path pattern").
    """
    return _compiled(pattern).fullmatch(path.removeprefix("/")) is not None


def example(pattern: str, word: str = "edgerollout") -> str:
    """A path that the pattern matches: `word` for each `*`, its first character for each `?`."""
    path = pattern.replace("*", word).replace("?", word[:1])
    return path if path.startswith("/") else f"/{path}"


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    source = "".join(parts.get(character, re.escape(character)) for character in pattern.removeprefix("/"))
    return re.compile(source, re.DOTALL)
