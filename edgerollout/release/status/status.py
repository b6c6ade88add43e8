"""What is live where: an environment's state, as a value for views. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.release.delivery.carrier import standing_invalidation
from edgerollout.release.delivery.choice import as_delivered, carrier_of, means_of
from edgerollout.release.delivery.terraform import partly_attached
from edgerollout.release.facts.arn import is_ours
from edgerollout.release.facts.headers_policies import altered, content_digest, found_again, own_policies
from edgerollout.release.facts.ledger import LedgerLine
from edgerollout.release.facts.live import (
    detached,
    handed_over,
    invalidated_for,
    ledger_of,
    live_release,
    live_since,
    marked_unfinished,
    withdrawn,
)
from edgerollout.release.status.changing import changing
from edgerollout.release.status.owner import MOST_TAGGED, known_owner
from edgerollout.release.status.reverted import reverted

if TYPE_CHECKING:
    from datetime import datetime

    from edgerollout.advice import Hint
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.means_advice import MeansAdvice
    from edgerollout.release.facts.release import Release
    from edgerollout.release.facts.snapshot import Behavior, Distribution, Function, Snapshot, Trigger
    from edgerollout.release.facts.standing import LiveRelease
    from edgerollout.release.status.changing import Changing
    from edgerollout.release.status.owner import Owner
    from edgerollout.release.status.reverted import Reverted


class BehaviorState(enum.StrEnum):
    """How one behavior compares with the live release."""

    CURRENT = "current"
    MISSING = "missing"
    """No trigger at the wanted event; ours may be at another one."""
    OLD = "old"
    """An older release of ours."""
    FOREIGN = "foreign"
    """Somebody else's function on the wanted event."""
    EXCLUDED = "excluded"


@dataclass(frozen=True)
class BehaviorStatus:
    """One behavior. `version` is the number of our version there, at any event; None: there is none."""

    path: str
    version: int | None
    state: BehaviorState
    foreign: str | None = None
    """The ARN of somebody else's function, where there is one."""


@dataclass(frozen=True)
class DistributionStatus:
    """One distribution. `invalidated`: whether the live release's invalidation was made (None: it needs
    none).

    `owner`: another tool that manages it; None if unknown.
    """

    id: str
    name: str
    status: str
    invalidated: bool | None
    behaviors: tuple[BehaviorStatus, ...]
    owner: Owner | None = None
    reverted: Reverted | None = None
    """Set where that tool seems to have taken our release back."""


@dataclass(frozen=True)
class Handed:
    """What Terraform is to do where it owns the triggers: attach `release`, or no release of ours (None).

    `folder` is where to run it. `partly` are sentences about distributions where Terraform attaches the
    release to some behaviors only. `problem`: why an apply would do harm, and what to do instead.
    """

    release: int | None
    applied: bool
    folder: str
    partly: tuple[Hint, ...] = ()
    problem: Hint | None = None


@dataclass(frozen=True)
class Status:
    """An environment. Digests are 16 hex digits, from the ledger of the live release.

    `overrides` are the gates that were set aside for the live release, `owner` is another tool that
    manages the function.
    """

    environment: str
    account: str
    function: str
    event: str
    live: LiveRelease | None
    base: str | None
    commit: str | None
    live_since: datetime | None
    withdrawn: bool
    unattached: tuple[int, ...]
    """Releases newer than the live one (or a detach), attached nowhere: unfinished, or rolled back."""
    distributions: tuple[DistributionStatus, ...]
    taken_back: frozenset[int] = frozenset()
    """Those of `unattached` that are marked as withdrawn: they were rolled back, not interrupted."""
    overrides: tuple[str, ...] = ()
    owner: Owner | None = None
    proven: tuple[str, ...] = ()
    """Base policies that the live release and those before it enforced, without withdrawn ones, oldest first.
    """
    agreed: bool = False
    """Whether Terraform owns the triggers by agreement: then it is no problem that it manages a distribution.
    """
    advice: MeansAdvice | None = None
    """By which means, and what the other one would be; None where that was not asked for."""
    altered: str | None = None
    """The name of the live release's response headers policy, where somebody has edited it."""
    stale: tuple[str, ...] = ()
    """The names of policies of others that were edited since the live release copied them."""
    handed: Handed | None = None
    """None, too, where there are no tfvars and no release is attached."""
    changing: Changing | None = None
    """A change of means that is half done."""

    @property
    def drift(self) -> bool:
        """Whether some behavior does not carry the live release, or another beside it, its policy or one that
        goes along was edited, or another tool took a newer one back.
        """
        taken = any(distribution.reverted is not None for distribution in self.distributions)
        edited = self.altered is not None or bool(self.stale)
        return self.uneven or taken or edited or self.changing is not None

    @property
    def uneven(self) -> bool:
        """Whether some behavior does not carry the live release."""
        if self.live is None:
            return False
        fine = (BehaviorState.CURRENT, BehaviorState.EXCLUDED)
        return any(
            behavior.state not in fine
            for distribution in self.distributions
            for behavior in distribution.behaviors
        )

    @property
    def in_progress(self) -> bool:
        """Whether CloudFront is still propagating, or an invalidation is still to be made."""
        return any(
            distribution.status != "Deployed" or distribution.invalidated is False
            for distribution in self.distributions
        )


def status_of(environment: Environment, snapshot: Snapshot) -> Status:
    """The status of an environment from its snapshot: of what is live, by the means by which it went."""
    live = live_release(snapshot, frozenset(environment.exclude))
    function = snapshot.function
    environment = as_delivered(environment, function, None if live is None else live.number)
    line = None if live is None or function is None else ledger_of(function, live.number)
    newest = max(0 if live is None else live.number, detached(function))
    unattached = tuple(
        version.number
        for version in (() if function is None else function.versions)
        if version.number > newest and LedgerLine.parse(version.description) is not None
    )
    marked = frozenset() if function is None else withdrawn(function)
    back = {distribution.id: distribution for distribution in reverted(environment, snapshot)}
    return Status(
        environment=environment.name,
        account=environment.account,
        function=environment.function.name,
        event=means_of(environment).slot,
        live=live,
        base=None if line is None else line.base,
        commit=None if line is None else line.commit,
        live_since=None if live is None else live_since(snapshot, live.number),
        withdrawn=live is not None and live.number in marked,
        unattached=unattached,
        taken_back=marked & frozenset(unattached),
        distributions=tuple(
            replace(
                _distribution(environment, distribution, snapshot, live), reverted=back.get(distribution.id)
            )
            for distribution in snapshot.distributions
        ),
        overrides=() if line is None else line.overrides,
        owner=None if function is None else known_owner(function.tags),
        proven=() if function is None or live is None else _proven(function, live.number),
        handed=_handed(environment, snapshot, live),
        advice=environment.advice,
        agreed=bool(carrier_of(environment).agreed),
        changing=changing(snapshot, live, frozenset(environment.exclude)),
        altered=None if live is None else altered_policy(environment, snapshot, live.number),
        stale=stale_copies(snapshot, None if live is None else live.release),
    )


def altered_policy(environment: Environment, snapshot: Snapshot, number: int) -> str | None:
    """The name of a release's response headers policy, where somebody has edited it; else None."""
    own = own_policies(snapshot.policies, environment.function.name)
    edited = (policy.name for key, policy in own.items() if key.release == number and altered(policy))
    return next(edited, None)


def variants_stand(environment: Environment, snapshot: Snapshot) -> bool:
    """Whether what policies of others say goes along on some behavior."""
    own = own_policies(snapshot.policies, environment.function.name)
    variants = {policy.id for key, policy in own.items() if key.along}
    return any(
        behavior.response_headers_policy in variants
        for distribution in snapshot.distributions
        for behavior in distribution.behaviors
    )


def stale_copies(snapshot: Snapshot, release: Release | None) -> tuple[str, ...]:
    """The names of the policies of others that say something else than what of them goes along."""
    return tuple(
        policy.name
        for policy in (() if release is None else release.carried)
        if (now := found_again(policy, snapshot.policies)) is not None
        and content_digest(now.config) != content_digest(policy.config)
    )


def _handed(environment: Environment, snapshot: Snapshot, live: LiveRelease | None) -> Handed | None:
    function, tfvars, file = snapshot.function, snapshot.tfvars, carrier_of(environment).file
    if file is None or function is None:
        return None
    if tfvars is None and live is None:
        return None
    wanted, slot = None if tfvars is None else tfvars.qualified_arn, means_of(environment).slot
    triggers = [
        behavior.at(slot)
        for distribution in snapshot.distributions
        for behavior in distribution.behaviors
        if behavior.path not in environment.exclude
    ]
    # Somebody else's function does not count: it is neither attached nor removed.
    slots = {
        None if trigger is None else trigger.arn
        for trigger in triggers
        if trigger is None or is_ours(trigger.arn, function.arn)
    }
    return Handed(
        release=handed_over(snapshot),
        applied=slots <= {wanted},
        folder=str(file.parent),
        partly=tuple(
            advise(f"{finding.message}. ", finding.hint or "")
            for finding in partly_attached(environment, snapshot, function.arn, slot)
        ),
        problem=_problem(environment, snapshot, function),
    )


def _problem(environment: Environment, snapshot: Snapshot, function: Function) -> Hint | None:
    """Why the tfvars must not be applied."""
    tfvars, number = snapshot.tfvars, handed_over(snapshot)
    anew = advise("`", CommandLine("publish", environment.name), "` writes it again")
    if tfvars is None:
        return advise(
            f"{environment.tfvars} is lost, or names no release: `terraform plan` fails without it"
            " (with files that an earlier version generated, the next apply removes the function from every"
            " behavior). Put it back, or ",
            anew,
            ", or says which command does",
        )
    if tfvars.qualified_arn is not None and number is None:
        return advise(
            f"{environment.tfvars} names another function's version, {tfvars.qualified_arn}; ", anew
        )
    if number is not None and function.version(number) is None:
        return advise(
            f"{environment.tfvars} names release {number}, but {function.name} has no such version;  ", anew
        )
    if number is not None and number in withdrawn(function):
        return advise(
            f"{environment.tfvars} names release {number}, which is withdrawn: `",
            CommandLine("rollback", environment.name, "--from", str(number)),
            "` writes the one before",
        )
    return None


def _proven(function: Function, live: int) -> tuple[str, ...]:
    """The bases of the live release and those before it: each was live when the next one was planned.

    Any other release may never have been attached. Where the tags cannot be read, the withdrawn releases are
    unknown, so only the live release counts.
    """
    taken_back = withdrawn(function)
    bases: list[str] = []
    number: int | None = live
    while number is not None and (line := ledger_of(function, number)) is not None:
        if number not in taken_back and line.enforced is not None and line.base is not None:
            bases.append(line.base)
        followed = line.previous if function.tags is not None else None
        number = followed if followed is not None and followed < number else None
    return tuple(dict.fromkeys(reversed(bases)))


def tags_worth_reading(snapshot: Snapshot) -> frozenset[str]:
    """The distributions whose tags a status of one environment reads."""
    few = len(snapshot.distributions) <= MOST_TAGGED
    return frozenset(distribution.id for distribution in snapshot.distributions) if few else frozenset()


def live_document(environment: Environment, snapshot: Snapshot) -> frozenset[int]:
    """The version whose release.json says what the environment sends; empty where several are live."""
    live = live_release(snapshot, frozenset(environment.exclude))
    return frozenset() if live is None or live.digest is None or live.mixed else frozenset({live.number})


def _distribution(
    environment: Environment, distribution: Distribution, snapshot: Snapshot, live: LiveRelease | None
) -> DistributionStatus:
    invalidated = None
    means = means_of(environment)
    if live is not None and means.cached(means.slot):
        standing = standing_invalidation(carrier_of(environment), snapshot, distribution)
        made = invalidated_for(standing, live.number)
        invalidated = made and not marked_unfinished(snapshot, distribution)
    return DistributionStatus(
        id=distribution.id,
        name=distribution.name,
        status=distribution.status,
        invalidated=invalidated,
        behaviors=tuple(_behavior(environment, behavior, live) for behavior in distribution.behaviors),
        owner=known_owner(snapshot.tags.get(distribution.id)),
    )


def _behavior(environment: Environment, behavior: Behavior, live: LiveRelease | None) -> BehaviorStatus:
    trigger = behavior.at(means_of(environment).slot)
    version = None if trigger is None else _ours(environment, trigger)
    foreign = trigger.arn if trigger is not None and version is None else None
    elsewhere = None
    if trigger is None:
        found = (_ours(environment, trigger) for trigger in behavior.triggers)
        elsewhere = next((version for version in found if version is not None), None)
    if behavior.path in environment.exclude:
        state = BehaviorState.EXCLUDED
    elif foreign is not None:
        state = BehaviorState.FOREIGN
    elif version is None:
        state = BehaviorState.MISSING
    elif live is not None and version == live.number:
        state = BehaviorState.CURRENT
    else:
        state = BehaviorState.OLD
    return BehaviorStatus(behavior.path, version if elsewhere is None else elsewhere, state, foreign)


def _ours(environment: Environment, trigger: Trigger) -> int | None:
    """The version of the environment's function that a trigger runs; None where it runs another function."""
    arn = trigger.version
    if arn is None or (arn.function, arn.account) != (environment.function.name, environment.account):
        return None
    return arn.version
