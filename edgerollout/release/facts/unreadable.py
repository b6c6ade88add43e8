"""What is said where a release cannot be read: by what needs it, and by what goes on without. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from edgerollout.errors import Refused
from edgerollout.release.facts.finding import Finding, Severity
from edgerollout.release.facts.snapshot import Cause

if TYPE_CHECKING:
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.snapshot import UnreadableRelease


def cannot_do_without(what: str, found: UnreadableRelease | None, where: str) -> Refused:
    """The refusal of what needs a release that cannot be read: why, and the way that works.

    `where` names the environment on a command line (`selected`).

    Nothing of the way back may raise it: that goes on without.
    """
    hint = None if found is None else _way_that_works(found.cause, where)
    return Refused(what, why=None if found is None else found.why, hint=hint)


def _way_that_works(cause: Cause, where: str) -> str:
    match cause:
        case Cause.DENIED:
            return "Allow lambda:GetFunction on the function's versions."
        case Cause.NOT_DOWNLOADED:
            return "Run the command again; when it stays so, look at the network between here and AWS."
        case Cause.OTHER_BYTES:
            return (
                "A proxy or a mirror between here and AWS hands out something else: have it let downloads"
                " from AWS pass, or run the command elsewhere."
            )
        case Cause.LATER_SCHEMA:
            return "A newer edgerollout published it: update this one."
        case Cause.DAMAGED | Cause.TOO_LARGE | Cause.NO_RELEASE | Cause.OTHER_RELEASE:
            return (
                "The version itself is so, and stays so. A release that can be read is reached without it:"
                f" edgerollout rollback {where}"
            )
        case _:
            assert_never(cause)


def gone_without(found: UnreadableRelease, unknown: str) -> Finding:
    """What the way back says of a release that it goes on without: why, and what is unknown for that."""
    return Finding(Severity.WARNING, "release-unread", f"{found.what} cannot be read: {found.why}; {unknown}")


def selected(environment: Environment) -> str:
    """How a command names it; one that is made of a function alone is called as that is."""
    name = environment.name
    return f"--function {name}" if name == environment.function.name else f"-e {name}"
