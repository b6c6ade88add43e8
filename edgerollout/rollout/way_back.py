"""How the way back of a run ended, and what a person does where it fails."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgerollout.release.plans.taking_back import Carried
    from edgerollout.rollout.lanes import LaneState


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


def back_of(states: Sequence[LaneState], code: ExitCode, why: str) -> Back:
    """What came of a way back that ended with this exit code and left these distributions so."""
    touched = [state for state in states if state.plan.steps]
    if code is ExitCode.INTERRUPTED:
        return Back(BackEnd.INTERRUPTED)
    if not all(state.finished for state in touched):
        return Back(BackEnd.FAILED, why)
    if not any(state.updated for state in states):
        return Back(BackEnd.MOVED_ON)
    # "Still the headers from before" is an edge that settles late: the triggers are back.
    end = BackEnd.DONE_AND_STILL_WRONG if code is ExitCode.NOT_RIGHT else BackEnd.DONE
    return Back(end, why, frozenset(state.plan.id for state in touched))


def by_hand(carried: Carried) -> str:
    """What a person does in the console when everything else fails."""
    if not carried.introduced:
        return "set the triggers to what they were before this run, as the plan above shows them"
    if carried.leads_to is None:
        return "take our triggers off every behavior"
    return f"set every behavior's function ARN to {carried.plan.version_arn(carried.leads_to)}"
