"""The policies of others whose place variants of ours took: which they are, and how they come back. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgerollout.policy.severity import Severity
from edgerollout.release.delivery.choice import carrier_of
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.headers_policies import (
    SLOT,
    content_digest,
    found_again,
    own_policies,
)
from edgerollout.release.facts.live import ledger_of
from edgerollout.release.facts.reads import ReadRelease
from edgerollout.release.facts.release import Release, ReplacedTrigger
from edgerollout.release.plans.plan import RecreateHeadersPolicy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.headers_policies import CarriedPolicy, PolicyKey
    from edgerollout.release.facts.reads import Read
    from edgerollout.release.facts.snapshot import Snapshot


@dataclass(frozen=True)
class ComingBack:
    """What comes back where our policies go, by place; the steps for what was deleted meanwhile; the words.

    `policies` are those of others, each with the places of its variants.
    """

    policies: tuple[CarriedPolicy, ...] = ()
    triggers: tuple[ReplacedTrigger, ...] = ()
    steps: tuple[RecreateHeadersPolicy, ...] = ()
    findings: tuple[Finding, ...] = ()


def records(environment: Environment, snapshot: Snapshot) -> frozenset[Read]:
    """The releases that recorded what goes along."""
    return frozenset(ReadRelease(number) for number in _releases(environment, snapshot))


def untold(environment: Environment, snapshot: Snapshot) -> int | None:
    """A release by which something goes along that nobody can tell any more; None: there is none."""
    documents = snapshot.documents
    numbers = (key.release for _, key in _variants(environment, snapshot))
    return next((number for number in numbers if not isinstance(documents.get(number), Release)), None)


def coming_back(environment: Environment, snapshot: Snapshot) -> ComingBack:
    """What comes back where every policy of ours goes; of a release that cannot be read, nothing."""
    policies = tuple(_policies(environment, snapshot))
    if carrier_of(environment).file is not None:
        # Theirs stay in Terraform, beside ours, and Terraform gives them back.
        return ComingBack(policies)
    triggers: list[ReplacedTrigger] = []
    steps: list[RecreateHeadersPolicy] = []
    findings: list[Finding] = []
    for policy in policies:
        now = None if policy.managed else found_again(policy, snapshot.policies)
        identity = policy.id if now is None else now.id
        triggers += [
            ReplacedTrigger(distribution, path, SLOT, identity) for distribution, path in policy.places
        ]
        if policy.managed:
            continue
        if now is None:
            steps.append(RecreateHeadersPolicy(policy))
            findings.append(
                _about(f"{policy.name}, which comes back, was deleted: it is made again as it was then")
            )
        elif now.id != policy.id:
            findings.append(
                _about(f"{policy.name}, which comes back, was made anew by others: it comes as it is now")
            )
        elif content_digest(now.config) != content_digest(policy.config):
            findings.append(
                _about(f"{policy.name}, which comes back, was edited meanwhile: it comes as it is now")
            )
    return ComingBack(policies, tuple(triggers), tuple(steps), tuple(findings))


def _policies(environment: Environment, snapshot: Snapshot) -> Iterator[CarriedPolicy]:
    found: dict[str, CarriedPolicy] = {}
    for place, key in _variants(environment, snapshot):
        document = snapshot.documents.get(key.release)
        carried = document.carried if isinstance(document, Release) else ()
        here = (policy for policy in carried if place in policy.places)
        alike = (policy for policy in carried if policy.variant == key.along)
        policy = next(here, None) or next(alike, None)
        if policy is not None:
            places = found[policy.id].places if policy.id in found else ()
            found[policy.id] = replace(policy, places=(*places, place))
    yield from found.values()


def _releases(environment: Environment, snapshot: Snapshot) -> set[int]:
    function = snapshot.function
    return {
        key.release
        for _, key in _variants(environment, snapshot)
        if function is not None and ledger_of(function, key.release) is not None
    }


def _variants(environment: Environment, snapshot: Snapshot) -> Iterator[tuple[tuple[str, str], PolicyKey]]:
    """The places where what policies of others say goes along, each with the policy that stands there."""
    own = own_policies(snapshot.policies, environment.function.name)
    keys = {policy.id: key for key, policy in own.items() if key.along}
    for distribution in snapshot.distributions:
        for behavior in distribution.behaviors:
            held = behavior.response_headers_policy
            if held in keys and behavior.path not in environment.exclude:
                yield (distribution.id, behavior.path), keys[held]


def _about(message: str) -> Finding:
    return Finding(Severity.WARNING, "policy-comes-back", message)
