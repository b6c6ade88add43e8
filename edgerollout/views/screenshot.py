"""Makes screenshots small enough for a report: it keeps the top of the page, pixel by pixel."""

from __future__ import annotations

import base64
import struct
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = struct.Struct(">IIBBBBB")
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples per pixel for each PNG color type (PNG §11.2.1)."""
_WIDEST, _HIGHEST = 8192, 65536
_LEAST_ROWS = 120


@dataclass(frozen=True)
class Picture:
    """A PNG and its size in pixels."""

    png: bytes = field(repr=False)
    width: int
    height: int

    @property
    def data_url(self) -> str:
        return "data:image/png;base64," + base64.b64encode(self.png).decode("ascii")


def cropped(png: bytes, *, most_bytes: int, tallness: float = 0.75, least_rows: int = 0) -> Picture | None:
    """The top of a screenshot: `tallness` times as high as wide, or `least_rows` if that is more, in at most
    `most_bytes`.

    A row of a PNG depends only on the rows above it, so the kept rows are copied. None if the PNG is damaged,
    interlaced or huge, or does not fit even with very few rows.
    """
    try:
        chunks = dict(_chunks(png))
        width, height, depth, colour, _, _, interlaced = _HEADER.unpack(chunks[b"IHDR"])
        bits = width * depth * _SAMPLES[colour]
        if interlaced or not (0 < width <= _WIDEST and 0 < height <= _HIGHEST):
            return None
        stride = 1 + (bits + 7) // 8
        rows = min(height, max(_LEAST_ROWS, round(width * tallness), least_rows))
        # Unpack only what is needed: a screenshot may be 60,000 pixels high.
        pixels = zlib.decompressobj().decompress(chunks[b"IDAT"], rows * stride)
    except (KeyError, ValueError, struct.error, zlib.error):
        return None
    if len(pixels) < rows * stride:
        return None
    while True:
        smaller = _png(chunks, width, rows, pixels[: rows * stride])
        if len(smaller) <= most_bytes:
            return Picture(smaller, width, rows)
        if rows <= _LEAST_ROWS:
            return None
        rows = max(_LEAST_ROWS, min(rows * 3 // 4, rows * most_bytes // len(smaller)))


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each kind of chunk once, with the parts of the image data joined. Raises ValueError if it is no PNG."""

    if not png.startswith(_SIGNATURE):
        raise ValueError("no PNG")
    data = bytearray()
    at = len(_SIGNATURE)
    while at + 8 <= len(png):
        size, kind = struct.unpack_from(">I4s", png, at)
        content = png[at + 8 : at + 8 + size]
        if kind == b"IDAT":
            data += content
        else:
            yield kind, content
        at += 12 + size
    yield b"IDAT", bytes(data)


def _png(chunks: dict[bytes, bytes], width: int, rows: int, pixels: bytes) -> bytes:
    header = _HEADER.pack(width, rows, *chunks[b"IHDR"][8:13])
    kept = [(kind, chunks[kind]) for kind in (b"PLTE", b"tRNS") if kind in chunks]
    parts = [(b"IHDR", header), *kept, (b"IDAT", zlib.compress(pixels)), (b"IEND", b"")]
    return _SIGNATURE + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in parts
    )
