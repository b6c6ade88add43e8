"""The pictures."""

from __future__ import annotations


def write() -> None:
    """Draw them."""
