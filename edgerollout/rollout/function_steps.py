"""The steps on the function: role, function, configuration, code, and the numbered version.

Lambda demands this order: configuration, code, publishing, and a wait after each. A version freezes the state
of $LATEST at that moment, and Lambda answers 409 to a second update in between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, assert_never

from edgerollout.errors import Conflict, EdgerolloutError, StillInProgress
from edgerollout.policy.severity import Severity
from edgerollout.release.facts.bundle import code_sha256
from edgerollout.release.facts.events import Noticed, StepKind
from edgerollout.release.facts.headers_policies import (
    PolicyKey,
    content_digest,
    found_again,
    own_policies,
    policy_comment,
    policy_name,
)
from edgerollout.release.facts.live import DETACHED_TAG, WITHDRAWN_TAG
from edgerollout.release.facts.replaced_tags import replaced_tags
from edgerollout.release.facts.snapshot import Role
from edgerollout.release.facts.soak import observed_tag
from edgerollout.release.plans.plan import (
    CreateFunction,
    CreateHeadersPolicy,
    CreateRole,
    MarkReleases,
    PublishVersion,
    RecreateHeadersPolicy,
    UpdateCode,
    UpdateConfiguration,
)
from edgerollout.release.plans.publish import configuration_changes
from edgerollout.rollout.ports import (
    AlreadyExists,
    AwsFailure,
    Busy,
    LostAnswer,
    NotFound,
    PreconditionFailed,
)
from edgerollout.rollout.session import Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.release.facts.environment import FunctionSettings
    from edgerollout.release.facts.snapshot import Snapshot
    from edgerollout.release.plans.plan import FunctionStep, Plan
    from edgerollout.rollout.session import Session

T = TypeVar("T")

_UPLOAD_TRIES = 4

_BUSY_FOR = 120.0
"""Seconds to keep trying while Lambda is busy, or IAM has not propagated a new role yet (usually ten)."""


class FunctionRun:
    """Carries out a plan's function steps, and knows the number of the version that they made."""

    def __init__(self, session: Session, plan: Plan, settings: FunctionSettings, snapshot: Snapshot) -> None:
        self._session = session
        self._plan = plan
        self._settings = settings
        self.wrote = False
        """Whether something was changed, or may have been."""
        self._revision = None if snapshot.function is None else snapshot.function.revision_id
        self._role_arn = _role_arn(snapshot, settings.role)
        self.open: Step | None = None
        """The running step, to report a failure with its step."""
        self.policies: dict[str, str] = {}
        """The ids of the response headers policies made, or found, for the release, by variant."""
        self.given: dict[str, str] = {}
        """The new ids of policies of others that were made again, by the old ones."""

    def run(self) -> int:
        """Run every step in order. Returns the number of the published version, 0 if there is none.

        Raises Conflict when somebody else changes the function meanwhile, StillInProgress at the
        deadline, Interrupted at a safe point, AwsFailure.
        """
        number = 0
        for step in self._plan.function_steps:
            self._session.stop.check()
            number = self._one(step, number or self._plan.target) or number
        return number

    def await_version(self, number: int) -> None:
        """Wait until a version that an earlier run published can be attached. Raises as `run` does."""
        report = self.open = Step(self._session, StepKind.PUBLISH_VERSION, self._settings.name)
        self._until_active(report, number)
        report.finish(str(number))

    def _one(self, step: FunctionStep, release: int | None) -> int | None:
        match step:
            case CreateRole():
                self._create_role(step)
            case CreateFunction():
                self._create_function(step)
            case UpdateConfiguration():
                self._update_configuration(step)
            case UpdateCode():
                self._update_code(step)
            case PublishVersion():
                return self._publish(step)
            case CreateHeadersPolicy():
                self._create_policy(step, release or 0)
            case RecreateHeadersPolicy():
                self._recreate_policy(step)
            case MarkReleases():
                self._mark(step, release)
            case _:
                assert_never(step)
        return None

    def _create_role(self, step: CreateRole) -> None:
        report = self.open = Step(self._session, StepKind.CREATE_ROLE, step.name)
        try:
            role = self._session.aws.roles.create(step.name)
        except AwsFailure as failure:
            # When attaching its policy failed, the role itself exists.
            self.wrote = self.wrote or failure.operation == "iam:AttachRolePolicy"
            raise
        self.wrote = True
        self._role_arn = role.arn
        report.finish(role.arn)

    def _create_function(self, step: CreateFunction) -> None:
        report = self.open = Step(self._session, StepKind.CREATE_FUNCTION, step.name)
        functions, role_arn = self._session.aws.functions, str(self._role_arn)
        try:
            arn = self._patiently(report, lambda: functions.create(step, role_arn, self._plan.bundle))
        except (AlreadyExists, LostAnswer):
            existing = functions.function(step.name)
            if existing is None or existing.code_sha256 != code_sha256(self._plan.bundle):
                raise
            arn = existing.arn
        self._settle(report)
        report.finish(arn)

    def _update_configuration(self, step: UpdateConfiguration) -> None:
        detail = ", ".join(f"{change.name} {change.before} → {change.after}" for change in step.changes)
        report = self.open = Step(self._session, StepKind.UPDATE_CONFIGURATION, detail)
        settings = self._settings
        wanted = CreateFunction(
            settings.name, settings.role, settings.runtime, settings.entry, settings.memory, settings.timeout
        )
        role_arn = str(self._role_arn)
        functions = self._session.aws.functions
        try:
            self._patiently(report, lambda: functions.update_configuration(settings.name, wanted, role_arn))
        except LostAnswer:
            self._settle(report)
            now = functions.function(settings.name)
            if now is None or configuration_changes(now, wanted):
                raise
        # The revision has changed; from here the CodeSha256 that is sent on publishing guards against others.
        self._revision = None
        self._settle(report)
        report.finish(detail)

    def _update_code(self, step: UpdateCode) -> None:
        report = self.open = Step(self._session, StepKind.UPDATE_CODE, f"{len(self._plan.bundle):,} bytes")
        functions, name = self._session.aws.functions, self._settings.name
        for attempt in range(1, _UPLOAD_TRIES + 1):
            try:
                self._patiently(
                    report, lambda: functions.update_code(name, self._plan.bundle, self._revision)
                )
            except (PreconditionFailed, LostAnswer) as failure:
                # Our own request may have succeeded, although its answer never came.
                now = functions.function(name)
                if now is not None and now.code_sha256 == step.code_sha256:
                    break
                if isinstance(failure, PreconditionFailed):
                    raise self._someone_else(failure) from failure
                if attempt == _UPLOAD_TRIES:
                    raise
                # It did not; another try is safe, because the revision still guards it.
                self._session.clock.sleep(self._session.pace.first)
                self._session.stop.check()
            else:
                break
        self._settle(report)
        report.finish(step.code_sha256)

    def _publish(self, step: PublishVersion) -> int:
        report = self.open = Step(self._session, StepKind.PUBLISH_VERSION, self._settings.name)
        functions, name = self._session.aws.functions, self._settings.name
        try:
            version = self._patiently(
                report, lambda: functions.publish(name, step.code_sha256, step.description)
            )
        except PreconditionFailed as failure:
            raise self._someone_else(failure) from failure
        except LostAnswer:
            made = functions.versions(name)[-1:]
            if not made or (made[0].description, made[0].code_sha256) != (step.description, step.code_sha256):
                raise
            version = made[0]
        if version.description != step.description:
            raise Conflict(
                f"version {version.number} of {name} has another description than this release's",
                why=f"Lambda answered with an existing version: {version.description!r}",
                hint="Somebody else published at the same time. Run the command again.",
            )
        self._until_active(report, version.number)
        report.finish(str(version.number), release=version.number)
        return version.number

    def _create_policy(self, step: CreateHeadersPolicy, release: int) -> None:
        cloudfront, content = self._session.aws.cloudfront, content_digest(step.says)
        key = PolicyKey(release, step.variant)
        name = policy_name(self._settings.name, key)
        report = self.open = Step(self._session, StepKind.CREATE_HEADERS_POLICY, name)
        for identity in step.unneeded:
            self._delete_policy(identity)
        config = {"Name": name, "Comment": policy_comment(release, content), **step.says}
        self.wrote = True
        try:
            made = cloudfront.create_headers_policy(config)
        except (AlreadyExists, LostAnswer) as failure:
            # An interrupted run made it, or this run's own call did.
            there = own_policies(cloudfront.own_headers_policies(), self._settings.name).get(key)
            if there is None:
                raise
            made = there
            if content_digest(made.config) != content:
                raise Conflict(
                    f"the response headers policy {name} exists already with another content",
                    why=failure.why,
                    hint="Somebody changed it, or took its name. Delete it, then run the command again.",
                ) from failure
        self.policies[step.variant] = made.id
        report.finish(made.id)

    def _recreate_policy(self, step: RecreateHeadersPolicy) -> None:
        cloudfront, policy = self._session.aws.cloudfront, step.policy
        report = self.open = Step(self._session, StepKind.CREATE_HEADERS_POLICY, policy.name)
        self.wrote = True
        try:
            made = cloudfront.create_headers_policy(
                {"Name": policy.name, "Comment": policy.comment, **policy.config}
            )
        except (AlreadyExists, LostAnswer):
            there = found_again(policy, cloudfront.own_headers_policies())
            if there is None:
                raise
            made = there
        self.given[policy.id] = made.id
        report.finish(made.id)

    def _delete_policy(self, identity: str) -> None:
        """Delete a policy to make room; one that cannot be deleted only counts for the quota."""
        try:
            self._session.aws.cloudfront.delete_headers_policy(identity)
        except NotFound:
            return
        except AwsFailure as failure:
            message = f"the response headers policy {identity}, which nothing uses, could not be deleted"
            self._session.emit(Noticed(Severity.WARNING, f"{message} ({failure})"))
            return
        self._session.emit(Noticed(Severity.NOTE, f"deleted response headers policy {identity}: unneeded"))

    def forget(self, keys: tuple[str, ...]) -> None:
        """Remove tags that are no longer needed; if they stay, they only use room."""
        if not keys:
            return
        try:
            self._session.aws.functions.untag(self._plan.function_arn, keys)
        except AwsFailure as failure:
            message = f"{len(keys)} tags of the function could not be removed ({failure})"
            self._session.emit(Noticed(Severity.WARNING, message))

    def _mark(self, step: MarkReleases, release: int | None) -> None:
        """Tag and untag. The tags are hints for later runs, so a missing right does not stop a rollback."""
        marked = () if step.detached is None else (f"detached at {step.detached}",)
        taken = replaced_tags(release or 0, step.replaced)
        marked = (*marked, *((f"what {release} replaces",) if taken else ()))
        if step.observed is not None and not (step.withdrawn or step.cleared):
            marked = (*marked, f"the soak of {step.observed.release} starts over")
        names = ", ".join(map(str, (*step.withdrawn, *step.cleared, *marked)))
        report = self.open = Step(self._session, StepKind.MARK_RELEASES, names)
        functions, arn = self._session.aws.functions, self._plan.function_arn
        try:
            marks = {f"{WITHDRAWN_TAG}{number}": "" for number in step.withdrawn}
            if step.observed is not None:
                marks |= observed_tag(step.observed)
            if marks:
                functions.tag(arn, marks)
            if step.detached is not None:
                functions.tag(arn, {DETACHED_TAG: str(step.detached)})
            if taken:
                functions.tag(arn, taken)
            if step.cleared:
                functions.untag(arn, [f"{WITHDRAWN_TAG}{number}" for number in step.cleared])
        except AwsFailure as failure:
            message = f"the releases could not be marked on the function ({failure}); the run continues"
            if taken:
                message = (
                    f"what release {release} takes over could not be recorded on the function ({failure});"
                    " going on without: rolling it back will need its bundle"
                )
            elif step.observed is not None and not (step.withdrawn or step.cleared):
                message = (
                    f"the restart of the soak of release {step.observed.release} could not be recorded on the"
                    f" function ({failure}); the run continues: the gate will count what nobody observed"
                )
            self._session.emit(Noticed(Severity.WARNING, message))
        self.wrote = True
        report.finish(names)

    def _settle(self, report: Step) -> None:
        """Wait until $LATEST accepts the next update."""

        def settled() -> str | None:
            state, update = self._session.aws.functions.state(self._settings.name)
            if state == "Failed" or update == "Failed":
                raise EdgerolloutError(
                    f"Lambda could not update {self._settings.name}",
                    why=f"State {state}, LastUpdateStatus {update}",
                    hint="`aws lambda get-function-configuration` names the reason.",
                )
            pending = state == "Pending" or update == "InProgress"
            return (state if state == "Pending" else update) if pending else None

        self._poll(report, settled)

    def _until_active(self, report: Step, number: int) -> None:
        """Wait until the version is Active: CloudFront refuses a Pending version."""

        def active() -> str | None:
            state, _ = self._session.aws.functions.state(self._settings.name, number)
            if state == "Failed":
                raise EdgerolloutError(
                    f"version {number} of {self._settings.name} did not become active",
                    why="State Failed",
                    hint="`aws lambda get-function-configuration --qualifier"
                    f" {number}` names the reason. Nothing was attached.",
                )
            return None if state in {"Active", "Inactive"} else state

        self._poll(report, active)

    def _poll(self, report: Step, pending: Callable[[], str | None]) -> None:
        interval = min(1.0, self._session.pace.first)
        while (status := pending()) is not None:
            report.progress(status)
            if self._session.deadline.passed:
                raise StillInProgress(
                    f"{self._settings.name} is still {status}",
                    hint="Run the same command again; it continues where this one stopped.",
                )
            self._session.clock.sleep(self._session.deadline.left(interval))
            self._session.stop.check()
            interval = self._session.pace.after(interval)

    def _patiently(self, report: Step, call: Callable[[], T]) -> T:
        """Repeat a call while Lambda says that an update is in progress or the role is too new."""
        began, interval = self._session.clock.monotonic(), min(1.0, self._session.pace.first)
        while True:
            try:
                answer = call()
                self.wrote = True
                return answer
            except LostAnswer:
                # The call may have succeeded nevertheless.
                self.wrote = True
                raise
            except Busy as busy:
                if self._session.deadline.passed:
                    raise StillInProgress(
                        f"Lambda is not ready for {self._settings.name} yet",
                        why=busy.why,
                        hint="Run the same command again; it continues where this one stopped.",
                    ) from busy
                if self._session.clock.monotonic() - began >= _BUSY_FOR:
                    raise
                report.progress(busy.code)
                self._session.clock.sleep(self._session.deadline.left(interval))
                self._session.stop.check()
                interval = self._session.pace.after(interval)

    def _someone_else(self, failure: EdgerolloutError) -> Conflict:
        return Conflict(
            f"{self._settings.name} was changed by somebody else during this run",
            why=failure.why,
            hint="Nothing was attached. See who publishes, then run the command again.",
        )


def _role_arn(snapshot: Snapshot, name: str) -> str:
    """The role's ARN as AWS reports it (roles may have a path); built from its name where it cannot
    be read.
    """
    if isinstance(snapshot.role, Role):
        return snapshot.role.arn
    if snapshot.function is not None and snapshot.function.role_arn.endswith(f"/{name}"):
        return snapshot.function.role_arn
    return f"arn:aws:iam::{snapshot.account}:role/{name}"
