"""How a run ended: its result and exit code, the result on each distribution, the next step in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from edgerollout.advice import advise
from edgerollout.errors import EdgerolloutError, ExitCode, Interrupted
from edgerollout.release.delivery.terraform import attaches
from edgerollout.release.facts.events import (
    DistributionOutcome,
    DistributionResult,
    HandedOver,
    Outcome,
    RunResult,
)
from edgerollout.release.facts.served import Served
from edgerollout.rollout.next_step import csp_of, next_step_of, undo_of
from edgerollout.rollout.ports import AwsFailure
from edgerollout.rollout.results import distribution_result_of, result_of
from edgerollout.rollout.way_back import BackEnd, by_hand

if TYPE_CHECKING:
    from edgerollout.advice import Advice, Hint
    from edgerollout.release.facts.snapshot import Snapshot
    from edgerollout.release.plans.plan import Plan
    from edgerollout.release.plans.taking_back import Carried
    from edgerollout.rollout.lanes import LaneState
    from edgerollout.rollout.next_step import Ways
    from edgerollout.rollout.progress import Progress
    from edgerollout.rollout.session import Session
    from edgerollout.rollout.trouble import Trouble
    from edgerollout.rollout.way_back import Back

_LEFT_STANDING = {
    Served.UNREACHABLE: "the site could not be checked: ",
    Served.WRONG: "the live headers are wrong: ",
    Served.FAILING: "the site fails: ",
}


@dataclass(frozen=True)
class End:
    """How a run ended."""

    result: RunResult
    code: ExitCode
    error: str | None = None
    next_step: Hint | None = None
    """None: the usual next step after such a result."""
    previous: int | None = None
    """The release to which the run went back; None where there is none."""
    wrong: frozenset[str] = frozenset()
    """Ids of the distributions that are wrong, although every step is done."""


HANDED_OVER = End(RunResult.HANDED_OVER, ExitCode.DONE)
NOTHING_TO_DO = End(RunResult.NOTHING_TO_DO, ExitCode.DONE)


WAITING = End(RunResult.WAITING, ExitCode.DONE)


def settled(ways: Ways) -> End:
    """There was nothing to do."""
    return WAITING if ways.waits else NOTHING_TO_DO


def completed(plan: Plan, at: Progress, ways: Ways) -> End:
    """The end after all steps: not right where the plan left behaviors without the release."""
    if plan.uncovered:
        return End(
            RunResult.NOT_RIGHT,
            ExitCode.NOT_RIGHT,
            error=f"not every behavior carries release {at.release}: {', '.join(plan.uncovered)}",
            next_step=advise("Finish it: ", ways.publish),
            wrong=frozenset(
                distribution.id for distribution in plan.distributions if distribution.name in plan.uncovered
            ),
        )
    return End(RunResult.COMPLETED, ExitCode.DONE) if plan.unsettled else NOTHING_TO_DO


def troubled(trouble: Trouble, plan: Plan, before: Snapshot, ways: Ways) -> End:
    """The end where every step is done, but the site is wrong. Nothing was undone."""
    look = advise("Look again: ", ways.finishing(plan))
    if trouble.served is Served.STALE:
        return End(
            RunResult.IN_PROGRESS,
            ExitCode.IN_PROGRESS,
            error="the site still shows the headers from before",
            next_step=advise("Edges settle within minutes. ", look),
        )
    problem = "" if trouble.served is None else _LEFT_STANDING[trouble.served]
    served = {
        distribution.id: {*distribution.aliases, distribution.domain_name} & trouble.hosts
        for distribution in before.distributions
    }
    strange = trouble.hosts - {host for found in served.values() for host in found}
    if plan.rolls_back:
        # Another step back would remove what this one has attached, and repair nothing.
        step = advise("Everything is taken back; the cause is elsewhere. Check the origin. ", look)
    else:
        step = advise("Nothing was undone. ", look)
    return End(
        RunResult.NOT_RIGHT,
        ExitCode.NOT_RIGHT,
        error=f"{problem}{trouble.why}",
        next_step=step,
        wrong=frozenset(place for place, found in served.items() if found or strange or not trouble.hosts),
    )


def taken_back(back: Back, trouble: Trouble, carried: Carried, resume: Advice, ways: Ways) -> End:
    """The end where the site was wrong and the run was undone, or should have been; `resume`
    finishes that.
    """
    wrong = trouble.why if trouble.served is None else f"the site was wrong: {trouble.why}"
    look = advise("What is live: ", ways.status)
    match back.end:
        case BackEnd.DONE | BackEnd.DONE_AND_STILL_WRONG:
            still = back.end is BackEnd.DONE_AND_STILL_WRONG
            more = f"; the run is taken back, but the site also fails without it: {back.why}" if still else ""
            return End(
                RunResult.ROLLED_BACK,
                ExitCode.ROLLED_BACK,
                error=f"{wrong}{more}",
                next_step=advise("Check the origin. " if still else "Repair it, then publish again. ", look),
                previous=carried.leads_to,
            )
        case BackEnd.MOVED_ON:
            return End(
                RunResult.CONFLICT,
                ExitCode.CONFLICT,
                error=f"{wrong}; somebody else has changed the behaviors since, so nothing was taken back",
                next_step=look,
            )
        case BackEnd.INTERRUPTED:
            return End(
                RunResult.INTERRUPTED,
                ExitCode.INTERRUPTED,
                error=f"{wrong}; taking that back was interrupted",
                next_step=advise("Finish it: ", resume),
            )
        case BackEnd.FAILED:
            return End(
                RunResult.NEEDS_PERSON,
                ExitCode.NEEDS_PERSON,
                error=f"{wrong}; taking back this run's changes failed, too: {back.why}",
                next_step=advise(
                    "Run: ",
                    resume,
                    f"   If that fails, too: in the CloudFront console {by_hand(carried)}, wait for"
                    " Deployed, and invalidate /*.",
                ),
                previous=carried.leads_to,
            )
        case _:
            assert_never(back.end)


def failed(error: EdgerolloutError, code: ExitCode, again: Advice) -> End:
    """The end where a step failed or the run was stopped; `code` is the exit code for what was done until
    then.

    Where a right is missing, somebody has to act before the same command (`again`) can go on.
    """
    denied = isinstance(error, AwsFailure) and error.denied
    first = error.hint if denied else None
    following = None if first is None else advise(first, ". Then run the same command: ", again)
    return End(result_of(error, code), code, next_step=following, error=str(error))


def outcome_of(end: End, plan: Plan, at: Progress, session: Session, ways: Ways, duration: float) -> Outcome:
    """The last event of a run with this end, with the result on each distribution."""
    live = None if plan.live is None else plan.live.number
    previous = end.previous
    if previous is None and plan.release is not None:
        previous = plan.release.previous
    if plan.rolls_back or (plan.handover is not None and at.release != live):
        previous = live
    csp = csp_of(plan, at.release)
    return Outcome(
        result=end.result,
        exit_code=end.code,
        environment=plan.environment,
        release=at.release,
        previous=previous,
        distributions=tuple(
            DistributionOutcome(
                state.plan.id,
                state.plan.name,
                _result(state, end, plan, at),
                None if state.error is None else str(state.error),
            )
            for state in at.states
        ),
        duration=duration,
        next_step=end.next_step or next_step_of(end.result, plan, at.states, at.release, csp, ways),
        undo=undo_of(end.result, plan, at.states, at.release, ways),
        csp=csp,
        verified=at.verified,
        toured=at.toured,
        error=end.error,
        endpoint=session.aws.endpoint,
        sandbox=session.sandbox,
        aws_calls=dict(sorted(session.aws.calls.items())),
        handed_over=_handed_over(plan, at),
    )


def _result(state: LaneState, end: End, plan: Plan, at: Progress) -> DistributionResult:
    """The result on one distribution."""
    if state.rolled_back:
        return DistributionResult.ROLLED_BACK
    if plan.handover is not None and attaches(state.plan):
        return DistributionResult.NOT_STARTED if at.handed is None else DistributionResult.HANDED_OVER
    if state.plan.id in end.wrong:
        return DistributionResult.NOT_RIGHT
    if not state.plan.steps:
        return DistributionResult.NOTHING_TO_DO
    if state.finished:
        return DistributionResult.COMPLETED
    if isinstance(state.error, EdgerolloutError) and not isinstance(state.error, Interrupted):
        return distribution_result_of(at.code(state.error))
    # Interrupted: CloudFront continues what was written; the rest was never started.
    return DistributionResult.IN_PROGRESS if state.wrote else DistributionResult.NOT_STARTED


def _handed_over(plan: Plan, at: Progress) -> HandedOver | None:
    handover, said = plan.handover, at.handed
    if handover is None or said is None:
        return None
    stage = None if said.stage is None else said.stage.value
    live = None if plan.live is None else plan.live.number
    return HandedOver(handover.file, said.qualified_arn, said.release, stage, live, handover.attaches)
