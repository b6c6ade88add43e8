"""A means that no file of edgerollout knows: a response headers policy that somebody made for each release.

It takes the one place a behavior has for such a policy. Functions at any event are not its business.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgerollout.policy.severity import Severity
from edgerollout.release.delivery.rules import check_distribution
from edgerollout.release.delivery.xml_spans import Splice
from edgerollout.release.facts.arn import VersionArn, is_ours, version_arn
from edgerollout.release.facts.check import Check, CheckState
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.reads import ReadRole
from edgerollout.release.facts.snapshot import Trigger

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from edgerollout.release.delivery.means import Proposal
    from edgerollout.release.delivery.xml_spans import Element
    from edgerollout.release.facts.account_facts import Facts
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.reads import Read
    from edgerollout.release.facts.snapshot import Behavior, Distribution, Snapshot, Version

SLOT = "response-headers-policy"
VARIABLE = "edgerollout_response_headers_policy_id"


@dataclass(frozen=True)
class GivenPolicy:
    """`policies` has the id of the policy for each release of the function, by number."""

    policies: Mapping[int, str]
    function_arn: str
    slot: str = SLOT

    def seen(self, behavior: Behavior) -> Behavior:
        held = behavior.response_headers_policy
        standing = () if held is None else (Trigger(self.slot, self._named(held)),)
        return replace(behavior, triggers=standing)

    def splices(self, behavior: Element, after: tuple[Trigger, ...]) -> Iterable[Splice]:
        held = behavior.first("ResponseHeadersPolicyId")
        wanted = None if not after else self._held(after[0].arn)
        if held is not None and wanted is None:
            yield Splice(held.begin, held.end)
        elif held is not None and wanted is not None:
            yield Splice(held.inside, held.outside, wanted.encode())
        elif wanted is not None:
            element = f"<ResponseHeadersPolicyId>{wanted}</ResponseHeadersPolicyId>"
            yield Splice(behavior.outside, behavior.outside, element.encode())

    def cached(self, slot: str) -> bool:
        """CloudFront applies a policy after the cache."""
        return False

    def reads(self, snapshot: Snapshot, excluded: frozenset[str], *, publishes: bool) -> frozenset[Read]:
        del snapshot, excluded
        return frozenset({ReadRole()}) if publishes else frozenset()

    def findings(self, proposal: Proposal) -> Iterator[Finding]:
        for distribution in proposal.snapshot.distributions:
            yield from check_distribution(distribution)
            for behavior in distribution.behaviors:
                there = behavior.at(self.slot)
                if (
                    there is None
                    or behavior.path in proposal.excluded
                    or is_ours(there.arn, self.function_arn)
                ):
                    continue
                yield Finding(
                    Severity.ERROR,
                    "policy-taken",
                    f"{distribution.name} {behavior.path}: has the policy {there.arn}",
                    distribution=distribution.id,
                )

    def hindrances(
        self, version: Version, slots: Iterable[str], accepted: Version | None
    ) -> Iterator[Finding]:
        del slots, accepted
        if version.number not in self.policies:
            yield Finding(Severity.ERROR, "policy-gone", f"release {version.number} has no policy")

    def checks(self, environment: Environment, distribution: Distribution, facts: Facts) -> Iterator[Check]:
        del environment, facts
        yield Check("policies", CheckState.OK, distribution.name, f"{len(self.policies)} policies are given")

    def quotas(self, environment: Environment, facts: Facts) -> Iterator[Check]:
        del environment, facts
        yield Check("quota", CheckState.OK, "account", f"{len(self.policies)} of 20 policies")

    def variables(self, qualified_arn: str | None) -> Mapping[str, str | None]:
        return {VARIABLE: None if qualified_arn is None else self._held(qualified_arn)}

    def _named(self, held: str) -> str:
        number = next((number for number, policy in self.policies.items() if policy == held), None)
        return held if number is None else version_arn(self.function_arn, number)

    def _held(self, name: str) -> str:
        version = VersionArn.parse(name)
        ours = version is not None and version.function_arn == self.function_arn
        return self.policies[version.version] if version is not None and ours else name
