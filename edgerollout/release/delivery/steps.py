"""What happens to one distribution: the wanted triggers, row by row, and the steps to get there."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgerollout.release.delivery.means import Means
    from edgerollout.release.facts.release import ReplacedTrigger
    from edgerollout.release.facts.snapshot import Behavior, Trigger


class Action(enum.StrEnum):
    """What the plan does at one behavior and event."""

    ATTACH = "attach"
    """Nothing of ours is there: the new version is attached."""
    REPLACE = "replace"
    """The new version replaces an older version of ours."""
    KEEP = "keep"
    """It is already as wanted."""
    DETACH = "detach"
    """A version of ours is removed and nothing replaces it: the configured event has changed."""
    SKIP = "skip"
    """Excluded by the configuration."""
    FOREIGN = "foreign"
    """Somebody else's function; it stays as it is."""


WRITES = frozenset({Action.ATTACH, Action.REPLACE, Action.DETACH})
"""The actions that need an update of the distribution."""


@dataclass(frozen=True)
class BehaviorPlan:
    """One row of the coverage table: behavior × event. `before`/`after` are ARNs or None.

    `after` None has two meanings: nothing, or a release that has no number yet, because the run publishes it.
    `to_new` says that it is the second.
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
    """One behavior and event: the trigger that is there (`now`), and the one that is to be there (None:
    none).

    Where something else is there by then, others have changed the slot: it stays as it is.
    """

    path: str
    event: str
    now: Trigger | None
    wanted: Trigger | None

    def stands(self, behaviors: tuple[Behavior, ...]) -> bool:
        """Whether the slot still has the trigger `now`. False where the behavior is gone."""
        return any(
            behavior.path == self.path and _same(behavior.at(self.event), self.now) for behavior in behaviors
        )

    def moved(self, behaviors: tuple[Behavior, ...]) -> bool:
        """Whether the slot differs from both `now` and `wanted`: somebody else has changed it."""
        return any(
            behavior.path == self.path
            and not _same(behavior.at(self.event), self.now)
            and not _same(behavior.at(self.event), self.wanted)
            for behavior in behaviors
        )


def _same(trigger: Trigger | None, other: Trigger | None) -> bool:
    return (None if trigger is None else trigger.arn) == (None if other is None else other.arn)


@dataclass(frozen=True)
class TriggerIntent:
    """The wanted triggers of a distribution: enough to derive the edit again from any document.

    Every version of `function_arn` (an unqualified ARN) in a slot of `means` other than `event` is removed.
    `target` is a version number; None means the version that this run publishes. With `event` None all our
    triggers are removed and nothing replaces them. Behaviors whose path is in `excluded` stay as they are.
    """

    means: Means
    function_arn: str
    event: str | None
    target: int | None
    excluded: frozenset[str] = frozenset()
    keep_events: frozenset[str] = frozenset()
    """Events at which our triggers stay for now (the first of the two updates of an event change)."""
    replaceable: frozenset[str] = frozenset()
    """Unqualified ARNs of somebody else's functions whose slots may be taken over."""
    seen: frozenset[tuple[str, str, str]] | None = None
    """(path, event, ARN) of our triggers, and of any at `event`, as the plan saw them.

    When they differ at the moment of the swap, somebody else changed them meanwhile. None: not compared.
    """
    in_place: bool = False
    """For a rollback: our triggers stay at their behaviors and events and get the target, or are removed."""
    restore: tuple[ReplacedTrigger, ...] = ()
    """Somebody else's triggers that come back where ours goes; with `in_place`, whatever the target."""
    slots: tuple[Slot, ...] = ()
    """Change only these slots: this undoes what one run did. It overrules every other field but `excluded`.
    """


@dataclass(frozen=True)
class SwapTriggers:
    """One UpdateDistribution: all edits of one distribution, atomically.

    `mark`: after a kill, AWS would not show that an invalidation must follow (the release has one already, or
    its event needs none). So a tag on the function records that it is due.
    """

    intent: TriggerIntent
    mark: bool = False


@dataclass(frozen=True)
class AwaitDeployed:
    """Wait until CloudFront has propagated the distribution with the triggers of `intent`.

    Without an intent it waits for somebody else's change. `attached_elsewhere`: Terraform attaches, whenever
    it runs; so other triggers there until then are not a conflict.
    """

    intent: TriggerIntent | None = None
    attached_elsewhere: bool = False


@dataclass(frozen=True)
class Invalidate:
    """Invalidate cached responses, which carry the old headers, and wait until that is done.

    `unmark`: remove the tag that says that it is due.
    """

    paths: tuple[str, ...]
    unmark: bool = False


DistributionStep = SwapTriggers | AwaitDeployed | Invalidate


@dataclass(frozen=True)
class DistributionPlan:
    """What happens to one distribution. Without steps there is nothing to do."""

    id: str
    name: str
    behaviors: tuple[BehaviorPlan, ...]
    steps: tuple[DistributionStep, ...] = ()

    @property
    def marks(self) -> bool:
        """Whether a swap here needs a mark on the function."""
        return any(isinstance(step, SwapTriggers) and step.mark for step in self.steps)
