from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from edgerollout.release.facts.events import (
    CallRetried,
    RollbackStarted,
    StepFailed,
    StepFinished,
    StepKind,
    StepStarted,
)
from edgerollout.views.frame import frame
from edgerollout.views.glyphs import ASCII, TYPOGRAPHIC
from edgerollout.views.heading import ExpectedDistribution, Heading
from edgerollout.views.live import LiveView
from edgerollout.views.run_state import RunState
from tests.spelling import spell

from .sample import FAILING, HEADING, RUN, HandClock, papers

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.release.facts.events import Event
    from edgerollout.views.glyphs import Glyphs

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def _state(until: float, events: tuple[tuple[float, Event], ...] = RUN) -> RunState:
    state = RunState.of(HEADING)
    for at, event in events:
        if at <= until:
            state.apply(event, at)
    return state


def _frame(state: RunState, now: float, width: int, height: int = 25, glyphs: Glyphs = TYPOGRAPHIC) -> str:
    return "".join(f"{line.text}\n" for line in frame(state, now, width, height, glyphs))


def _heading(count: int) -> Heading:
    return Heading(
        "publish",
        "production",
        "123456789012",
        41,
        "new",
        tuple(
            ExpectedDistribution(f"E{number}", f"site-{number}.example.com", StepKind.INVALIDATE)
            for number in range(count)
        ),
    )


def _busy(count: int) -> RunState:
    """Many distributions, some done, some moving, one failed, some waiting, and all the extra lines."""
    state = RunState.of(_heading(count))
    for kind in (StepKind.UPDATE_CONFIGURATION, StepKind.UPDATE_CODE, StepKind.PUBLISH_VERSION):
        state.apply(StepStarted(kind, ""), 0.0)
        state.apply(StepFinished(kind, "42", 1.0), 1.0)
    for number in range(count):
        name = f"E{number}"
        if number % 4 == 0:
            state.apply(StepFinished(StepKind.INVALIDATE, "I1", 4.0, name), 5.0)
        elif number % 4 == 1:
            state.apply(StepStarted(StepKind.AWAIT_DEPLOYED, "", name), 5.0)
    state.apply(StepFailed(StepKind.SWAP_TRIGGERS, "denied", None, None, None, f"E{count - 1}"), 6.0)
    state.apply(CallRetried("cloudfront", "UpdateDistribution", "Throttling", 1, 2.0), 7.0)
    state.apply(RollbackStarted("wrong headers", 41), 7.0)
    return state


@pytest.mark.parametrize("width", [100, 40])
def test_frames_of_a_publish(width: int, golden: Callable[[str, str], None]) -> None:
    moments = (0.0, 3.6, 7.0, 20.0, 96.0, 113.0, 120.0)

    golden(
        f"live-{width}",
        "".join(f"--- {at}s\n{_frame(_state(at), at, width)}" for at in moments),
    )


@pytest.mark.parametrize("width", [100, 40])
def test_frames_of_twenty_distributions(width: int, golden: Callable[[str, str], None]) -> None:
    golden(f"live-twenty-{width}", _frame(_busy(20), 8.0, width))


@pytest.mark.parametrize("width", [200, 100, 60, 40, 20])
@pytest.mark.parametrize("count", [1, 3, 20, 500])
def test_a_frame_never_outgrows_the_terminal(count: int, width: int) -> None:
    lines = _frame(_busy(count), 8.0, width, height=24).splitlines()

    assert len(lines) <= 23, "one line is the cursor's"
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize("count", [1, 3, 20])
def test_rich_draws_a_frame_in_24_lines(count: int) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=40, height=24, color_system=None)
    _, _, streams = papers()
    clock = HandClock()
    view = LiveView(streams, _heading(count), clock, spell, console=console)
    view.start()
    for number in range(count):
        view.handle(StepStarted(StepKind.AWAIT_DEPLOYED, "", f"E{number}"))
    view.stop()

    frames = re.split(r"\x1b\[\?25[lh]|\x1b\[2K", screen.getvalue())
    assert max(_ESCAPES.sub("", frame).count("\n") for frame in frames) <= 24


def test_failed_and_moving_rows_are_shown_before_those_that_are_done_or_wait() -> None:
    text = _frame(_busy(20), 8.0, 100, height=14)

    assert "site-19.example.com" in text
    assert all(f"site-{number}.example.com" in text for number in (1, 5, 9, 13, 17))
    assert "more: " in text
    assert "5 done, 7 waiting" in text


def test_elapsed_seconds_and_the_spinner_move_without_an_event() -> None:
    state = _state(20.0)

    assert "13s" in _frame(state, 20.0, 100)
    assert "18s" in _frame(state, 25.0, 100)
    assert len({_frame(state, 20.0 + tenth / 10, 100) for tenth in range(10)}) == 10


def test_a_retry_counts_down_and_goes_away() -> None:
    state = _state(6.4)

    assert "again in 1.0s" in _frame(state, 6.9, 100)
    assert "tried again" in _frame(state, 9.0, 100)
    assert "Throttling" not in _frame(state, 13.0, 100)


def test_a_poor_terminal_gets_ascii() -> None:
    assert _frame(_busy(20), 8.0, 100, glyphs=ASCII).isascii()


def _watched(events: tuple[tuple[float, Event], ...]) -> str:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100, height=24, color_system=None)
    _, _, streams = papers()
    clock = HandClock()
    view = LiveView(streams, HEADING, clock, spell, console=console)
    view.start()
    for at, event in events:
        clock.seconds = at
        view.handle(event)
    view.stop()
    view.stop()
    return screen.getvalue()


def test_the_frame_gives_way_to_the_last_words() -> None:
    screen = _watched(RUN)

    last = screen.rpartition("\x1b[2K")[2]
    assert _ESCAPES.sub("", last).strip().splitlines() == [
        "✔ www.staging.example.com     completed",
        "  ✔ assets.staging.example.com  completed",
        "    2m 11s · 23 AWS calls · in the sandbox, AWS was not touched",
        "",
        "✔ release 42 is live in staging (before: release 41) · CSP report-only: blocks nothing yet",
        "  · 1 URL verified",
        "next: edgerollout tour -e staging",
        "undo: edgerollout rollback -e staging --from 42",
    ]


def test_failures_and_notices_stay_on_the_screen_above_the_frame() -> None:
    assert "! assets.staging.example.com: warning: another change to this" in _ESCAPES.sub("", _watched(RUN))
    failing = _ESCAPES.sub("", _watched(FAILING))
    assert (
        "✖ www.staging.example.com: update behaviors failed: UpdateDistribution failed: AccessDenied"
        in failing
    )
    assert "✖ rolling back to release 41" in failing


def test_a_run_that_ends_without_an_outcome_leaves_its_last_frame() -> None:
    last = _watched(RUN[:20]).rpartition("\x1b[2K")[2]

    assert "www.staging.example.com" in last
    assert "await Deployed" in last
