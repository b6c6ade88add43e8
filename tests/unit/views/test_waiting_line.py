"""The line that says what the program waits for: when it is there, and when it is gone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.views import streams as standard
from edgerollout.views.ink import Line
from edgerollout.views.waiting_line import EVERY, WaitingLine, shown_while_waiting, waited_words
from edgerollout.waiting import (
    AwsAsked,
    PageToured,
    ReleaseRead,
    SiteAsked,
    Waited,
    Working,
    waits_for,
)

from .sample import Paper, papers

if TYPE_CHECKING:
    from edgerollout.views.streams import Streams

ERASE = "\r\x1b[2K"


def terminal() -> tuple[Paper, Streams]:
    _, err, streams = papers()
    return err, replace(streams, stderr_is_terminal=True, width=40)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (AwsAsked("cloudfront", "ListDistributions"), "reading distributions"),
        (AwsAsked("lambda", "UpdateFunctionCode"), "asking AWS: lambda UpdateFunctionCode"),
        (ReleaseRead(41), "reading release 41"),
        (SiteAsked("https://www.example.com/a?b"), "asking www.example.com"),
        (PageToured("https://www.example.com/a", 2, 7), "page 2 of 7: https://www.example.com/a"),
        (Working("starting"), "starting"),
    ],
)
def test_what_is_waited_for_in_words(what: Waited, words: str) -> None:
    assert waited_words(what) == words


def test_it_is_drawn_at_each_look_in_silence_and_makes_way_for_what_is_said() -> None:
    err, streams = terminal()
    line = WaitingLine(streams, Working("starting"))

    def drawn() -> int:
        return err.text.count("starting")

    with standard.clearing(line.aside, line.stop):
        line.look()
        assert (drawn(), EVERY) == (1, 0.1), "a tenth of a second after the start"
        streams.print_aside([Line("said")])
        assert err.text.endswith(f"{ERASE}said\n")
        line.look()
        assert drawn() == 1, "it does not flicker between two lines"
        for _ in range(5):
            line.look()
        assert drawn() == 6, "never more than once a look, and never silent for two"
        line.hear(ReleaseRead(41))
        line.look()
        assert "reading release 41" in err.text
        line.hear(None)
        line.look()
        assert err.text.endswith(ERASE), "a person is asked: the terminal is theirs"
    line.stop()
    line.look()
    assert err.text.endswith(ERASE)


def test_it_fits_into_a_line() -> None:
    err, streams = terminal()
    line = WaitingLine(streams, PageToured(f"https://www.example.com/{'a' * 90}", 1, 1))

    line.look()

    assert len(err.text.removeprefix(ERASE)) < 40


@pytest.mark.parametrize(
    "away", [{"stderr_is_terminal": False}, {"dumb": True}, {"ci": True}], ids=["a pipe", "dumb", "CI"]
)
def test_nobody_hears_where_nothing_can_be_redrawn(away: dict[str, bool]) -> None:
    err, streams = terminal()

    with shown_while_waiting(replace(streams, **away), "starting"):
        waits_for(ReleaseRead(41))

    assert err.text == ""
