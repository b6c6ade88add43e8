"""CloudFront's state of an account."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from edgerollout.emulator.sink import DistributionView, VersionCode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from edgerollout.emulator.cloudfront.document import ConfigDocument
    from edgerollout.emulator.messages import Members

IN_PROGRESS = "InProgress"
DEPLOYED = "Deployed"
COMPLETED = "Completed"


@dataclass
class StoredInvalidation:
    id: str
    caller_reference: str
    paths: tuple[str, ...]
    created_at: datetime
    completed: bool = False

    @property
    def status(self) -> str:
        return COMPLETED if self.completed else IN_PROGRESS


@dataclass
class StoredResponsePolicy:
    """A response headers policy; `config` is its ResponseHeadersPolicyConfig."""

    id: str
    etag: str
    config: Members
    last_modified: datetime

    @property
    def members(self) -> Members:
        return {
            "Id": self.id,
            "LastModifiedTime": self.last_modified,
            "ResponseHeadersPolicyConfig": self.config,
        }


@dataclass
class StoredDistribution:
    """`waiting` counts the changes that are not yet on every edge; they arrive in order.

    `response_policies` are the policies of the config's behaviors, by id.
    """

    id: str
    account: str
    domain_name: str
    etag: str
    document: ConfigDocument
    functions: Mapping[str, VersionCode]
    response_policies: Mapping[str, Members]
    last_modified: datetime
    number: int
    waiting: int = 0
    invalidations: list[StoredInvalidation] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return f"arn:aws:cloudfront::{self.account}:distribution/{self.id}"

    @property
    def status(self) -> str:
        return IN_PROGRESS if self.waiting else DEPLOYED

    @property
    def config(self) -> Members:
        return self.document.config

    @property
    def aliases(self) -> tuple[str, ...]:
        return tuple(self.config.get("Aliases", {}).get("Items", ()))

    @property
    def invalidations_in_progress(self) -> list[StoredInvalidation]:
        return [invalidation for invalidation in self.invalidations if not invalidation.completed]

    def view(self) -> DistributionView:
        """The current configuration of the distribution, for the edge."""
        return DistributionView(
            id=self.id,
            account=self.account,
            etag=self.etag,
            domain_name=self.domain_name,
            aliases=self.aliases,
            enabled=self.config["Enabled"],
            config=self.config,
            functions=self.functions,
            response_policies=self.response_policies,
        )


@dataclass
class AccountDistributions:
    """One account's CloudFront.

    `released` says when a version ARN lost its last association; its replicas exist for a while after that.
    `places` keeps the position of every id in lists, also of deleted ones, so that a page can continue after
    it.
    """

    distributions: dict[str, StoredDistribution] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    released: dict[str, datetime] = field(default_factory=dict)
    access_controls: dict[str, dict[str, Any]] = field(default_factory=dict)
    response_policies: dict[str, StoredResponsePolicy] = field(default_factory=dict)

    def associated(self, arn: str) -> bool:
        """Whether a distribution's configuration names this version."""
        return any(arn in distribution.functions for distribution in self.distributions.values())
