"""What every part of a run shares: the account, the clock, the receiver of events, the reasons to
end early.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edgerollout.release.facts.events import StepFinished, StepProgressed, StepStarted
from edgerollout.rollout.stopping import Deadline, Stop

if TYPE_CHECKING:
    from edgerollout.clock import Clock
    from edgerollout.release.facts.events import Emit, StepKind
    from edgerollout.rollout.ports import Aws, Probe, WriteTfvars


@dataclass(frozen=True)
class Pace:
    """How often to ask AWS while waiting, in seconds: from `first` on, slower each time, up to `most`."""

    first: float = 2.0
    most: float = 12.0
    growth: float = 1.4

    @property
    def patience(self) -> float:
        """Seconds to wait for problems that may go away: edges update late, new replicas answer 503 for
        moments.
        """
        return 10 * self.first

    def after(self, interval: float) -> float:
        """The interval that follows `interval`."""
        return min(self.most, interval * self.growth)


@dataclass(frozen=True)
class Session:
    """The context of one run. `writers`: how many distributions are written to at the same time.

    `sandbox`: the account is the embedded one. `write_tfvars` is set where Terraform owns the triggers.
    """

    aws: Aws
    clock: Clock
    emit: Emit
    deadline: Deadline
    stop: Stop = field(default_factory=Stop)
    probe: Probe | None = None
    pace: Pace = field(default_factory=Pace)
    writers: int = 3
    sandbox: bool = False
    write_tfvars: WriteTfvars | None = None


class Step:
    """Reports the start, progress and end of one step, with its duration in seconds."""

    def __init__(
        self, session: Session, kind: StepKind, detail: str, distribution: str | None = None
    ) -> None:
        self._session = session
        self.kind = kind
        self.distribution = distribution
        self._began = session.clock.monotonic()
        session.emit(StepStarted(kind, detail, distribution))

    @property
    def elapsed(self) -> float:
        return self._session.clock.monotonic() - self._began

    def progress(self, status: str) -> None:
        self._session.emit(StepProgressed(self.kind, status, self.elapsed, self.distribution))

    def finish(self, detail: str, *, release: int | None = None, good: bool = True) -> None:
        self._session.emit(StepFinished(self.kind, detail, self.elapsed, self.distribution, release, good))
