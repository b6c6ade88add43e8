"""What could not be read, and why; the refusal of what needs it, and the warning of what does without it.
Pure.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from edgerollout.advice import CommandLine, advise
from edgerollout.errors import Refused
from edgerollout.policy.severity import Severity
from edgerollout.release.facts.finding import Finding

if TYPE_CHECKING:
    from edgerollout.advice import Hint, Verb
    from edgerollout.release.facts.environment import Environment


@dataclass(frozen=True)
class Unreadable:
    """A `subject` that cannot be read, and why: mostly a missing right, in AWS's words."""

    subject: str
    why: str


class UnreadableCause(enum.Enum):
    """Why a release cannot be read from its version's bundle."""

    DENIED = enum.auto()
    """No right to download it."""
    NOT_DOWNLOADED = enum.auto()
    """It did not arrive: the download was refused, broken off, or too slow."""
    OTHER_BYTES = enum.auto()
    """What arrived is not the version's code, by its SHA-256."""
    TOO_LARGE = enum.auto()
    """It is larger than Lambda accepts, or larger than a release.json can be."""
    DAMAGED = enum.auto()
    """The version's code is not a readable zip, or its release.json is invalid."""
    NO_RELEASE = enum.auto()
    """edgerollout did not publish it."""
    LATER_SCHEMA = enum.auto()
    """A newer edgerollout published it."""
    OTHER_RELEASE = enum.auto()
    """It holds another release than the version's ledger line names, or other files than its release.json
    names.
    """


@dataclass(frozen=True)
class UnreadableRelease(Unreadable):
    """A version's release.json that cannot be read or believed."""

    cause: UnreadableCause


def cannot_do_without(problem: str, found: UnreadableRelease | None, back: CommandLine) -> Refused:
    """The refusal of a command that needs a release which cannot be read: `problem`, why, and what works
    instead.

    `back` is the command that rolls the environment back. Rollbacks never raise this: they do without the
    release.
    """
    hint = None if found is None else _way_that_works(found.cause, back)
    return Refused(problem, why=None if found is None else found.why, hint=hint)


def _way_that_works(cause: UnreadableCause, back: CommandLine) -> Hint:
    match cause:
        case UnreadableCause.DENIED:
            return "Allow lambda:GetFunction on the function's versions."
        case UnreadableCause.NOT_DOWNLOADED:
            return "Run the command again; if it fails again, check the network between here and AWS."
        case UnreadableCause.OTHER_BYTES:
            return (
                "A proxy or a mirror between here and AWS changes the download: make it let downloads"
                " from AWS pass, or run the command elsewhere."
            )
        case UnreadableCause.LATER_SCHEMA:
            return "A newer edgerollout published it: update this one."
        case (
            UnreadableCause.DAMAGED
            | UnreadableCause.TOO_LARGE
            | UnreadableCause.NO_RELEASE
            | UnreadableCause.OTHER_RELEASE
        ):
            return advise(
                "The version itself cannot be repaired. Go back to a release that can be read: ",
                back,
            )
        case _:
            assert_never(cause)


def gone_without(found: UnreadableRelease, unknown: str) -> Finding:
    """A rollback's warning about a release that it does without: why, and what is unknown for that reason."""
    return Finding(
        Severity.WARNING, "release-unread", f"{found.subject} cannot be read: {found.why}; {unknown}"
    )


def command_for(environment: Environment, verb: Verb, *options: str) -> CommandLine:
    """A command for an environment. One that was made from `--function` is named by that option."""
    name = environment.name
    if name == environment.function.name:
        return CommandLine(verb, None, "--function", name, *options)
    return CommandLine(verb, name, *options)
