from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgerollout.policy.headers import Header
from edgerollout.views.build import build_document
from edgerollout.views.output.build import build_json
from edgerollout.views.output.encoder import json_text
from tests.json_output import parsed

from .drawing import markdown_of, text_of
from .sample import AFTER, BEFORE

if TYPE_CHECKING:
    from collections.abc import Callable

_BUNDLE = bytes(range(256)) * 20


def _text(width: int) -> str:
    return text_of(build_document(AFTER, _BUNDLE, Path("bundle.zip")), width)


@pytest.mark.parametrize("width", [100, 40])
def test_a_bundle_is_text(width: int, golden: Callable[[str, str], None]) -> None:
    golden(f"build-{width}", _text(width))


def test_a_bundle_is_markdown(golden: Callable[[str, str], None]) -> None:
    golden("build-markdown", markdown_of(build_document(AFTER, _BUNDLE, None)))


def test_a_bundle_is_a_json_document(golden: Callable[[str, str], None]) -> None:
    golden("build-json", json_text(build_json(AFTER, _BUNDLE, Path("bundle.zip"))))


def test_a_bundle_that_was_not_written_says_how_to_write_it() -> None:
    assert "--out FILE" in text_of(build_document(AFTER, _BUNDLE, None))
    assert parsed(json_text(build_json(AFTER, _BUNDLE, None)))["bundle"]["file"] is None


def test_a_header_that_gives_way_says_so_in_every_format() -> None:
    text = " ".join(_text(100).split())
    assert "Referrer-Policy strict-origin-when-cross-origin (unless the origin sends its own)" in text
    markdown = markdown_of(build_document(AFTER, _BUNDLE, None))
    assert "`strict-origin-when-cross-origin` (unless the origin" in markdown
    assert "referrer-policy" in parsed(json_text(build_json(AFTER, _BUNDLE, None)))["response"]["keep"]


def test_a_value_brings_no_markup_and_no_control_characters() -> None:
    odd = replace(BEFORE, headers=(Header("x-odd", "a | b ` c \x1b[31m"),))

    assert r"`` a | b ` c \u001b[31m ``" in markdown_of(build_document(odd, b"", None))
    assert "\x1b" not in text_of(build_document(odd, b"", None))


def test_a_release_without_headers_says_so() -> None:
    empty = replace(BEFORE, headers=(), enforced=None)

    assert "no header of edgerollout" in text_of(build_document(empty, b"", None))
