"""Response headers policies: create, read, change, list and delete, with CloudFront's limits.

A change reaches every distribution that has the policy: each is redeployed and gets a new ETag, without an
UpdateDistribution (terraform-provider-aws #24537). The messages of refusals are from botocore's model of each
error; for a security header among the custom ones, from users' reports.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from edgerollout.emulator.cloudfront.distributions import World, check_if_match
from edgerollout.emulator.cloudfront.errors import no_such_response_policy, refusal
from edgerollout.emulator.cloudfront.managed import MODIFIED, RESPONSE_POLICIES, etag
from edgerollout.emulator.cloudfront.pages import page_size
from edgerollout.emulator.cloudfront.response_policy_rules import check_policy
from edgerollout.emulator.cloudfront.state import StoredResponsePolicy
from edgerollout.emulator.names import entity_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.emulator.messages import Call, Members

_MANAGED = {
    identity: StoredResponsePolicy(identity, etag(identity), config, MODIFIED)
    for identity, config in RESPONSE_POLICIES.items()
}


class ResponsePolicies:
    """The response headers policy operations."""

    def __init__(self, world: World) -> None:
        self._world = world

    def operations(self) -> dict[str, Callable[[Call], Members]]:
        return {
            "CreateResponseHeadersPolicy": self.create,
            "GetResponseHeadersPolicy": self.get,
            "GetResponseHeadersPolicyConfig": self.get_config,
            "UpdateResponseHeadersPolicy": self.update,
            "ListResponseHeadersPolicies": self.list,
            "DeleteResponseHeadersPolicy": self.delete,
        }

    def create(self, call: Call) -> Members:
        config, policies = call.inputs["ResponseHeadersPolicyConfig"], self._own(call)
        quotas = self._world.settings().quotas
        check_policy(config, quotas)
        self._check_name(call, config["Name"], None)
        if len(policies) >= quotas.response_headers_policies:
            raise refusal(
                "TooManyResponseHeadersPolicies",
                "You have reached the maximum number of response headers policies for this Amazon Web "
                "Services account.",
            )
        made = StoredResponsePolicy(str(uuid.uuid4()), entity_id("E"), config, call.now)
        policies[made.id] = made
        url = f"https://cloudfront.amazonaws.com/2020-05-31/response-headers-policy/{made.id}"
        return {"ResponseHeadersPolicy": made.members, "ETag": made.etag, "Location": url}

    def get(self, call: Call) -> Members:
        found = self._find(call)
        return {"ResponseHeadersPolicy": found.members, "ETag": found.etag}

    def get_config(self, call: Call) -> Members:
        found = self._find(call)
        return {"ResponseHeadersPolicyConfig": found.config, "ETag": found.etag}

    def update(self, call: Call) -> Members:
        found, config = self._changeable(call, "IllegalUpdate"), call.inputs["ResponseHeadersPolicyConfig"]
        check_if_match(call.inputs.get("IfMatch"), found.etag)
        check_policy(config, self._world.settings().quotas)
        self._check_name(call, config["Name"], found.id)
        found.config, found.etag, found.last_modified = config, entity_id("E"), call.now
        for distribution in self._world.account(call).distributions.values():
            if found.id in distribution.response_policies:
                distribution.response_policies = {**distribution.response_policies, found.id: config}
                distribution.etag, distribution.last_modified = entity_id("E"), call.now
                self._world.propagate(distribution)
        return {"ResponseHeadersPolicy": found.members, "ETag": found.etag}

    def list(self, call: Call) -> Members:
        """Managed ones first, then the account's own, oldest first. The marker is the last id seen."""
        wanted, marker = call.inputs.get("Type"), call.inputs.get("Marker", "")
        own = self._own(call).values()
        listed = [("managed", policy) for policy in _MANAGED.values()] + [
            ("custom", policy) for policy in own
        ]
        listed = [(kind, policy) for kind, policy in listed if wanted in (None, kind)]
        ids = [policy.id for _, policy in listed]
        if marker and marker not in ids:
            raise refusal("InvalidArgument", "The Marker is not valid.")
        start, size = ids.index(marker) + 1 if marker else 0, page_size(call)
        page = listed[start : start + size]
        answer: dict[str, object] = {"MaxItems": size, "Quantity": len(page)}
        if page:
            answer["Items"] = [
                {"Type": kind, "ResponseHeadersPolicy": policy.members} for kind, policy in page
            ]
        if start + size < len(listed):
            answer["NextMarker"] = page[-1][1].id
        return {"ResponseHeadersPolicyList": answer}

    def delete(self, call: Call) -> Members:
        found = self._changeable(call, "IllegalDelete")
        check_if_match(call.inputs.get("IfMatch"), found.etag)
        account = self._world.account(call)
        if any(found.id in distribution.response_policies for distribution in account.distributions.values()):
            raise refusal(
                "ResponseHeadersPolicyInUse",
                "Cannot delete the response headers policy because it is attached to one or more cache "
                "behaviors in a CloudFront distribution.",
            )
        del account.response_policies[found.id]
        return {}

    def _own(self, call: Call) -> dict[str, StoredResponsePolicy]:
        return self._world.account(call).response_policies

    def _find(self, call: Call) -> StoredResponsePolicy:
        """A policy of AWS or of the account. Raises NoSuchResponseHeadersPolicy."""
        identity = call.inputs["Id"]
        found = _MANAGED.get(identity) or self._own(call).get(identity)
        if found is None:
            raise no_such_response_policy()
        return found

    def _changeable(self, call: Call, code: str) -> StoredResponsePolicy:
        """A policy of the account; `code` is the error for a policy of AWS."""
        found = self._find(call)
        if found.id in _MANAGED:
            raise refusal(code, "Managed response headers policies cannot be changed or deleted.")
        return found

    def _check_name(self, call: Call, name: str, own: str | None) -> None:
        if any(policy.config["Name"] == name and policy.id != own for policy in self._own(call).values()):
            raise refusal(
                "ResponseHeadersPolicyAlreadyExists",
                "A response headers policy with this name already exists. You must provide a unique name. To "
                "modify an existing response headers policy, use UpdateResponseHeadersPolicy.",
            )
