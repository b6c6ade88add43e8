"""Reads the head of an HTTP/1 answer as browsers do, where http.client differs.

- 103 Early Hints and the like are not the answer (RFC 9110 §15.2); http.client knows only 100.
- `Name : value` is a header, and an invalid line is skipped. http.client ends the headers there.
"""

from __future__ import annotations

import http.client
import re
from typing import IO, Any

_SPACED = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]+:")
_HEADER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:|[ \t]|\r?\n?\Z")
_MOST_SKIPPED = 100
_SHOWN = 60


class Reply(http.client.HTTPResponse):
    """An answer. `odd` gets a sentence for every malformed line of its head."""

    def __init__(self, *given: Any, odd: list[str], **named: Any) -> None:
        super().__init__(*given, **named)
        self._odd = odd

    def begin(self) -> None:
        """Read the head of the final answer. Raises http.client's exceptions."""
        whole = self.fp
        self.fp = _Head(whole, self._odd)  # type: ignore[assignment]
        try:
            super().begin()
            while 100 <= self.status < 200 and self.status != http.client.SWITCHING_PROTOCOLS:
                # http.client does not read headers that are already set.
                self.headers = self.msg = None  # type: ignore[assignment]
                super().begin()
        finally:
            if self.fp is not None:
                self.fp = whole


class _Head:
    """The lines of one head after another: a status line, headers, an empty line."""

    def __init__(self, file: IO[bytes], odd: list[str]) -> None:
        self._file = file
        self._odd = odd
        self._skipped = 0
        self._in_headers = False

    def close(self) -> None:
        self._file.close()

    def readline(self, limit: int) -> bytes:
        while True:
            line = self._file.readline(limit)
            if not self._in_headers:
                self._in_headers = True
                return line
            if _HEADER.match(line):
                self._in_headers = bool(line.strip(b"\r\n"))
                return line
            if len(line) >= limit:
                return line  # http.client says that it is too long
            if (spaced := _SPACED.match(line)) is not None:
                name = spaced[1].decode()
                self._odd.append(
                    f"{name} has a space before its colon: browsers accept it, other programs may refuse the"
                    " answer"
                )
                return spaced[1] + b":" + line[spaced.end() :]
            self._skipped += 1
            if self._skipped > _MOST_SKIPPED:
                raise http.client.HTTPException(f"more than {_MOST_SKIPPED} lines among the headers are none")
            shown = line.strip().decode("ascii", "replace")[:_SHOWN]
            self._odd.append(f"a line among the headers is not a header, and browsers skip it: {shown!r}")
