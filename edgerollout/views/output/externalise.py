"""The `externalise` document: how much moved, and what stays in its page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from edgerollout.policy.inline_code import InlineKind
from edgerollout.views.output.encoder import DocumentJson, Output

if TYPE_CHECKING:
    from edgerollout.inline.moving import MovedBuild


class StayingCodeJson(Output):
    """A piece of inline code that stays in its page."""

    file: str
    """its page, relative to the folder, with `/`"""
    line: int
    """of the element, from 1"""
    kind: InlineKind
    """`script`, `style`, `handler`, `style-attribute` or `javascript-url`"""
    source: str
    """the hash that it needs, with its quotes"""
    why: str
    """why it stays"""


class ExternaliseJson(DocumentJson):
    """A build with its inline code in files: `externalise`."""

    site: str
    """the folder, as given"""
    out: str
    """the changed copy"""
    pages: int
    """HTML files"""
    moved: int
    """pieces of inline code that moved"""
    files: int
    """files that were made of them: the same text has the same file"""
    left: Sequence[StayingCodeJson]
    """what stays"""


def moved_json(moved: MovedBuild) -> ExternaliseJson:
    """The document."""
    return ExternaliseJson(
        site=str(moved.site),
        out=str(moved.out),
        pages=moved.pages,
        moved=moved.moved,
        files=moved.files,
        left=[
            StayingCodeJson(
                file=file,
                line=left.code.line,
                kind=left.code.kind,
                source=left.code.source,
                why=left.why.value,
            )
            for file, left in moved.left
        ],
    )
