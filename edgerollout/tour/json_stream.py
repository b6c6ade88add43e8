"""Reads JSON values from a stream of any length: lines, arrays, objects in sequence, garbage between them."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import re
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 1 << 18
"""Bytes that are read at once."""

LARGEST = 1 << 20
"""The most characters of a value. A report has a few thousand."""

_BETWEEN = re.compile(r"[\s,\[\]\ufeff\x1e]*")
_LINE_END = re.compile(r"[\r\n]")
_NEAR_END = 16
"""An error so near to the end of the read text may come from a word that was cut in two."""


@dataclass(frozen=True)
class Garbage:
    """Text that is not a JSON object, up to the end of its line."""

    start: str
    """Its start, at most 80 characters."""


@dataclass(frozen=True)
class CutShort:
    """The stream ended before its end: a damaged or incomplete gzip."""

    why: str


def objects_in(stream: IO[bytes]) -> Iterator[dict[str, object] | Garbage | CutShort]:
    """Every JSON object of the stream, at the top level or in arrays there, in constant memory; gzip is
    unpacked.

    Brackets and commas between objects are ignored, so an incomplete array is read as far as it goes.
    """
    decoder = json.JSONDecoder()
    text, at, ended = "", 0, False
    source = _text(stream)
    while True:
        match = _BETWEEN.match(text, at)
        at = at if match is None else match.end()
        found = _next(decoder, text, at, ended=ended) if at < len(text) else None
        if found is not None:
            value, at = found
            yield value
        elif ended:
            return
        elif isinstance(piece := next(source, None), str):
            text, at = text[at:] + piece, 0
        elif piece is None:
            ended = True
        else:
            yield piece


def _next(
    decoder: json.JSONDecoder, text: str, at: int, *, ended: bool
) -> tuple[dict[str, object] | Garbage, int] | None:
    """The object at `at` and where it ends, or garbage and where its line ends; None: read more first."""
    try:
        value, after = decoder.raw_decode(text, at)
    except json.JSONDecodeError as error:
        whole = ended or len(text) - at > LARGEST
        # A string without its end may get it from the next text; any other error stays an error.
        unended = error.msg.startswith("Unterminated") or error.pos > len(text) - _NEAR_END
        if not whole and unended:
            return None
    except (RecursionError, ValueError):
        # Very deep nesting, or a number with thousands of digits.
        pass
    else:
        if isinstance(value, dict):
            return cast("dict[str, object]", value), after
    end = _LINE_END.search(text, at)
    if end is None and not ended and len(text) - at <= LARGEST:
        return None
    return Garbage(_LINE_END.split(text[at : at + 80])[0].rstrip()), len(text) if end is None else end.end()


def _text(stream: IO[bytes]) -> Iterator[str | CutShort]:
    """The stream as text, unpacked if necessary; bytes that are not UTF-8 become U+FFFD."""
    buffered = io.BufferedReader(cast("io.RawIOBase", stream), CHUNK)
    packed = buffered.peek(2)[:2] == b"\x1f\x8b"
    source = gzip.GzipFile(fileobj=buffered) if packed else buffered
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    try:
        # `read` would lose the text before the place where a gzip is damaged.
        while piece := source.read1(CHUNK):
            yield decoder.decode(piece)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        yield CutShort(str(error) or "the gzip is damaged")
    finally:
        # Otherwise the garbage collector would close the caller's stream together with the buffer.
        buffered.detach()
    yield decoder.decode(b"", final=True)
