"""The `plan` document. It has what will be done, but never a DistributionConfig or a secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias, assert_never

from edgerollout.advice import spelled
from edgerollout.release.delivery.means import NEW
from edgerollout.release.delivery.steps import Action, AwaitDeployed, Invalidate, SwapTriggers
from edgerollout.release.facts.events import StepKind
from edgerollout.release.plans import plan as steps
from edgerollout.views.output.common import Directives, FindingJson, HeaderJson, headers_of
from edgerollout.views.output.encoder import ABSENT, Absent, DocumentJson, Moment, Output
from edgerollout.views.output.means import MeansJson, means_json

if TYPE_CHECKING:
    from edgerollout.advice import Hint, Spell
    from edgerollout.policy.csp import LayeredCsp
    from edgerollout.release.delivery.steps import BehaviorPlan, DistributionPlan, DistributionStep
    from edgerollout.release.delivery.terraform import Handover
    from edgerollout.release.facts.release import Release
    from edgerollout.release.facts.standing import LiveRelease
    from edgerollout.release.plans.plan import FunctionStep, Plan


class PlannedPolicyJson(Output):
    """A policy as it is sent."""

    digest: str
    """its digest, 64 hex digits"""
    directives: Directives
    """directive → sources"""


class PlannedReleaseJson(Output):
    """The release that the plan makes live."""

    enforced: PlannedPolicyJson | None
    """the enforced policy"""
    report_only: PlannedPolicyJson | None
    """the policy that only reports"""
    headers: Mapping[str, HeaderJson]
    """the other headers, by name"""
    observed: Mapping[str, HeaderJson]
    """those that only report, by name: as they are to be enforced"""


class LiveReleaseJson(Output):
    """The release that is live before the run. Digests are the first 16 hex digits."""

    release: int
    """the newest number"""
    digest: str | None
    """the release's digest; null if edgerollout did not publish the version"""
    enforced: str | None
    """the digest of its enforced policy"""
    report_only: str | None
    """the digest of its report-only policy"""
    observed: str | None
    """the digest of its headers that only report"""
    releases: Mapping[str, int]
    """number → behaviors with this release; several numbers: a mixed environment"""


class CreateRoleJson(Output):
    """Create the execution role."""

    type: Literal[StepKind.CREATE_ROLE] = StepKind.CREATE_ROLE
    """the step"""
    name: str
    """the role's name"""


class CreateFunctionJson(Output):
    """Create the function, with the release's bundle."""

    type: Literal[StepKind.CREATE_FUNCTION] = StepKind.CREATE_FUNCTION
    """the step"""
    name: str
    """the function's name"""
    role: str
    """the name or ARN of its role"""
    runtime: str
    """its Lambda runtime"""
    entry: str
    """its handler, as Lambda names it"""
    memory: int
    """MB"""
    timeout: int
    """seconds"""


class ConfigurationChangeJson(Output):
    """A setting of the function that changes."""

    name: str
    """its name"""
    before: str
    """its value now"""
    after: str
    """its value afterwards"""


class UpdateConfigurationJson(Output):
    """Change the function's settings."""

    type: Literal[StepKind.UPDATE_CONFIGURATION] = StepKind.UPDATE_CONFIGURATION
    """the step"""
    changes: Sequence[ConfigurationChangeJson]
    """all settings that change"""


class UpdateCodeJson(Output):
    """Upload the bundle."""

    type: Literal[StepKind.UPDATE_CODE] = StepKind.UPDATE_CODE
    """the step"""
    code_sha256: str
    """the bundle's SHA-256 in base64, as Lambda shows it"""


class PublishVersionJson(Output):
    """Publish a numbered version."""

    type: Literal[StepKind.PUBLISH_VERSION] = StepKind.PUBLISH_VERSION
    """the step"""
    description: str
    """the version's Description"""
    code_sha256: str
    """the bundle's SHA-256 in base64, as Lambda shows it"""


class CreateHeadersPolicyJson(Output):
    """Create the release's response headers policy, with the headers of `release`."""

    type: Literal[StepKind.CREATE_HEADERS_POLICY] = StepKind.CREATE_HEADERS_POLICY
    """the step"""
    unneeded: Sequence[str]
    """the ids of policies of earlier releases that are attached nowhere; they are deleted first"""
    variant: str | None
    """8 hex digits for the headers that are copied from another policy; null if the policy has only the
    release's headers"""


class RecreateHeadersPolicyJson(Output):
    """Create a deleted policy of others again, to attach it."""

    type: Literal["recreate-headers-policy"] = "recreate-headers-policy"
    """the step"""
    name: str
    """the policy's name"""


class ReplacedTriggerJson(Output):
    """A trigger of somebody else that the release replaces."""

    distribution: str
    """the distribution's id"""
    path: str
    """the behavior's path"""
    event: str
    """the event"""
    arn: str
    """the ARN of the version that was there"""


class ObservedJson(Output):
    """Since when the report-only policy of a release counts as live for the soak."""

    release: int
    """the release's number"""
    since: Moment | None
    """ISO 8601; null: as soon as it is live everywhere"""


class MarkReleasesJson(Output):
    """Write tags on the function that a later rollback needs."""

    type: Literal[StepKind.MARK_RELEASES] = StepKind.MARK_RELEASES
    """the step"""
    withdrawn: Sequence[int]
    """releases to mark as withdrawn"""
    cleared: Sequence[int]
    """releases that lose this mark"""
    detached: int | None
    """the newest release there is, where all of ours is taken off on purpose"""
    replaced: Sequence[ReplacedTriggerJson]
    """the triggers that the release replaces; a rollback attaches them again"""
    observed: ObservedJson | None
    """if a release is attached again"""


class SwapTriggersJson(Output):
    """One update of one distribution: all its behaviors at once."""

    type: Literal[StepKind.SWAP_TRIGGERS] = StepKind.SWAP_TRIGGERS
    """the step"""
    distribution: str
    """the distribution's id"""
    event: str | None
    """the event, or `headers-policy`; null: our release goes"""
    target: int | Literal["new"] | None
    """the release of the triggers; `new`: the run publishes it; null: they are removed"""


class AwaitDeployedJson(Output):
    """Wait until CloudFront has propagated the distribution."""

    type: Literal[StepKind.AWAIT_DEPLOYED] = StepKind.AWAIT_DEPLOYED
    """the step"""
    distribution: str
    """the distribution's id"""


class InvalidateJson(Output):
    """Invalidate the cache, and wait until that is done."""

    type: Literal[StepKind.INVALIDATE] = StepKind.INVALIDATE
    """the step"""
    distribution: str
    """the distribution's id"""
    paths: Sequence[str]
    """the paths to invalidate"""


PlannedStepJson: TypeAlias = (
    CreateRoleJson
    | CreateFunctionJson
    | UpdateConfigurationJson
    | UpdateCodeJson
    | PublishVersionJson
    | CreateHeadersPolicyJson
    | RecreateHeadersPolicyJson
    | MarkReleasesJson
    | SwapTriggersJson
    | AwaitDeployedJson
    | InvalidateJson
)


class PlannedBehaviorJson(Output):
    """What happens at a behavior and event."""

    path: str
    """its path pattern; `Default (*)` for the default one"""
    event: str
    """the event"""
    from_: str | None
    """the ARN that is attached now, or null"""
    to: str | None
    """the ARN that will be attached, or null; `new`: the version that the run publishes"""
    action: Action
    """what is done: `skip` is excluded by the configuration; `foreign` is somebody else's function, which
    stays"""
    why: str | None
    """why, if it is not obvious"""


class PlannedDistributionJson(Output):
    """What happens on a distribution."""

    id: str
    """CloudFront's id"""
    alias: str
    """its name for people"""
    behaviors: Sequence[PlannedBehaviorJson]
    """all behaviors and events"""


Variables: TypeAlias = Mapping[str, str | int | bool | Mapping[str, str] | None]


class HandoverJson(Output):
    """The tfvars that tell Terraform what to attach."""

    file: str
    """their path"""
    before: Variables | None
    """the variables now; null: not written yet"""
    after: Variables
    """the variables afterwards; `new` is the version that the run publishes"""


class GateJson(Output):
    """A gate of a promotion."""

    name: str
    """its name"""
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


class StrayJson(Output):
    """An older version of the function on a distribution outside every environment."""

    distribution: str
    """the distribution's id"""
    alias: str
    """its name for people"""
    path: str
    """the behavior's path"""
    event: str
    """the event"""
    arn: str
    """the version's ARN"""


class PlanFindingJson(FindingJson):
    """A problem or a note about the plan."""

    distribution: str | None
    """the distribution"""
    override: str | None
    """the name for `--override` that sets it aside"""


class PlanJson(DocumentJson):
    """What a command would do in the present state of AWS: `plan`, and `--dry-run` of commands that act."""

    environment: str
    """its name"""
    changes: bool
    """whether applying the plan would change anything in AWS"""
    release: PlannedReleaseJson | None
    """the release that will be live; null if a rollback's target could not be read"""
    live: LiveReleaseJson | None
    """the live release; null if no release is live"""
    steps: Sequence[PlannedStepJson]
    """all steps, in order"""
    distributions: Sequence[PlannedDistributionJson]
    """all distributions"""
    handover: HandoverJson | None
    """if Terraform owns the triggers; otherwise null"""
    direction: str | None
    """for a promotion (`promote --dry-run`): which policy goes where, such as `staging 17 → production
    report-only`"""
    gates: Sequence[GateJson]
    """for a promotion that would publish"""
    strays: Sequence[StrayJson]
    """older versions of the function on distributions outside every environment"""
    findings: Sequence[PlanFindingJson]
    """problems and notes; a problem refuses the run"""
    next_step: str | None
    """what to do next, with the commands to type"""
    means: MeansJson | Absent = ABSENT
    """how headers reach visitors, and the other possible way; only for `plan` and `publish`"""


def plan_json(plan: Plan, spell: Spell, next_step: Hint | None = None) -> PlanJson:
    """The document. ARNs are complete; `to` is `new` for a version that the run publishes."""
    return PlanJson.of(
        plan,
        release=None if plan.release is None else _release(plan.release),
        live=None if plan.live is None else _live(plan.live),
        steps=[
            *map(_function_step, plan.function_steps),
            *(
                _distribution_step(step, distribution.id)
                for distribution in plan.distributions
                for step in distribution.steps
            ),
        ],
        distributions=[_distribution(distribution) for distribution in plan.distributions],
        handover=None if plan.handover is None else _handover(plan.handover),
        gates=[GateJson.of(gate, remedy=spelled(gate.remedy, spell)) for gate in plan.gates],
        strays=[StrayJson.of(stray, alias=stray.name) for stray in plan.strays],
        findings=[
            PlanFindingJson.of(finding, hint=spelled(finding.hint, spell)) for finding in plan.findings
        ],
        next_step=spelled(next_step, spell),
        means=means_json(plan.advice),
    )


def _handover(handover: Handover) -> HandoverJson:
    before = None if handover.before is None else handover.before.variables()
    return HandoverJson(file=handover.file, before=before, after=handover.variables)


def _release(release: Release) -> PlannedReleaseJson:
    return PlannedReleaseJson(
        enforced=_policy(release.enforced),
        report_only=_policy(release.report_only),
        headers=headers_of(release.headers),
        observed=headers_of(release.observed),
    )


def _policy(policy: LayeredCsp | None) -> PlannedPolicyJson | None:
    if policy is None:
        return None
    return PlannedPolicyJson(digest=policy.digest, directives=policy.effective.to_json())


def _live(live: LiveRelease) -> LiveReleaseJson:
    return LiveReleaseJson.of(
        live, release=live.number, releases={str(number): count for number, count in live.counts}
    )


def _distribution(distribution: DistributionPlan) -> PlannedDistributionJson:
    return PlannedDistributionJson(
        id=distribution.id,
        alias=distribution.name,
        behaviors=[_behavior(row) for row in distribution.behaviors],
    )


def _behavior(row: BehaviorPlan) -> PlannedBehaviorJson:
    return PlannedBehaviorJson.of(row, from_=row.before, to=NEW if row.to_new else row.after)


def _function_step(step: FunctionStep) -> PlannedStepJson:
    match step:
        case steps.CreateRole():
            return CreateRoleJson(name=step.name)
        case steps.CreateFunction():
            return CreateFunctionJson.of(step)
        case steps.UpdateConfiguration():
            return UpdateConfigurationJson(
                changes=[ConfigurationChangeJson.of(change) for change in step.changes]
            )
        case steps.UpdateCode():
            return UpdateCodeJson(code_sha256=step.code_sha256)
        case steps.PublishVersion():
            return PublishVersionJson.of(step)
        case steps.CreateHeadersPolicy():
            return CreateHeadersPolicyJson(unneeded=step.unneeded, variant=step.variant or None)
        case steps.RecreateHeadersPolicy():
            return RecreateHeadersPolicyJson(name=step.policy.name)
        case steps.MarkReleases():
            return _marks(step)
        case _:
            assert_never(step)


def _marks(step: steps.MarkReleases) -> MarkReleasesJson:
    observed = None
    if step.observed is not None:
        since = step.observed.since
        observed = ObservedJson(
            release=step.observed.release, since=None if since is None else since.isoformat()
        )
    return MarkReleasesJson.of(
        step, replaced=[ReplacedTriggerJson.of(trigger) for trigger in step.replaced], observed=observed
    )


def _distribution_step(step: DistributionStep, distribution: str) -> PlannedStepJson:
    match step:
        case SwapTriggers():
            intent = step.intent
            new = intent.target is None and intent.event is not None
            target: int | Literal["new"] | None = "new" if new else intent.target
            return SwapTriggersJson(distribution=distribution, event=intent.event, target=target)
        case AwaitDeployed():
            return AwaitDeployedJson(distribution=distribution)
        case Invalidate():
            return InvalidateJson(distribution=distribution, paths=step.paths)
        case _:
            assert_never(step)
