"""Takes one step on a page, and says in words what became of it."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, assert_never

from edgerollout.tour.steps import Click, Fill, Goto, Press, Wait

if TYPE_CHECKING:
    from playwright.async_api import Page

    from edgerollout.tour.steps import PageStep

STEP_SECONDS = 5.0
"""For one step; what takes longer to appear can be waited for."""

_CALL = re.compile(r"^[A-Z]\w+\.\w+: ")


async def take(page: Page, step: PageStep) -> str | None:
    """Take `step`; None, or why it failed."""
    from playwright.async_api import Error
    from playwright.async_api import TimeoutError as PlaywrightTimeout

    try:
        await _take(page, step)
    except PlaywrightTimeout:
        return f"the step {_spelled(step)} failed: not possible within {STEP_SECONDS:g} s"
    except Error as error:
        return f"the step {_spelled(step)} failed: {said(error)}"
    return None


async def _take(page: Page, step: PageStep) -> None:
    within = STEP_SECONDS * 1000
    match step:
        case Goto(url=url):
            await page.goto(url, wait_until="domcontentloaded", timeout=within)
        case Click(selector=selector):
            await page.locator(selector).first.click(timeout=within)
        case Fill(selector=selector, text=text):
            await page.locator(selector).first.fill(text, timeout=within)
        case Press(key=key, selector=""):
            await page.keyboard.press(key)
        case Press(key=key, selector=selector):
            await page.locator(selector).first.press(key, timeout=within)
        case Wait(selector="", seconds=seconds):
            await asyncio.sleep(seconds)
        case Wait(selector=selector):
            await page.locator(selector).first.wait_for(timeout=within)
        case _:
            assert_never(step)


def said(error: Exception) -> str:
    """The first line of what Playwright says, without the call it was about."""
    lines = str(error).strip().splitlines() or ["no reason given"]
    return _CALL.sub("", lines[0]).rstrip(".")


def _spelled(step: PageStep) -> str:
    match step:
        case Goto(url=url):
            return f"goto {url}"
        case Click(selector=selector):
            return f"click {selector}"
        case Fill(selector=selector):
            # What is filled in may be a password.
            return f"fill {selector}"
        case Press(key=key):
            return f"press {key}"
        case Wait(selector=selector, seconds=seconds):
            return f"wait {selector or f'{seconds:g} s'}"
        case _:
            assert_never(step)
