"""The result of a failed run, from its error and its exit code."""

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
    """The result of a run that failed with `error`; `code` replaces the error's own exit code."""
    if isinstance(error, UnmetGates):
        return RunResult.UNMET_GATES
    return _RESULTS.get(code or error.exit_code, RunResult.FAILED)


def distribution_result_of(code: ExitCode) -> DistributionResult:
    """The result on a distribution whose failure has this exit code."""
    return _DISTRIBUTION_RESULTS.get(code, DistributionResult.FAILED)
