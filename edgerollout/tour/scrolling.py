"""Scrolls a page to its end, and on where more comes: much is loaded only when it becomes visible."""

from __future__ import annotations

import functools
from importlib import resources
from typing import TYPE_CHECKING, Protocol

from edgerollout.tour.on_page import ask
from edgerollout.tour.protocol import flag, number

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from playwright.async_api import Page

_MOST_SCREENS = 60
_MOST_TIMES = 6
"""How often the tour scrolls on where a page has grown at its end."""


class Settle(Protocol):
    """Waits until the page has loaded what scrolling made it load. Returns whether that ended in time."""

    def __call__(self) -> Awaitable[bool]: ...


async def scroll_through(page: Page, name: str, settle: Settle) -> str:
    """Scroll down, wait, and scroll on where the page has grown; then return to its top. `name` is our
    script's.

    Returns in words what was not scrolled to, "" where the page ended.
    """
    screens = 0
    for _ in range(_MOST_TIMES):
        moved = await _down(page, name, _MOST_SCREENS - screens)
        screens += moved
        if not moved or not await settle():
            break
    if not screens:
        return ""
    _, is_more = await _scroll(page, name, 0)
    if screens < _MOST_SCREENS and not is_more:
        return ""
    return f"after {screens} screens there was more to scroll to: what loads only there was not seen"


async def _down(page: Page, name: str, most: int) -> int:
    """Scroll to the end, by `most` screens. Returns by how many."""
    screens, moved, is_more = 0, 1, True
    while is_more and moved and screens < most:
        moved, is_more = await _scroll(page, name, most - screens)
        screens += moved
    return screens


async def _scroll(page: Page, name: str, most: int) -> tuple[int, bool]:
    told = await ask(page, _script().replace("__MOST__", str(most)).replace("__NAME__", name))
    return (number(told, "screens"), flag(told, "more")) if isinstance(told, dict) else (0, False)


@functools.cache
def _script() -> str:
    return resources.files("edgerollout.tour").joinpath("scroll.js").read_text(encoding="utf-8")
