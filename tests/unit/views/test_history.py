from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from edgerollout.release.facts.ledger import LedgerLine
from edgerollout.release.status.history import CarriedBy, History, PastRelease, Publisher
from edgerollout.views.glyphs import ASCII
from edgerollout.views.history import history_document
from edgerollout.views.output.encoder import json_text
from edgerollout.views.output.history import history_json

from .drawing import markdown_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 3, 14, 16, 5, 0, tzinfo=UTC)
LINE = LedgerLine(
    "production", "9f86d081884c7d65", "2c26b46b68ffc68f", "60303ae22b998861", "fd61a03af4f77d87", 41,
    commit="0d1b8bdbd9a9",
)  # fmt: skip
WWW = CarriedBy("E1WWWEXAMPLE", "www.example.com", 5, own=True)
ASSETS = CarriedBy("E2ASSETSEXAM", "assets.example.com", 1, own=True)
OLD_SITE = CarriedBy("E9OLDEXAMPLE", "old.example.com", 2, own=False)

LIVE = History(
    environment="production",
    account="123456789012",
    function="security-headers-production",
    exists=True,
    releases=(
        PastRelease(43, datetime(2026, 3, 14, 15, 20, tzinfo=UTC), Publisher.US,
                    replace(LINE, previous=42, enforced="fd61a03af4f77d87", report_only=None),
                    withdrawn=True),
        PastRelease(42, datetime(2026, 3, 12, 9, 28, tzinfo=UTC), Publisher.US, LINE, places=(WWW, ASSETS)),
        PastRelease(41, datetime(2026, 3, 1, 9, 28, tzinfo=UTC), Publisher.US,
                    replace(LINE, previous=None, report_only=None, overrides=("soak", "tour"), commit=None),
                    places=(OLD_SITE,)),
        PastRelease(40, datetime(2026, 2, 1, tzinfo=UTC), Publisher.LATER, None),
        PastRelease(39, datetime(2025, 12, 1, tzinfo=UTC), Publisher.OTHER, None),
    ),
    older=38,
    marks_known=True,
)  # fmt: skip
NOTHING = replace(LIVE, exists=False, releases=(), older=0)
UNTAGGED = replace(
    LIVE,
    marks_known=False,
    older=0,
    releases=(
        PastRelease(1, NOW, Publisher.US, LedgerLine("staging", "9f86d081884c7d65")),
    ),
)  # fmt: skip
HISTORIES = {"live": LIVE, "nothing": NOTHING, "untagged": UNTAGGED}


def _text(history: History, width: int) -> str:
    return text_of(history_document(history, NOW), width)


def _markdown(history: History) -> str:
    return markdown_of(history_document(history, NOW))


@pytest.mark.parametrize("width", [80, 40])
@pytest.mark.parametrize("name", HISTORIES)
def test_a_history_is_text(name: str, width: int, golden: Callable[[str, str], None]) -> None:
    text = _text(HISTORIES[name], width)

    golden(f"history-{name}-{width}", text)
    assert [line for line in text.splitlines() if len(line) > width] == []


@pytest.mark.parametrize("name", HISTORIES)
def test_a_history_is_markdown(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"history-{name}-markdown", _markdown(HISTORIES[name]))


@pytest.mark.parametrize("name", HISTORIES)
def test_a_history_is_a_json_document(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"history-{name}-json", json_text(history_json(HISTORIES[name])))


def test_an_unknown_mark_is_null_not_false() -> None:
    assert history_json(UNTAGGED).releases[0].withdrawn is None


def test_names_from_aws_bring_no_markup_and_no_control_characters() -> None:
    evil = replace(LINE, commit="\x1b[2J|<b>", overrides=("\x1b[31m",), environment="# x\n")
    place = replace(WWW, name="\x1b]0;x\x07|a")
    history = replace(LIVE, releases=(PastRelease(1, NOW, Publisher.US, evil, places=(place,)),))

    assert "\x1b" not in _text(history, 80) + _markdown(history)
    assert "<b>" not in _markdown(history).replace("\\<b\\>", "")


def test_an_ascii_stream_gets_an_ascii_history() -> None:
    for history in HISTORIES.values():
        assert text_of(history_document(history, NOW), 80, ASCII).isascii()
