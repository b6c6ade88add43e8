"""How the way back of a run ended, and what a person does where it fails."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgerollout.release.plans.taking_back import Carried


class BackEnd(enum.Enum):
    """How the way back of a run ended."""

    DONE = enum.auto()
    DONE_AND_STILL_WRONG = enum.auto()
    """All is as before the run, and the site is not right even so."""
    MOVED_ON = enum.auto()
    """Somebody else has changed all that the run did: nothing of it was left to take back."""
    INTERRUPTED = enum.auto()
    FAILED = enum.auto()


@dataclass(frozen=True)
class Back:
    """What came of a way back; `distributions` are the ids of those it changed."""

    end: BackEnd
    why: str | None = None
    distributions: frozenset[str] = frozenset()


def by_hand(carried: Carried) -> str:
    """What a person does in the console when everything else fails."""
    if not carried.introduced:
        return "set the triggers to what they were before this run, as the plan above shows them"
    if carried.leads_to is None:
        return "take our triggers off every behavior"
    return f"set every behavior's function ARN to {carried.plan.version_arn(carried.leads_to)}"
