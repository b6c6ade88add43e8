"""The plan: typed steps from the state of AWS to the wanted release.

A plan is a value. It can be shown, saved, compared, and refused when it is stale; making one calls nothing
and changes nothing. It holds only what is intended (which function, which version, which behaviors), never a
DistributionConfig: that is read again at the moment of the swap.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, assert_never

from edgerollout.policy.severity import Severity
from edgerollout.release.delivery.steps import (
    AwaitDeployed,
    DistributionPlan,
    DistributionStep,
    Invalidate,
    SwapTriggers,
)
from edgerollout.release.facts.arn import version_arn
from edgerollout.release.facts.events import StepKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.release.checks.gates import Gate
    from edgerollout.release.delivery.means import Means
    from edgerollout.release.delivery.terraform import Handover
    from edgerollout.release.facts.finding import Finding
    from edgerollout.release.facts.headers_policies import CarriedPolicy
    from edgerollout.release.facts.means_advice import MeansAdvice
    from edgerollout.release.facts.release import Release, ReplacedTrigger
    from edgerollout.release.facts.soak import ObservedFrom
    from edgerollout.release.facts.standing import LiveRelease, Stray


# --- steps on the function ---------------------------------------------------------------------------


@dataclass(frozen=True)
class CreateRole:
    """Create the execution role, trusted by lambda and edgelambda, with the basic logging policy."""

    name: str


@dataclass(frozen=True)
class CreateFunction:
    """Create the function with the release's bundle in it."""

    name: str
    role: str
    runtime: str
    entry: str
    memory: int
    timeout: int


@dataclass(frozen=True)
class ConfigurationChange:
    """One field of the function's configuration: its value now and its wanted value."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class UpdateConfiguration:
    """Set runtime, entry, memory, timeout and role of $LATEST to what the release wants."""

    changes: tuple[ConfigurationChange, ...]


@dataclass(frozen=True)
class UpdateCode:
    """Upload the bundle to $LATEST. `code_sha256` is base64, as Lambda reports it."""

    code_sha256: str


@dataclass(frozen=True)
class PublishVersion:
    """Make $LATEST a numbered version with the ledger line as its Description."""

    description: str
    code_sha256: str


@dataclass(frozen=True)
class CreateHeadersPolicy:
    """Make the response headers policy of the release to be attached.

    `says` is its configuration; the release's number gives its name and comment. `unneeded` are the ids of
    our policies that are deleted first, because an account can have only a few.
    """

    says: Mapping[str, object]
    unneeded: tuple[str, ...] = ()
    variant: str = ""
    """8 hex of what of others goes along; "" for nothing."""


@dataclass(frozen=True)
class RecreateHeadersPolicy:
    """Make a policy of others again, which was deleted and is given back."""

    policy: CarriedPolicy


@dataclass(frozen=True)
class MarkReleases:
    """Tag the releases that a rollback takes back as withdrawn, and clear the mark of its target.

    `detached` is the newest version when all triggers are removed on purpose. `replaced` are somebody else's
    triggers that the release takes over. `observed` is for a release that is attached again: by a rollback,
    or where a behavior lacked it.
    """

    withdrawn: tuple[int, ...] = ()
    cleared: tuple[int, ...] = ()
    detached: int | None = None
    replaced: tuple[ReplacedTrigger, ...] = ()
    observed: ObservedFrom | None = None


FunctionStep = (
    CreateRole
    | CreateFunction
    | UpdateConfiguration
    | UpdateCode
    | PublishVersion
    | CreateHeadersPolicy
    | RecreateHeadersPolicy
    | MarkReleases
)


# --- steps on one distribution -----------------------------------------------------------------------


def kind_of(step: FunctionStep | DistributionStep) -> StepKind:
    """The kind with which the engine reports a planned step."""
    match step:
        case CreateRole():
            return StepKind.CREATE_ROLE
        case CreateFunction():
            return StepKind.CREATE_FUNCTION
        case UpdateConfiguration():
            return StepKind.UPDATE_CONFIGURATION
        case UpdateCode():
            return StepKind.UPDATE_CODE
        case PublishVersion():
            return StepKind.PUBLISH_VERSION
        case CreateHeadersPolicy() | RecreateHeadersPolicy():
            return StepKind.CREATE_HEADERS_POLICY
        case MarkReleases():
            return StepKind.MARK_RELEASES
        case SwapTriggers():
            return StepKind.SWAP_TRIGGERS
        case AwaitDeployed():
            return StepKind.AWAIT_DEPLOYED
        case Invalidate():
            return StepKind.INVALIDATE
        case _:
            assert_never(step)


@dataclass(frozen=True)
class Plan:
    """From the snapshot to the desired release.

    `target` is the version to attach when it exists already, None when `function_steps` publish it. `release`
    is the release in that version (None only where a rollback's target could not be read).
    """

    environment: str
    account: str
    function_arn: str
    means: Means
    release: Release | None
    target: int | None
    live: LiveRelease | None
    function_steps: tuple[FunctionStep, ...]
    distributions: tuple[DistributionPlan, ...]
    rolls_back: bool = False
    """The plan takes a release back. Without a `target` our triggers are removed, or others' triggers come
    back.
    """
    uncovered: tuple[str, ...] = ()
    """Names of distributions that this plan leaves without the release on some behavior (`wait` does)."""
    before: Release | None = None
    """What was served before: it distinguishes old headers from wrong ones. None where unknown."""
    direction: str | None = None
    """For a promotion: which policy goes where, in words."""
    gates: tuple[Gate, ...] = ()
    """For a promotion that publishes. Empty where nothing moves, or where it only finishes earlier work."""
    handover: Handover | None = None
    """Where Terraform owns the triggers: the change of the tfvars. Then the distributions have no steps."""
    given_up: tuple[str, ...] = ()
    """Tags of the function that are no longer needed when every distribution is done."""
    strays: tuple[Stray, ...] = ()
    findings: tuple[Finding, ...] = ()
    excluded: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    advice: MeansAdvice | None = field(default=None, compare=False)
    """For a publish: by which means, and what the other one would be."""
    bundle: bytes = field(default=b"", repr=False, compare=False)
    """The zip the function steps upload; derived from `release` and the handler files."""

    @property
    def event(self) -> str:
        """The slot of the release at a behavior."""
        return self.means.slot

    @property
    def changes(self) -> bool:
        """Whether the plan changes anything, in AWS or in the tfvars. Waiting changes nothing."""
        handed = self.handover is not None and self.handover.changes
        steps = (step for distribution in self.distributions for step in distribution.steps)
        writes = any(not isinstance(step, AwaitDeployed) for step in steps)
        return handed or bool(self.function_steps) or writes

    @property
    def unsettled(self) -> bool:
        """Whether there is anything to do: a change, or a propagation to wait for."""
        return self.changes or any(distribution.steps for distribution in self.distributions)

    @property
    def publishes(self) -> bool:
        """Whether it makes a new version."""
        return any(isinstance(step, PublishVersion) for step in self.function_steps)

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)

    @property
    def unmet(self) -> tuple[Gate, ...]:
        """The gates that forbid it."""
        return tuple(gate for gate in self.gates if not gate.passed and gate.overridden is None)

    @property
    def refused(self) -> bool:
        """Whether a finding or a gate forbids carrying it out."""
        return bool(self.errors or self.unmet)

    def by(self, means: Means) -> Plan:
        """The same plan with another `means`: one that knows more."""

        def told(step: DistributionStep, at: str) -> DistributionStep:
            if isinstance(step, Invalidate) or step.intent is None:
                return step
            return replace(step, intent=replace(step.intent, means=means.at(at)))

        return replace(
            self,
            means=means,
            distributions=tuple(
                replace(distribution, steps=tuple(told(step, distribution.id) for step in distribution.steps))
                for distribution in self.distributions
            ),
            handover=None if self.handover is None else replace(self.handover, means=means),
        )

    def version_arn(self, number: int) -> str:
        """The ARN of a version of the environment's function."""
        return version_arn(self.function_arn, number)
