"""Carries out a plan. `Engine.carry_out` shows the whole run on one screen.

The engine reports typed events and draws nothing. Errors that a user can cause are not raised: the outcome
reports them. A failure half-way undoes nothing: running the same command again finishes the run.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edgerollout.errors import EdgerolloutError, Interrupted, Refused
from edgerollout.policy.severity import Severity
from edgerollout.release.delivery.steps import SwapTriggers
from edgerollout.release.facts.events import Noticed, RollbackStarted, StepFailed, StepKind, VerifiedUrls
from edgerollout.release.facts.served import Served
from edgerollout.release.facts.standing import NOTHING
from edgerollout.release.facts.swap_marks import Due
from edgerollout.release.plans.taking_back import Carried, enforces_anew
from edgerollout.rollout import end
from edgerollout.rollout.afterwards import Afterwards
from edgerollout.rollout.function_steps import FunctionRun
from edgerollout.rollout.lanes import LaneState, lane
from edgerollout.rollout.marking import Marking
from edgerollout.rollout.ports import AwsFailure
from edgerollout.rollout.progress import Progress
from edgerollout.rollout.scheduler import Scheduler
from edgerollout.rollout.session import Step
from edgerollout.rollout.stopping import Deadline
from edgerollout.rollout.touring import blocked_by
from edgerollout.rollout.trouble import Trouble, trouble_with
from edgerollout.rollout.verification import probe_all, verify
from edgerollout.rollout.way_back import Back, BackEnd, back_of

if TYPE_CHECKING:
    from edgerollout.advice import Advice, Hint
    from edgerollout.net.answer import HttpAnswer
    from edgerollout.release.delivery.terraform import Handover
    from edgerollout.release.facts.environment import FunctionSettings
    from edgerollout.release.facts.events import Outcome
    from edgerollout.rollout.afterwards import TakeBack
    from edgerollout.rollout.end import End
    from edgerollout.rollout.next_step import Ways
    from edgerollout.rollout.reading import Planned
    from edgerollout.rollout.session import Session

_NOTHING_SPECIAL = Afterwards()


class Engine:
    """One run of one plan."""

    def __init__(
        self,
        session: Session,
        planned: Planned,
        settings: FunctionSettings,
        ways: Ways,
        afterwards: Afterwards = _NOTHING_SPECIAL,
    ) -> None:
        self._session = session
        self._before, self._plan = planned
        self._settings = settings
        self._ways = ways
        self._afterwards = afterwards
        self._began = session.clock.monotonic()
        self._function = FunctionRun(session, self._plan, settings, self._before)
        self.progress = Progress(
            self._function,
            tuple(
                LaneState(distribution, self._before.distribution(distribution.id).etag)
                for distribution in self._plan.distributions
            ),
            self._plan.target,
        )

    def run(self) -> Outcome:
        """Carry out the plan. Returns the outcome, which was already emitted as the last event."""
        ended = self.carry_out()
        duration = self._session.clock.monotonic() - self._began
        outcome = end.outcome_of(ended, self._plan, self.progress, self._session, self._ways, duration)
        self._session.emit(outcome)
        return outcome

    def carry_out(self) -> End:
        """Carry out the plan. Returns how it ended and does not emit that: it may be a part of
        another run.
        """
        plan, at, take_back = self._plan, self.progress, self._afterwards.take_back
        if not plan.unsettled and not self._afterwards.always_check:
            at.handed = None if plan.handover is None else plan.handover.after
            return end.settled(self._ways)
        try:
            baseline = self._probe()
            self._work_on_the_function()
            plan = self._plan  # may now name what was made for the release
            if plan.handover is not None:
                return self._hand_over(plan.handover)
            self._work_on_the_distributions()
            trouble = self._verify(baseline) or self._tour()
            if trouble is None:
                return end.completed(plan, at, self._ways)
            if take_back is not None and at.release is not None and trouble.wrong:
                carried = Carried(plan, self._before, at.release)
                if carried.changed or trouble.served is None:
                    return self._undo(trouble, carried, take_back)
            return end.troubled(trouble, plan, self._before, self._ways)
        except EdgerolloutError as error:
            return self._failed(error)

    @property
    def _checks(self) -> bool:
        """Whether to check the site: it is wanted, there is a probe, and there are URLs."""
        return self._afterwards.check_headers and self._session.probe is not None and bool(self._plan.urls)

    def _probe(self) -> dict[str, HttpAnswer]:
        """The site's answers now, to recognize old headers later."""
        plan, probe = self._plan, self._session.probe
        if not self._afterwards.check_headers or probe is None or not plan.unsettled:
            return {}
        if plan.handover is not None:
            # The site changes when Terraform is run; `wait` looks at it then.
            return {}
        if plan.rolls_back and plan.target is None:
            # What the site sends without us is not ours to judge.
            return {}
        if not plan.urls:
            self._warn("no urls are configured: the live headers will not be checked")
            return {}
        return probe_all(self._session, probe, plan.urls)

    def _work_on_the_function(self) -> None:
        """Role, function, configuration, code, numbered version.

        It waits for a version that an earlier run published and never attached: CloudFront refuses a Pending
        one.
        """
        plan, at = self._plan, self.progress
        if plan.function_steps:
            try:
                at.release = self._function.run() or at.release
            finally:
                if self._function.open is not None:
                    at.phase = self._function.open.kind
        made, given = self._function.policies, self._function.given
        if made or given:
            plan = self._plan = plan.by(plan.means.knowing(at.release or 0, made, given))
            for state, distribution in zip(at.states, plan.distributions, strict=True):
                state.plan = distribution
        if plan.publishes or plan.target is None:
            return
        attaches = any(
            isinstance(step, SwapTriggers)
            for distribution in plan.distributions
            for step in distribution.steps
        )
        attaches = attaches or (plan.handover is not None and plan.handover.attaches)
        if attaches and (plan.live is None or plan.target > plan.live.number):
            at.phase = StepKind.PUBLISH_VERSION
            self._function.await_version(plan.target)

    def _hand_over(self, handover: Handover) -> End:
        """Write the tfvars. Everything in AWS is done already: after an interruption here nothing is
        repeated.
        """
        session, at = self._session, self.progress
        session.stop.check()
        at.phase = StepKind.WRITE_TFVARS
        tfvars = handover.tfvars(None if at.release is None else self._plan.version_arn(at.release))
        # A policy that was made again has another id, whatever else the file says already.
        tells = tfvars != handover.before or bool(self._function.policies)
        if session.write_tfvars is not None and tells:
            step = Step(session, StepKind.WRITE_TFVARS, handover.file)
            session.write_tfvars(tfvars, handover.before, handover.means.variables(tfvars.qualified_arn))
            step.finish(handover.file)
        at.handed = tfvars
        return end.HANDED_OVER

    def _work_on_the_distributions(self) -> None:
        """Run every distribution in its own lane, in parallel. Raises the worst error of the lanes."""
        plan, at = self._plan, self.progress
        if at.release is not None or plan.rolls_back:
            due = Due(at.release or NOTHING, back=plan.rolls_back)
            target = None if at.release is None else plan.version_arn(at.release)
            marking = self._marking()
            lanes = {
                state.plan.id: (lane(self._session, state, marking, due, target), state)
                for state in at.states
                if state.plan.steps
            }
            at.phase = StepKind.SWAP_TRIGGERS
            if marked := [distribution.id for distribution in plan.distributions if distribution.marks]:
                self._session.stop.check()
                marking.note(marked, due)
            try:
                Scheduler(self._session).run(lanes)
            except EdgerolloutError:
                marking.settle()
                raise
            marking.settle()
            for state in at.states:
                if isinstance(state.error, EdgerolloutError):
                    kind = at.phase if state.open is None else state.open.kind
                    self._tell(kind, state.error, state.plan.id)
            if (worst := at.worst()) is not None:
                raise worst
        self._function.forget(plan.given_up)

    def _marking(self) -> Marking:
        before = self._before
        tags = None if before.function is None else before.function.tags
        return Marking(
            self._session,
            self._plan.function_arn,
            tags,
            (distribution.id for distribution in before.distributions),
        )

    def _verify(self, baseline: dict[str, HttpAnswer]) -> Trouble | None:
        """Check whether the live headers are those of the release."""
        plan, probe = self._plan, self._session.probe
        self.progress.phase = StepKind.VERIFY
        if not self._checks or probe is None:
            return None
        if plan.release is None:
            message = "the release.json of the release could not be read: its headers are unknown, so"
            self._warn(f"{message} only whether the site answers was checked")
        expected = None if plan.release is None else plan.release.response()
        before = None if plan.before is None else plan.before.response()
        judged = verify(self._session, probe, plan.urls, plan.event, expected, before, baseline)
        right = sum(1 for answer in judged if answer.verdict is Served.OK)
        self.progress.verified = VerifiedUrls(len(judged), right)
        for item in judged:
            if not item.verdict.fine:
                self._warn(f"{item.url}: {item.verdict} ({item.words(before)})", item.hint)
        return trouble_with(judged, before)

    def _tour(self) -> Trouble | None:
        """Check what a newly enforced policy blocks in a browser: it counts as wrong when it is blocked
        twice.
        """
        plan, tour = self._plan, self._afterwards.tour
        if tour is None or not self._checks or plan.release is None or not enforces_anew(plan, self._before):
            return None
        self.progress.phase = StepKind.TOUR
        why, self.progress.toured = blocked_by(
            self._session, tour, plan.release, plan.before, self.progress.release
        )
        return None if why is None else Trouble(None, why)

    def _undo(self, trouble: Trouble, carried: Carried, take_back: TakeBack) -> End:
        """Take back this run's changes, in the same way: plan and carry out."""
        ways = self._ways
        resume = ways.rollback_from(carried.number) if carried.introduced else ways.again
        self._session.emit(RollbackStarted(trouble.why, carried.leads_to, resume))
        back = self._carry_back(carried, take_back, resume)
        for state in self.progress.states:
            state.rolled_back = state.plan.id in back.distributions
        return end.taken_back(back, trouble, carried, resume, ways)

    def _carry_back(self, carried: Carried, take_back: TakeBack, resume: Advice) -> Back:
        """Plan and carry out the take-back.

        It has no deadline; errors that a user can cause are not raised.
        """
        session = replace(self._session, deadline=Deadline(self._session.clock, None))
        try:
            planned = take_back(session, carried)
            for finding in planned.plan.findings:
                if finding.severity is not Severity.NOTE:
                    session.emit(
                        Noticed(Severity.WARNING, finding.message, finding.distribution, finding.hint)
                    )
            if planned.plan.errors:
                raise Refused(planned.plan.errors[0].message, hint=planned.plan.errors[0].hint)
            ways = replace(self._ways, again=resume)
            checks = Afterwards(check_headers=self._afterwards.check_headers)
            engine = Engine(session, planned, self._settings, ways, checks)
            ended = engine.carry_out()
            return back_of(engine.progress.states, ended.code, ended.error or ended.result.value)
        except EdgerolloutError as error:
            return Back(BackEnd.FAILED, str(error))

    def _failed(self, error: EdgerolloutError) -> End:
        told = any(state.error is error for state in self.progress.states)
        if not told and not isinstance(error, Interrupted):
            self._tell(self.progress.phase, error, None)
        return end.failed(error, self.progress.code(error), self._ways.resuming(self._plan))

    def _tell(self, kind: StepKind, error: EdgerolloutError, distribution: str | None) -> None:
        code = error.code if isinstance(error, AwsFailure) else None
        self._session.emit(StepFailed(kind, error.summary, error.why, error.hint, code, distribution))

    def _warn(self, message: str, hint: Hint | None = None) -> None:
        self._session.emit(Noticed(Severity.WARNING, message, hint=hint))
