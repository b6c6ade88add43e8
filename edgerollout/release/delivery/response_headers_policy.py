"""The means response headers policy: a CloudFront policy for each release, on every behavior.

Nothing runs at the edge, and nothing is invalidated: CloudFront applies a policy after the cache. A release's
policy is made once and never edited, because an edit would reach every distribution at once. A behavior
changes by naming another policy.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

from edgerollout.policy.severity import Severity
from edgerollout.release.delivery import associations
from edgerollout.release.delivery.edge_rules import check_role
from edgerollout.release.delivery.policy_config import misfits, policy_config
from edgerollout.release.delivery.quota_checks import check_policy_quotas
from edgerollout.release.delivery.rules import check_distribution
from edgerollout.release.delivery.xml_spans import Splice
from edgerollout.release.facts.arn import VersionArn, is_ours, version_arn
from edgerollout.release.facts.check import Check, of_findings
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.headers_policies import own_policies
from edgerollout.release.facts.reads import ReadPricingPlans, ReadRole
from edgerollout.release.facts.snapshot import Trigger
from edgerollout.release.facts.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from edgerollout.release.delivery.means import Proposal
    from edgerollout.release.delivery.xml_spans import Element
    from edgerollout.release.facts.account_facts import Facts
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.reads import Read
    from edgerollout.release.facts.release import Release
    from edgerollout.release.facts.snapshot import Behavior, Distribution, Snapshot, Version

SLOT = "headers-policy"
"""The only slot that a behavior has for a response headers policy."""

VARIABLE = "edgerollout_response_headers_policy_id"
"""The variable that tells Terraform the id."""

ELEMENT = "ResponseHeadersPolicyId"

_LATER = frozenset({"GrpcConfig", "ForwardedValues", "MinTTL", "DefaultTTL", "MaxTTL"})
"""The elements after it in a behavior, according to botocore's model of CloudFront 2020-05-31."""


@dataclass(frozen=True)
class ResponseHeadersPolicies:
    """`policies` has the policy ids of the function's releases, by number; a release may have none."""

    function_arn: str
    policies: Mapping[int, str]
    slot: str = SLOT

    def seen(self, behavior: Behavior) -> Behavior:
        """Functions of others at its events are none of its slots: they stand beside.

        Versions of our own function are in a slot: a release that still goes, or went, by the function.
        """
        held = behavior.response_headers_policy
        standing = () if not held else (Trigger(self.slot, self._named(held)),)
        own = tuple(trigger for trigger in behavior.triggers if is_ours(trigger.arn, self.function_arn))
        beside = tuple(trigger for trigger in behavior.triggers if trigger not in own)
        return replace(behavior, triggers=(*own, *standing), beside=beside)

    def splices(self, behavior: Element, after: tuple[Trigger, ...]) -> Iterable[Splice]:
        functions = tuple(trigger for trigger in after if trigger.event != self.slot)
        there = associations.triggers(behavior)
        own = tuple(trigger for trigger in there if is_ours(trigger.arn, self.function_arn))
        if functions != own:
            theirs = tuple(trigger for trigger in there if trigger not in own)
            yield from associations.splices(behavior, (*theirs, *functions))
        yield from self.policy_splices(behavior, next((at for at in after if at.event == self.slot), None))

    def own(self, behavior: Behavior) -> Trigger | None:
        """The policy of ours on the behavior; None where it has none, or one of others."""
        held = behavior.response_headers_policy
        return None if held is None or self._named(held) == held else Trigger(self.slot, self._named(held))

    def own_in(self, behavior: Element) -> Trigger | None:
        """The same of a behavior's XML."""
        held = behavior.value(ELEMENT)
        return None if self._named(held) == held else Trigger(self.slot, self._named(held))

    def policy_splices(self, behavior: Element, after: Trigger | None) -> Iterable[Splice]:
        """The edit that leaves this policy on the behavior, or none."""
        held, prefix = behavior.first(ELEMENT), behavior.written.removesuffix(behavior.name)
        wanted = "" if after is None else escape(self._held(after.arn))
        written = f"<{prefix}{ELEMENT}>{wanted}</{prefix}{ELEMENT}>".encode() if wanted else b""
        if held is not None:
            inner = bool(wanted) and not held.empty_tag
            yield (
                Splice(held.inside, held.outside, wanted.encode())
                if inner
                else Splice(held.begin, held.end, written)
            )
        elif wanted:
            later = next((child for child in behavior.children if child.name in _LATER), None)
            at = behavior.outside if later is None else later.begin
            yield Splice(at, at, written)

    def cached(self, slot: str) -> bool:
        """A policy is applied after the cache; what a function adds at the origin's side is cached."""
        return slot.startswith("origin-")

    def reads(self, snapshot: Snapshot, excluded: frozenset[str], *, publishes: bool) -> frozenset[Read]:
        """The role, because the function keeps the releases although it never runs; and the pricing plans."""
        del snapshot, excluded
        return frozenset({ReadRole(), ReadPricingPlans()}) if publishes else frozenset()

    def findings(self, proposal: Proposal) -> Iterator[Finding]:
        release, excluded = proposal.release, proposal.excluded
        if proposal.publishes:
            yield from _plan_tiers(proposal.snapshot)
            yield from check_role(proposal.snapshot.role, release.handler.role, create=proposal.create)
            for misfit in misfits(release.headers, release.enforced, release.report_only):
                yield Finding(
                    Severity.ERROR,
                    "policy-fit",
                    f"a response headers policy cannot carry this release: {misfit.message}",
                    'Change the header, or deliver = "lambda-edge" for this environment.',
                )
        for distribution in proposal.snapshot.distributions:
            yield from check_distribution(distribution)
            yield from self.taken(distribution, proposal.function_arn, excluded)
            yield from _viewer_side(distribution, excluded)

    def taken(
        self, distribution: Distribution, function_arn: str, excluded: frozenset[str]
    ) -> Iterator[Finding]:
        """Find policies of others: a behavior can have only one."""
        held: dict[str, list[str]] = {}
        for behavior in distribution.behaviors:
            there = behavior.at(self.slot)
            if there is not None and behavior.path not in excluded and not is_ours(there.arn, function_arn):
                held.setdefault(there.arn, []).append(behavior.path)
        for policy, paths in held.items():
            yield Finding(
                Severity.ERROR,
                "policy-taken",
                f"{distribution.name} {', '.join(paths)}: already has the response headers policy {policy};"
                " a behavior can have only one",
                f"Remove it, leave the behavior alone with exclude = {json.dumps(paths)}, or deliver ="
                ' "lambda-edge".',
                distribution.id,
            )

    def hindrances(
        self, version: Version, slots: Iterable[str], accepted: Version | None
    ) -> Iterator[Finding]:
        """None: CloudFront accepts an old policy again."""
        del version, slots, accepted
        yield from ()

    def checks(self, environment: Environment, distribution: Distribution, facts: Facts) -> Iterator[Check]:
        policies = () if isinstance(facts.policies, Unreadable) else facts.policies
        ids = {
            number: own_policy.id
            for number, own_policy in own_policies(policies, environment.function.name).items()
        }
        knowing = replace(self, policies=ids)
        seen = replace(distribution, behaviors=tuple(map(knowing.seen, distribution.behaviors)))
        found = knowing.taken(seen, self.function_arn, frozenset(environment.exclude))
        yield from of_findings(
            "slots",
            distribution.name,
            found,
            fine="no behavior has a response headers policy of others",
            why="A behavior can have only one policy, which must be the release's.",
        )

    def quotas(self, environment: Environment, facts: Facts) -> Iterator[Check]:
        policies = () if isinstance(facts.policies, Unreadable) else facts.policies
        own = len(own_policies(policies, environment.function.name))
        return check_policy_quotas(environment, facts, own)

    def provision(self, release: Release, number: int | None) -> Mapping[str, object] | None:
        return None if number in self.policies else policy_config(release.response())

    def lacks(self, number: int) -> bool:
        return number not in self.policies

    def knowing(self, number: int, identity: str) -> ResponseHeadersPolicies:
        return replace(self, policies={**self.policies, number: identity})

    def unneeded(self, kept: frozenset[int], distributions: Iterable[Distribution]) -> tuple[str, ...]:
        attached = {
            behavior.response_headers_policy
            for distribution in distributions
            for behavior in distribution.behaviors
        }
        return tuple(
            identity
            for number, identity in sorted(self.policies.items())
            if number not in kept and identity not in attached
        )

    def variables(self, qualified_arn: str | None) -> Mapping[str, str | None]:
        version = None if qualified_arn is None else VersionArn.parse(qualified_arn)
        return {VARIABLE: None if version is None else self.policies.get(version.version)}

    def _named(self, held: str) -> str:
        number = next((number for number, policy in self.policies.items() if policy == held), None)
        return held if number is None else version_arn(self.function_arn, number)

    def _held(self, name: str) -> str:
        """The policy id for the name of a slot's content. Raises KeyError for a release without a policy."""
        version = VersionArn.parse(name)
        ours = version is not None and version.function_arn == self.function_arn
        return self.policies[version.version] if version is not None and ours else name


def _plan_tiers(snapshot: Snapshot) -> Iterator[Finding]:
    """Flat-rate plans below Business have no custom policies (Developer Guide, "Flat-rate pricing plans")."""
    if snapshot.flat_rate is None or isinstance(snapshot.flat_rate, Unreadable):
        return
    for distribution in snapshot.distributions:
        if distribution.arn in snapshot.flat_rate:
            yield Finding(
                Severity.WARNING,
                "pricing-plan",
                f"{distribution.name} is on a flat-rate pricing plan; only Business and Premium allow"
                " policies of your own, and the plan's name cannot be read",
                "Below Business, CloudFront will refuse the update; then nothing is left half done.",
                distribution.id,
            )


def _viewer_side(distribution: Distribution, excluded: frozenset[str]) -> Iterator[Finding]:
    """Find functions at viewer-response: they run after the policy, and may change its headers."""
    paths = [
        behavior.path
        for behavior in distribution.behaviors
        if behavior.path not in excluded
        and "viewer-response" in (*behavior.cloudfront_functions, *(item.event for item in behavior.beside))
    ]
    if paths:
        yield Finding(
            Severity.WARNING,
            "policy-overridden",
            f"{distribution.name} {', '.join(paths)}: a function at viewer-response runs after the response"
            " headers policy, and may change its headers",
            'Look into that function, or deliver = "lambda-edge". Verify shows what really arrives.',
            distribution.id,
        )
