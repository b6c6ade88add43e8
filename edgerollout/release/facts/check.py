"""The checks of a check-up: what was seen, why it matters, what to do. An unknown state forbids nothing."""

from __future__ import annotations

import enum
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from edgerollout.policy.severity import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgerollout.advice import Hint
    from edgerollout.release.facts.finding import Finding


class CheckState(enum.StrEnum):
    """How a check went."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    """It forbids a publish."""
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Check:
    """The result of one check. `subject` is the account, function, distribution or URL that it is about."""

    name: str
    state: CheckState
    subject: str
    message: str
    why: str | None = None
    fix: Hint | None = None


@dataclass(frozen=True)
class Checkup:
    """All checks of an environment, in the order in which people read them."""

    environment: str
    checks: tuple[Check, ...]

    @property
    def forbidden(self) -> bool:
        """Whether something forbids a publish."""
        return any(check.state is CheckState.ERROR for check in self.checks)

    def count(self, state: CheckState) -> int:
        return sum(check.state is state for check in self.checks)


def of_findings(
    name: str, subject: str, findings: Iterable[Finding], *, fine: str, why: str
) -> tuple[Check, ...]:
    """The findings of a rule as checks. Without findings: one check that is OK and says `fine`."""
    found = tuple(
        Check(name, _state(finding), subject, finding.message, why, finding.hint) for finding in findings
    )
    return found or (Check(name, CheckState.OK, subject, fine),)


def unknown(name: str, subject: str, message: str, why: str, *, fix: Hint | None = None) -> Check:
    """A check that could not be made."""
    return Check(name, CheckState.UNKNOWN, subject, message, why, fix)


def shortened(names: Iterable[str], most: int = 4) -> str:
    """`a, b, c and 12 more`: lists of behaviors and URLs may be long."""
    everything = list(names)
    some = list(itertools.islice(everything, most))
    rest = len(everything) - len(some)
    return ", ".join(some) + (f" and {rest} more" if rest else "")


def _state(finding: Finding) -> CheckState:
    match finding.severity:
        case Severity.ERROR:
            return CheckState.ERROR
        case Severity.WARNING:
            return CheckState.WARNING
        case Severity.NOTE:
            return CheckState.UNKNOWN
        case _:
            assert_never(finding.severity)
