"""The `plan` document. It holds what is intended, never a DistributionConfig and no secret."""

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
    """A release that is wanted."""

    enforced: PlannedPolicyJson | None
    """the enforced policy"""
    report_only: PlannedPolicyJson | None
    """the policy that only reports"""
    headers: Mapping[str, HeaderJson]
    """the other headers, by name"""
    observed: Mapping[str, HeaderJson]
    """those that only report, by name: as they are to be enforced"""


class LiveReleaseJson(Output):
    """A release that is live before the run. Digests are the first 16 hex digits."""

    release: int
    """the newest number"""
    digest: str | None
    """the release's digest; null where edgerollout did not publish the version"""
    enforced: str | None
    """the digest of its enforced policy"""
    report_only: str | None
    """the digest of its report-only policy"""
    observed: str | None
    """the digest of its headers that only report"""
    releases: Mapping[str, int]
    """number → behaviors carrying it; several: a mixed environment"""


class CreateRoleJson(Output):
    """Make the execution role."""

    type: Literal[StepKind.CREATE_ROLE] = StepKind.CREATE_ROLE
    """which step"""
    name: str
    """the role's name"""


class CreateFunctionJson(Output):
    """Make the function, with the release's bundle in it."""

    type: Literal[StepKind.CREATE_FUNCTION] = StepKind.CREATE_FUNCTION
    """which step"""
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
    """One setting of the function that changes."""

    name: str
    """its name"""
    before: str
    """what it is"""
    after: str
    """what it will be"""


class UpdateConfigurationJson(Output):
    """Change the function's settings."""

    type: Literal[StepKind.UPDATE_CONFIGURATION] = StepKind.UPDATE_CONFIGURATION
    """which step"""
    changes: Sequence[ConfigurationChangeJson]
    """a setting each"""


class UpdateCodeJson(Output):
    """Upload the bundle."""

    type: Literal[StepKind.UPDATE_CODE] = StepKind.UPDATE_CODE
    """which step"""
    code_sha256: str
    """the bundle's, base64 as Lambda says it"""


class PublishVersionJson(Output):
    """Publish the numbered version."""

    type: Literal[StepKind.PUBLISH_VERSION] = StepKind.PUBLISH_VERSION
    """which step"""
    description: str
    """the version's Description"""
    code_sha256: str
    """the bundle's, base64 as Lambda says it"""


class CreateHeadersPolicyJson(Output):
    """Make the release's response headers policy, with the headers of `release`."""

    type: Literal[StepKind.CREATE_HEADERS_POLICY] = StepKind.CREATE_HEADERS_POLICY
    """which step"""
    unneeded: Sequence[str]
    """the ids of policies of earlier releases, which stand nowhere and are deleted first"""
    variant: str | None
    """8 hex of what goes along of a policy of others; null for the release's plain policy"""


class RecreateHeadersPolicyJson(Output):
    """Make a policy of others again, which was deleted and is given back."""

    type: Literal["recreate-headers-policy"] = "recreate-headers-policy"
    """which step"""
    name: str
    """what the policy is called"""


class ReplacedTriggerJson(Output):
    """A trigger of somebody else that the release takes the place of."""

    distribution: str
    """the distribution's id"""
    path: str
    """the behavior's path"""
    event: str
    """the event"""
    arn: str
    """the ARN of the version that was there"""


class ObservedJson(Output):
    """Since when the report-only policy of a release counts as observed."""

    release: int
    """the release's number"""
    since: Moment | None
    """ISO 8601; null: from when it is live everywhere"""


class MarkReleasesJson(Output):
    """Write on the function's tags what a rollback or a takeover has to remember."""

    type: Literal[StepKind.MARK_RELEASES] = StepKind.MARK_RELEASES
    """which step"""
    withdrawn: Sequence[int]
    """releases that are marked as withdrawn"""
    cleared: Sequence[int]
    """releases that lose that mark"""
    detached: int | None
    """the newest release there is, where all of ours is taken off on purpose"""
    replaced: Sequence[ReplacedTriggerJson]
    """what the release takes the place of, to be put back by a rollback"""
    observed: ObservedJson | None
    """of a release that is attached again"""


class SwapTriggersJson(Output):
    """One update of one distribution: all its behaviors at once."""

    type: Literal[StepKind.SWAP_TRIGGERS] = StepKind.SWAP_TRIGGERS
    """which step"""
    distribution: str
    """the distribution's id"""
    event: str | None
    """the event, or `headers-policy`; null: our release goes"""
    target: int | Literal["new"] | None
    """the release they get; `new`: the one that the run publishes; null: they go"""


class AwaitDeployedJson(Output):
    """Wait until CloudFront has propagated the distribution."""

    type: Literal[StepKind.AWAIT_DEPLOYED] = StepKind.AWAIT_DEPLOYED
    """which step"""
    distribution: str
    """the distribution's id"""


class InvalidateJson(Output):
    """Invalidate what is cached, and wait until that is done."""

    type: Literal[StepKind.INVALIDATE] = StepKind.INVALIDATE
    """which step"""
    distribution: str
    """the distribution's id"""
    paths: Sequence[str]
    """what is invalidated"""


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
    """What happens at one behavior and event."""

    path: str
    """its path pattern; `Default (*)` for the default one"""
    event: str
    """the event"""
    from_: str | None
    """the ARN that is there, or null"""
    to: str | None
    """the ARN that will be there, or null; `new`: the version that the run publishes"""
    action: Action
    """what is done: `skip` is excluded by the configuration, `foreign` is somebody else's function, left
    alone"""
    why: str | None
    """why, where that is not plain"""


class PlannedDistributionJson(Output):
    """What happens at one distribution."""

    id: str
    """CloudFront's id"""
    alias: str
    """the name it goes by"""
    behaviors: Sequence[PlannedBehaviorJson]
    """a behavior and event each"""


Variables: TypeAlias = Mapping[str, str | int | bool | Mapping[str, str] | None]


class HandoverJson(Output):
    """The tfvars that tell Terraform what to attach."""

    file: str
    """where they are"""
    before: Variables | None
    """its variables today; null: not written yet"""
    after: Variables
    """its variables then; `new` stands for the version to come"""


class GateJson(Output):
    """A gate of a promotion."""

    name: str
    """its name"""
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


class StrayJson(Output):
    """An older version of ours on a distribution outside every environment."""

    distribution: str
    """the distribution's id"""
    alias: str
    """the name it goes by"""
    path: str
    """the behavior's path"""
    event: str
    """the event"""
    arn: str
    """the version's ARN"""


class PlanFindingJson(FindingJson):
    """Something that speaks against the plan, or is worth to know."""

    distribution: str | None
    """the distribution that it is about"""
    override: str | None
    """what to name after `--override` to set it aside"""


class PlanJson(DocumentJson):
    """What a command would do, by what AWS looks like now. `plan`, and `--dry-run` of commands that act."""

    environment: str
    """its name"""
    changes: bool
    """whether applying the plan would change anything in AWS"""
    release: PlannedReleaseJson | None
    """what is wanted; null where a rollback's target could not be read"""
    live: LiveReleaseJson | None
    """what is live; null when nothing of ours is"""
    steps: Sequence[PlannedStepJson]
    """what is done, in order"""
    distributions: Sequence[PlannedDistributionJson]
    """a distribution each"""
    handover: HandoverJson | None
    """where Terraform owns the triggers; else null"""
    direction: str | None
    """of a promotion (`promote --dry-run`): which policy goes where, such as `staging 17 → production
    report-only`"""
    gates: Sequence[GateJson]
    """of a promotion that would publish"""
    strays: Sequence[StrayJson]
    """older versions of ours on distributions outside every environment"""
    findings: Sequence[PlanFindingJson]
    """what refuses the run, and what is worth to know"""
    next_step: str | None
    """what to do next, with commands as they are typed"""
    means: MeansJson | Absent = ABSENT
    """by what releases reach visitors, and what the other way would be; `plan` and `publish` have it"""


def plan_json(plan: Plan, spell: Spell, next_step: Hint | None = None) -> PlanJson:
    """The document. ARNs are full; `to` is `new` for a version yet to come."""
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
