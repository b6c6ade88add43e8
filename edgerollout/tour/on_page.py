"""What the tour does with a loaded page: asks it, finds its links, takes its picture, leaves it.

A page that does not let our scripts end, or breaks off, is no error here: the answer is then missing.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from edgerollout.tour.readings import box_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playwright.async_api import Dialog, Page

    from edgerollout.tour.model import Box

SHORT = 3.0
"""Seconds for something that a healthy page does at once."""

MOST_LINKS = 2000

_LINKS = f"""() => [...document.querySelectorAll('a[href], area[href], [role=link][data-href]')]
  .slice(0, {MOST_LINKS}).map(link => link.href || link.dataset?.href)
  .concat(window.__NAME__?.().routes || []).filter(link => typeof link === 'string')"""
_BOXES = """() => {
  const told = new CustomEvent("__NAME__", { detail: [] });
  dispatchEvent(told);
  return told.detail;
}"""
_LEAST_LEAVE, _MOST_LEAVE = 0.03, 0.5

_TALLEST = 2400
"""The most points of a page in a screenshot; `_BELOW` are shown below the violating elements."""

_BELOW = 240


async def ask(page: Page, script: str) -> object:
    """The result of our script; None where the page does not let it end."""
    from playwright.async_api import Error

    try:
        answer: object = await asyncio.wait_for(page.evaluate(script), SHORT)
    except (Error, TimeoutError):
        return None
    return answer


async def links_of(page: Page, name: str) -> tuple[str, ...]:
    """Where the page leads now: its links, and the URLs that it gave itself. `name` is that of our script."""
    links = await ask(page, _LINKS.replace("__NAME__", name))
    return tuple(map(str, links)) if isinstance(links, list) else ()


async def picture(page: Page, name: str) -> tuple[bytes | None, Mapping[str, Box]]:
    """A screenshot with the boxes of the violating elements; `name` is that of our script.

    A page that cannot be painted in time gets no picture; nothing depends on it.
    """
    from playwright.async_api import Error

    places = await ask(page, _BOXES.replace("__NAME__", name))
    told = places if isinstance(places, list) else []
    found = dict(filter(None, map(box_of, (item for item in told if isinstance(item, dict)))))
    size = page.viewport_size or {"width": 1280, "height": 720}
    boxes = {mark: box for mark, box in found.items() if box.top + box.height < _TALLEST}
    lowest = max((box.top + box.height for box in boxes.values()), default=0.0)
    height = min(_TALLEST, max(size["height"], round(lowest) + _BELOW))
    try:
        image = await page.screenshot(
            type="png",
            timeout=SHORT * 1000,
            scale="css",
            full_page=height > size["height"],
            clip={"x": 0, "y": 0, "width": size["width"], "height": height},
        )
    except Error:
        return None, {}
    return image, boxes


async def leave(page: Page) -> None:
    """Leave the page as a visitor does: some pages then send a last request to other hosts."""
    from playwright.async_api import Error

    loop = asyncio.get_running_loop()
    began = loop.time()
    with contextlib.suppress(Error):
        await page.goto("about:blank", timeout=SHORT * 1000)
    # The document that is left may end after the next has begun, the later the busier the machine is.
    await asyncio.sleep(min(max(loop.time() - began, _LEAST_LEAVE), _MOST_LEAVE))


async def answer_dialog(dialog: Dialog) -> None:
    from playwright.async_api import Error

    with contextlib.suppress(Error):
        # The question whether to leave the page is answered with yes.
        await (dialog.accept() if dialog.type == "beforeunload" else dialog.dismiss())


async def close(page: Page) -> None:
    from playwright.async_api import Error

    with contextlib.suppress(Error, TimeoutError):
        await asyncio.wait_for(page.close(), SHORT)
