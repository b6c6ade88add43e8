"""Takes one step on a page, and reports a failure in words."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, assert_never

from edgerollout.tour.steps import (
    Click,
    Fill,
    Goto,
    Hover,
    IfPresent,
    Press,
    Scroll,
    Select,
    Upload,
    Wait,
)

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

    from edgerollout.tour.steps import OnElement, PageStep

_CALL = re.compile(r"^[A-Z]\w+\.\w+: ")


async def take(page: Page, step: PageStep, seconds: float) -> str | None:
    """Take `step`, within these seconds. Returns None, or why it failed."""
    from playwright.async_api import Error
    from playwright.async_api import TimeoutError as PlaywrightTimeout

    try:
        await _take(page, step, seconds * 1000)
    except PlaywrightTimeout:
        return f"the step {_spelled(step)} failed: not possible within {seconds:g} s"
    except Error as error:
        return f"the step {_spelled(step)} failed: {said(error)}"
    return None


async def _take(page: Page, step: PageStep, within: float) -> None:
    match step:
        case Goto(url=url):
            await page.goto(url, wait_until="domcontentloaded", timeout=within)
        case Press(key=key, selector=""):
            await page.keyboard.press(key)
        case Wait(selector="", seconds=seconds):
            await asyncio.sleep(seconds)
        case Wait(selector=selector):
            await page.locator(selector).first.wait_for(timeout=within)
        case IfPresent(step=inner):
            found = page.locator(inner.selector).first
            if await found.is_visible():
                await _use(found, inner, within)
        case _:
            await _use(page.locator(step.selector).first, step, within)


async def _use(found: Locator, step: OnElement, within: float) -> None:
    match step:
        case Click():
            await found.click(timeout=within)
        case Hover():
            await found.hover(timeout=within)
        case Scroll():
            await found.scroll_into_view_if_needed(timeout=within)
        case Fill(text=text):
            await found.fill(text, timeout=within)
        case Select(option=option):
            await found.select_option(option, timeout=within)
        case Upload(file=file):
            await found.set_input_files(file, timeout=within)
        case Press(key=key):
            await found.press(key, timeout=within)
        case _:
            assert_never(step)


def said(error: Exception) -> str:
    """The first line of Playwright's message, without the name of the call."""
    lines = str(error).strip().splitlines() or ["no reason given"]
    return _CALL.sub("", lines[0]).rstrip(".")


def _spelled(step: PageStep) -> str:
    match step:
        case Goto(url=url):
            return f"goto {url}"
        case Press(key=key):
            return f"press {key}"
        case Wait(selector=selector, seconds=seconds):
            return f"wait {selector or f'{seconds:g} s'}"
        case IfPresent(step=inner):
            return _spelled(inner)
        case _:
            # The text may be a password.
            return f"{type(step).__name__.lower()} {step.selector}"
