"""Pages of CloudFront's lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.emulator.cloudfront.errors import refusal

if TYPE_CHECKING:
    from edgerollout.emulator.messages import Call

MAX_PAGE = 100


def page_size(call: Call) -> int:
    """MaxItems (text on the wire), 100 at most and by default. Raises InvalidArgument."""
    text = str(call.inputs.get("MaxItems", MAX_PAGE))
    if not text.isdecimal() or int(text) < 1:
        raise refusal("InvalidArgument", "The MaxItems parameter is not valid.")
    return min(int(text), MAX_PAGE)
