"""The means Lambda@Edge: a version of the environment's function at one event of a behavior."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgerollout.policy.severity import Severity
from edgerollout.release.delivery import associations, edge_rules, quota_checks
from edgerollout.release.delivery.edge_checks import checks_of
from edgerollout.release.delivery.rules import check_distribution
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.headers_policies import SLOT as POLICY_SLOT
from edgerollout.release.facts.reads import (
    ReadHeadersPolicy,
    ReadPricingPlans,
    ReadRole,
    ReadRuntimeUpdates,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from edgerollout.release.delivery.means import Proposal, ToldValue
    from edgerollout.release.delivery.response_headers_policy import ResponseHeadersPolicies
    from edgerollout.release.delivery.xml_spans import Element, Splice
    from edgerollout.release.facts.account_facts import Facts
    from edgerollout.release.facts.check import Check
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.reads import Read
    from edgerollout.release.facts.release import Release
    from edgerollout.release.facts.snapshot import Behavior, Distribution, Snapshot, Trigger, Version


@dataclass(frozen=True)
class LambdaEdge:
    """`slot` is the event that the configuration names.

    `policies` is the means by which earlier releases went, or one that is gone back to may go: what it made
    is ours, too. None: no release ever went so.
    """

    slot: str = "origin-response"
    policies: ResponseHeadersPolicies | None = None

    def seen(self, behavior: Behavior) -> Behavior:
        """The behavior itself: the slots are its triggers, and CloudFront's name of a release is already
        ours.

        A policy of ours is in a slot as well. One of others is none of its business.
        """
        policy = None if self.policies is None else self.policies.own(behavior)
        there = (*behavior.triggers, *behavior.beside)
        functions = tuple(trigger for trigger in there if trigger.event != POLICY_SLOT)
        return replace(behavior, triggers=functions if policy is None else (*functions, policy), beside=())

    def splices(self, behavior: Element, after: tuple[Trigger, ...]) -> Iterable[Splice]:
        functions = tuple(trigger for trigger in after if trigger.event != POLICY_SLOT)
        if functions != associations.triggers(behavior):
            yield from associations.splices(behavior, functions)
        policy = next((trigger for trigger in after if trigger.event == POLICY_SLOT), None)
        if self.policies is not None and policy != self.policies.own_in(behavior):
            yield from self.policies.policy_splices(behavior, policy)

    def cached(self, slot: str) -> bool:
        """True for origin events: their headers are cached with the response. Viewer events run after the
        cache.
        """
        return slot.startswith("origin-")

    def reads(self, snapshot: Snapshot, excluded: frozenset[str], *, publishes: bool) -> frozenset[Read]:
        """The pricing plans, where no function proves that functions are allowed; for a new version also its
        function.
        """
        found: set[Read] = set()
        if not all(edge_rules.has_function(distribution) for distribution in snapshot.distributions):
            found.add(ReadPricingPlans())
        if not publishes:
            return frozenset(found)
        if snapshot.function is not None:
            found.add(ReadRuntimeUpdates())
        policies = {
            behavior.response_headers_policy
            for distribution in snapshot.distributions
            for behavior in distribution.behaviors
            if behavior.response_headers_policy
            and behavior.path not in excluded
            and behavior.at(POLICY_SLOT) is None
        }
        return frozenset({*found, ReadRole(), *(ReadHeadersPolicy(policy) for policy in policies)})

    def findings(self, proposal: Proposal) -> Iterator[Finding]:
        snapshot, release, excluded = proposal.snapshot, proposal.release, proposal.excluded
        if proposal.publishes:
            if snapshot.function is not None:
                yield from edge_rules.check_function(snapshot.function)
                yield from edge_rules.check_runtime_updates(snapshot.function.name, snapshot.runtime_updates)
            yield from edge_rules.check_release_runtime(release, self.slot)
            yield from edge_rules.check_role(snapshot.role, release.handler.role, create=proposal.create)
        yield from edge_rules.check_pricing_plans(snapshot.distributions, snapshot.flat_rate)
        response = release.response()
        names = frozenset({*response.set, *response.keep})
        for distribution in snapshot.distributions:
            yield from check_distribution(distribution)
            yield from edge_rules.check_event(distribution, self.slot, excluded)
            yield from edge_rules.check_headers_policies(
                distribution, self.slot, names, snapshot.headers_policies, excluded | _ours(distribution)
            )
            yield from edge_rules.check_slots(
                distribution, proposal.function_arn, self.slot, excluded, proposal.replaceable
            )
        yield from edge_rules.check_sizes(release)

    def hindrances(
        self, version: Version, slots: Iterable[str], accepted: Version | None
    ) -> Iterator[Finding]:
        """A version with a retired runtime can still be attached; AWS refuses only new code."""
        for problem in edge_rules.edge_limits(version.memory, version.timeout, slots, accepted):
            message = f"CloudFront refuses release {version.number}: {problem}"
            yield Finding(Severity.ERROR, "edge-limits", message)
        if version.runtime in edge_rules.RETIRED_RUNTIMES:
            yield Finding(
                Severity.WARNING,
                "edge-runtime",
                f"release {version.number} runs on {version.runtime}, which AWS has retired: it can still be"
                " attached, but no new code can be published on it",
            )

    def checks(self, environment: Environment, distribution: Distribution, facts: Facts) -> Iterator[Check]:
        return checks_of(environment, distribution, facts, self.slot)

    def quotas(self, environment: Environment, facts: Facts) -> Iterator[Check]:
        return quota_checks.check_edge_quotas(environment, facts, self.slot)

    def at(self, distribution: str) -> LambdaEdge:
        return self if self.policies is None else replace(self, policies=self.policies.at(distribution))

    def among(self, distributions: Iterable[Distribution], number: int | None) -> LambdaEdge:
        """The same: a version serves any number."""
        del distributions, number
        return self

    def provision(
        self, release: Release, number: int | None, behaviors: Iterable[tuple[str, Behavior]]
    ) -> Mapping[str, Mapping[str, object]]:
        """Nothing: the version is all that a trigger names."""
        del release, number, behaviors
        return {}

    def lacks(self, number: int, behaviors: Iterable[tuple[str, Behavior]]) -> bool:  # noqa: ARG002
        return False

    def knowing(self, number: int, made: Mapping[str, str], given: Mapping[str, str]) -> LambdaEdge:
        """What is given back is what went along with a release by the other means."""
        if self.policies is None:
            return self
        return replace(self, policies=self.policies.knowing(number, made, given))

    def unneeded(self, kept: frozenset[int], distributions: Iterable[Distribution]) -> tuple[str, ...]:
        """What is left of earlier releases by the other means. Versions are pruned by their own command."""
        return () if self.policies is None else self.policies.unneeded(kept, distributions)

    def variables(self, qualified_arn: str | None) -> Mapping[str, ToldValue]:  # noqa: ARG002
        """None: the version is enough."""
        return {}


def _ours(distribution: Distribution) -> frozenset[str]:
    """The behaviors with a policy of ours: it says what the function says, until it goes."""
    return frozenset(item.path for item in distribution.behaviors if item.at(POLICY_SLOT) is not None)
