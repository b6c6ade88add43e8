"""Text from AWS and from websites inside Markdown: it can bring no markup of its own."""

from __future__ import annotations

import re

from edgerollout.views.ink import visible

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~@])")

_TICKS = re.compile(r"`+")


def plain(text: str) -> str:
    """`text` as it reads, on one line: no link, no heading, no mention."""
    return _SPECIAL.sub(r"\\\1", visible(text))


def code(text: str) -> str:
    """A code span that a `|` in a table or a backtick does not end."""
    clean = visible(text).replace("|", "\\|")
    fence = "`" * (1 + max((len(run) for run in _TICKS.findall(clean)), default=0))
    pad = " " if "`" in clean else ""
    return f"{fence}{pad}{clean}{pad}{fence}"
