"""Parses untrusted TOML in time that grows with its length.

tomllib takes quadratic time for a dotted key with many parts, and Python refuses to read an integer
of thousands of digits with another error. Neither belongs in a settings file.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

DEEPEST = 16
"""Parts of a key. edgerollout's keys have less than ten."""

_LONGEST = 200
"""Characters of a name or number without quotes. The longest TOML number has about twenty."""

_QUOTED = re.compile(
    r'"""(?:\\.|[^\\])*?(?:"""|\\?\Z)'
    r"|'''.*?(?:'''|\Z)"
    r'|"(?:\\[^\n]|[^"\\\n])*+"?'
    r"|'[^'\n]*+'?"
    r"|#[^\n]*+",
    re.DOTALL,
)
_WORD = r"""(?:[A-Za-z0-9_-]++|")"""
_TOO_DEEP = re.compile(rf"(?<![A-Za-z0-9_-]){_WORD}(?:[ \t]*+\.[ \t]*+{_WORD}){{{DEEPEST},}}")
_TOO_LONG = re.compile(rf"(?<![A-Za-z0-9_+-])[A-Za-z0-9_+-]{{{_LONGEST + 1}}}")


def parse_toml(text: str) -> dict[str, Any]:
    """`text`, parsed by tomllib.

    Raises tomllib.TOMLDecodeError, with the line at its end as tomllib writes it, and RecursionError
    for endless nesting.
    """
    bare = _QUOTED.sub(lambda found: '"' + "\n" * found[0].count("\n"), text)
    for pattern, message in (
        (_TOO_DEEP, f"a key of more than {DEEPEST} parts"),
        (_TOO_LONG, f"a name or number of more than {_LONGEST} characters without quotes"),
    ):
        if found := pattern.search(bare):
            line = bare.count("\n", 0, found.start()) + 1
            raise tomllib.TOMLDecodeError(f"{message} (at line {line})")
    return tomllib.loads(text)
