from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.views.screenshot import cropped
from tests.unit.views.tours import png


def _size(content: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", content, 16)
    return width, height


def _pixels(content: bytes) -> bytes:
    at, data = 8, b""
    while at < len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        data += content[at + 8 : at + 8 + size] if kind == b"IDAT" else b""
        assert struct.unpack_from(">I", content, at + 8 + size)[0] == zlib.crc32(
            content[at + 4 : at + 8 + size]
        )
        at += 12 + size
    return zlib.decompress(data)


def test_a_tall_page_is_cut_to_its_top() -> None:
    whole = png(400, 1000)

    top = cropped(whole, most_bytes=1_000_000)

    assert top is not None
    assert (top.width, top.height) == (400, 300) == _size(top.png)
    assert _pixels(top.png) == _pixels(whole)[: 300 * (1 + 400 * 3)]


def test_a_small_page_stays_whole() -> None:
    top = cropped(png(400, 200), most_bytes=1_000_000)

    assert top is not None
    assert (top.width, top.height) == (400, 200)


def test_a_picture_that_is_too_large_loses_more_of_its_end() -> None:
    top = cropped(png(400, 1000, noise=True), most_bytes=200_000)

    assert top is not None
    assert top.height < 300
    assert len(top.png) <= 200_000


def test_a_picture_that_never_fits_is_left_out() -> None:
    assert cropped(png(400, 1000, noise=True), most_bytes=20_000) is None


def test_no_more_of_a_page_is_unpacked_than_is_kept() -> None:
    """A page of 60,000 rows is 240 MB of pixels, in a few KB of PNG."""
    whole = png(1000, 10)
    rows = zlib.compress(bytes(1 + 1000 * 3) * 60_000, 1)
    huge = (
        whole[:16]
        + struct.pack(">II", 1000, 60_000)
        + whole[24:33]
        + struct.pack(">I", len(rows)) + b"IDAT" + rows + bytes(4)
    )  # fmt: skip

    top = cropped(huge, most_bytes=100_000)

    assert top is not None
    assert top.height == 750


@pytest.mark.parametrize("cut", [0, 4, 20, 40, 60])
def test_a_damaged_picture_is_left_out(cut: int) -> None:
    assert cropped(png(400, 200)[:cut], most_bytes=100_000) is None


@given(st.binary(max_size=200))
def test_whatever_is_no_picture_is_left_out(junk: bytes) -> None:
    assert cropped(junk, most_bytes=100_000) is None
    assert cropped(b"\x89PNG\r\n\x1a\n" + junk, most_bytes=100_000) is None
