"""Escapes text from AWS and websites for Markdown, so that it cannot contain markup."""

from __future__ import annotations

import re

from edgerollout.views.ink import visible

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~@&])")
_OPENING = re.compile(r"^(\d*)(?=[-+.)](?:\s|$)|[-=]+\s*$)")
"""At the start of a line this would begin a list or underline a heading."""
_TICKS = re.compile(r"`+")


def plain(text: str) -> str:
    """`text` escaped and on one line: no link, no heading, no mention."""
    return _OPENING.sub(r"\1\\", _SPECIAL.sub(r"\\\1", visible(text)))


def code(text: str, *, cell: bool = True) -> str:
    """A code span. A backtick in `text` does not end it, and in a table `cell`, `|` does not either."""
    clean = visible(text)
    if not clean.strip(" ") or (cell and "\\|" in clean):
        return plain(clean)  # a code span cannot contain this
    if cell:
        clean = clean.replace("|", "\\|")
    fence = "`" * (1 + max((len(run) for run in _TICKS.findall(clean)), default=0))
    pad = " " if "`" in clean or clean != clean.strip(" ") else ""
    return f"{fence}{pad}{clean}{pad}{fence}"
