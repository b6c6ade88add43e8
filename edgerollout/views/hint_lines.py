"""What to do next, for people: words wrap, and every command has its own line, ready to copy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edgerollout.advice import Advice, command_text
from edgerollout.views.ink import Line, Style, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.advice import Hint, Spell


_QUOTED = re.compile("`[^`]*`")

_APART = "   "
"""Separates independent sentences."""


def hint_lines(
    label: str, hint: Hint, spell: Spell, *, indent: int = 0, style: Style = Style.STRONG
) -> Iterator[Line]:
    """`label` and the advice, `indent` columns from the left.

    A single command without words is on the label's line. Otherwise each command has its own line below.
    """
    lead = f"{' ' * indent}{label} "
    below = " " * len(lead)
    for text, is_command in hint_pieces(hint, spell):
        kept = () if is_command else tuple(_QUOTED.findall(text))
        yield Line(lead + text, style, hang=len(below), whole=is_command, kept=kept)
        lead = below


def hint_pieces(hint: Hint, spell: Spell) -> Iterator[tuple[str, bool]]:
    """Words and commands in order. Punctuation between them is dropped.

    A command in backquotes stays part of its sentence.
    """
    words = ""
    for part in hint.parts if isinstance(hint, Advice) else (hint,):
        if isinstance(part, str):
            words += part
        elif words.endswith("`"):
            words += command_text(part, spell)
        else:
            yield from _sentences(words)
            yield visible(command_text(part, spell)), True
            words = ""
    yield from _sentences(words)


def _sentences(words: str) -> Iterator[tuple[str, bool]]:
    for sentence in words.split(_APART):
        if told := visible(sentence).strip().lstrip(".,;) "):
            yield told, False
