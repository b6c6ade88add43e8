"""An acting run line by line: a line for each change, and a heartbeat while nothing changes.

Some CI systems stop a job that prints nothing for ten minutes, and propagation may take that long. So after
30 seconds without a line, a single line says what the run waits for, even with many distributions.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, assert_never

from edgerollout.advice import spelled
from edgerollout.policy.severity import Severity
from edgerollout.release.facts.events import (
    AdvanceChosen,
    AdvanceStep,
    CallRetried,
    GateJudged,
    Noticed,
    Outcome,
    RollbackStarted,
    StepFailed,
    StepFinished,
    StepProgressed,
    StepStarted,
    VersionFate,
    VersionJudged,
)
from edgerollout.views.hint_lines import hint_lines
from edgerollout.views.ink import Line, Style, visible
from edgerollout.views.wording import (
    count_words,
    duration_words,
    result_words,
    size_words,
    step_words,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from edgerollout.advice import Hint, Spell
    from edgerollout.release.facts.events import Event, Remark, StepKind
    from edgerollout.views.glyphs import Glyphs
    from edgerollout.views.heading import Heading

HEARTBEAT = 30.0
"""Seconds without output after which a line says that the run still waits."""

_STAMP = len("[   98.0s] ")

_EXPECTED = "InProgress"
"""CloudFront's and Lambda's status for work that has started. Its first report is not news."""


@dataclass
class _UnderWay:
    """A step that has started: when (monotonic seconds), and its last known status."""

    began: float
    status: str | None = None


class Narration:
    """The lines of a run, each with the seconds since the start. Times are monotonic seconds.

    With `quiet` only failures, warnings and a rollback are shown.
    """

    def __init__(
        self, heading: Heading | None, glyphs: Glyphs, spell: Spell, began: float, *, quiet: bool = False
    ) -> None:
        self.heading = heading
        self._glyphs = glyphs
        self._spell = spell
        self._quiet = quiet
        self._began = self._said = began
        self._under_way: dict[tuple[StepKind, str | None], _UnderWay] = {}

    def opening(self, now: float) -> Iterator[Line]:
        """The heading of the run."""
        if self.heading is not None and not self._quiet:
            parts = self.heading.parts(self._glyphs)
            yield self._line(f" {self._glyphs.dot} ".join(parts), Style.STRONG, now)

    def lines(self, event: Event, now: float) -> Iterator[Line]:
        """Lines that say what an event at `now` changes; none if it changes nothing."""
        match event:
            case StepStarted():
                self._under_way[event.step, event.distribution] = _UnderWay(now)
                known = event.detail == self.name_of(event.distribution)
                detail = "" if known or not event.detail else f": {visible(event.detail)}"
                yield from self._step(event, f"{step_words(event.step)}{detail}", now)
            case StepProgressed():
                yield from self._progressed(event, now)
            case StepFinished():
                self._under_way.pop((event.step, event.distribution), None)
                came = result_words(event.step, visible(event.detail)) if event.detail else ""
                words = f"{step_words(event.step)} done in {duration_words(event.elapsed)}"
                words += f", {came}" if came else ""
                sign = self._glyphs.done if event.good else self._glyphs.warning
                style = Style.ADDED if event.good else Style.WARNING
                yield from self._step(event, words, now, sign, style)
            case StepFailed():
                self._under_way.pop((event.step, event.distribution), None)
                yield from self._stamped(failure_lines(event, self._glyphs, self._spell, self._where), now)
            case CallRetried():
                if not self._quiet:
                    yield self._line(f"{self._glyphs.retry} {retry_words(event)}", Style.MUTED, now)
            case RollbackStarted():
                yield from self._stamped(rollback_lines(event, self._glyphs, self._spell), now)
            case Outcome():
                pass  # `outcome_lines` writes it, for the right width
            case _:
                yield from self._remarked(event, now)

    def name_of(self, distribution: str | None) -> str | None:
        """The name of a distribution."""
        return distribution if self.heading is None else self.heading.name_of(distribution)

    def _progressed(self, event: StepProgressed, now: float) -> Iterator[Line]:
        key = (event.step, event.distribution)
        step = self._under_way.setdefault(key, _UnderWay(now - event.elapsed))
        status = visible(event.status)
        before, step.status = step.status, status
        if status != before and not (before is None and status == _EXPECTED):
            yield from self._step(event, f"{step_words(event.step)}: {status}", now)
        elif now - self._said >= HEARTBEAT:
            yield from self._heartbeat(event, now)

    def _heartbeat(self, event: StepProgressed, now: float) -> Iterator[Line]:
        if len(self._under_way) == 1:
            took = duration_words(event.elapsed)
            words = f"{step_words(event.step)}: still {visible(event.status)} after {took}"
            yield from self._step(event, words, now)
        elif not self._quiet:
            yield self._line(f"  still under way: {', '.join(self._counted(now))}", Style.PLAIN, now)

    def _counted(self, now: float) -> Iterator[str]:
        """Each kind of step that has started, on how many distributions, and the time of the longest."""
        groups: dict[StepKind, list[_UnderWay]] = defaultdict(list)
        somewhere: set[StepKind] = set()
        for (kind, distribution), step in self._under_way.items():
            groups[kind].append(step)
            if distribution is not None:
                somewhere.add(kind)
        for kind, steps in groups.items():
            where = f" on {count_words(len(steps), 'distribution')}" if kind in somewhere else ""
            longest = duration_words(now - min(step.began for step in steps))
            yield f"{step_words(kind)}{where} for {longest}"

    def _remarked(self, event: Remark, now: float) -> Iterator[Line]:
        warning = isinstance(event, Noticed) and event.severity is Severity.WARNING
        if warning or not self._quiet:
            yield from self._stamped(remark_lines(event, self._glyphs, self._spell, self._where), now)

    def _stamped(self, lines: Iterable[Line], now: float) -> Iterator[Line]:
        """The lines, the first with the time, the others indented below it."""
        for number, line in enumerate(lines):
            if number:
                text, hang = " " * _STAMP + line.text, line.hang + _STAMP
                yield replace(line, text=text, hang=hang)
            else:
                yield self._line(line.text, line.style, now)

    def _step(
        self,
        event: StepStarted | StepProgressed | StepFinished,
        words: str,
        now: float,
        sign: str = " ",
        style: Style = Style.PLAIN,
    ) -> Iterator[Line]:
        if not self._quiet:
            yield self._line(f"{sign} {self._where(event.distribution)}{words}", style, now)

    def _where(self, distribution: str | None) -> str:
        name = self.name_of(distribution)
        return "" if name is None else f"{visible(name)}: "

    def _line(self, text: str, style: Style, now: float) -> Line:
        self._said = now
        return Line(f"[{now - self._began:7.1f}s] {text}", style, hang=_STAMP + 2)


def remark_lines(
    event: Remark, glyphs: Glyphs, spell: Spell, where: Callable[[str | None], str]
) -> Iterator[Line]:
    """The lines of a remark; none if it is shown elsewhere. `where` makes the words before the message."""
    match event:
        case Noticed():
            warning = event.severity is Severity.WARNING
            sign, style = (glyphs.warning, Style.WARNING) if warning else (glyphs.note, Style.PLAIN)
            words = f"{event.severity}: {visible(event.message)}"
            yield Line(f"{sign} {where(event.distribution)}{words}", style, hang=2)
            yield from _next_lines(event.hint, spell)
        case GateJudged():
            pass  # shown with the plan
        case AdvanceChosen():
            yield Line(advance_words(event), Style.STRONG)
        case VersionJudged():
            line = _version_line(event, glyphs)
            yield from () if line is None else (line,)
        case _:
            assert_never(event)


def advance_words(event: AdvanceChosen) -> str:
    """Which step was chosen, and why."""
    if event.step is AdvanceStep.NONE:
        return visible(event.why)
    moment = None if event.until is None else datetime.fromisoformat(event.until)
    until = "" if moment is None else f" (until {moment:%Y-%m-%d %H:%M:%S} UTC)"
    return f"{event.step.value}: {visible(event.why)}{until}"


def _version_line(event: VersionJudged, glyphs: Glyphs) -> Line | None:
    match event.fate:
        case VersionFate.DELETED:
            return Line(f"{glyphs.done} {_version_words(event)}", Style.ADDED)
        case VersionFate.PENDING:
            return Line(f"{glyphs.waiting} {_version_words(event)}", Style.WARNING)
        case VersionFate.SPARED | VersionFate.LEFT:
            return None  # shown before the run, and in the outcome
        case _:
            assert_never(event.fate)


def failure_lines(
    event: StepFailed, glyphs: Glyphs, spell: Spell, where: Callable[[str | None], str]
) -> Iterator[Line]:
    """What failed and why; below it, what to do next."""
    words = f"{where(event.distribution)}{step_words(event.step)} failed: {cause_words(event)}"
    yield Line(f"{glyphs.failed} {words}", Style.BAD, hang=2)
    yield from _next_lines(event.hint, spell)


def rollback_lines(event: RollbackStarted, glyphs: Glyphs, spell: Spell) -> Iterator[Line]:
    """Why the run rolls back, to which release, and how to continue if the rollback stops half-way."""
    yield Line(f"{glyphs.failed} {_back_words(event)}", Style.BAD, hang=2)
    if event.resume is not None:
        yield from hint_lines("if this stops half-way:", event.resume, spell, indent=2, style=Style.PLAIN)


def _next_lines(hint: Hint | None, spell: Spell) -> Iterator[Line]:
    if hint is not None:
        yield from hint_lines("next:", hint, spell, indent=2, style=Style.PLAIN)


def failure_words(event: StepFailed, spell: Spell) -> str:
    """What failed, why, and what to do next, as one line."""
    return f"{step_words(event.step)} failed: {cause_words(event)}{next_words(event.hint, spell)}"


def cause_words(event: StepFailed) -> str:
    """What failed, and why."""
    return visible(event.error) + ("" if event.why is None else f": {visible(event.why)}")


def retry_words(event: CallRetried) -> str:
    """Which call is tried again, after which error, and when."""
    return (
        f"{event.service}:{event.operation} answered {visible(event.code)},"
        f" attempt {event.attempt} failed, next in {duration_words(event.wait)}"
    )


def _version_words(event: VersionJudged) -> str:
    """What happened to a version."""
    size = f", {size_words(event.size)}" if event.fate is VersionFate.DELETED else ""
    return f"version {event.version} {event.fate.value}{size}: {visible(event.why)}"


def rollback_words(event: RollbackStarted, spell: Spell) -> str:
    """Why the run rolls back, and to which release."""
    resume = "" if event.resume is None else f" (if this stops half-way: {spelled(event.resume, spell)})"
    return f"{_back_words(event)}{resume}"


def _back_words(event: RollbackStarted) -> str:
    target = (
        "what was there before our first release"
        if event.to_release is None
        else f"release {event.to_release}"
    )
    return f"rolling back to {target}: {visible(event.why)}"


def next_words(hint: Hint | None, spell: Spell) -> str:
    return "" if hint is None else f" (next: {visible(spelled(hint, spell))})"
