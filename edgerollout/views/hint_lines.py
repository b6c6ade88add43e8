"""What to do next, for people: words wrap, every command is a line that can be copied as it stands."""

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
"""Parts sentences that have nothing to do with each other."""


def hint_lines(
    label: str, hint: Hint, spell: Spell, *, indent: int = 0, style: Style = Style.STRONG
) -> Iterator[Line]:
    """`label` and what is advised, `indent` columns from the left.

    A command that stands alone is on the label's line, else every one is on a line of its own below.
    """
    lead = f"{' ' * indent}{label} "
    below = " " * len(lead)
    for text, is_command in hint_pieces(hint, spell):
        kept = () if is_command else tuple(_QUOTED.findall(text))
        yield Line(lead + text, style, hang=len(below), whole=is_command, kept=kept)
        lead = below


def hint_pieces(hint: Hint, spell: Spell) -> Iterator[tuple[str, bool]]:
    """The words and the commands in turn. What joins them in a sentence falls away.

    A command in backquotes is a part of its sentence.
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
