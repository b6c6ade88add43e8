"""Deletes old versions one by one, and reports the result of each.

Lambda allows 15 control-plane requests in a second for each account, shared with all other deployments; this
module stays below. A version that is attached after the plan was made is kept: the list of distributions is
read again right before the first deletion and every few seconds after it, and Lambda itself refuses to delete
a version with replicas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.advice import advise
from edgerollout.errors import EdgerolloutError, ExitCode, Interrupted
from edgerollout.policy.severity import Severity
from edgerollout.release.facts.events import (
    Noticed,
    Outcome,
    Pruned,
    RunResult,
    StepFailed,
    StepKind,
    VersionFate,
    VersionJudged,
)
from edgerollout.release.facts.live import WITHDRAWN_TAG
from edgerollout.release.plans.pruning import in_use
from edgerollout.rollout.ports import AwsFailure, CredentialsExpired, NotFound, Referenced, Replicated
from edgerollout.rollout.results import result_of
from edgerollout.rollout.session import Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.advice import CommandLine
    from edgerollout.release.facts.headers_policies import StandingPolicy
    from edgerollout.release.plans.pruning import JudgedVersion, PrunePlan
    from edgerollout.rollout.session import Session

APART = 0.1
"""Seconds from one deletion to the next, at least."""

_SWEEP_AFTER = 10.0
"""Seconds after which the attached versions are read again."""

_TAGS_AT_ONCE = 50
"""The most keys that UntagResource accepts."""


class Pruning:
    """One run of one plan. `again` is the command that resumes it."""

    def __init__(self, session: Session, plan: PrunePlan, again: CommandLine) -> None:
        self._session = session
        self._plan = plan
        self._again = again
        self._began = session.clock.monotonic()
        self._fates: dict[int, VersionFate] = {}
        self._freed = 0
        self._in_use: Mapping[int, str] = {}
        self._swept: float | None = None
        self._deleted_at: float | None = None

    def run(self) -> Outcome:
        """Carry the plan out; the outcome, already emitted as the last event."""
        for version in self._plan.versions:
            if not version.deletes:
                self._judge(version, VersionFate.SPARED, version.why)
        try:
            for policy in self._plan.policies:
                self._session.stop.check()
                self._delete_policy(policy)
            if self._plan.deletions:
                self._delete_all()
            self._clear_marks()
        except EdgerolloutError as error:
            outcome = self._failed(error)
        else:
            changes = self._plan.changes
            result = RunResult.COMPLETED if changes else RunResult.NOTHING_TO_DO
            outcome = self._outcome(result, ExitCode.DONE)
        self._session.emit(outcome)
        return outcome

    def _delete_policy(self, policy: StandingPolicy) -> None:
        """Each is told. One that cannot be deleted is in nobody's way but the quota's."""
        told, severity = f"the response headers policy {policy.name} was deleted", Severity.NOTE
        try:
            self._session.aws.cloudfront.delete_headers_policy(policy.id)
        except NotFound:
            told = f"the response headers policy {policy.name} was gone already"
        except Referenced:
            told = f"the response headers policy {policy.name} is on a behavior now: spared"
        except CredentialsExpired:
            raise
        except AwsFailure as failure:
            told = f"the response headers policy {policy.name} could not be deleted ({failure})"
            severity = Severity.WARNING
        self._session.emit(Noticed(severity, told))

    def _delete_all(self) -> None:
        deletions = self._plan.deletions
        step = Step(self._session, StepKind.DELETE_VERSIONS, f"{len(deletions)} of {self._plan.function}")
        try:
            for deletion in deletions:
                self._session.stop.check()
                self._delete(deletion)
        except EdgerolloutError as error:
            if not isinstance(error, Interrupted):
                code = error.code if isinstance(error, AwsFailure) else None
                self._session.emit(StepFailed(step.kind, error.summary, error.why, error.hint, code))
            raise
        deleted = sum(fate is VersionFate.DELETED for fate in self._fates.values())
        step.finish(f"{deleted} of {len(deletions)} deleted")

    def _delete(self, version: JudgedVersion) -> None:
        number, functions = version.version.number, self._session.aws.functions
        self._sweep()
        if number in self._in_use:
            self._judge(version, VersionFate.SPARED, self._in_use[number])
            self._session.emit(
                Noticed(Severity.NOTE, f"version {number} is {self._in_use[number]} now: spared")
            )
            return
        self._keep_apart()
        try:
            functions.delete_version(self._plan.function, number)
        except Replicated:
            self._judge(
                version, VersionFate.PENDING, "replicas still exist; they are deleted within some hours"
            )
        except Referenced as alias:
            self._judge(version, VersionFate.SPARED, "an alias points at it")
            self._session.emit(Noticed(Severity.NOTE, f"version {number} was spared: {alias.message}"))
        except NotFound:
            # Somebody else deleted it, or an earlier try of ours did and its answer was lost.
            self._deleted(version)
        else:
            self._deleted(version)

    def _deleted(self, version: JudgedVersion) -> None:
        self._freed += version.version.size
        self._judge(version, VersionFate.DELETED, version.why)

    def _sweep(self) -> None:
        """Read what is attached where, unless the last read is recent."""
        now = self._session.clock.monotonic()
        if self._swept is None or now - self._swept >= _SWEEP_AFTER:
            everything = self._session.aws.cloudfront.distributions()
            self._in_use = in_use(everything, self._plan.function_arn)
            self._swept = now

    def _keep_apart(self) -> None:
        clock = self._session.clock
        if self._deleted_at is not None and (wait := self._deleted_at + APART - clock.monotonic()) > 0:
            clock.sleep(wait)
        self._deleted_at = clock.monotonic()

    def _clear_marks(self) -> None:
        """Remove the withdrawn marks of versions that are gone; a function has at most 50 tags.

        The marks are only hints: where the right is missing, the next prune tries again.
        """
        gone = {number for number, fate in self._fates.items() if fate is VersionFate.DELETED}
        marks = sorted({*self._plan.marks, *(gone & self._plan.withdrawn)})
        keys = [f"{WITHDRAWN_TAG}{number}" for number in marks]
        try:
            for start in range(0, len(keys), _TAGS_AT_ONCE):
                batch = keys[start : start + _TAGS_AT_ONCE]
                self._session.aws.functions.untag(self._plan.function_arn, batch)
        except AwsFailure as failure:
            message = f"the marks of versions that are gone could not be cleared ({failure})"
            self._session.emit(Noticed(Severity.WARNING, message))

    def _judge(self, version: JudgedVersion, fate: VersionFate, why: str) -> None:
        self._fates[version.version.number] = fate
        self._session.emit(VersionJudged(version.version.number, fate, why, version.version.size))

    def _failed(self, error: EdgerolloutError) -> Outcome:
        for deletion in self._plan.deletions:
            if deletion.version.number not in self._fates:
                self._judge(deletion, VersionFate.LEFT, "the run ended before it")
        deleted = VersionFate.DELETED in self._fates.values()
        if isinstance(error, CredentialsExpired) and deleted:
            return self._outcome(RunResult.IN_PROGRESS, ExitCode.IN_PROGRESS, str(error))
        return self._outcome(result_of(error), error.exit_code, str(error))

    def _outcome(self, result: RunResult, code: ExitCode, error: str | None = None) -> Outcome:
        aws = self._session.aws
        pruned = Pruned(
            self._having(VersionFate.DELETED),
            self._having(VersionFate.PENDING),
            self._having(VersionFate.LEFT),
            self._freed,
        )
        next_step = None
        if pruned.left:
            next_step = advise("Run it again for the rest: ", self._again)
        elif pruned.pending:
            next_step = advise("Run it again in some hours: ", self._again)
        return Outcome(
            result=result,
            exit_code=code,
            environment=self._plan.environment,
            release=self._plan.live,
            previous=None,
            distributions=(),
            duration=self._session.clock.monotonic() - self._began,
            next_step=next_step,
            error=error,
            endpoint=aws.endpoint,
            sandbox=self._session.sandbox,
            aws_calls=dict(sorted(aws.calls.items())),
            pruned=pruned,
        )

    def _having(self, fate: VersionFate) -> tuple[int, ...]:
        return tuple(number for number, found in sorted(self._fates.items()) if found is fate)
