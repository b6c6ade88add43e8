"""A document as JSON text, the one place that writes it for stdout."""

from __future__ import annotations

import json


def json_text(document: object) -> str:
    """`document`, indented, in ASCII, so that no encoding can break it."""
    return _harmless(json.dumps(document, indent=2)) + "\n"


def json_line(document: object) -> str:
    """`document` on a line of its own, in ASCII."""
    return _harmless(json.dumps(document, separators=(",", ":"))) + "\n"


def _harmless(text: str) -> str:
    """The same JSON without `##[`, which GitHub Actions obeys anywhere in a line of a job's log.

    Outside a string JSON has no `#`, so the escape always stands where it means the character.
    """
    return text.replace("##[", "\\u0023#[")
