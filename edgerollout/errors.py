"""What can go wrong, in words a person can act on, and the exit code each failure means.

Every error a user can cause is an `EdgerolloutError`: what happened, why, and what to do next.
`cli` alone prints them and ends the process.
"""

from __future__ import annotations

import enum
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgerollout.advice import Hint

_PACKAGE = Path(__file__).resolve().parent


class ExitCode(enum.IntEnum):
    """How a command ended. Scripts rely on the numbers; docs/exit-codes.md lists them."""

    DONE = 0
    """Done, or nothing to do."""
    FAILED = 1
    """Failed: no credentials, endpoint dead, access denied half-way."""
    USAGE = 2
    """Usage or configuration, wrong account, missing extra. Nothing was changed."""
    CHANGES = 3
    """Changes or drift present (only with --detailed-exitcode)."""
    CONFLICT = 4
    """Someone else changed what this run was changing: conflict, superseded or stale plan."""
    IN_PROGRESS = 5
    """Still in progress; the same command, or `wait`, resumes it."""
    REFUSED = 6
    """AWS's state or a gate forbids it, or a check found something."""
    ROLLED_BACK = 7
    """Failed and rolled back."""
    NEEDS_PERSON = 8
    """Rollback itself failed; the output says exactly what to do."""
    NOT_RIGHT = 9
    """All is done and live, and the site is wrong or cannot be checked."""
    INTERRUPTED = 130
    """Interrupted by Ctrl-C or SIGTERM."""


@dataclass(frozen=True)
class Place:
    """Where in a file something is wrong. Lines and columns count from 1, columns in characters."""

    file: str
    line: int | None = None
    key: str | None = None
    column: int | None = None

    def __str__(self) -> str:
        spot = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return spot if self.key is None else f"{spot}: {self.key}"


@dataclass(frozen=True)
class Excerpt:
    """A line of a file, secrets masked, and the part of it that is meant: characters from 0, `end` left out.

    The part has a character at least; at the end of the line it may be the one that is missing there.
    """

    text: str
    start: int
    end: int


class EdgerolloutError(Exception):
    """A failure: a `summary` of what happened, `why`, and a `hint` that says what to do next."""

    exit_code: ExitCode = ExitCode.FAILED

    def __init__(self, summary: str, *, why: str | None = None, hint: Hint | None = None) -> None:
        super().__init__(summary)
        self.summary = summary
        self.why = why
        self.hint = hint

    def __str__(self) -> str:
        return self.summary if self.why is None else f"{self.summary}: {self.why}"


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the input: where, what, and the nearest thing that would be right."""

    place: Place
    message: str
    suggestion: str | None = None
    excerpt: Excerpt | None = None

    def __str__(self) -> str:
        text = f"{self.place}: {self.message}"
        return text if self.suggestion is None else f"{text} ({self.suggestion})"


class ConfigError(EdgerolloutError):
    """The configuration or policy is wrong. Carries every problem found, not just the first."""

    exit_code = ExitCode.USAGE

    def __init__(self, problems: tuple[Problem, ...], *, hint: Hint | None = None) -> None:
        count = len(problems)
        super().__init__(
            "the configuration has a problem" if count == 1 else f"the configuration has {count} problems",
            hint=hint,
        )
        self.problems = problems


class UsageError(EdgerolloutError):
    """The command line cannot be carried out as given. Nothing was changed."""

    exit_code = ExitCode.USAGE


class Conflict(EdgerolloutError):
    """Someone else changed what this run was changing, or the plan is stale."""

    exit_code = ExitCode.CONFLICT


class StillInProgress(EdgerolloutError):
    """Time ran out or credentials expired after a write; the same command resumes."""

    exit_code = ExitCode.IN_PROGRESS


class Refused(EdgerolloutError):
    """AWS's state or a gate forbids what was asked for."""

    exit_code = ExitCode.REFUSED


class UnmetGates(Refused):
    """Nothing is wrong but that a gate is not met yet: a later run may pass."""


class Interrupted(EdgerolloutError):
    """The user pressed Ctrl-C, or the process was told to stop, at a safe point."""

    exit_code = ExitCode.INTERRUPTED


def own_frames(error: BaseException) -> tuple[str, ...]:
    """Where in this package an error came by, outermost first: `rollout/engine.py:120 in run`.

    Enough to find a bug by, and without any text of the error's: that may quote what AWS answered.
    """
    return tuple(
        f"{Path(frame.f_code.co_filename).relative_to(_PACKAGE).as_posix()}:{line} in {frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if Path(frame.f_code.co_filename).is_relative_to(_PACKAGE)
    )
