"""An acting run on a terminal: a frame on stderr that is redrawn while the engine waits for AWS.

Failures, notices and a rollback must not get lost: they are printed above the frame and stay. At the end of
the run the outcome replaces the frame.
"""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, TextIO, cast

from edgerollout.release.facts.events import (
    CallRetried,
    Outcome,
    RollbackStarted,
    StepFailed,
    StepFinished,
    StepProgressed,
    StepStarted,
)
from edgerollout.views.frame import frame
from edgerollout.views.ink import Line, Style, wrapped
from edgerollout.views.narration import failure_lines, remark_lines, rollback_lines
from edgerollout.views.outcome import outcome_lines
from edgerollout.views.run_state import RunState
from edgerollout.views.streams import leave_terminal, write

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    from edgerollout.advice import Spell
    from edgerollout.clock import Clock
    from edgerollout.release.facts.events import Event
    from edgerollout.views.heading import Heading
    from edgerollout.views.streams import Streams

_REFRESHES_PER_SECOND = 8.0


class LiveView:
    """Draws the run; rich refreshes it from its own thread. `handle` may be called from any thread.

    Each refresh draws everything again, so elapsed seconds and the spinner move between events, too.
    """

    def __init__(
        self,
        streams: Streams,
        heading: Heading,
        clock: Clock,
        spell: Spell,
        *,
        console: Console | None = None,
    ) -> None:
        self._streams = streams
        self._heading = heading
        self._clock = clock
        self._spell = spell
        self._glyphs = streams.stderr_glyphs
        self._state = RunState.of(heading)
        self._console = console
        self._live: Live | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Show the first frame."""
        from rich.live import Live

        leave_terminal()
        if self._console is None:
            self._console = _console(self._streams)
        self._live = Live(
            console=self._console,
            get_renderable=self._draw,
            refresh_per_second=_REFRESHES_PER_SECOND,
            transient=True,
            # Other output of the process is data for a file or a pipe: rich must not redirect it.
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()

    def handle(self, event: Event) -> None:
        """Take an event. Lines that must stay on the screen are printed at once."""
        with self._lock:
            self._state.apply(event, self._clock.monotonic())
        match event:
            case StepFailed():
                self._print(failure_lines(event, self._glyphs, self._spell, self._where))
            case RollbackStarted():
                self._print(rollback_lines(event, self._glyphs, self._spell))
            case StepStarted() | StepProgressed() | StepFinished() | CallRetried() | Outcome():
                pass  # the next refresh, or `stop`, shows it
            case _:
                lines = tuple(remark_lines(event, self._glyphs, self._spell, self._where))
                # The frame shows what was rolled back.
                if lines and lines[0].style is not Style.ADDED:
                    self._print(lines)

    def stop(self) -> None:
        """Replace the frame with the outcome; without one, leave the last frame. May be called twice."""
        live, self._live = self._live, None
        if live is None:
            return
        live.stop()
        outcome = self._state.outcome
        if outcome is None:
            self._print(self._lines())
        else:
            width = 80 if self._console is None else self._console.width
            self._print(outcome_lines(outcome, width, self._glyphs, self._spell))

    def _draw(self) -> Text:
        return _text(self._lines(), colour=self._streams.stderr_colour)

    def _lines(self) -> tuple[Line, ...]:
        width, height = (80, 24) if self._console is None else self._console.size
        with self._lock:
            return frame(self._state, self._clock.monotonic(), width, height, self._glyphs)

    def _print(self, lines: Iterable[Line]) -> None:
        if self._console is not None:
            fitting = wrapped(lines, self._console.width)
            self._console.print(_text(fitting, colour=self._streams.stderr_colour), soft_wrap=True)

    def _where(self, distribution: str | None) -> str:
        name = self._heading.name_of(distribution)
        return "" if name is None else f"{name}: "


class _Unwatched(io.TextIOBase):
    """A terminal that may close during the run. The rollout must go on, although rich would fail."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        write(self._stream, text)
        return len(text)


def _console(streams: Streams) -> Console:
    from rich.console import Console

    return Console(
        # rich needs only `write` and `flush` of a text stream.
        file=cast("TextIO", _Unwatched(streams.stderr)),
        force_terminal=True,
        no_color=not streams.stderr_colour,
        highlight=False,
        emoji=False,
        markup=False,
    )


def _text(lines: Iterable[Line], *, colour: bool) -> Text:
    from rich.text import Text

    text = Text(no_wrap=True, overflow="ignore", end="")
    for number, line in enumerate(lines):
        text.append("\n" if number else "")
        text.append(line.text, style=line.style.rich_style if colour else "")
    text.end = "\n"
    return text
