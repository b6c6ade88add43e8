"""How far a run has come: the source of its outcome, wherever it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.errors import EdgerolloutError, ExitCode
from edgerollout.release.facts.events import StepKind
from edgerollout.rollout.ports import CredentialsExpired

if TYPE_CHECKING:
    from edgerollout.release.facts.events import TouredPages, VerifiedUrls
    from edgerollout.release.facts.tfvars import Tfvars
    from edgerollout.rollout.function_steps import FunctionRun
    from edgerollout.rollout.lanes import LaneState

_WORST_FIRST = (ExitCode.CONFLICT, ExitCode.FAILED, ExitCode.REFUSED, ExitCode.IN_PROGRESS)


@dataclass
class Progress:
    """How far a run has come."""

    function: FunctionRun
    states: tuple[LaneState, ...]
    """The state of every distribution."""
    release: int | None
    """The version to attach; None until it is published, and where our triggers are removed."""
    phase: StepKind = StepKind.PROBE_BASELINE
    """The step to report with a failure while no step is running."""
    handed: Tfvars | None = None
    """The tfvars that were written, where Terraform owns the triggers."""
    verified: VerifiedUrls | None = None
    toured: TouredPages | None = None

    def code(self, error: EdgerolloutError) -> ExitCode:
        """The exit code of a failure. A run whose credentials expired after a write can be resumed."""
        wrote = self.function.wrote or any(state.wrote for state in self.states)
        return ExitCode.IN_PROGRESS if wrote and isinstance(error, CredentialsExpired) else error.exit_code

    def worst(self) -> EdgerolloutError | None:
        """The error of a failed distribution that decides how the run ended: a conflict before a failure
        before a timeout.
        """
        errors = [state.error for state in self.states if isinstance(state.error, EdgerolloutError)]
        return min(errors, key=self._rank, default=None)

    def _rank(self, error: EdgerolloutError) -> int:
        code = self.code(error)
        return _WORST_FIRST.index(code) if code in _WORST_FIRST else 0
