"""The line of a file that a problem is about, without what may be a secret."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from edgerollout.errors import Excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from edgerollout.config.locate import Span

MASK = "***"

_SECRET_KEY = re.compile(
    r"(?i)(?:secret|passw|pwd|token|credential|authorization|cookie|api[_-]?key|access[_-]?key|private[_-]?key)"
    r"[\w-]*[\"']?\s*=\s*(?P<hidden>.+)"
)
_USER_IN_URL = re.compile(r"//(?P<hidden>[^/\s\"'@]+)@")


class Excerpts:
    """The lines of a text, without what may be a secret.

    Masked: the `hidden` parts of a line, what follows a key that sounds like a secret, and the user in a
    URL. No setting of edgerollout is secret, but people may type one by mistake.
    """

    def __init__(self, text: str, hidden: Mapping[int, Iterable[Span]] | None = None) -> None:
        self._lines = text.split("\n")
        self._starts = list(accumulate((len(line) + 1 for line in self._lines), initial=0))
        self._hidden = hidden or {}
        self._masked: dict[int, _MaskedLine] = {}

    def at(self, number: int, span: Span) -> Excerpt:
        """Line `number` (from 1), where `span` begins; the mark ends with that line."""
        if number not in self._masked:
            self._masked[number] = self._mask(number)
        line, first = self._masked[number], self._starts[number - 1]
        start, end = (min(max(at - first, 0), len(self._lines[number - 1])) for at in span)
        start, end = line.moved(start), line.moved(end, inside=len(MASK))
        return Excerpt(line.text, start, max(end, start + 1))

    def column(self, number: int, at: int) -> int:
        """The column, counted from 1, of a character of the text on line `number`."""
        return at - self._starts[number - 1] + 1

    def _mask(self, number: int) -> _MaskedLine:
        line, first = self._lines[number - 1], self._starts[number - 1]
        hidden = self._hidden.get(number, ())
        spans = [(max(begin - first, 0), min(stop - first, len(line))) for begin, stop in hidden]
        for pattern in (_SECRET_KEY, _USER_IN_URL):
            spans += [found.span("hidden") for found in pattern.finditer(line)]
        return _MaskedLine(line, _joined(span for span in spans if span[0] < span[1]))


class _MaskedLine:
    """A line with masks in it, and the new positions of its characters."""

    def __init__(self, line: str, masks: Sequence[Span]) -> None:
        """`masks` are in order and do not touch."""
        self._begins = [begin for begin, _ in masks]
        self._stops = [stop for _, stop in masks]
        self._shifts = list(accumulate((len(MASK) - (stop - begin) for begin, stop in masks), initial=0))
        starts = (0, *self._stops)
        ends = (*self._begins, len(line))
        self.text = MASK.join(line[start:end] for start, end in zip(starts, ends, strict=True))

    def moved(self, at: int, inside: int = 0) -> int:
        """The new position of a character; for a masked one, `inside` characters into its mask."""
        before = bisect_right(self._stops, at)
        if before < len(self._begins) and self._begins[before] < at:
            return self._begins[before] + self._shifts[before] + inside
        return at + self._shifts[before]


def without_user(url: str) -> str:
    """A URL for a message: a user and password in it are masked."""
    return _USER_IN_URL.sub(f"//{MASK}@", url)


def _joined(spans: Iterable[Span]) -> list[Span]:
    """The spans in order; touching ones are joined."""
    joined: list[Span] = []
    for begin, stop in sorted(spans):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(stop, joined[-1][1]))
        else:
            joined.append((begin, stop))
    return joined
