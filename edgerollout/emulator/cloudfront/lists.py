"""Lists of distributions: all, by policy, and by a conflicting alias."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from edgerollout.emulator.cloudfront.config_rules import behaviors
from edgerollout.emulator.cloudfront.errors import no_such_distribution, refusal
from edgerollout.emulator.cloudfront.pages import page_size
from edgerollout.emulator.codec.members import timestamp
from edgerollout.emulator.messages import Call, Members, RawXml

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.emulator.cloudfront.distributions import World
    from edgerollout.emulator.cloudfront.state import StoredDistribution

_BY_POLICY = {
    "ListDistributionsByCachePolicyId": "CachePolicyId",
    "ListDistributionsByOriginRequestPolicyId": "OriginRequestPolicyId",
    "ListDistributionsByResponseHeadersPolicyId": "ResponseHeadersPolicyId",
}


def _summary(found: StoredDistribution) -> RawXml:
    recordals = "".join(
        f"<AliasICPRecordal><CNAME>{escape(alias)}</CNAME>"
        "<ICPRecordalStatus>APPROVED</ICPRecordalStatus></AliasICPRecordal>"
        for alias in found.aliases
    )
    return RawXml(
        f"<DistributionSummary><Id>{found.id}</Id><ARN>{found.arn}</ARN><ETag>{found.etag}</ETag>"
        f"<Status>{found.status}</Status>"
        f"<LastModifiedTime>{timestamp(found.last_modified)}</LastModifiedTime>"
        f"<DomainName>{found.domain_name}</DomainName>{found.document.summary}"
        f"<AliasICPRecordals>{recordals}</AliasICPRecordals></DistributionSummary>"
    )


class Lists:
    """The list operations."""

    def __init__(self, world: World) -> None:
        self._world = world

    def operations(self) -> dict[str, Callable[[Call], Members]]:
        return {
            "ListDistributions": self.all,
            "ListConflictingAliases": self.conflicting_aliases,
            **dict.fromkeys(_BY_POLICY, self.by_policy),
        }

    def _page(self, call: Call, found: list[StoredDistribution]) -> tuple[list[StoredDistribution], Members]:
        """The page after the caller's marker, oldest first, and the list's members except its items.

        The marker is the last id seen; it stays valid if that distribution is deleted meanwhile.
        """
        places = self._world.account(call).places
        marker = call.inputs.get("Marker", "")
        if marker and marker not in places:
            raise refusal("InvalidArgument", "The Marker is not valid.")
        rest = [distribution for distribution in found if not marker or distribution.number > places[marker]]
        size = page_size(call)
        page = rest[:size]
        answer: dict[str, object] = {
            "Marker": marker,
            "MaxItems": size,
            "IsTruncated": len(rest) > size,
            "Quantity": len(page),
        }
        if len(rest) > size:
            answer["NextMarker"] = page[-1].id
        return page, answer

    def all(self, call: Call) -> Members:
        page, answer = self._page(call, list(self._world.account(call).distributions.values()))
        return {
            "DistributionList": {
                **answer,
                **({"Items": [_summary(distribution) for distribution in page]} if page else {}),
            }
        }

    def by_policy(self, call: Call) -> Members:
        member = _BY_POLICY[call.operation]
        wanted = call.inputs[member]
        using = [
            distribution
            for distribution in self._world.account(call).distributions.values()
            if any(behavior.get(member) == wanted for _, behavior in behaviors(distribution.config))
        ]
        page, answer = self._page(call, using)
        return {
            "DistributionIdList": {
                **answer,
                **({"Items": [distribution.id for distribution in page]} if page else {}),
            }
        }

    def conflicting_aliases(self, call: Call) -> Members:
        """Distributions of any account whose alias covers the requested one, or is covered by it.

        As on AWS, ids and accounts of other callers are masked, except their ends.
        """
        if call.inputs["DistributionId"] not in self._world.account(call).distributions:
            raise no_such_distribution()
        alias = call.inputs["Alias"]
        items = [
            {
                "Alias": name,
                "DistributionId": distribution.id
                if distribution.account == call.account
                else _masked(distribution.id),
                "AccountId": distribution.account
                if distribution.account == call.account
                else _masked(distribution.account),
            }
            for account in self._world.accounts.values()
            for distribution in account.distributions.values()
            if distribution.id != call.inputs["DistributionId"]
            for name in distribution.aliases
            if _covers(name, alias) or _covers(alias, name)
        ]
        return {
            "ConflictingAliasesList": {
                "MaxItems": 100,
                "Quantity": len(items),
                **({"Items": items} if items else {}),
            }
        }


def _covers(pattern: str, name: str) -> bool:
    """`*.example.com` covers www.example.com, not example.com and not a.b.example.com."""
    if pattern.startswith("*."):
        head, _, tail = name.partition(".")
        return bool(head) and tail == pattern[2:]
    return pattern == name


def _masked(identity: str) -> str:
    return "*" * (len(identity) - 6) + identity[-6:]
