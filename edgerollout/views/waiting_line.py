"""A line at the foot of the terminal that says what the program waits for, while it says nothing else."""

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
"""Seconds between two looks; it is drawn once a look at most."""

_SILENT = 2
"""Looks without any output after which it is drawn: it does not flicker between lines."""

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
    """What is waited for, in a few words."""
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
    """Draws the line on stderr, by a thread of its own between `start` and `stop`."""

    def __init__(self, streams: Streams, first: Waited) -> None:
        self._streams = streams
        self._what: Waited | None = first
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._silent = 1  # the first is soon
        self._looks = 0
        self._drawn = False

    def start(self) -> None:
        threading.Thread(target=self._look_on, name="waiting", daemon=True).start()

    def stop(self) -> None:
        """Take it off for good. Idempotent."""
        with self._lock:
            self._ended.set()
            self._erase()

    def hear(self, what: Waited | None) -> None:
        """What is waited for now; None: the terminal is somebody else's."""
        with self._lock:
            self._what = what
            if what is None:
                self._erase()

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """It is off the terminal inside."""
        with self._lock:
            self._erase()
            self._silent = 0
            yield

    def look(self) -> None:
        """Draw it, unless something was said just now."""
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
        except (OSError, ValueError):  # the terminal hung up
            self._ended.set()

    def _width(self) -> int:
        try:
            return os.get_terminal_size(self._streams.stderr.fileno()).columns or self._streams.columns
        except (OSError, ValueError):
            return self._streams.columns


@contextlib.contextmanager
def shown_while_waiting(streams: Streams, first: str) -> Iterator[None]:
    """Show at a terminal what is waited for inside; every line that is written meanwhile takes its place."""
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
