"""What the engine reports while it works: typed facts. Views draw them; docs/events.md lists them.

The fields are a contract, because JSON Lines carries them. The views choose the words.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edgerollout.policy.stage import Stage

if TYPE_CHECKING:
    from edgerollout.advice import Hint
    from edgerollout.errors import ExitCode
    from edgerollout.policy.severity import Severity


class StepKind(enum.StrEnum):
    """The kinds of step a run is made of, in the order they usually come."""

    CREATE_ROLE = "create-role"
    CREATE_FUNCTION = "create-function"
    UPDATE_CONFIGURATION = "update-configuration"
    UPDATE_CODE = "update-code"
    PUBLISH_VERSION = "publish-version"
    CREATE_HEADERS_POLICY = "create-headers-policy"
    MARK_RELEASES = "mark-releases"
    WRITE_TFVARS = "write-tfvars"
    PROBE_BASELINE = "probe-baseline"
    SWAP_TRIGGERS = "swap-triggers"
    AWAIT_DEPLOYED = "await-deployed"
    INVALIDATE = "invalidate"
    VERIFY = "verify"
    TOUR = "tour"
    DELETE_VERSIONS = "delete-versions"


class DistributionResult(enum.StrEnum):
    """How the run ended on one distribution."""

    COMPLETED = "completed"
    NOTHING_TO_DO = "nothing-to-do"
    HANDED_OVER = "handed-over"
    """Terraform is to change its triggers."""
    IN_PROGRESS = "in-progress"
    FAILED = "failed"
    CONFLICT = "conflict"
    ROLLED_BACK = "rolled-back"
    NOT_RIGHT = "not-right"
    """Every step is done there, but what it serves is wrong or cannot be checked."""
    NOT_STARTED = "not-started"


class VersionFate(enum.StrEnum):
    """What `prune` did with a version."""

    SPARED = "spared"
    DELETED = "deleted"
    PENDING = "pending"
    """Replicas still exist; Lambda deletes it some hours after its last association."""
    LEFT = "left"
    """It is to be deleted, but the run did not get to it."""


class RunResult(enum.StrEnum):
    """How the whole run ended."""

    COMPLETED = "completed"
    NOTHING_TO_DO = "nothing-to-do"
    HANDED_OVER = "handed-over"
    """Published and written to the tfvars; Terraform attaches it."""
    IN_PROGRESS = "in-progress"
    FAILED = "failed"
    ROLLED_BACK = "rolled-back"
    NEEDS_PERSON = "needs-person"
    INTERRUPTED = "interrupted"
    CONFLICT = "conflict"
    REFUSED = "refused"
    """AWS's state or a finding forbids it. Nothing was changed."""
    WAITING = "waiting"
    """Of an `advance`: it has to wait until time has passed, or the environment before has moved on."""
    UNMET_GATES = "unmet-gates"
    """Refused only because gates are not met yet."""
    NOT_RIGHT = "not-right"
    """Everything is done and live, but the site is wrong or cannot be checked."""


class AdvanceStep(enum.StrEnum):
    """What `advance` does for an environment now."""

    FINISH = "finish"
    """Finish what an earlier run began."""
    PUBLISH = "publish"
    CARRY = "carry"
    """Publish the policy of the environment before, to be observed here."""
    ENFORCE = "enforce"
    WAIT = "wait"
    """Nothing yet: more time has to pass, or the environment before has to move on."""
    NONE = "none"
    """Nothing: everything that was asked for is live."""


@dataclass(frozen=True)
class StepStarted:
    """A step begins. `distribution` is the distribution's id, None for steps on the function."""

    step: StepKind
    detail: str
    distribution: str | None = None


@dataclass(frozen=True)
class StepProgressed:
    """A step is running: `status` is AWS's own word for its state (Pending, InProgress…)."""

    step: StepKind
    status: str
    elapsed: float
    """Seconds since the step began."""
    distribution: str | None = None


@dataclass(frozen=True)
class StepFinished:
    """A step is done; `detail` is its result (a version, an ETag, an invalidation id).

    `release` is the number that a published version got, None for every other step. `good`: the result is as
    wanted; a check may be done and yet have found a problem.
    """

    step: StepKind
    detail: str
    elapsed: float
    distribution: str | None = None
    release: int | None = None
    good: bool = True


@dataclass(frozen=True)
class StepFailed:
    """A step failed: the `error`, why, and what to do next. `code` is AWS's error code, if there is one."""

    step: StepKind
    error: str
    why: str | None
    hint: Hint | None
    code: str | None = None
    distribution: str | None = None


@dataclass(frozen=True)
class CallRetried:
    """An AWS call failed, but may succeed later. The next try is `wait` seconds from now."""

    service: str
    operation: str
    code: str
    attempt: int
    wait: float


@dataclass(frozen=True)
class RollbackStarted:
    """The run takes back what it did: why, and to which release (None: triggers off or restored).

    `resume` is the command that finishes an interrupted run.
    """

    why: str
    to_release: int | None
    resume: Hint | None = None


@dataclass(frozen=True)
class Noticed:
    """Something that the user should know, but that does not change the run."""

    severity: Severity
    message: str
    distribution: str | None = None
    hint: Hint | None = None


@dataclass(frozen=True)
class GateJudged:
    """A gate of a promotion: whether it passed, what was seen, what would satisfy it.

    `overridden` is the user's reason for setting it aside. `vacuous`: it holds, as there is nothing to ask.
    """

    name: str
    passed: bool
    detail: str
    remedy: Hint | None = None
    overridden: str | None = None
    vacuous: bool = False


@dataclass(frozen=True)
class AdvanceChosen:
    """Which step `advance` takes, and why. `until` (ISO 8601): when it need not wait for time any more."""

    step: AdvanceStep
    why: str
    until: str | None = None


@dataclass(frozen=True)
class VersionJudged:
    """What `prune` did with one version of the function, and why. `size` is the zip's, in bytes."""

    version: int
    fate: VersionFate
    why: str
    size: int


@dataclass(frozen=True)
class Pruned:
    """The result of a `prune`: version numbers, and the bytes that the deleted versions had used."""

    deleted: tuple[int, ...] = ()
    pending: tuple[int, ...] = ()
    left: tuple[int, ...] = ()
    freed: int = 0


@dataclass(frozen=True)
class HandedOver:
    """What the tfvars in `file` say after a run that leaves the triggers to Terraform. None: it removes them.

    `live` is the release that the environment serves now. `waits`: `terraform apply` still has a change to
    make.
    """

    file: str
    function_qualified_arn: str | None
    release: int | None
    stage: str | None
    live: int | None
    waits: bool


@dataclass(frozen=True)
class DistributionOutcome:
    """The result on one distribution."""

    id: str
    name: str
    result: DistributionResult
    error: str | None = None


@dataclass(frozen=True)
class CspState:
    """The CSPs that a release sends, each by the first 16 hex of its digest; None where it sends none.

    `now_enforced`: visitors' browsers did not enforce this policy before the run.
    """

    enforced: str | None
    report_only: str | None
    now_enforced: bool = False
    observed: str | None = None
    """Headers that only report, in the same way."""

    @property
    def observes(self) -> bool:
        """Whether something waits to be enforced."""
        return self.report_only is not None or self.observed is not None

    @property
    def stage(self) -> Stage | None:
        """The stage of the newest policy: report-only while one is observed. None: there is no CSP."""
        if self.report_only is not None:
            return Stage.REPORT_ONLY
        return None if self.enforced is None else Stage.ENFORCED


@dataclass(frozen=True)
class VerifiedUrls:
    """How many URLs were requested at the end, and how many of them carry the release."""

    urls: int
    right: int


@dataclass(frozen=True)
class TouredPages:
    """What a browser saw: the number of pages, how much the newly enforced policy blocks there that was not
    blocked before, and how much was blocked already.
    """

    pages: int
    blocked: int
    blocked_already: int


@dataclass(frozen=True)
class Outcome:
    """The last event of every acting command."""

    result: RunResult
    exit_code: ExitCode
    environment: str
    release: int | None
    previous: int | None
    distributions: tuple[DistributionOutcome, ...]
    duration: float
    """Seconds."""
    next_step: Hint | None = None
    undo: Hint | None = None
    """The command that takes the run's changes back; None where nothing of them is left."""
    csp: CspState | None = None
    """What `release` sends; None where there is no release, or it could not be read."""
    verified: VerifiedUrls | None = None
    """None where the live headers were not checked."""
    toured: TouredPages | None = None
    """None where no browser was used."""
    error: str | None = None
    endpoint: str | None = None
    sandbox: bool = False
    aws_calls: Mapping[str, int] = field(default_factory=dict)
    pruned: Pruned | None = None
    """Of a `prune`; None for every other command."""
    handed_over: HandedOver | None = None
    """Set if Terraform owns the triggers and the run got that far, else None."""


Remark = Noticed | GateJudged | AdvanceChosen | VersionJudged
"""An event that is reported once and belongs to no step. Views need only its words, in `views/narration.py`.
"""

Event = (
    StepStarted
    | StepProgressed
    | StepFinished
    | StepFailed
    | CallRetried
    | RollbackStarted
    | Remark
    | Outcome
)

Emit = Callable[[Event], None]
