"""Advice in words, as one reads it who calls edgerollout without any option."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.advice import spelled
from edgerollout.cli.options import Options
from edgerollout.cli.words import speller

if TYPE_CHECKING:
    from edgerollout.advice import Hint

spell = speller(Options())


def said(hint: Hint | None) -> str:
    """The hint in words; "" for none."""
    return spelled(hint, spell) or ""
