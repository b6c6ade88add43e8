"""Create, read, update and delete distributions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from edgerollout.emulator.cloudfront.associations import Rules, check_associations
from edgerollout.emulator.cloudfront.config_rules import behaviors, check_config, check_update
from edgerollout.emulator.cloudfront.document import ConfigDocument, read_config
from edgerollout.emulator.cloudfront.errors import no_such_distribution, no_such_response_policy, refusal
from edgerollout.emulator.cloudfront.managed import RESPONSE_POLICIES
from edgerollout.emulator.cloudfront.state import AccountDistributions, StoredDistribution
from edgerollout.emulator.codec.rest_xml import element_of
from edgerollout.emulator.messages import Call, Members, RawXml
from edgerollout.emulator.names import domain_name, entity_id
from edgerollout.emulator.sink import UnevenSink

if TYPE_CHECKING:
    import xml.etree.ElementTree as ET
    from collections.abc import Callable, Mapping

    from edgerollout.emulator.schedule import Schedule
    from edgerollout.emulator.settings import Settings
    from edgerollout.emulator.sink import EdgeSink, VersionCode

_ETAG = re.compile(r"E[A-Z0-9]{9,}")


@dataclass
class World:
    """The state shared by CloudFront's operations. `settings` is read each time: it can change.

    `reserved` are ids for caller references: AWS gives any ids, but a configuration
    that names a distribution by id must find it in the sandbox.
    """

    accounts: dict[str, AccountDistributions]
    schedule: Schedule
    settings: Callable[[], Settings]
    rules: Callable[[str], Rules]
    first_association: Callable[[str], None]
    sink: EdgeSink
    numbers: list[int] = field(default_factory=lambda: [0])
    reserved: dict[str, str] = field(default_factory=dict)

    def account(self, call: Call) -> AccountDistributions:
        return self.accounts.setdefault(call.account, AccountDistributions())

    def distribution(self, call: Call, identity: str) -> StoredDistribution:
        """Raises NoSuchDistribution."""
        found = self.account(call).distributions.get(identity)
        if found is None:
            raise no_such_distribution()
        return found

    def next_number(self) -> int:
        self.numbers[0] += 1
        return self.numbers[0]

    def propagate(self, found: StoredDistribution) -> None:
        """Send the distribution to the edges: it arrives after the window."""
        view = found.view()
        found.waiting += 1

        def arrive() -> None:
            found.waiting -= 1
            if found.id in self.accounts[found.account].distributions:
                self.sink.deployed(view)

        windows, sink = self.settings().windows, self.sink
        if windows.spread_seconds and isinstance(sink, UnevenSink):
            first = max(0.0, windows.deploy_seconds - windows.spread_seconds)
            step = (windows.deploy_seconds - first) / sink.places
            for place in range(sink.places):
                self.schedule.after(first + place * step, partial(sink.reached, view, place))
        self.schedule.after(windows.deploy_seconds, arrive)
        if found.functions:
            self.first_association(found.account)


def check_if_match(given: str | None, current: str) -> None:
    """Raises InvalidIfMatchVersion if the ETag is missing or invalid, PreconditionFailed if it is stale."""
    if given is None or not _ETAG.fullmatch(given.strip('"')):
        raise refusal(
            "InvalidIfMatchVersion", "The If-Match version is missing or not valid for the resource."
        )
    if given.strip('"') != current:
        raise refusal(
            "PreconditionFailed",
            "The request failed because it didn't meet the preconditions in one or more "
            "request-header fields.",
        )


def distribution_members(found: StoredDistribution) -> Members:
    """The Distribution structure, with its config as the XML that was sent."""
    return {
        "Id": found.id,
        "ARN": found.arn,
        "Status": found.status,
        "LastModifiedTime": found.last_modified,
        "InProgressInvalidationBatches": len(found.invalidations_in_progress),
        "DomainName": found.domain_name,
        "ActiveTrustedSigners": {"Enabled": False, "Quantity": 0},
        "ActiveTrustedKeyGroups": {"Enabled": False, "Quantity": 0},
        "DistributionConfig": RawXml(found.document.xml),
        "AliasICPRecordals": [{"CNAME": alias, "ICPRecordalStatus": "APPROVED"} for alias in found.aliases],
    }


class Distributions:
    """The distribution operations."""

    def __init__(self, world: World) -> None:
        self._world = world

    def operations(self) -> dict[str, Callable[[Call], Members]]:
        return {
            "CreateDistribution": self.create,
            "CreateDistributionWithTags": self.create_with_tags,
            "GetDistribution": self.get,
            "GetDistributionConfig": self.get_config,
            "UpdateDistribution": self.update,
            "DeleteDistribution": self.delete,
        }

    def create(self, call: Call) -> Members:
        return self._create(call, element_of(call.body), {})

    def create_with_tags(self, call: Call) -> Members:
        given = call.inputs["DistributionConfigWithTags"]
        config = element_of(call.body).find("DistributionConfig")
        if config is None:
            raise refusal("MalformedXML", "The document has no DistributionConfig.")
        tags = {tag["Key"]: tag.get("Value", "") for tag in given["Tags"].get("Items", ())}
        return self._create(call, config, tags)

    def _create(self, call: Call, root: ET.Element, tags: dict[str, str]) -> Members:
        account = self._world.account(call)
        document = read_config(root)
        for other in account.distributions.values():
            if other.config["CallerReference"] == document.config["CallerReference"]:
                raise refusal(
                    "DistributionAlreadyExists",
                    "The caller reference that you are using to create a distribution is associated with "
                    f"another distribution. Already exists: {other.id}",
                )
        functions = self._check(call, document, None)
        found = StoredDistribution(
            id=self._world.reserved.pop(document.config["CallerReference"], "") or entity_id("E"),
            account=call.account,
            domain_name=domain_name(),
            etag=entity_id("E"),
            document=document,
            functions=functions,
            response_policies=self._response_policies(call, document, None),
            last_modified=call.now,
            number=self._world.next_number(),
            tags=tags,
        )
        account.distributions[found.id] = found
        account.places[found.id] = found.number
        self._world.propagate(found)
        return {
            "Distribution": distribution_members(found),
            "ETag": found.etag,
            "Location": f"https://cloudfront.amazonaws.com/2020-05-31/distribution/{found.id}",
        }

    def _check(
        self, call: Call, document: ConfigDocument, old: StoredDistribution | None
    ) -> Mapping[str, VersionCode]:
        """The functions of a valid config. Raises ServiceError for an invalid one."""
        world = self._world
        quotas = world.settings().quotas
        check_config(document.config, quotas)
        self._check_aliases(document, old)
        functions = check_associations(document.config, world.rules(call.account))
        others = [
            distribution
            for distribution in world.account(call).distributions.values()
            if distribution is not old
        ]
        if (
            functions
            and sum(bool(other.functions) for other in others) >= quotas.distributions_with_functions
        ):
            raise refusal(
                "TooManyDistributionsWithLambdaAssociations",
                "Completing this action would cause the maximum number of distributions with Lambda function "
                f"associations per owner to be exceeded (maximum allowed is "
                f"{quotas.distributions_with_functions}).",
            )
        for arn in functions:
            if sum(arn in other.functions for other in others) >= quotas.distributions_per_function:
                raise refusal(
                    "TooManyDistributionsWithSingleFunctionARN",
                    "The maximum number of distributions have been associated with the specified "
                    f"Lambda@Edge function. Function: {arn}",
                )
        return functions

    def _response_policies(
        self, call: Call, document: ConfigDocument, old: StoredDistribution | None
    ) -> Mapping[str, Members]:
        """The response headers policies named in the config.

        Raises NoSuchResponseHeadersPolicy, TooManyDistributionsAssociatedToResponseHeadersPolicy.
        """
        account = self._world.account(call)
        named = {behavior.get("ResponseHeadersPolicyId") for _, behavior in behaviors(document.config)}
        known = {
            **RESPONSE_POLICIES,
            **{
                response_policy.id: response_policy.config
                for response_policy in account.response_policies.values()
            },
        }
        others = [distribution for distribution in account.distributions.values() if distribution is not old]
        limit = self._world.settings().quotas.distributions_per_response_headers_policy
        found: dict[str, Members] = {}
        for identity in named - {None, ""}:
            if identity not in known:
                raise no_such_response_policy()
            used = sum(identity in other.response_policies for other in others)
            if identity in account.response_policies and used >= limit:
                raise refusal(
                    "TooManyDistributionsAssociatedToResponseHeadersPolicy",
                    "The maximum number of distributions have been associated with the specified response "
                    "headers policy.",
                )
            found[identity] = known[identity]
        return found

    def _check_aliases(self, document: ConfigDocument, old: StoredDistribution | None) -> None:
        wanted = set(document.config.get("Aliases", {}).get("Items", ()))
        for account in self._world.accounts.values():
            for other in account.distributions.values():
                if other is not old and wanted & set(other.aliases):
                    raise refusal(
                        "CNAMEAlreadyExists",
                        "One or more of the CNAMEs you provided are already associated with a "
                        "different resource.",
                    )

    def get(self, call: Call) -> Members:
        found = self._world.distribution(call, call.inputs["Id"])
        return {"Distribution": distribution_members(found), "ETag": found.etag}

    def get_config(self, call: Call) -> Members:
        found = self._world.distribution(call, call.inputs["Id"])
        return {"DistributionConfig": RawXml(found.document.xml), "ETag": found.etag}

    def update(self, call: Call) -> Members:
        found = self._world.distribution(call, call.inputs["Id"])
        document = read_config(element_of(call.body))
        check_if_match(call.inputs.get("IfMatch"), found.etag)
        check_update(found.config, document.config, call.inputs["DistributionConfig"])
        functions = self._check(call, document, found)
        response_policies = self._response_policies(call, document, found)
        before = set(found.functions)
        found.document = document
        found.functions = functions
        found.response_policies = response_policies
        found.etag = entity_id("E")
        found.last_modified = call.now
        self._note_released(call, before)
        self._world.propagate(found)
        return {"Distribution": distribution_members(found), "ETag": found.etag}

    def _note_released(self, call: Call, before: set[str]) -> None:
        account = self._world.account(call)
        for arn in before:
            if not account.associated(arn):
                account.released[arn] = call.now

    def delete(self, call: Call) -> Members:
        found = self._world.distribution(call, call.inputs["Id"])
        check_if_match(call.inputs.get("IfMatch"), found.etag)
        if found.config["Enabled"] or found.waiting:
            raise refusal(
                "DistributionNotDisabled", "The distribution you are trying to delete has not been disabled."
            )
        del self._world.account(call).distributions[found.id]
        self._note_released(call, set(found.functions))
        self._world.sink.removed(found.id)
        return {}
