"""What happens to one distribution: how our triggers shall stand, row by row, and the steps to it."""

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

    Every version of `function_arn` (an unqualified ARN) at a slot of `means` other than `event` goes out.
    `target` is a version number, None for "the one this run publishes". With `event` None all our
    triggers go out and nothing comes in. Behaviors whose path is in `excluded` are left alone.
    """

    means: Means
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


@dataclass(frozen=True)
class DistributionPlan:
    """What happens to one distribution. No steps: nothing to do there."""

    id: str
    name: str
    behaviors: tuple[BehaviorPlan, ...]
    steps: tuple[DistributionStep, ...] = ()

    @property
    def marks(self) -> bool:
        """Whether a swap here leaves what only a mark on the function tells."""
        return any(isinstance(step, SwapTriggers) and step.mark for step in self.steps)
