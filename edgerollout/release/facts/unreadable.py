"""What could not be read, and why; what is said of it by who needs it and by who goes on without. Pure."""

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
    """Something that cannot be read, and why: mostly a right that is missing, with AWS's words."""

    what: str
    why: str


class UnreadableCause(enum.Enum):
    """Why a version's bundle tells nothing of its release."""

    DENIED = enum.auto()
    """No right to download it."""
    NOT_DOWNLOADED = enum.auto()
    """It did not arrive: refused, broken off, too slow."""
    OTHER_BYTES = enum.auto()
    """What arrived is not the version's code, by its SHA-256."""
    TOO_LARGE = enum.auto()
    """Beyond what Lambda takes, or what a release.json can be."""
    DAMAGED = enum.auto()
    """The version's code is not a readable zip, or its release.json is invalid."""
    NO_RELEASE = enum.auto()
    """edgerollout did not publish it."""
    LATER_SCHEMA = enum.auto()
    """A newer edgerollout published it."""
    OTHER_RELEASE = enum.auto()
    """It holds another release than the version's ledger line names, or other files than that says."""


@dataclass(frozen=True)
class UnreadableRelease(Unreadable):
    """A version's release.json that cannot be read or believed."""

    cause: UnreadableCause


def cannot_do_without(what: str, found: UnreadableRelease | None, back: CommandLine) -> Refused:
    """The refusal of what needs a release that cannot be read: why, and the way that works.

    `back` rolls the environment back. Nothing of the way back may raise it: that goes on without.
    """
    hint = None if found is None else _way_that_works(found.cause, back)
    return Refused(what, why=None if found is None else found.why, hint=hint)


def _way_that_works(cause: UnreadableCause, back: CommandLine) -> Hint:
    match cause:
        case UnreadableCause.DENIED:
            return "Allow lambda:GetFunction on the function's versions."
        case UnreadableCause.NOT_DOWNLOADED:
            return "Run the command again; when it stays so, look at the network between here and AWS."
        case UnreadableCause.OTHER_BYTES:
            return (
                "A proxy or a mirror between here and AWS hands out something else: have it let downloads"
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
                "The version itself is so, and stays so. A release that can be read is reached without it: ",
                back,
            )
        case _:
            assert_never(cause)


def gone_without(found: UnreadableRelease, unknown: str) -> Finding:
    """What the way back says of a release that it goes on without: why, and what is unknown for that."""
    return Finding(Severity.WARNING, "release-unread", f"{found.what} cannot be read: {found.why}; {unknown}")


def command_for(environment: Environment, verb: Verb, *options: str) -> CommandLine:
    """A command on an environment; one that is made of a function alone is named as that is."""
    name = environment.name
    if name == environment.function.name:
        return CommandLine(verb, None, "--function", name, *options)
    return CommandLine(verb, name, *options)
