"""A line at the bottom of the terminal that says what the program waits for, while it prints nothing else."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING, assert_never
from urllib.parse import urlsplit

from edgerollout.views import streams as standard
from edgerollout.views.ink import Line, Style, painted, visible
from edgerollout.waiting import AwsAsked, PageToured, ReleaseRead, SiteAsked, Waited, Working, heard_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.views.streams import Streams

EVERY = 0.1
"""Seconds between two looks; each look draws the line at most once."""

_SILENT = 2
"""The line is drawn after this many looks without output, so that it does not flicker between lines."""

_ERASE = "\r\x1b[2K"

_WORDS = {
    "ListDistributions": "reading distributions",
    "GetDistribution": "reading the distribution",
    "GetDistributionConfig": "reading the distribution",
    "ListInvalidations": "reading invalidations",
    "GetInvalidation": "reading invalidations",
    "ListTagsForResource": "reading tags",
    "GetFunction": "reading the function",
    "GetFunctionConfiguration": "reading the function",
    "ListVersionsByFunction": "reading releases",
    "GetRole": "reading the role",
    "GetCallerIdentity": "asking AWS whose credentials these are",
    "SimulatePrincipalPolicy": "asking AWS what these credentials may do",
}


def waited_words(what: Waited) -> str:
    """What the program waits for, in a few words."""
    match what:
        case AwsAsked(service, operation):
            return _WORDS.get(operation, f"asking AWS: {service} {operation}")
        case ReleaseRead(number):
            return f"reading release {number}"
        case SiteAsked(url):
            return f"asking {visible(urlsplit(url).netloc or url)}"
        case PageToured(url, number, known):
            return f"page {number} of {known}: {visible(url)}"
        case Working(words):
            return words
        case _:
            assert_never(what)


class WaitingLine:
    """Draws the line on stderr, in its own thread, from `start` to `stop`."""

    def __init__(self, streams: Streams, first: Waited) -> None:
        self._streams = streams
        self._what: Waited | None = first
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._silent = 1  # so that the line soon appears for the first time
        self._looks = 0
        self._drawn = False

    def start(self) -> None:
        threading.Thread(target=self._look_on, name="waiting", daemon=True).start()

    def stop(self) -> None:
        """Remove the line until the end. May be called twice."""
        with self._lock:
            self._ended.set()
            self._erase()

    def hear(self, what: Waited | None) -> None:
        """Say what the program waits for now; None: the line must not be drawn."""
        with self._lock:
            self._what = what
            if what is None:
                self._erase()

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Remove the line from the terminal for the time of the block."""
        with self._lock:
            self._erase()
            self._silent = 0
            yield

    def look(self) -> None:
        """Draw the line, unless there was output just now."""
        with self._lock:
            self._looks += 1
            self._silent += 1
            if self._ended.is_set() or self._what is None or self._silent < _SILENT:
                return
            glyphs = self._streams.stderr_glyphs
            words = f"{glyphs.spinner[self._looks % len(glyphs.spinner)]} {waited_words(self._what)}"
            words = f"{words[: max(1, self._width() - 2 - len(glyphs.ellipsis))]}{glyphs.ellipsis}"
            text = painted(Line(words, Style.MUTED), colour=self._streams.stderr_colour)
            self._write(_ERASE + text)
            self._drawn = True

    def _look_on(self) -> None:
        while not self._ended.wait(EVERY):
            self.look()

    def _erase(self) -> None:
        if self._drawn:
            self._drawn = False
            self._write(_ERASE)

    def _write(self, text: str) -> None:
        stderr = self._streams.stderr
        try:
            stderr.write(text)
            stderr.flush()
        except (OSError, ValueError):  # the terminal is closed
            self._ended.set()

    def _width(self) -> int:
        try:
            return os.get_terminal_size(self._streams.stderr.fileno()).columns or self._streams.columns
        except (OSError, ValueError):
            return self._streams.columns


@contextlib.contextmanager
def shown_while_waiting(streams: Streams, first: str) -> Iterator[None]:
    """Show on a terminal what the block waits for. Every line that is written replaces it."""
    if not streams.stderr_is_terminal or streams.dumb or streams.ci:
        yield
        return
    line = WaitingLine(streams, Working(first))
    with heard_by(line.hear), standard.clearing(line.aside, line.stop):
        line.start()
        try:
            yield
        finally:
            line.stop()
