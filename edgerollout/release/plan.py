"""The plan: typed steps from what AWS looks like to the release that is wanted.

A plan is a value. It can be shown, saved, compared and refused when it has gone stale; making one
calls nothing and changes nothing. It holds intent only (which function, which version, which
behaviors), never a DistributionConfig: what CloudFront holds is read again at the moment of the swap.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never

from edgerollout.release.arn import version_arn
from edgerollout.release.events import StepKind

if TYPE_CHECKING:
    from datetime import datetime

    from edgerollout.release.gates import Gate
    from edgerollout.release.handover import Handover
    from edgerollout.release.model import Release, ReplacedTrigger
    from edgerollout.release.snapshot import Behavior, Trigger


NOTHING = 0
"""Stands for "no release" where a number is wanted; Lambda counts from 1."""


class Action(enum.StrEnum):
    """What the plan does at one behavior and event."""

    ATTACH = "attach"
    """Nothing of ours there: the new version goes in."""
    REPLACE = "replace"
    """An older version of ours goes out, the new one in."""
    KEEP = "keep"
    """Already as wanted."""
    DETACH = "detach"
    """A version of ours goes out and nothing comes in: the event is another one now."""
    SKIP = "skip"
    """Excluded by the configuration."""
    FOREIGN = "foreign"
    """Somebody else's function; left as it is."""


WRITES = frozenset({Action.ATTACH, Action.REPLACE, Action.DETACH})
"""What takes an update of the distribution."""


class Severity(enum.StrEnum):
    ERROR = "error"
    """Refuses the run."""
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """Something preflight found. `rule` names it, `override` is the word that sets it aside, if any."""

    severity: Severity
    rule: str
    message: str
    hint: str | None = None
    distribution: str | None = None
    override: str | None = None


@dataclass(frozen=True)
class BehaviorPlan:
    """One row of the coverage table: behavior × event. `before`/`after` are ARNs or None.

    `after` is None for a release that has no number yet (the run publishes it) unless the row is a
    KEEP or FOREIGN one; `to_new` tells the two apart.
    """

    path: str
    event: str
    action: Action
    before: str | None = None
    after: str | None = None
    to_new: bool = False
    why: str | None = None


@dataclass(frozen=True)
class Slot:
    """One behavior and event: the trigger that stands there, and the one that shall (None: none).

    Where something else stands by then, others have moved it: it is left as it is.
    """

    path: str
    event: str
    now: Trigger | None
    wanted: Trigger | None

    def stands(self, behaviors: tuple[Behavior, ...]) -> bool:
        """Whether the slot still is as `now` says; not where the behavior is gone."""
        return any(one.path == self.path and _same(one.at(self.event), self.now) for one in behaviors)

    def moved(self, behaviors: tuple[Behavior, ...]) -> bool:
        """Whether the slot is neither as `now` nor as `wanted` says: somebody else has changed it."""
        return any(
            one.path == self.path
            and not _same(one.at(self.event), self.now)
            and not _same(one.at(self.event), self.wanted)
            for one in behaviors
        )


def _same(one: Trigger | None, other: Trigger | None) -> bool:
    return (None if one is None else one.arn) == (None if other is None else other.arn)


@dataclass(frozen=True)
class TriggerIntent:
    """How our triggers shall stand on a distribution: enough to derive the edit anew from any document.

    Every version of `function_arn` (an unqualified ARN) at an event other than `event` goes out.
    `target` is a version number, None for "the one this run publishes". With `event` None all our
    triggers go out and nothing comes in. Behaviors whose path is in `excluded` are left alone.
    """

    function_arn: str
    event: str | None
    target: int | None
    excluded: frozenset[str] = frozenset()
    keep_events: frozenset[str] = frozenset()
    """Events at which our triggers stay for now (the first of the two updates of an event change)."""
    replaceable: frozenset[str] = frozenset()
    """Unqualified ARNs of foreign functions whose slot may be taken over."""
    seen: frozenset[tuple[str, str, str]] | None = None
    """(path, event, ARN) of our triggers, and of any at `event`, as the plan saw them.

    When they stand otherwise at the moment of the swap, somebody was faster. None: not compared.
    """
    in_place: bool = False
    """Rolling back: our triggers stay at their behaviors and events and get the target, or go."""
    restore: tuple[ReplacedTrigger, ...] = ()
    """Foreign triggers that come back where ours goes, whatever the target; only with `in_place`."""
    slots: tuple[Slot, ...] = ()
    """Just these slots and nothing else: what one run did is undone. Overrules all but `excluded`."""


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
    """One field of the function's configuration: what it is, what it shall be."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class UpdateConfiguration:
    """Bring runtime, entry, memory, timeout and role of $LATEST to what the release wants."""

    changes: tuple[ConfigurationChange, ...]


@dataclass(frozen=True)
class UpdateCode:
    """Upload the bundle to $LATEST. `code_sha256` is base64 as Lambda says it."""

    code_sha256: str


@dataclass(frozen=True)
class PublishVersion:
    """Make $LATEST a numbered version with the ledger line as its Description."""

    description: str
    code_sha256: str


@dataclass(frozen=True)
class ObservedFrom:
    """Since when the report-only policy of a release counts as observed once it is attached again.

    `since` None: from when it is live everywhere. It takes the place of what its release.json recorded.
    """

    release: int
    since: datetime | None = None


@dataclass(frozen=True)
class MarkReleases:
    """Tag the releases that a rollback goes behind as withdrawn, and clear the mark of its target.

    `detached` is the newest version there is when all triggers are taken off on purpose. `replaced` are
    the foreign triggers that the release to be attached takes over. `observed` is for a release that is
    attached again: by a rollback, or where something was not covered.
    """

    withdrawn: tuple[int, ...] = ()
    cleared: tuple[int, ...] = ()
    detached: int | None = None
    replaced: tuple[ReplacedTrigger, ...] = ()
    observed: ObservedFrom | None = None


FunctionStep = CreateRole | CreateFunction | UpdateConfiguration | UpdateCode | PublishVersion | MarkReleases


# --- steps on one distribution -----------------------------------------------------------------------


@dataclass(frozen=True)
class SwapTriggers:
    """One UpdateDistribution: all edits of one distribution, atomically.

    `mark`: the invalidation that must follow could not be told from AWS after a kill (the release had
    one already, or the event runs none), so a tag on the function says that it is due.
    """

    intent: TriggerIntent
    mark: bool = False


@dataclass(frozen=True)
class AwaitDeployed:
    """Wait until CloudFront has propagated the distribution, with what `intent` says in it.

    Without an intent it is somebody else's change that is waited out. `attached_elsewhere`: it is Terraform
    that attaches, whenever that is run; so what stands there before is no sign of a conflict.
    """

    intent: TriggerIntent | None = None
    attached_elsewhere: bool = False


@dataclass(frozen=True)
class Invalidate:
    """Invalidate cached responses (they carry the old headers) and wait until that is done.

    `unmark`: take the tag away that says it is due.
    """

    paths: tuple[str, ...]
    unmark: bool = False


DistributionStep = SwapTriggers | AwaitDeployed | Invalidate


def kind_of(step: FunctionStep | DistributionStep) -> StepKind:
    """The kind under which the engine reports a planned step."""
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
class DistributionPlan:
    """What happens to one distribution. No steps: nothing to do there."""

    id: str
    name: str
    behaviors: tuple[BehaviorPlan, ...]
    steps: tuple[DistributionStep, ...] = ()


@dataclass(frozen=True)
class Stray:
    """An older version of ours on a distribution that belongs to no environment."""

    distribution: str
    name: str
    path: str
    event: str
    arn: str


@dataclass(frozen=True)
class LiveRelease:
    """What is live before the run. `counts`: version number → behaviors carrying it (several: mixed)."""

    number: int
    release: Release | None
    """None when its release.json could not be read, or was not needed."""
    digest: str | None
    """First 16 hex of the release digest, from the ledger; None for a version edgerollout did not publish."""
    enforced: str | None
    report_only: str | None
    counts: tuple[tuple[int, int], ...]

    @property
    def mixed(self) -> bool:
        return len(self.counts) > 1


@dataclass(frozen=True)
class Plan:
    """From the snapshot to the desired release.

    `target` is the version to attach when it exists already, None when `function_steps` publish it.
    `release` is what it carries (None only where a rollback's target could not be read).
    """

    environment: str
    account: str
    function_arn: str
    event: str
    release: Release | None
    target: int | None
    live: LiveRelease | None
    function_steps: tuple[FunctionStep, ...]
    distributions: tuple[DistributionPlan, ...]
    rolls_back: bool = False
    """The plan takes a release back. With no `target` our triggers go, or foreign ones come back."""
    uncovered: tuple[str, ...] = ()
    """Names of distributions that this plan leaves without the release on some behavior (`wait` does)."""
    before: Release | None = None
    """What was served before: tells "still the old headers" from wrong ones. None where not known."""
    direction: str | None = None
    """Of a promotion: which policy goes where, in words."""
    gates: tuple[Gate, ...] = ()
    """Of a promotion that publishes; empty where nothing moves, or what was begun is finished."""
    handover: Handover | None = None
    """Where Terraform owns the triggers: what it is given. The distributions then have no steps."""
    given_up: tuple[str, ...] = ()
    """Tags of the function that have nothing to say any more once every distribution is through."""
    strays: tuple[Stray, ...] = ()
    findings: tuple[Finding, ...] = ()
    excluded: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    bundle: bytes = field(default=b"", repr=False, compare=False)
    """The zip the function steps upload; derived from `release` and the handler files."""

    @property
    def changes(self) -> bool:
        """Whether carrying it out would change anything, in AWS or in the tfvars. Waiting changes nothing."""
        handed = self.handover is not None and self.handover.changes
        steps = (step for one in self.distributions for step in one.steps)
        writes = any(not isinstance(step, AwaitDeployed) for step in steps)
        return handed or bool(self.function_steps) or writes

    @property
    def unsettled(self) -> bool:
        """Whether there is anything to do: a change, or a propagation that is to be waited for."""
        return self.changes or any(one.steps for one in self.distributions)

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

    def version_arn(self, number: int) -> str:
        """The ARN of a version of the environment's function."""
        return version_arn(self.function_arn, number)
