"""Carries out a plan and says how it ended.

1. What the site sends now (`verification.probe_all`), for telling "still the old headers" later.
2. The function: configuration, code, numbered version (`function_steps`).
3. Every distribution in its own lane (`lanes`), side by side (`scheduler`).
4. Do the live headers carry the release (`verification.verify`)?
5. The outcome: per distribution, for the run, the next step in words, the exit code.

The engine reports typed events and draws nothing; it raises nothing a user could cause, but says it in
the outcome. Nothing is undone on a failure half-way: running the same command again finishes the run.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never
from urllib.parse import urlsplit

from edgerollout.errors import EdgerolloutError, ExitCode, Interrupted, Refused
from edgerollout.policy.severity import Severity
from edgerollout.release.delivery.steps import SwapTriggers
from edgerollout.release.delivery.terraform import attaches
from edgerollout.release.facts.events import (
    DistributionOutcome,
    DistributionResult,
    HandedOver,
    Noticed,
    Outcome,
    RollbackStarted,
    RunResult,
    StepFailed,
    StepKind,
)
from edgerollout.release.facts.served import Served
from edgerollout.release.facts.standing import NOTHING
from edgerollout.release.plans.taking_back import Carried, enforces_anew
from edgerollout.rollout.function_steps import FunctionRun
from edgerollout.rollout.lanes import LaneState, lane
from edgerollout.rollout.next_step import next_step_of
from edgerollout.rollout.ports import AwsFailure, CredentialsExpired
from edgerollout.rollout.results import distribution_result_of, result_of
from edgerollout.rollout.scheduler import Scheduler
from edgerollout.rollout.session import Step
from edgerollout.rollout.stopping import Deadline
from edgerollout.rollout.touring import blocked_by
from edgerollout.rollout.verification import probe_all, verify
from edgerollout.rollout.way_back import Back, BackEnd, by_hand

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.net.answer import HttpAnswer
    from edgerollout.release.delivery.terraform import Handover
    from edgerollout.release.facts.environment import FunctionSettings
    from edgerollout.release.facts.release import Release
    from edgerollout.release.facts.served import JudgedAnswer
    from edgerollout.release.facts.snapshot import Snapshot
    from edgerollout.release.facts.tfvars import Tfvars
    from edgerollout.release.plans.plan import Plan
    from edgerollout.rollout.next_step import Wording
    from edgerollout.rollout.session import Session
    from edgerollout.rollout.touring import Tour


class Engine:
    """One run of one plan."""

    def __init__(
        self,
        session: Session,
        plan: Plan,
        snapshot: Snapshot,
        settings: FunctionSettings,
        wording: Wording,
        *,
        check_headers: bool = True,
        always_check: bool = False,
        sandbox: bool = False,
        take_back: Callable[[Carried], tuple[Snapshot, Plan]] | None = None,
        tour: Tour | None = None,
        write_tfvars: Callable[[Tfvars], None] | None = None,
    ) -> None:
        """`take_back` plans how this run is undone when it turns out wrong; `tour` tells what it blocks.

        `write_tfvars` tells Terraform; only a plan with a handover asks for it.
        """
        self._session = session
        self._plan = plan
        self._wording = wording
        self._settings = settings
        self._take_back = take_back
        self._tour = tour
        self._write_tfvars = write_tfvars
        self._handed: Tfvars | None = None
        self._checks = check_headers and session.probe is not None
        self._always_check = always_check
        self._sandbox = sandbox
        self._began = session.clock.monotonic()
        self._before = snapshot
        self._number = plan.target
        self._wrong: frozenset[str] | None = None
        """Ids of the distributions that are not right though all is done; None: nothing is wrong."""
        self._function_run = FunctionRun(session, plan, settings, snapshot)
        self.states = [LaneState(one, etag=snapshot.distribution(one.id).etag) for one in plan.distributions]
        self._phase = StepKind.PROBE_BASELINE

    def run(self) -> Outcome:
        """Carry the plan out; the outcome, already emitted as the last event."""
        outcome = self.carry_out()
        self._session.emit(outcome)
        return outcome

    def carry_out(self) -> Outcome:
        """Carry the plan out; the outcome, not emitted: this run is a part of another."""
        if not self._plan.unsettled and not self._always_check:
            if self._plan.handover is not None:
                self._handed = self._plan.handover.after
            return self._outcome(RunResult.NOTHING_TO_DO, ExitCode.DONE)
        try:
            baseline = self._baseline()
            if self._plan.function_steps:
                self._publish()
            if not self._plan.publishes:
                self._await_resumed()
            if self._plan.handover is not None:
                return self._hand_over(self._plan.handover)
            self._roll_out()
            worst = self._worst()
            if worst is not None:
                return self._failed(worst, told=True)
            self._function_run.forget(self._plan.given_up)
            self._phase = StepKind.VERIFY
            return self._verified(baseline)
        except EdgerolloutError as error:
            return self._failed(error)

    def _baseline(self) -> dict[str, HttpAnswer]:
        if not self._checks or self._session.probe is None or not self._plan.unsettled:
            return {}
        if self._plan.handover is not None:
            # The site changes when Terraform is run; `wait` looks at it then.
            return {}
        if self._plan.rolls_back and self._plan.target is None:
            # What the site sends without us is not ours to judge.
            return {}
        if not self._plan.urls:
            self._session.emit(
                Noticed("warning", "no urls are configured: the live headers will not be checked")
            )
            return {}
        return probe_all(self._session, self._session.probe, self._plan.urls)

    def _publish(self) -> None:
        try:
            self._number = self._function_run.run() or self._number
        finally:
            if self._function_run.open is not None:
                self._phase = self._function_run.open.kind

    def _await_resumed(self) -> None:
        """Wait for the version that a run published which was cut off before any swap.

        CloudFront refuses a version that is still Pending; one that is attached somewhere is not.
        """
        target, live = self._plan.target, self._plan.live
        swaps = any(isinstance(step, SwapTriggers) for one in self._plan.distributions for step in one.steps)
        swaps = swaps or (self._plan.handover is not None and self._plan.handover.attaches)
        if swaps and target is not None and (live is None or target > live.number):
            self._phase = StepKind.PUBLISH_VERSION
            self._function_run.await_version(target)

    def _hand_over(self, handover: Handover) -> Outcome:
        """Tell Terraform. What belongs in AWS is there already: a run cut off here repeats nothing."""
        self._session.stop.check()
        self._phase = StepKind.WRITE_TFVARS
        arn = None if self._number is None else self._plan.version_arn(self._number)
        tfvars = handover.tfvars(arn)
        if self._write_tfvars is not None and tfvars != handover.before:
            step = Step(self._session, StepKind.WRITE_TFVARS, handover.file)
            self._write_tfvars(tfvars)
            step.finish(handover.file)
        self._handed = tfvars
        return self._outcome(RunResult.HANDED_OVER, ExitCode.DONE)

    def _roll_out(self) -> None:
        plan, number = self._plan, self._number
        if number is None and not plan.rolls_back:
            return
        target = None if number is None else plan.version_arn(number)
        lanes = {
            state.plan.id: (
                lane(
                    self._session,
                    state,
                    plan.function_arn,
                    number or NOTHING,
                    target,
                    back=plan.rolls_back,
                ),
                state,
            )
            for state in self.states
            if state.plan.steps
        }
        self._phase = StepKind.SWAP_TRIGGERS
        Scheduler(self._session).run(lanes)
        for state in self.states:
            if isinstance(state.error, EdgerolloutError):
                kind = self._phase if state.open is None else state.open.kind
                self._tell(kind, state.error, state.plan.id)

    def _worst(self) -> EdgerolloutError | None:
        """The failure that decides the exit code: a conflict before a failure before a time-out."""
        errors = [state.error for state in self.states if isinstance(state.error, EdgerolloutError)]
        order = (ExitCode.CONFLICT, ExitCode.FAILED, ExitCode.REFUSED, ExitCode.IN_PROGRESS)
        errors.sort(key=lambda error: order.index(self._code(error)) if self._code(error) in order else 0)
        return errors[0] if errors else None

    def _verified(self, baseline: dict[str, HttpAnswer]) -> Outcome:
        plan, probe = self._plan, self._session.probe
        if not self._checks or probe is None or not plan.urls:
            return self._completed()
        if plan.release is None:
            message = "the release's release.json could not be read: which headers it sends is not known, so"
            self._session.emit(Noticed("warning", f"{message} only whether the site answers was checked"))
        expected = None if plan.release is None else plan.release.response()
        before = None if plan.before is None else plan.before.response()
        judged = verify(self._session, probe, plan.urls, plan.event, expected, before, baseline)
        bad = [one for one in judged if not one.verdict.fine]
        for one in bad:
            self._session.emit(Noticed("warning", f"{one.url}: {one.verdict} ({one.words(before)})"))
        wrong = [one for one in bad if one.verdict in (Served.WRONG, Served.FAILING)]
        worst = wrong or [one for one in bad if one.verdict is Served.UNREACHABLE]
        if wrong and self._take_back is not None and self._number is not None:
            carried = Carried(plan, self._before, self._number)
            if carried.changed:
                return self._undone(carried, f"{wrong[0].url} ({wrong[0].words(before)})", self._take_back)
        if worst:
            what = "the live headers are wrong" if wrong else "the site could not be checked"
            if wrong and all(one.passing for one in wrong):
                what = "the site fails"
            return self._not_right(f"{what}: {worst[0].url} ({worst[0].words(before)})", bad)
        if bad:
            return self._outcome(
                RunResult.IN_PROGRESS,
                ExitCode.IN_PROGRESS,
                error="the site still shows the headers from before",
                next_step=f"Edges settle within minutes. Look again: {self._wording.finishing(plan)}",
            )
        return self._completed() if plan.release is None else self._toured(plan.release)

    def _not_right(self, why: str, bad: list[JudgedAnswer]) -> Outcome:
        """All is done, and the site is not as it should be. Nothing was undone."""
        hosts = {urlsplit(one.url).hostname for one in bad}
        served = {one.id: {*one.aliases, one.domain_name} & hosts for one in self._before.distributions}
        known = {host for found in served.values() for host in found}
        self._wrong = frozenset(one for one, found in served.items() if found or hosts - known or not hosts)
        look = f"Look again: {self._wording.finishing(self._plan)}"
        if self._plan.rolls_back:
            # One more step back would take away what this one has brought, and heal nothing.
            step = f"The way back is complete; the cause is elsewhere. Look at the origin. {look}"
        elif self._number is not None:
            back = self._wording.rollback_from(self._number)
            previous = None if self._plan.release is None else self._plan.release.previous
            to = "take our triggers off" if previous is None else f"go back to release {previous}"
            step = f"Nothing was undone. {look}   To {to}: {back}"
        else:
            step = f"Nothing was undone. {look}"
        return self._outcome(RunResult.NOT_RIGHT, ExitCode.NOT_RIGHT, error=why, next_step=step)

    def _toured(self, release: Release) -> Outcome:
        """What a newly enforced policy blocks in a browser counts as wrong, when it does so twice."""
        if self._tour is None or not enforces_anew(self._plan, self._before):
            return self._completed()
        self._phase = StepKind.TOUR
        why = blocked_by(self._session, self._tour, release, self._plan.before, self._number)
        if why is None:
            return self._completed()
        if self._take_back is not None and self._number is not None:
            return self._undone(Carried(self._plan, self._before, self._number), why, self._take_back)
        return self._not_right(why, [])

    def _undone(
        self, carried: Carried, why: str, take_back: Callable[[Carried], tuple[Snapshot, Plan]]
    ) -> Outcome:
        """Take back what this run changed, by the same way: a plan, carried out."""
        resume = self._wording.rollback_from(carried.number) if carried.introduced else self._wording.again
        self._session.emit(RollbackStarted(why, carried.leads_to, resume))
        back = self._carry_back(carried, take_back, resume)
        wrong = why if self._phase is StepKind.TOUR else f"the site was wrong: {why}"
        look = f"What is live: {self._wording.status}"
        match back.end:
            case BackEnd.DONE | BackEnd.DONE_AND_STILL_WRONG:
                for state in self.states:
                    state.rolled_back = state.plan.id in back.distributions
                still = back.end is BackEnd.DONE_AND_STILL_WRONG
                more = f"; that is taken back, and it fails without it as well: {back.why}" if still else ""
                return self._outcome(
                    RunResult.ROLLED_BACK,
                    ExitCode.ROLLED_BACK,
                    error=f"{wrong}{more}",
                    next_step=f"{'Look at the origin.' if still else 'Mend it, then publish again.'} {look}",
                    previous=carried.leads_to,
                )
            case BackEnd.MOVED_ON:
                return self._outcome(
                    RunResult.CONFLICT,
                    ExitCode.CONFLICT,
                    error=f"{wrong}; somebody else has changed our triggers since, so nothing was taken back",
                    next_step=look,
                )
            case BackEnd.INTERRUPTED:
                return self._outcome(
                    RunResult.INTERRUPTED,
                    ExitCode.INTERRUPTED,
                    error=f"{wrong}; taking that back was interrupted",
                    next_step=f"Finish it: {resume}",
                )
            case BackEnd.FAILED:
                return self._outcome(
                    RunResult.NEEDS_PERSON,
                    ExitCode.NEEDS_PERSON,
                    error=f"{wrong}; and taking back what this run changed failed: {back.why}",
                    next_step=f"Run: {resume}   If that fails as well: in the CloudFront console"
                    f" {by_hand(carried)}, wait for Deployed, and invalidate /*.",
                    previous=carried.leads_to,
                )
            case _:
                assert_never(back.end)

    def _carry_back(
        self, carried: Carried, take_back: Callable[[Carried], tuple[Snapshot, Plan]], resume: str
    ) -> Back:
        """Plan and carry out the way back. It has no deadline, and raises nothing a user could cause."""
        session = replace(self._session, deadline=Deadline(self._session.clock, None))
        try:
            snapshot, plan = take_back(carried)
            for one in plan.findings:
                if one.severity is not Severity.NOTE:
                    session.emit(Noticed("warning", one.message, one.distribution, one.hint))
            if plan.errors:
                raise Refused(plan.errors[0].message, hint=plan.errors[0].hint)
            way_back = Engine(
                session,
                plan,
                snapshot,
                self._settings,
                replace(self._wording, again=resume),
                check_headers=self._checks,
                sandbox=self._sandbox,
            )
            outcome = way_back.carry_out()
        except EdgerolloutError as error:
            return Back(BackEnd.FAILED, str(error))
        touched = frozenset(state.plan.id for state in way_back.states if state.plan.steps)
        if outcome.exit_code is ExitCode.INTERRUPTED:
            return Back(BackEnd.INTERRUPTED)
        if not all(state.finished for state in way_back.states if state.plan.steps):
            return Back(BackEnd.FAILED, outcome.error or outcome.result.value)
        if not any(state.updated for state in way_back.states):
            return Back(BackEnd.MOVED_ON)
        # "Still the headers from before" is an edge that settles late: the triggers are back.
        end = BackEnd.DONE_AND_STILL_WRONG if outcome.exit_code is ExitCode.NOT_RIGHT else BackEnd.DONE
        return Back(end, outcome.error, touched)

    def _completed(self) -> Outcome:
        """All steps done; still not well when the plan left behaviors without the release."""
        if self._plan.uncovered:
            self._wrong = frozenset(
                one.id for one in self._plan.distributions if one.name in self._plan.uncovered
            )
            return self._outcome(
                RunResult.NOT_RIGHT,
                ExitCode.NOT_RIGHT,
                error=f"not every behavior carries release {self._number}: {', '.join(self._plan.uncovered)}",
                next_step=f"Finish it: {self._wording.publish}",
            )
        result = RunResult.COMPLETED if self._plan.unsettled else RunResult.NOTHING_TO_DO
        return self._outcome(result, ExitCode.DONE)

    def _failed(self, error: EdgerolloutError, *, told: bool = False) -> Outcome:
        code = self._code(error)
        if not told and not isinstance(error, Interrupted):
            self._tell(self._phase, error, None)
        return self._outcome(result_of(error, code), code, error=str(error))

    def _code(self, error: EdgerolloutError) -> ExitCode:
        """The exit code of a failure: credentials that ran out after a write leave a resumable run."""
        if isinstance(error, CredentialsExpired) and (
            self._function_run.wrote or any(state.wrote for state in self.states)
        ):
            return ExitCode.IN_PROGRESS
        return error.exit_code

    def _tell(self, kind: StepKind, error: EdgerolloutError, distribution: str | None) -> None:
        code = error.code if isinstance(error, AwsFailure) else None
        self._session.emit(StepFailed(kind, error.what, error.why, error.hint, code, distribution))

    def _outcome(
        self,
        result: RunResult,
        code: ExitCode,
        *,
        error: str | None = None,
        next_step: str | None = None,
        previous: int | None = None,
    ) -> Outcome:
        aws = self._session.aws
        live = None if self._plan.live is None else self._plan.live.number
        if previous is None and self._plan.release is not None:
            previous = self._plan.release.previous
        if self._plan.rolls_back or (self._plan.handover is not None and self._number != live):
            previous = live
        return Outcome(
            result=result,
            exit_code=code,
            environment=self._plan.environment,
            release=self._number,
            previous=previous,
            distributions=tuple(self._distribution(state) for state in self.states),
            duration=self._session.clock.monotonic() - self._began,
            next_step=next_step or next_step_of(result, self._plan, self.states, self._number, self._wording),
            error=error,
            endpoint=aws.endpoint,
            sandbox=self._sandbox,
            aws_calls=dict(sorted(aws.calls.items())),
            handed_over=self._handed_over(),
        )

    def _handed_over(self) -> HandedOver | None:
        handover, said = self._plan.handover, self._handed
        if handover is None or said is None:
            return None
        stage = None if said.stage is None else said.stage.value
        live = None if self._plan.live is None else self._plan.live.number
        waits = handover.attaches
        return HandedOver(handover.file, said.qualified_arn, said.release, stage, live, waits)

    def _distribution(self, state: LaneState) -> DistributionOutcome:
        if state.rolled_back:
            result = DistributionResult.ROLLED_BACK
        elif self._plan.handover is not None and attaches(state.plan):
            told = self._handed is not None
            result = DistributionResult.HANDED_OVER if told else DistributionResult.NOT_STARTED
        elif self._wrong is not None and state.plan.id in self._wrong:
            result = DistributionResult.NOT_RIGHT
        elif not state.plan.steps:
            result = DistributionResult.NOTHING_TO_DO
        elif state.finished:
            result = DistributionResult.COMPLETED
        elif isinstance(state.error, EdgerolloutError) and not isinstance(state.error, Interrupted):
            result = distribution_result_of(self._code(state.error))
        else:
            # Interrupted: what was written goes on in CloudFront, the rest was never begun.
            result = DistributionResult.IN_PROGRESS if state.wrote else DistributionResult.NOT_STARTED
        error = None if state.error is None else str(state.error)
        return DistributionOutcome(state.plan.id, state.plan.name, result, error)
