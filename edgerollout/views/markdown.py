"""Text from AWS and from websites inside Markdown: it can bring no markup of its own."""

from __future__ import annotations

import re

from edgerollout.views.ink import visible

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~@&])")
_OPENING = re.compile(r"^(\d*)(?=[-+.)](?:\s|$)|[-=]+\s*$)")
"""What begins a list or underlines a heading where a line begins with it."""
_TICKS = re.compile(r"`+")


def plain(text: str) -> str:
    """`text` as it reads, on one line: no link, no heading, no mention."""
    return _OPENING.sub(r"\1\\", _SPECIAL.sub(r"\\\1", visible(text)))


def code(text: str, *, cell: bool = True) -> str:
    """A code span that a backtick does not end, nor a `|` in the `cell` of a table."""
    clean = visible(text)
    if not clean.strip(" ") or (cell and "\\|" in clean):
        return plain(clean)  # what no code span can hold
    if cell:
        clean = clean.replace("|", "\\|")
    fence = "`" * (1 + max((len(run) for run in _TICKS.findall(clean)), default=0))
    pad = " " if "`" in clean or clean != clean.strip(" ") else ""
    return f"{fence}{pad}{clean}{pad}{fence}"
