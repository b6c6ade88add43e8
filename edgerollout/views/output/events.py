"""The output of a run with `-o json`, an object on each line; and the error of a command that cannot
start."""

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
    """version of this format"""
    tool: str
    """name and version of the program"""


class StepStartedJson(Output):
    """A step starts."""

    type: Literal["step_started"] = "step_started"
    step: StepKind
    """the kind of step"""
    detail: str
    """its subject: a name, paths, a size"""
    distribution: str | None
    """where"""


class StepProgressedJson(Output):
    """A step goes on."""

    type: Literal["step_progressed"] = "step_progressed"
    step: StepKind
    """the kind of step"""
    status: str
    """AWS's own word if there is one (`Pending`, `InProgress`); for `verify` the result so far"""
    elapsed_s: float
    """seconds since the step started"""
    distribution: str | None
    """where"""


class StepFinishedJson(Output):
    """A step is done."""

    type: Literal["step_finished"] = "step_finished"
    step: StepKind
    """the kind of step"""
    detail: str
    """its result: the version number for `publish-version`, the new ETag for `swap-triggers`, the
    invalidation's id for `invalidate`"""
    elapsed_s: float
    """seconds it took"""
    distribution: str | None
    """where"""
    release: int | None
    """the number of the version that `publish-version` made; `null` for every other step"""
    good: bool
    """`false` if the step found a problem: `verify` a wrong response, `tour` something blocked"""


class StepFailedJson(Output):
    """A step failed. The run may go on for other distributions; the outcome says how it ended."""

    type: Literal["step_failed"] = "step_failed"
    step: StepKind
    """the kind of step"""
    error: str
    """what happened"""
    why: str | None
    """why"""
    hint: str | None
    """what to do next"""
    code: str | None
    """AWS's error code, if there is one"""
    distribution: str | None
    """where"""


class CallRetriedJson(Output):
    """An AWS call failed and is tried again."""

    type: Literal["call_retried"] = "call_retried"
    service: str
    """`cloudfront`, `lambda`, `iam` or `sts`"""
    operation: str
    """AWS's name of the operation"""
    code: str
    """AWS's error code, the kind of network failure, or `MalformedAnswer` or `HTTP502`: the answer
    [did not come from AWS](faults.md)"""
    attempt: int
    """which attempt failed, from 1"""
    wait_s: float
    """seconds until the next attempt"""


class RollbackStartedJson(Output):
    """The run rolls back its own changes. The steps of the rollback follow as ordinary steps."""

    type: Literal["rollback_started"] = "rollback_started"
    why: str
    """why"""
    to_release: int | None
    """the release that is live afterwards; `null`: our release goes off, or what it replaced comes back"""
    resume: str | None
    """the command that finishes the rollback if the run is interrupted"""


class NoticeJson(Output):
    """Information that does not change the run."""

    type: Literal["notice"] = "notice"
    severity: Severity
    """`warning` or `note`"""
    message: str
    """the information"""
    distribution: str | None
    """where"""
    hint: str | None
    """what to do about it"""


class AdvanceChosenJson(Output):
    """The step that `advance` chose, before its plan. The gates that it waits for follow as `gate_judged`."""

    type: Literal["advance_chosen"] = "advance_chosen"
    step: AdvanceStep
    """`finish` (an earlier run), `publish`, `carry` (take the policy of the environment before), `enforce`,
    `wait` (nothing yet: more time must pass, or the environment before must go on) or `none` (everything that
    is configured is live)"""
    why: str
    """why this step"""
    until: Moment | None
    """for `wait`: when enough time will have passed, if that is known (ISO 8601)"""


class GateJudgedJson(Output):
    """A gate of a promotion: a line for each, before the first change. People see them with the plan."""

    type: Literal["gate_judged"] = "gate_judged"
    name: str
    """the gate: `soak`, `tour`, `after`, `drift`, `observable`, `reporting`, `lint`, `headers`"""
    passed: bool
    """whether it is met"""
    detail: str
    """what was found"""
    remedy: str | None
    """how to meet it"""
    overridden: str | None
    """the reason given when it was set aside with `--override`"""
    vacuous: bool
    """whether it is met because it has nothing to check here"""


class VersionJudgedJson(Output):
    """What `prune` did with a version of the function: a line for each, versions that stay first."""

    type: Literal["version_judged"] = "version_judged"
    version: int
    """its number"""
    fate: VersionFate
    """`spared`, `deleted`, `pending` (replicas still exist: try again in some hours) or `left` (the run ended
    earlier)"""
    why: str
    """why"""
    size: int
    """bytes of its zip"""


class DistributionOutcomeJson(Output):
    """The result on a distribution."""

    id: str
    """CloudFront's id"""
    name: str
    """its name for people"""
    result: DistributionResult
    """how the run ended there"""
    error: str | None
    """what went wrong"""


class PrunedJson(Output):
    """The result of a `prune`."""

    deleted: Sequence[int]
    """numbers of the deleted versions"""
    pending: Sequence[int]
    """numbers of versions that still have replicas"""
    left: Sequence[int]
    """numbers of versions that the run did not reach"""
    freed_bytes: int
    """bytes of the deleted versions"""


class HandedOverJson(Output):
    """What Terraform must attach."""

    file: str
    """the tfvars file"""
    function_qualified_arn: str | None
    """the ARN of the version"""
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
    """of the report-only one"""
    now_enforced: bool
    """whether this run enforced the policy: browsers did not enforce it before"""
    observed: str | None
    """of the report-only headers"""
    stage: Stage | None
    """the stage of the newest CSP: `report-only`, `enforced`, or `null`: no CSP"""


class VerifiedUrlsJson(Output):
    """The last check of the live headers."""

    urls: int
    """how many URLs were checked"""
    right: int
    """how many of them send the headers of the release"""


class TouredPagesJson(Output):
    """What a browser saw with a newly enforced policy."""

    pages: int
    """how many pages were toured"""
    blocked: int
    """how many things are blocked now and were not blocked before"""
    blocked_already: int
    """how many things were already blocked before"""


class OutcomeJson(Output):
    """The last line of a run."""

    type: Literal["outcome"] = "outcome"
    result: RunResult
    """`completed`, `nothing-to-do`, `handed-over` ([Terraform](terraform-triggers.md) attaches it),
    `in-progress`, `failed`, `rolled-back`, `needs-person`, `interrupted`, `conflict`, `refused`, `waiting`
    (from `advance`: nothing to do until more time has passed, or the environment before has gone on),
    `unmet-gates` (refused only because gates are not met yet) or `not-right` (everything is done and live,
    but the site is wrong or cannot be checked)"""
    exit_code: int
    """the exit code of the process"""
    environment: str
    """the environment's name"""
    release: int | None
    """the release of the run; `null` if there was none"""
    previous: int | None
    """the release before it"""
    distributions: Sequence[DistributionOutcomeJson]
    """all distributions of the run"""
    endpoint: str | None
    """the custom endpoint that the run used; `null`: AWS"""
    sandbox: bool
    """whether this was the sandbox"""
    aws_calls: Mapping[str, int]
    """calls, with retries: `service:Operation` → number"""
    duration_s: float
    """duration of the run in seconds"""
    next_step: str | None
    """what to do next"""
    undo: str | None
    """the command that undoes the run; `null` if there is nothing to undo"""
    csp: CspStateJson | None
    """the CSPs that `release` sends; `null` if that is not known"""
    verified: VerifiedUrlsJson | None
    """the check of the live headers; `null`: not checked"""
    toured: TouredPagesJson | None
    """the tour after a policy was newly enforced; `null`: no tour"""
    error: str | None
    """what went wrong"""
    pruned: PrunedJson | None
    """for `prune`; `null` for every other command"""
    handed_over: HandedOverJson | None
    """if Terraform owns the triggers; `null` for every other run"""


class ProblemJson(Output):
    """A problem in the configuration."""

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
    """what was probably meant"""


class ErrorJson(Output):
    """An error before a command could start: printed instead of all other output."""

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
    """all problems of the configuration; empty for other errors"""


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
"""Every kind of line."""


def version_json() -> VersionJson:
    """The first line."""
    return VersionJson(tool=f"edgerollout {__version__}")


def error_json(error: EdgerolloutError, spell: Spell) -> ErrorJson:
    """The output of `-o json` instead of a document or an outcome."""
    problems = error.problems if isinstance(error, ConfigError) else ()
    return ErrorJson(
        exit_code=int(error.exit_code),
        error=error.summary,
        why=error.why,
        hint=spelled(error.hint, spell),
        problems=[_problem(problem) for problem in problems],
    )


def event_json(event: Event, spell: Spell) -> EventJson:
    """The line of an event. Fields with names in `_s` are seconds, rounded to milliseconds."""
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
