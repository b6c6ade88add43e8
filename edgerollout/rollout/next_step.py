"""What to do next, in the words that the user started the run with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.release.delivery.steps import AwaitDeployed, SwapTriggers
from edgerollout.release.delivery.terraform import PARTLY_ATTACHED
from edgerollout.release.facts.events import RunResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgerollout.release.plans.plan import Plan
    from edgerollout.rollout.lanes import LaneState


@dataclass(frozen=True)
class Wording:
    """How the user started this run, for the next step in words."""

    again: str
    """The command that resumes it."""
    wait: str
    """The command that finishes what CloudFront is still doing."""
    publish: str
    """The command that brings the release to every behavior."""
    status: str
    rollback: str
    """The command that takes a release back; which one is added by `rollback_from`."""
    after_rollback: str = ""
    """What has to be done after it, where Terraform attaches: `, then …`."""
    steps_back: bool = False
    """Whether `again`, run once more, would go one more step back: it is spelled with --from then."""
    afterwards: str | None = None
    """What is left to do once the run is through, where anything is."""
    tour: str | None = None
    """The command that looks what an enforced policy blocks, where the run cannot look itself."""

    def rollback_from(self, number: int) -> str:
        """The command that takes this release back, and does no harm when it is run once more."""
        return f"{self.rollback} --from {number}{self.after_rollback}"

    def resuming(self, plan: Plan) -> str:
        """The command that goes on where a run of this plan stopped."""
        if self.steps_back and plan.live is not None:
            return self.rollback_from(plan.live.number)
        return self.again

    def finishing(self, plan: Plan) -> str:
        """The command that sees through what CloudFront is still doing, and looks at the site again."""
        return self.resuming(plan) if self.steps_back else self.wait


def next_step_of(
    result: RunResult, plan: Plan, states: Sequence[LaneState], number: int | None, words: Wording
) -> str | None:
    """The next command after a run that ended so; None when there is nothing left to do."""
    handover = plan.handover
    again = words.resuming(plan)
    match result:
        case RunResult.HANDED_OVER | RunResult.NOTHING_TO_DO if handover is not None:
            if handover.attaches:
                return _apply(plan, handover.folder, words)
            return f"Finish it: {words.wait}" if handover.finishes else words.afterwards
        case RunResult.HANDED_OVER | RunResult.COMPLETED | RunResult.NOTHING_TO_DO:
            return words.afterwards
        case RunResult.IN_PROGRESS if _awaits_terraform(states):
            return f"Once Terraform has attached it: {words.wait}"
        case RunResult.IN_PROGRESS if number is not None and _all_swapped(states):
            return f"CloudFront goes on by itself. Finish with: {words.finishing(plan)}"
        case RunResult.INTERRUPTED if any(state.wrote for state in states):
            return f"CloudFront goes on with what it was told. Resume: {again}   Look: {words.status}"
        case RunResult.CONFLICT:
            return f"Look: {words.status}   then run again: {again}"
        case _:
            return f"Run the same command again, it goes on where this one stopped: {again}"


def _apply(plan: Plan, folder: str, words: Wording) -> str:
    tour = "" if words.tour is None else f", then: {words.tour}"
    if any(one.rule == PARTLY_ATTACHED for one in plan.findings):
        # An apply that was made already changes nothing more.
        return f"Mend what Terraform leaves out, `terraform apply` in {folder}, then: {words.wait}"
    return f"Run `terraform apply` in {folder}, then: {words.wait}{tour}"


def _all_swapped(states: Sequence[LaneState]) -> bool:
    """Whether every distribution has its triggers: `wait` can finish only what is attached."""
    return all(
        state.swapped or not any(isinstance(step, SwapTriggers) for step in state.plan.steps)
        for state in states
    )


def _awaits_terraform(states: Sequence[LaneState]) -> bool:
    """Whether a distribution is left that Terraform may still have to attach the release on."""
    return any(
        isinstance(step, AwaitDeployed) and step.attached_elsewhere
        for state in states
        if not state.finished
        for step in state.plan.steps
    )
