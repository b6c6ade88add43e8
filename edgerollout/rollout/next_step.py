"""The next step after a run, as commands.

The view that shows a command spells it as the user would type it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from edgerollout.advice import CommandLine, advise
from edgerollout.policy.stage import Stage
from edgerollout.release.delivery.choice import carrier_of
from edgerollout.release.delivery.steps import AwaitDeployed, SwapTriggers
from edgerollout.release.delivery.terraform import PARTLY_ATTACHED
from edgerollout.release.facts.events import CspState, RunResult
from edgerollout.release.facts.overrides import REASON
from edgerollout.release.facts.release import SHORT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgerollout.advice import Advice, Hint, Verb
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.finding import Finding
    from edgerollout.release.plans.plan import Plan
    from edgerollout.release.status.status import Status
    from edgerollout.rollout.lanes import LaneState


@dataclass(frozen=True)
class Ways:
    """The commands that may follow a run. `again` resumes it."""

    again: Advice
    environment: str | None = None
    """None where the user named the function only; then `selection` has the options that name it."""
    selection: tuple[str, ...] = ()
    folder: str | None = None
    """The folder where `terraform apply` attaches the release; None where the run attaches it itself."""
    steps_back: bool = False
    """Whether a second run of `again` would go one step further back: then it needs --from."""
    afterwards: Hint | None = None
    """What is left to do after the run, where that is more than the policy's next step."""
    undo: Hint | None = None
    """Takes the run back where a rollback does not."""
    after: str | None = None
    """The environment that this one gets its policy from."""
    followers: tuple[str, ...] = ()
    """The environments that get their policy from this one."""
    asks_for_tour: bool = True
    """Whether a tour is a gate before the policy is enforced."""
    waits: bool = False
    """Whether a run without anything to do waits for something: then `afterwards` says for what."""
    tours: bool = False
    """Whether a tour is needed after the run, because the run cannot check what an enforced policy blocks."""

    @classmethod
    def of(cls, environment: Environment, verb: Verb, *options: str, followers: tuple[str, ...] = ()) -> Ways:
        """The commands after `verb` on an environment; `options` are those that resuming it needs."""
        file = carrier_of(environment).file
        return cls(
            advise(CommandLine(verb, environment.name, *options)),
            environment.name,
            folder=None if file is None else str(file.parent),
            after=environment.after,
            followers=followers,
            asks_for_tour=environment.gates.tour,
        )

    @property
    def wait(self) -> CommandLine:
        """Finishes what CloudFront is still doing."""
        return CommandLine("wait", self.environment)

    @property
    def status(self) -> CommandLine:
        return CommandLine("status", self.environment)

    @property
    def publish(self) -> Advice:
        """Attaches the release to every behavior."""
        return advise(CommandLine("publish", self.environment)) if self.folder is None else self._applied

    def rollback_from(self, number: int) -> Advice:
        """Takes this release back, and does no harm when it is run again."""
        rollback = CommandLine("rollback", self.environment, *self.selection, "--from", str(number))
        return advise(rollback) if self.folder is None else advise(rollback, ", then ", self._applied)

    def onward(self, csp: CspState | None) -> Hint | None:
        """The next step of a live policy at this stage; None if there is none."""
        name = self.environment
        if name is None or csp is None:
            return None
        match Stage.REPORT_ONLY if csp.observes else csp.stage:
            case Stage.REPORT_ONLY if self.asks_for_tour:
                return advise(CommandLine("tour", name))
            case Stage.REPORT_ONLY:
                return advise(CommandLine("promote", name, "--enforce"))
            case Stage.ENFORCED if self.followers:
                return advise(CommandLine("promote", self.followers[0]))
            case Stage.ENFORCED:
                return advise(CommandLine("scan", name)) if csp.now_enforced else None
            case None:
                return None if self.after is None else advise(CommandLine("promote", name))
            case _:
                assert_never(csp.stage)

    def resuming(self, plan: Plan) -> Advice:
        """Continues where a run of this plan stopped."""
        if self.steps_back and plan.live is not None:
            return self.rollback_from(plan.live.number)
        return self.again

    def finishing(self, plan: Plan) -> Advice:
        """Waits for what CloudFront is still doing, and checks the site again."""
        return self.resuming(plan) if self.steps_back else advise(self.wait)

    @property
    def _applied(self) -> Advice:
        return advise(f"`terraform apply` in {self.folder}, then ", self.wait)


def csp_of(plan: Plan, number: int | None) -> CspState | None:
    """The CSPs of the release of this number, to which a run of the plan leads; None where they are
    unknown.
    """
    live = plan.live
    if number is None:
        return None
    if plan.release is not None:
        enforced, report_only = plan.release.enforced_digest, plan.release.report_only_digest
        observed = plan.release.observed_digest
    elif live is not None and live.number == number:
        enforced, report_only, observed = live.enforced, live.report_only, live.observed
    else:
        return None
    before = None if live is None else live.enforced
    if plan.before is not None:
        before = plan.before.enforced_digest
    now_enforced = plan.unsettled and enforced is not None and _short(enforced) != _short(before)
    return CspState(_short(enforced), _short(report_only), now_enforced, _short(observed))


def _short(digest: str | None) -> str | None:
    return None if digest is None else digest[:SHORT]


def next_step_of(
    result: RunResult,
    plan: Plan,
    states: Sequence[LaneState],
    number: int | None,
    csp: CspState | None,
    ways: Ways,
) -> Hint | None:
    """The next command after a run with this result; None when there is nothing left to do.

    `number` is the run's release, `csp` the CSPs that it sends.
    """
    handover = plan.handover
    again = ways.resuming(plan)
    match result:
        case RunResult.HANDED_OVER | RunResult.NOTHING_TO_DO if handover is not None:
            if handover.attaches:
                return _apply(plan, handover.folder, ways)
            return advise("Finish it: ", ways.wait) if handover.finishes else ways.afterwards
        case RunResult.COMPLETED if plan.rolls_back and ways.afterwards is None and ways.environment:
            return advise("Repair config/policy.toml, then: ", ways.publish)
        case RunResult.HANDED_OVER | RunResult.COMPLETED | RunResult.NOTHING_TO_DO | RunResult.WAITING:
            return ways.afterwards or ways.onward(csp)
        case RunResult.IN_PROGRESS if _awaits_terraform(states):
            return advise("Once Terraform has attached it: ", ways.wait)
        case RunResult.IN_PROGRESS if number is not None and _all_swapped(states):
            return advise("CloudFront continues by itself. Finish with: ", ways.finishing(plan))
        case RunResult.INTERRUPTED if any(state.wrote for state in states):
            return advise("CloudFront continues what was sent. Resume: ", again, "   Look: ", ways.status)
        case RunResult.CONFLICT:
            return advise("Look: ", ways.status, "   then run again: ", again)
        case _:
            return advise("Run the same command again; it continues where this one stopped: ", again)


def after_plan(plan: Plan, again: CommandLine, ways: Ways) -> Hint | None:
    """The next command after a plan was shown; `again` carries it out. None where everything is done."""
    if plan.refused:
        return way_through(plan, again)
    if plan.unsettled:
        return advise(again)
    return ways.onward(csp_of(plan, plan.target))


def after_status(status: Status, ways: Ways, *, toured: bool) -> Hint | None:
    """The next command where this is live; None where everything is done, or Terraform has to act first.

    `toured`: there is evidence of a tour of the observed policy.
    """
    live = status.live
    if status.handed is not None and (status.handed.problem is not None or not status.handed.applied):
        return None
    if live is None:
        return advise(CommandLine("plan", status.environment))
    if status.withdrawn:
        return ways.rollback_from(live.number)
    if status.drift or live.mixed:
        return ways.publish
    if status.in_progress:
        return advise(ways.wait)
    if live.digest is None:
        return None
    if toured and live.report_only is not None:
        return advise(CommandLine("promote", status.environment, "--enforce"))
    return ways.onward(CspState(live.enforced, live.report_only))


def way_through(plan: Plan, again: CommandLine) -> Hint | None:
    """How to get a refused plan accepted: what meets its gates, and one command that sets all of them aside.

    `again` is the command that made the plan.
    """
    told = [gate.remedy for gate in plan.unmet if gate.remedy is not None]
    told += [error.hint for error in plan.errors if error.hint is not None and not _lifted(error)]
    command = _setting_aside(plan, again)
    if command is not None:
        whole = advise(command)
        if plan.unmet:
            which = "it" if len(plan.unmet) == 1 else "them"
            whole = advise(f"Or set {which} aside, on record for good: ", command)
        elif any(error.lifted_by != ("--create",) for error in plan.errors):
            whole = advise("If that is meant: ", command)
        told.append(whole)
    parts = [part for hint in dict.fromkeys(told) for part in ("   ", hint)]
    return advise(*parts[1:]) if parts else None


def _setting_aside(plan: Plan, again: CommandLine) -> CommandLine | None:
    """The command with every missing option; None where no option helps, or the options are there already."""
    names = dict.fromkeys(
        [
            *(gate.name for gate in plan.unmet),
            *(error.override for error in plan.errors if error.override is not None),
        ]
    )
    if not all(_lifted(error) for error in plan.errors) or names.keys() & {*again.options}:
        return None
    lifted = dict.fromkeys(error.lifted_by for error in plan.errors)
    options = [word for words in (*lifted, *(("--override", name) for name in names)) for word in words]
    reason = ("--reason", REASON) if names and "--reason" not in again.options else ()
    return again.plus(*options, *reason)


def _lifted(finding: Finding) -> bool:
    return bool(finding.lifted_by) or finding.override is not None


def undo_of(
    result: RunResult, plan: Plan, states: Sequence[LaneState], number: int | None, ways: Ways
) -> Hint | None:
    """The command that undoes a run with this result; None if a rollback would change nothing."""
    match result:
        case RunResult.COMPLETED if ways.undo is not None:
            return ways.undo
        case RunResult.COMPLETED:
            # The run attached the live release to more behaviors: a rollback would undo more than this run.
            mended = plan.live is not None and plan.live.number == number and _swaps(states)
        case RunResult.NOT_RIGHT:
            mended = False
        case RunResult.IN_PROGRESS | RunResult.INTERRUPTED | RunResult.FAILED:
            mended = not any(state.wrote for state in states)
        case _:
            return None
    return None if mended or number is None or plan.rolls_back else ways.rollback_from(number)


def _swaps(states: Sequence[LaneState]) -> bool:
    return any(isinstance(step, SwapTriggers) for state in states for step in state.plan.steps)


def _apply(plan: Plan, folder: str, ways: Ways) -> Advice:
    if any(finding.rule == PARTLY_ATTACHED for finding in plan.findings):
        # Another apply alone would change nothing.
        return advise(f"Add what Terraform leaves out, run `terraform apply` in {folder}, then: ", ways.wait)
    tour = (", then: ", CommandLine("tour", ways.environment)) if ways.tours else ()
    return advise(f"Run `terraform apply` in {folder}, then: ", ways.wait, *tour)


def _all_swapped(states: Sequence[LaneState]) -> bool:
    """Whether every distribution has its triggers: `wait` can finish only what is attached."""
    return all(
        state.swapped or not any(isinstance(step, SwapTriggers) for step in state.plan.steps)
        for state in states
    )


def _awaits_terraform(states: Sequence[LaneState]) -> bool:
    """Whether Terraform may still have to attach the release on some distribution."""
    return any(
        isinstance(step, AwaitDeployed) and step.attached_elsewhere
        for state in states
        if not state.finished
        for step in state.plan.steps
    )
