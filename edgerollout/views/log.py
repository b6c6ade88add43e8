"""An acting run as a log on stderr, for pipes and CI: one line a change, a heartbeat while one waits.

Some CI systems end a job that is silent for ten minutes, and a propagation may take that long; so a
step that reports progress without a change says so, at most every 30 seconds.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from edgerollout.release.events import (
    CallRetried,
    Noticed,
    Outcome,
    RollbackStarted,
    StepFailed,
    StepFinished,
    StepProgressed,
    StepStarted,
)
from edgerollout.views.ink import Line, Style, visible
from edgerollout.views.outcome import outcome_lines
from edgerollout.views.wording import duration_words, result_words, step_words

if TYPE_CHECKING:
    from edgerollout.clock import Clock
    from edgerollout.release.events import Event, StepKind
    from edgerollout.views.heading import Heading
    from edgerollout.views.streams import Streams

HEARTBEAT = 30.0
"""Seconds between two lines of a step that waits without a change."""


@dataclass
class _Waiting:
    """What was last said of a step under way: its status, and when (monotonic seconds)."""

    status: str | None
    said: float


class LogView:
    """Writes a line per change, stamped with the seconds since the start. Safe to call from several threads.

    `quiet` leaves failures, warnings, a rollback and the outcome.
    """

    def __init__(self, streams: Streams, heading: Heading, clock: Clock, *, quiet: bool = False) -> None:
        self._streams = streams
        self._heading = heading
        self._clock = clock
        self._quiet = quiet
        self._glyphs = streams.stderr_glyphs
        self._began = clock.monotonic()
        self._waiting: dict[tuple[StepKind, str | None], _Waiting] = {}
        self._lock = threading.Lock()

    def start(self) -> None:
        """Write what the run is about; time counts from here."""
        with self._lock:
            self._began = self._clock.monotonic()
            if not self._quiet:
                self._say(f" {self._glyphs.dot} ".join(self._heading.parts(self._glyphs)), Style.STRONG)

    def handle(self, event: Event) -> None:
        """Write what the event changes; nothing when it changes nothing."""
        with self._lock:
            self._handle(event)

    def stop(self) -> None:
        """Nothing is held back, so there is nothing to do."""

    def _handle(self, event: Event) -> None:
        match event:
            case StepStarted():
                now = self._clock.monotonic()
                self._waiting[event.step, event.distribution] = _Waiting(None, now)
                known = event.detail == self._heading.name_of(event.distribution)
                detail = "" if known or not event.detail else f": {visible(event.detail)}"
                self._step(event, f"{step_words(event.step)}{detail}")
            case StepProgressed():
                self._progressed(event)
            case StepFinished():
                self._waiting.pop((event.step, event.distribution), None)
                came = result_words(event.step, visible(event.detail)) if event.detail else ""
                detail = f", {came}" if came else ""
                took = duration_words(event.elapsed)
                self._step(
                    event, f"{step_words(event.step)} done in {took}{detail}", self._glyphs.done, Style.ADDED
                )
            case StepFailed():
                self._waiting.pop((event.step, event.distribution), None)
                self._say(
                    f"{self._glyphs.failed} {self._where(event.distribution)}{failure_words(event)}",
                    Style.BAD,
                )
            case CallRetried():
                if not self._quiet:
                    self._say(f"{self._glyphs.retry} {retry_words(event)}", Style.MUTED)
            case RollbackStarted():
                self._say(f"{self._glyphs.failed} {rollback_words(event)}", Style.BAD)
            case Noticed():
                self._noticed(event)
            case Outcome():
                for line in outcome_lines(event, self._glyphs):
                    self._streams.print_aside((line,))
            case _:
                assert_never(event)

    def _progressed(self, event: StepProgressed) -> None:
        now = self._clock.monotonic()
        waiting = self._waiting.setdefault((event.step, event.distribution), _Waiting(None, now))
        status = visible(event.status)
        if status != waiting.status:
            words = f"{step_words(event.step)}: {status}"
        elif now - waiting.said >= HEARTBEAT:
            words = f"{step_words(event.step)}: still {status} after {duration_words(event.elapsed)}"
        else:
            return
        waiting.status, waiting.said = status, now
        self._step(event, words)

    def _noticed(self, event: Noticed) -> None:
        warning = event.severity == "warning"
        if self._quiet and not warning:
            return
        sign = self._glyphs.warning if warning else self._glyphs.note
        where = self._where(event.distribution)
        style = Style.WARNING if warning else Style.PLAIN
        self._say(f"{sign} {where}{event.severity}: {visible(event.message)}", style)

    def _step(
        self,
        event: StepStarted | StepProgressed | StepFinished,
        words: str,
        sign: str = " ",
        style: Style = Style.PLAIN,
    ) -> None:
        if not self._quiet:
            self._say(f"{sign} {self._where(event.distribution)}{words}", style)

    def _where(self, distribution: str | None) -> str:
        name = self._heading.name_of(distribution)
        return "" if name is None else f"{name}: "

    def _say(self, text: str, style: Style) -> None:
        since = self._clock.monotonic() - self._began
        self._streams.print_aside((Line(f"[{since:7.1f}s] {text}", style, hang=13),))


def failure_words(event: StepFailed) -> str:
    """What failed, why, and what to do next, as one line."""
    why = "" if event.why is None else f": {visible(event.why)}"
    hint = "" if event.hint is None else f" (next: {visible(event.hint)})"
    return f"{step_words(event.step)} failed: {visible(event.what)}{why}{hint}"


def retry_words(event: CallRetried) -> str:
    """Which call is tried again, after what and when."""
    return (
        f"{event.service}:{event.operation} answered {visible(event.code)},"
        f" attempt {event.attempt} failed, next in {duration_words(event.wait)}"
    )


def rollback_words(event: RollbackStarted) -> str:
    """Why the run takes back what it did, and to where."""
    target = (
        "the triggers from before our first release"
        if event.to_release is None
        else f"release {event.to_release}"
    )
    return f"rolling back to {target}: {visible(event.why)}"
