"""What a page offers and the tour did not use: a tour clicks nothing by itself."""

from __future__ import annotations

import asyncio
import functools
from importlib import resources
from typing import TYPE_CHECKING

from edgerollout.tour.protocol import number, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.async_api import Page

_ANSWER_SECONDS = 2.0


async def untried(page: Page, name: str) -> tuple[str, ...]:
    """What was not tried on a page, in words. `name` is the function in the page that returns its state."""
    from playwright.async_api import Error

    try:
        told = await asyncio.wait_for(page.evaluate(_script().replace("__NAME__", name)), _ANSWER_SECONDS)
    except (Error, TimeoutError):
        return ()
    return tuple(_words(told)) if isinstance(told, dict) else ()


def _words(told: dict[str, object]) -> Iterator[str]:
    left, every, names = number(told, "left"), number(told, "all"), texts(told, "names")
    if left:
        more = ", …" if left > len(names) else ""
        were = "was" if left == 1 else "were"
        yield f"{left} of {every} interactive elements {were} not tried: {', '.join(names)}{more}"
    for origin in texts(told, "variants"):
        yield f"other screens, or states of the page, load from {origin}"


@functools.cache
def _script() -> str:
    return resources.files("edgerollout.tour").joinpath("untried.js").read_text(encoding="utf-8")
