"""The means response headers policy: a CloudFront policy for each release, on every behavior.

Nothing runs at the edge, and nothing is invalidated: CloudFront applies a policy after the cache. A release's
policy is made once and never edited, because an edit would reach every distribution at once. A behavior
changes by naming another policy.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING

from edgerollout.policy.severity import Severity
from edgerollout.policy.wording import listed
from edgerollout.release.delivery import associations
from edgerollout.release.delivery.edge_rules import check_role
from edgerollout.release.delivery.policy_config import misfits, policy_config, worst_stage
from edgerollout.release.delivery.quota_checks import (
    DISTRIBUTIONS_PER_POLICY,
    check_policy_quotas,
    room_for_csp,
)
from edgerollout.release.delivery.rules import check_distribution
from edgerollout.release.delivery.variants import goes_along, misfits_together, overruled, variant_config
from edgerollout.release.delivery.xml_spans import Splice
from edgerollout.release.facts.arn import VersionArn, is_ours, version_arn
from edgerollout.release.facts.check import Check, of_findings
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.headers_policies import (
    SLOT,
    PolicyKey,
    of_any_release,
    own_policies,
    variant_of,
)
from edgerollout.release.facts.reads import ReadPricingPlans, ReadRole
from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR, Trigger
from edgerollout.release.facts.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from edgerollout.release.delivery.means import Proposal, ToldValue
    from edgerollout.release.delivery.xml_spans import Element
    from edgerollout.release.facts.account_facts import Facts
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.headers_policies import CarriedPolicy
    from edgerollout.release.facts.reads import Read
    from edgerollout.release.facts.release import Release
    from edgerollout.release.facts.snapshot import Behavior, Distribution, Snapshot, Version


VARIABLE = "edgerollout_response_headers_policy_id"
"""The variable that tells Terraform the id."""

VARIANTS = "edgerollout_response_headers_policy_variants"
"""The variable that tells Terraform which policy has the place of one of others: id → id."""

ELEMENT = "ResponseHeadersPolicyId"

_BY_FUNCTION = (
    'deliver = "lambda-edge" for this environment; on a live site a release of its own, before this one'
)

_LATER = frozenset({"GrpcConfig", "ForwardedValues", "MinTTL", "DefaultTTL", "MaxTTL"})
"""The elements after it in a behavior, according to botocore's model of CloudFront 2020-05-31."""


@dataclass(frozen=True)
class ResponseHeadersPolicies:
    """`policies` has the ids of our own policies.

    `carried` are the policies of others whose content goes along; `given` tells which id one of them has by
    now that was made again to be given back. `distribution`: for whose behaviors it speaks (`at`).
    """

    function_arn: str
    policies: Mapping[PolicyKey, str]
    carried: tuple[CarriedPolicy, ...] = ()
    given: Mapping[str, str] = field(default_factory=dict)
    distribution: str | None = None
    copies: Mapping[str, int] = field(default_factory=dict)
    """Which of the policies that say the same a distribution gets, where that is not the first, by its id."""
    told: bool = False
    """Whether another tool attaches it, which may have a behavior without a policy of others at any time."""
    slot: str = SLOT

    def at(self, distribution: str) -> ResponseHeadersPolicies:
        return replace(self, distribution=distribution)

    def among(self, distributions: Iterable[Distribution], number: int | None) -> ResponseHeadersPolicies:
        """Where they are more than one policy serves, the others get copies of it; who has one keeps it."""
        every = tuple(distributions)
        if len(every) <= DISTRIBUTIONS_PER_POLICY or self.told:
            return self
        keys = {identity: key for key, identity in self.policies.items() if key.release == number}
        copies = {
            distribution.id: keys[behavior.response_headers_policy].copy
            for distribution in every
            for behavior in distribution.behaviors
            if behavior.response_headers_policy in keys
        }
        served = Counter(copies.values())
        for distribution in every:
            if distribution.id not in copies:
                free = next(copy for copy in itertools.count(1) if served[copy] < DISTRIBUTIONS_PER_POLICY)
                copies[distribution.id] = free
                served[free] += 1
        return replace(self, copies=copies)

    def seen(self, behavior: Behavior) -> Behavior:
        """Functions of others at its events are none of its slots: they stand beside.

        Versions of our own function are in a slot: a release that still goes, or went, by the function.
        """
        held = behavior.response_headers_policy
        standing = () if not held else (Trigger(self.slot, self._named(held)),)
        there = (*behavior.triggers, *behavior.beside)
        functions = tuple(trigger for trigger in there if trigger.event != self.slot)
        own = tuple(trigger for trigger in functions if is_ours(trigger.arn, self.function_arn))
        beside = tuple(trigger for trigger in functions if trigger not in own)
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
        path = behavior.value("PathPattern") or DEFAULT_BEHAVIOR
        standing = "" if held is None else held.text
        wanted = "" if after is None else escape(self._held(after.arn, path, standing))
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
            observed, most = release.observed, room_for_csp(proposal.snapshot.csp_quota)
            for misfit in misfits(release.headers, release.enforced, release.report_only, observed, most):
                yield Finding(
                    Severity.ERROR,
                    "policy-fit",
                    f"a response headers policy cannot carry {misfit.key} of policy.toml: {misfit.message}",
                    f"{misfit.remedy} Or {_BY_FUNCTION}.",
                )
            yield from self._about_carried(release, proposal.snapshot)
        for distribution in proposal.snapshot.distributions:
            yield from check_distribution(distribution)
            yield from self.taken(distribution, proposal.function_arn, excluded, proposal.replaceable)
            yield from _viewer_side(distribution, excluded)

    def _about_carried(self, release: Release, snapshot: Snapshot) -> Iterator[Finding]:
        """What goes along, which headers of theirs change, and what is too much together."""
        response = release.response()
        names = {distribution.id: distribution.name for distribution in snapshot.distributions}
        for policy in release.carried:
            where = listed(f"{names.get(at, at)} {path}" for at, path in policy.places)
            along = listed(goes_along(policy.config, response) or ("nothing",))
            yield Finding(Severity.NOTE, "policy-carried", f"{where}: of {policy.name} goes along: {along}")
            if changed := tuple(overruled(policy.config, response)):
                yield Finding(
                    Severity.WARNING,
                    "policy-overruled",
                    f"{where}: both {policy.name} and the release set headers, and the release wins:"
                    f" {'; '.join(changed)}",
                )
            worst = worst_stage(release.headers, release.enforced, release.report_only, release.observed)
            for message in misfits_together(policy.config, worst):
                yield Finding(
                    Severity.ERROR,
                    "policy-fit",
                    f"a response headers policy cannot carry this release together with {policy.name}:"
                    f" {message}",
                    f"Set fewer headers in one of the two, or {_BY_FUNCTION}.",
                )

    def taken(
        self,
        distribution: Distribution,
        function_arn: str,
        excluded: frozenset[str],
        replaceable: frozenset[str] = frozenset(),
    ) -> Iterator[Finding]:
        """Policies whose place a release may not take: a behavior has room for one."""
        held: dict[str, list[str]] = {}
        for behavior in distribution.behaviors:
            there = behavior.at(self.slot)
            if (
                there is not None
                and behavior.path not in excluded
                and there.arn not in replaceable
                and not is_ours(there.arn, function_arn)
            ):
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
            key: own_policy.id
            for key, own_policy in own_policies(policies, environment.function.name).items()
        }
        knowing = replace(self, policies=ids)
        seen = replace(distribution, behaviors=tuple(map(knowing.seen, distribution.behaviors)))
        theirs = {behavior.response_headers_policy for behavior in distribution.behaviors}
        others = {policy.id for policy in policies if of_any_release(policy)}
        replaceable = frozenset(held for held in theirs if held is not None and held not in others)
        found = knowing.taken(seen, self.function_arn, frozenset(environment.exclude), replaceable)
        yield from of_findings(
            "slots",
            distribution.name,
            found,
            fine="no behavior has a policy of another function's releases",
            why="A behavior has room for one policy. What others' say goes along, but for a release's.",
        )

    def quotas(self, environment: Environment, facts: Facts) -> Iterator[Check]:
        policies = () if isinstance(facts.policies, Unreadable) else facts.policies
        own = len(own_policies(policies, environment.function.name))
        return check_policy_quotas(environment, facts, own)

    def provision(
        self, release: Release, number: int | None, behaviors: Iterable[tuple[str, Behavior]]
    ) -> Mapping[str, Mapping[str, object]]:
        known = {policy.variant: policy.config for policy in self.carried}
        response, says = release.response(), {}
        for variant in sorted(self._variants(behaviors)):
            if number is not None and PolicyKey(number, variant) in self.policies:
                continue
            along = PolicyKey(0, variant).along
            if along in known:
                says[variant] = variant_config(response, known[along])
            elif not along:
                says[variant] = policy_config(response)
        return says

    def lacks(self, number: int, behaviors: Iterable[tuple[str, Behavior]]) -> bool:
        return any(PolicyKey(number, variant) not in self.policies for variant in self._variants(behaviors))

    def knowing(
        self, number: int, made: Mapping[str, str], given: Mapping[str, str]
    ) -> ResponseHeadersPolicies:
        new = {PolicyKey(number, variant): identity for variant, identity in made.items()}
        return replace(self, policies={**self.policies, **new}, given={**self.given, **given})

    def unneeded(self, kept: frozenset[int], distributions: Iterable[Distribution]) -> tuple[str, ...]:
        attached = {
            behavior.response_headers_policy
            for distribution in distributions
            for behavior in distribution.behaviors
        }
        return tuple(
            identity
            for key, identity in sorted(self.policies.items())
            if key.release not in kept and identity not in attached
        )

    def variables(self, qualified_arn: str | None) -> Mapping[str, ToldValue]:
        """The id, and where policies of others go along, the one in the place of each, by its id."""
        version = None if qualified_arn is None else VersionArn.parse(qualified_arn)

        def told(variant: str = "") -> str | None:
            if version is None:
                return qualified_arn
            return self.policies.get(PolicyKey(version.version, variant))

        instead = {policy.id: identity for policy in self.carried if (identity := told(policy.variant))}
        return {VARIABLE: told(), **({VARIANTS: instead} if instead else {})}

    def _variants(self, behaviors: Iterable[tuple[str, Behavior]]) -> set[str]:
        found = {
            self._variant(distribution, behavior.path, behavior.response_headers_policy or "")
            for distribution, behavior in behaviors
        }
        return found | ({""} if self.told else set())

    def _variant(self, distribution: str | None, path: str, held: str) -> str:
        """Which variant a behavior gets: by what goes along there, else the one of what stands there."""
        place = (distribution, path)
        carried = (policy.variant for policy in self.carried if place in policy.places)
        standing = (key.along for key, policy in self.policies.items() if policy == held)
        along = next(carried, None) or next(standing, "")
        return variant_of(along, self.copies.get(distribution or "", 1))

    def _named(self, held: str) -> str:
        number = next((key.release for key, policy in self.policies.items() if policy == held), None)
        if number is not None:
            return version_arn(self.function_arn, number)
        return next((before for before, now in self.given.items() if now == held), held)

    def _held(self, name: str, path: str, held: str) -> str:
        """The id behind the name of what stands in a slot. Raises KeyError for a release without one."""
        version = VersionArn.parse(name)
        if version is None or version.function_arn != self.function_arn:
            return self.given.get(name, name)
        return self.policies[PolicyKey(version.version, self._variant(self.distribution, path, held))]


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
        if behavior.path not in excluded and behavior.answers_last
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
