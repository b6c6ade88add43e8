"""How a run ended that failed: by its error, and by the exit code that what it had done gives it."""

from __future__ import annotations

from edgerollout.errors import EdgerolloutError, ExitCode, UnmetGates
from edgerollout.release.facts.events import DistributionResult, RunResult

_RESULTS = {
    ExitCode.CONFLICT: RunResult.CONFLICT,
    ExitCode.IN_PROGRESS: RunResult.IN_PROGRESS,
    ExitCode.REFUSED: RunResult.REFUSED,
    ExitCode.INTERRUPTED: RunResult.INTERRUPTED,
}

_DISTRIBUTION_RESULTS = {
    ExitCode.CONFLICT: DistributionResult.CONFLICT,
    ExitCode.IN_PROGRESS: DistributionResult.IN_PROGRESS,
}


def result_of(error: EdgerolloutError, code: ExitCode | None = None) -> RunResult:
    """How a run ended that failed with `error`; `code` where what it had done decides the exit code."""
    if isinstance(error, UnmetGates):
        return RunResult.UNMET_GATES
    return _RESULTS.get(code or error.exit_code, RunResult.FAILED)


def distribution_result_of(code: ExitCode) -> DistributionResult:
    """How a run ended for a distribution whose failure has this exit code."""
    return _DISTRIBUTION_RESULTS.get(code, DistributionResult.FAILED)
