"""The state of a run, collected from its events. The live view draws it."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from edgerollout.release.facts.events import (
    CallRetried,
    Outcome,
    RollbackStarted,
    StepFailed,
    StepFinished,
    StepKind,
    StepProgressed,
    StepStarted,
    VersionJudged,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgerollout.release.facts.events import Event, Remark
    from edgerollout.views.heading import Heading


class RowProgress(enum.Enum):
    """The state of a row. If there is not enough room, rows with the first of these states come first."""

    FAILED = enum.auto()
    MOVING = enum.auto()
    BETWEEN = enum.auto()
    """A step is done, the next has not started."""
    WAITING = enum.auto()
    """No step has started."""
    DONE = enum.auto()
    UNCHANGED = enum.auto()
    """Nothing to do there."""


@dataclass
class RunRow:
    """A distribution, or a step of the whole run. Its step started at `since` (monotonic seconds)."""

    name: str
    progress: RowProgress
    last: StepKind | None = None
    step: StepKind | None = None
    status: str = ""
    since: float = 0.0
    took: float = 0.0
    """Duration of the last finished step, in seconds."""
    good: bool = True
    """Whether the last finished step had a good result."""


@dataclass
class RunState:
    """Rows by distribution id, in the plan's order, and the steps of the whole run, in order of their start.

    The `new` release in the heading gets its number when its version is published.
    """

    heading: Heading
    rows: dict[str, RunRow] = field(default_factory=dict)
    steps: dict[StepKind, RunRow] = field(default_factory=dict)
    retry: CallRetried | None = None
    retried_at: float = 0.0
    rolling_back: RollbackStarted | None = None
    outcome: Outcome | None = None

    @classmethod
    def of(cls, heading: Heading) -> RunState:
        """The state before the first event."""
        return cls(
            heading,
            rows={
                distribution.id: RunRow(
                    distribution.name,
                    RowProgress.UNCHANGED if distribution.last is None else RowProgress.WAITING,
                    distribution.last,
                )
                for distribution in heading.distributions
            },
        )

    def apply(self, event: Event, now: float) -> None:
        """Take an event that came at `now` (monotonic seconds)."""
        match event:
            case StepStarted():
                row = self._row(event.step, event.distribution)
                row.progress, row.step, row.status, row.since = RowProgress.MOVING, event.step, "", now
            case StepProgressed():
                row = self._row(event.step, event.distribution)
                if row.progress is not RowProgress.MOVING or row.step is not event.step:
                    row.since = now - event.elapsed
                row.progress, row.step, row.status = RowProgress.MOVING, event.step, event.status
            case StepFinished():
                self._finished(event)
            case StepFailed():
                row = self._row(event.step, event.distribution)
                row.progress, row.step, row.status = RowProgress.FAILED, event.step, event.error
            case CallRetried():
                self.retry, self.retried_at = event, now
            case RollbackStarted():
                self.rolling_back = event
            case Outcome():
                self.outcome = event
            case _:
                self._remarked(event)

    def _remarked(self, event: Remark) -> None:
        """Of remarks the frame shows the last version alone."""
        step = self.steps.get(StepKind.DELETE_VERSIONS)
        if isinstance(event, VersionJudged) and step is not None:
            step.status = f"version {event.version} {event.fate.value}"

    def _finished(self, event: StepFinished) -> None:
        row = self._row(event.step, event.distribution)
        last = event.distribution is None or event.step is row.last
        row.progress = RowProgress.DONE if last else RowProgress.BETWEEN
        row.step, row.status, row.took, row.good = event.step, event.detail, event.elapsed, event.good
        if event.release is not None:
            self.heading = replace(self.heading, target=event.release)

    def visible_rows(self, room: int) -> tuple[Sequence[RunRow], Sequence[RunRow]]:
        """The rows that get one of `room` lines, in the plan's order, and those that are only counted."""
        rows = list(self.rows.values())
        if len(rows) <= room:
            return rows, ()
        ranked = sorted(range(len(rows)), key=lambda index: (rows[index].progress.value, index))
        chosen = sorted(ranked[: max(0, room - 1)])
        return [rows[index] for index in chosen], [
            row for index, row in enumerate(rows) if index not in chosen
        ]

    def _row(self, step: StepKind, distribution: str | None) -> RunRow:
        if distribution is None:
            return self.steps.setdefault(step, RunRow("", RowProgress.WAITING))
        return self.rows.setdefault(distribution, RunRow(distribution, RowProgress.WAITING))
