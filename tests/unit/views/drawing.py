"""Documents as a test reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.views.as_markdown import as_markdown
from edgerollout.views.as_text import as_text
from edgerollout.views.glyphs import TYPOGRAPHIC, Glyphs
from edgerollout.views.ink import wrapped
from tests.spelling import spell

if TYPE_CHECKING:
    from edgerollout.views.document import Doc


def text_of(document: Doc, width: int = 100, glyphs: Glyphs = TYPOGRAPHIC) -> str:
    """The document at a terminal of `width` columns."""
    lines = as_text(document, width, glyphs, spell)
    return "".join(f"{line.text}\n" for line in wrapped(lines, width))


def markdown_of(document: Doc) -> str:
    return as_markdown(document, spell)
