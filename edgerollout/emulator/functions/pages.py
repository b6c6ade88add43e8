"""Lambda's lists, page by page."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from edgerollout.emulator.functions.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgerollout.emulator.messages import Call, Members

MAX_PAGE = 50
"""The lists of versions, functions and aliases answer with at most 50, whatever MaxItems says."""


def page(call: Call, entries: Sequence[Members], keys: list[str]) -> tuple[list[Members], dict[str, str]]:
    """The page after the caller's Marker, and the NextMarker if there is more."""
    start = 0
    if call.inputs.get("Marker"):
        try:
            last = base64.urlsafe_b64decode(call.inputs["Marker"].encode()).decode()
            start = keys.index(last) + 1
        except (binascii.Error, UnicodeDecodeError, ValueError):
            raise invalid("Invalid Marker.") from None
    size = max(1, min(int(call.inputs.get("MaxItems", MAX_PAGE)), MAX_PAGE))
    listed = list(entries[start : start + size])
    if start + size >= len(entries):
        return listed, {}
    return listed, {"NextMarker": base64.urlsafe_b64encode(keys[start + size - 1].encode()).decode()}
