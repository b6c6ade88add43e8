"""How taking back a run ended, and what a person does where it failed."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.errors import ExitCode
from edgerollout.release.facts.headers_policies import SLOT, PolicyKey, policy_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgerollout.release.plans.taking_back import Carried
    from edgerollout.rollout.lanes import LaneState


class BackEnd(enum.Enum):
    """How taking back a run ended."""

    DONE = enum.auto()
    DONE_AND_STILL_WRONG = enum.auto()
    """Everything is as before the run, but the site is still wrong."""
    MOVED_ON = enum.auto()
    """Somebody else has changed everything that the run did: nothing was left to take back."""
    INTERRUPTED = enum.auto()
    FAILED = enum.auto()


@dataclass(frozen=True)
class Back:
    """The result of taking back a run; `distributions` are the ids of those that it changed."""

    end: BackEnd
    why: str | None = None
    distributions: frozenset[str] = frozenset()


def back_of(states: Sequence[LaneState], code: ExitCode, why: str) -> Back:
    """The result of a take-back with this exit code and these states of the distributions."""
    touched = [state for state in states if state.plan.steps]
    if code is ExitCode.INTERRUPTED:
        return Back(BackEnd.INTERRUPTED)
    if not all(state.finished for state in touched):
        return Back(BackEnd.FAILED, why)
    if not any(state.updated for state in states):
        return Back(BackEnd.MOVED_ON)
    # Old headers only mean an edge that updates late: the triggers are back.
    end = BackEnd.DONE_AND_STILL_WRONG if code is ExitCode.NOT_RIGHT else BackEnd.DONE
    return Back(end, why, frozenset(state.plan.id for state in touched))


def by_hand(carried: Carried) -> str:
    """What a person does in the console when everything else fails."""
    if not carried.introduced:
        return "set the behaviors to what they were before this run, as the plan above shows them"
    if carried.leads_to is None:
        return "take our release off every behavior"
    if carried.plan.event == SLOT:
        # What goes along has variants: their names begin like this one.
        function = carried.plan.function_arn.rpartition(":")[2]
        name = policy_name(function, PolicyKey(carried.leads_to))
        return f"set every behavior's response headers policy to {name}"
    return f"set every behavior's function ARN to {carried.plan.version_arn(carried.leads_to)}"
