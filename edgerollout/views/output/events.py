"""What a run says under `-o json`, an object a line; and the error of a command that could not begin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias, assert_never

from edgerollout import __version__
from edgerollout.advice import spelled
from edgerollout.errors import ConfigError
from edgerollout.policy.severity import Severity
from edgerollout.policy.stage import Stage
from edgerollout.release.facts import events
from edgerollout.release.facts.events import AdvanceStep, DistributionResult, RunResult, StepKind, VersionFate
from edgerollout.views.output.encoder import SCHEMA, Moment, Output, SchemaVersion

if TYPE_CHECKING:
    from edgerollout.advice import Spell
    from edgerollout.errors import EdgerolloutError, Problem
    from edgerollout.release.facts.events import Event

_MILLISECONDS = 3


class VersionJson(Output):
    """The first line."""

    type: Literal["version"] = "version"
    schema: SchemaVersion = SCHEMA
    """version of this contract"""
    tool: str
    """name and version of the program"""


class StepStartedJson(Output):
    """A step begins."""

    type: Literal["step_started"] = "step_started"
    step: StepKind
    """which kind of step"""
    detail: str
    """what it is about: a name, paths, a size"""
    distribution: str | None
    """where"""


class StepProgressedJson(Output):
    """A step is under way."""

    type: Literal["step_progressed"] = "step_progressed"
    step: StepKind
    """which kind of step"""
    status: str
    """AWS's own word where it has one (`Pending`, `InProgress`); the verdict so far for `verify`"""
    elapsed_s: float
    """seconds since the step began"""
    distribution: str | None
    """where"""


class StepFinishedJson(Output):
    """A step is done."""

    type: Literal["step_finished"] = "step_finished"
    step: StepKind
    """which kind of step"""
    detail: str
    """what came of it: the version number for `publish-version`, the new ETag for `swap-triggers`, the
    invalidation's id for `invalidate`"""
    elapsed_s: float
    """seconds it took"""
    distribution: str | None
    """where"""
    release: int | None
    """the number of the version that `publish-version` made; `null` for every other step"""
    good: bool
    """`false` where a step is done and found something: `verify` a wrong page, `tour` something blocked"""


class StepFailedJson(Output):
    """A step failed. Other distributions may go on; the outcome says how it all ended."""

    type: Literal["step_failed"] = "step_failed"
    step: StepKind
    """which kind of step"""
    what: str
    """what happened"""
    why: str | None
    """why"""
    hint: str | None
    """what to do next"""
    code: str | None
    """AWS's error code, where there is one"""
    distribution: str | None
    """where"""


class CallRetriedJson(Output):
    """An AWS call failed in a way that is worth another try."""

    type: Literal["call_retried"] = "call_retried"
    service: str
    """`cloudfront`, `lambda`, `iam` or `sts`"""
    operation: str
    """AWS's name of the operation"""
    code: str
    """AWS's error code, the kind of network failure, or `MalformedAnswer` or `HTTP502`: what came is
    [no answer of AWS](faults.md)"""
    attempt: int
    """which attempt failed, from 1"""
    wait_s: float
    """seconds until the next attempt"""


class RollbackStartedJson(Output):
    """The run takes back what it did. The steps of the rollback follow as ordinary steps."""

    type: Literal["rollback_started"] = "rollback_started"
    why: str
    """why"""
    to_release: int | None
    """the release that is live afterwards; `null`: our release goes off, or what it replaced comes back"""
    resume: str | None
    """the command that finishes this, should the run be cut off"""


class NoticeJson(Output):
    """Something to know that changes nothing about the run."""

    type: Literal["notice"] = "notice"
    severity: Severity
    """`warning` or `note`"""
    message: str
    """what there is to know"""
    distribution: str | None
    """where"""
    hint: str | None
    """what to do about it"""


class AdvanceChosenJson(Output):
    """Which step `advance` takes, before its plan. The gates that it waits for follow as `gate_judged`."""

    type: Literal["advance_chosen"] = "advance_chosen"
    step: AdvanceStep
    """`finish` (what an earlier run began), `publish`, `carry` (the policy of the environment before comes),
    `enforce`, `wait` (nothing yet: time is missing, or the environment before) or `none` (all that was asked
    for is live)"""
    why: str
    """why it is this one"""
    until: Moment | None
    """of `wait`: when time will have met what it waits for, where that is known (ISO 8601)"""


class GateJudgedJson(Output):
    """A gate of a promotion, one line each before anything is done. People see them with the plan."""

    type: Literal["gate_judged"] = "gate_judged"
    name: str
    """the gate: `soak`, `tour`, `after`, `drift`, `observable`, `reporting`, `lint`, `headers`"""
    passed: bool
    """whether it holds"""
    detail: str
    """what was seen"""
    remedy: str | None
    """what would satisfy it"""
    overridden: str | None
    """the reason for which it was set aside with `--override`"""
    vacuous: bool
    """whether it passed because there is nothing to ask here"""


class VersionJudgedJson(Output):
    """What `prune` made of a version of the function, one line each: the spared first, then in turn."""

    type: Literal["version_judged"] = "version_judged"
    version: int
    """its number"""
    fate: VersionFate
    """`spared`, `deleted`, `pending` (replicas still exist: try again in some hours) or `left` (the run ended
    before it)"""
    why: str
    """why"""
    size: int
    """bytes of its zip"""


class DistributionOutcomeJson(Output):
    """What came of one distribution."""

    id: str
    """CloudFront's id"""
    name: str
    """the name it goes by"""
    result: DistributionResult
    """how the run ended for it"""
    error: str | None
    """what went wrong"""


class PrunedJson(Output):
    """What came of a `prune`."""

    deleted: Sequence[int]
    """numbers of the versions that are gone"""
    pending: Sequence[int]
    """numbers of those whose replicas still exist"""
    left: Sequence[int]
    """numbers of those that the run did not reach"""
    freed_bytes: int
    """of those that are gone"""


class HandedOverJson(Output):
    """What Terraform is told to attach."""

    file: str
    """the tfvars file"""
    function_qualified_arn: str | None
    """the version it names"""
    release: int | None
    """its number"""
    stage: str | None
    """its stage"""
    live: int | None
    """the release that is live now"""
    waits: bool
    """whether something waits for `terraform apply`"""


class CspStateJson(Output):
    """The CSPs that a release sends: the first 16 hex digits of their digests."""

    enforced: str | None
    """of the enforced one"""
    report_only: str | None
    """of the one that only reports"""
    now_enforced: bool
    """whether browsers did not enforce this policy before the run"""
    observed: str | None
    """of the headers that only report"""
    stage: Stage | None
    """where the newest stands: `report-only`, `enforced`, or `null`: no CSP"""


class VerifiedUrlsJson(Output):
    """What came of looking at the live headers, in the end."""

    urls: int
    """of how many URLs"""
    right: int
    """how many of them carry the release"""


class TouredPagesJson(Output):
    """What a browser saw of a newly enforced policy."""

    pages: int
    """on how many pages"""
    blocked: int
    """how much is blocked there that was not before"""
    blocked_already: int
    """how much was blocked before"""


class OutcomeJson(Output):
    """The last line of a run."""

    type: Literal["outcome"] = "outcome"
    result: RunResult
    """`completed`, `nothing-to-do`, `handed-over` ([Terraform](terraform-triggers.md) attaches it),
    `in-progress`, `failed`, `rolled-back`, `needs-person`, `interrupted`, `conflict`, `refused`, `waiting`
    (of an `advance`: nothing to do until time has passed, or the environment before went on), `unmet-gates`
    (refused by nothing but gates that are not met yet) or `not-right` (all is done and live, and the site is
    wrong or cannot be checked)"""
    exit_code: int
    """the exit code of the process"""
    environment: str
    """the environment's name"""
    release: int | None
    """the release the run was about; `null` when it came to none"""
    previous: int | None
    """the release before it"""
    distributions: Sequence[DistributionOutcomeJson]
    """a distribution each"""
    endpoint: str | None
    """the custom endpoint the run talked to; `null`: AWS"""
    sandbox: bool
    """whether that was the sandbox"""
    aws_calls: Mapping[str, int]
    """calls made, retries counted: `service:Operation` → number"""
    duration_s: float
    """seconds the run took"""
    next_step: str | None
    """what to do next"""
    undo: str | None
    """what takes back what the run brought; `null` where it brought nothing that stands"""
    csp: CspStateJson | None
    """the CSPs that `release` sends; `null` where that is not known"""
    verified: VerifiedUrlsJson | None
    """the live headers; `null`: nobody looked"""
    toured: TouredPagesJson | None
    """the pages, where a policy is newly enforced; `null`: no browser looked"""
    error: str | None
    """what went wrong"""
    pruned: PrunedJson | None
    """of a `prune`; `null` for every other command"""
    handed_over: HandedOverJson | None
    """where Terraform owns the triggers; `null` for every other run"""


class ProblemJson(Output):
    """A place of the configuration that is wrong."""

    file: str
    """the file"""
    line: int | None
    """from 1"""
    column: int | None
    """from 1, in characters"""
    key: str | None
    """the setting"""
    message: str
    """what is wrong"""
    suggestion: str | None
    """what may have been meant"""


class ErrorJson(Output):
    """In place of everything else, or of a document, when a command could not begin."""

    type: Literal["error"] = "error"
    exit_code: int
    """the exit code of the process"""
    error: str
    """what happened"""
    why: str | None
    """why"""
    hint: str | None
    """what to do next"""
    problems: Sequence[ProblemJson]
    """every problem of the configuration; empty for other errors"""


EventJson: TypeAlias = (
    StepStartedJson
    | StepProgressedJson
    | StepFinishedJson
    | StepFailedJson
    | CallRetriedJson
    | RollbackStartedJson
    | NoticeJson
    | AdvanceChosenJson
    | GateJudgedJson
    | VersionJudgedJson
    | OutcomeJson
)
LineJson: TypeAlias = VersionJson | EventJson | ErrorJson
"""Every line there is."""


def version_json() -> VersionJson:
    """The first line."""
    return VersionJson(tool=f"edgerollout {__version__}")


def error_json(error: EdgerolloutError, spell: Spell) -> ErrorJson:
    """What `-o json` says in place of a document or an outcome."""
    problems = error.problems if isinstance(error, ConfigError) else ()
    return ErrorJson(
        exit_code=int(error.exit_code),
        error=error.what,
        why=error.why,
        hint=spelled(error.hint, spell),
        problems=[_problem(problem) for problem in problems],
    )


def event_json(event: Event, spell: Spell) -> EventJson:
    """The event's line. Durations are seconds, to the millisecond, under names that end in `_s`."""
    match event:
        case events.StepStarted():
            return StepStartedJson.of(event)
        case events.StepProgressed():
            return StepProgressedJson.of(event, elapsed_s=_seconds(event.elapsed))
        case events.StepFinished():
            return StepFinishedJson.of(event, elapsed_s=_seconds(event.elapsed))
        case events.StepFailed():
            return StepFailedJson.of(event, hint=spelled(event.hint, spell))
        case events.CallRetried():
            return CallRetriedJson.of(event, wait_s=_seconds(event.wait))
        case events.RollbackStarted():
            return RollbackStartedJson.of(event, resume=spelled(event.resume, spell))
        case events.Outcome():
            return _outcome(event, spell)
        case _:
            return _remark(event, spell)


def _remark(
    event: events.Remark, spell: Spell
) -> NoticeJson | AdvanceChosenJson | GateJudgedJson | VersionJudgedJson:
    match event:
        case events.Noticed():
            return NoticeJson.of(event, hint=spelled(event.hint, spell))
        case events.AdvanceChosen():
            return AdvanceChosenJson.of(event)
        case events.GateJudged():
            return GateJudgedJson.of(event, remedy=spelled(event.remedy, spell))
        case events.VersionJudged():
            return VersionJudgedJson.of(event)
        case _:
            assert_never(event)


def _seconds(duration: float) -> float:
    return round(duration, _MILLISECONDS)


def _outcome(outcome: events.Outcome, spell: Spell) -> OutcomeJson:
    pruned, handed = outcome.pruned, outcome.handed_over
    csp, verified, toured = outcome.csp, outcome.verified, outcome.toured
    return OutcomeJson.of(
        outcome,
        exit_code=int(outcome.exit_code),
        distributions=[DistributionOutcomeJson.of(distribution) for distribution in outcome.distributions],
        aws_calls=dict(sorted(outcome.aws_calls.items())),
        duration_s=_seconds(outcome.duration),
        next_step=spelled(outcome.next_step, spell),
        undo=spelled(outcome.undo, spell),
        csp=None if csp is None else CspStateJson(**vars(csp), stage=csp.stage),
        verified=None if verified is None else VerifiedUrlsJson(**vars(verified)),
        toured=None if toured is None else TouredPagesJson(**vars(toured)),
        pruned=None if pruned is None else _pruned(pruned),
        handed_over=None if handed is None else _handed_over(handed),
    )


def _pruned(pruned: events.Pruned) -> PrunedJson:
    return PrunedJson.of(pruned, freed_bytes=pruned.freed)


def _handed_over(handed: events.HandedOver) -> HandedOverJson:
    return HandedOverJson.of(handed)


def _problem(problem: Problem) -> ProblemJson:
    place = problem.place
    return ProblemJson.of(place, message=problem.message, suggestion=problem.suggestion)
