"""The state of AWS now: the values that planning reads. Only data and look-ups."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edgerollout.release.facts.arn import VersionArn

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from edgerollout.net.answer import HttpAnswer
    from edgerollout.release.facts.environment_before import Before
    from edgerollout.release.facts.headers_policies import StandingPolicy
    from edgerollout.release.facts.release import Release
    from edgerollout.release.facts.tfvars import Tfvars
    from edgerollout.release.facts.unreadable import Unreadable, UnreadableRelease

DEFAULT_BEHAVIOR = "Default (*)"
"""The default cache behavior's name, as the CloudFront console shows it.

Parentheses and spaces are not allowed in a path pattern, so no other behavior can be called this.
"""

DEPLOYED = "Deployed"


@dataclass(frozen=True)
class Trigger:
    """A function association: an event type and the ARN that CloudFront runs there."""

    event: str
    arn: str
    include_body: bool = False

    @property
    def version(self) -> VersionArn | None:
        return VersionArn.parse(self.arn)

    @property
    def holder(self) -> str:
        """What has the slot: a function, by its unqualified ARN, or a response headers policy by its id."""
        return self.arn if self.version is None else self.version.function_arn


@dataclass(frozen=True)
class Behavior:
    """One cache behavior, reduced to what matters for triggers.

    `cloudfront_functions` are the event types that have a CloudFront Function: Lambda@Edge cannot be on the
    viewer side of a behavior together with one. `beside` are functions outside the slots of the means, which
    never changes them.
    """

    path: str
    triggers: tuple[Trigger, ...] = ()
    cloudfront_functions: tuple[str, ...] = ()
    response_headers_policy: str | None = None
    beside: tuple[Trigger, ...] = ()

    @property
    def answers_last(self) -> bool:
        """Whether a function at viewer-response runs after a response headers policy, and may override it."""
        standing = (*self.triggers, *self.beside)
        return "viewer-response" in (*self.cloudfront_functions, *(item.event for item in standing))

    def at(self, event: str) -> Trigger | None:
        """The trigger at `event`; CloudFront allows one at most."""
        return next((trigger for trigger in self.triggers if trigger.event == event), None)


@dataclass(frozen=True)
class CustomError:
    """A custom error response: origin status, the page CloudFront serves for it, its status."""

    status: int
    page: str | None
    answered_as: int | None


@dataclass(frozen=True)
class Distribution:
    """A distribution as ListDistributions or GetDistribution shows it. Behaviors in order, default last.

    `vpc_origins` are ARNs; `web_acl` is its web ACL's, or the id of one of AWS WAF Classic.
    """

    id: str
    arn: str
    domain_name: str
    aliases: tuple[str, ...]
    status: str
    last_modified: datetime
    behaviors: tuple[Behavior, ...]
    etag: str | None = None
    enabled: bool = True
    staging: bool = False
    multi_tenant: bool = False
    custom_errors: tuple[CustomError, ...] = ()
    vpc_origins: tuple[str, ...] = ()
    web_acl: str | None = None

    @property
    def name(self) -> str:
        """The name for people: the first alias, or its CloudFront domain."""
        return self.aliases[0] if self.aliases else self.domain_name

    @property
    def deployed(self) -> bool:
        return self.status == DEPLOYED


@dataclass(frozen=True)
class Version:
    """A published version. `description` is its ledger line when edgerollout published it."""

    number: int
    description: str
    code_sha256: str
    published_at: datetime
    runtime: str = ""
    size: int = 0
    """The size of the zip, in bytes."""
    memory: int = 128
    """MB."""
    timeout: int = 3
    """Seconds."""


@dataclass(frozen=True)
class Function:
    """The environment's Lambda function and its numbered versions, oldest first.

    `tags` is None when they could not be read; withdrawn marks are then unknown. `environment_variables` are
    names only: their values are never read into the tool. `peculiar` names unusual settings in words:
    SnapStart, a file system.
    """

    name: str
    arn: str
    runtime: str
    entry: str
    role_arn: str
    memory: int
    timeout: int
    code_sha256: str
    revision_id: str
    state: str = "Active"
    last_update_status: str = "Successful"
    architectures: tuple[str, ...] = ("x86_64",)
    environment_variables: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    in_vpc: bool = False
    package_type: str = "Zip"
    dead_letter_queue: bool = False
    tracing: bool = False
    kms_key: bool = False
    ephemeral_storage: int = 512
    peculiar: tuple[str, ...] = ()
    versions: tuple[Version, ...] = ()
    tags: Mapping[str, str] | None = field(default_factory=dict)

    def version(self, number: int) -> Version | None:
        return next((version for version in self.versions if version.number == number), None)


@dataclass(frozen=True)
class Role:
    """The execution role and the services that may assume it."""

    name: str
    arn: str
    trusted_services: frozenset[str]
    ours: bool = False
    """Whether edgerollout made it, by its description."""
    boundary: str | None = None
    """The ARN of its permissions boundary."""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Its path: `/`, or `/edge/`. IAM finds a role by its name alone, but an ARN in a policy has path and
        name.
        """
        return self.arn.partition(":role")[2].removesuffix(self.name)


@dataclass(frozen=True)
class HeadersPolicy:
    """A CloudFront response headers policy, reduced to what nobody else can change.

    `overrides` are the headers (lower-case) that it always sets, whatever the response has; `removes` those
    that it removes. CloudFront applies it after the cache, so after every origin-response function.
    """

    id: str
    name: str
    overrides: frozenset[str] = frozenset()
    removes: frozenset[str] = frozenset()
    config: Mapping[str, object] = field(default_factory=dict, repr=False)
    """All that it says, without Name and Comment."""


@dataclass(frozen=True)
class Invalidation:
    """One invalidation batch."""

    id: str
    caller_reference: str
    created_at: datetime
    completed: bool
    paths: tuple[str, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """The state of AWS at `taken_at`.

    `distributions` are the environment's own, in the order of the configuration; `others` the rest of the
    account. `invalidations` has, for each of the environment's distributions, the one that the live release
    made there (None: none was found). `documents` are the release.json files that were read, by version
    number. `role` is Unreadable without iam:GetRole. `tfvars` are the variables that Terraform reads, in an
    environment whose triggers it owns.

    Three are there only where planning asked for them: `headers_policies`, the response headers policies of
    the distributions, by id; `site`, the answers of the environment's URLs; `tags`, the tags of
    distributions, by id.
    """

    account: str
    taken_at: datetime
    function: Function | None
    role: Role | Unreadable | None
    distributions: tuple[Distribution, ...]
    others: tuple[Distribution, ...] = ()
    invalidations: Mapping[str, Invalidation | None] = field(default_factory=dict)
    documents: Mapping[int, Release | UnreadableRelease] = field(default_factory=dict)
    headers_policies: Mapping[str, HeadersPolicy | Unreadable] = field(default_factory=dict)
    site: tuple[HttpAnswer, ...] = ()
    tags: Mapping[str, Mapping[str, str] | Unreadable] = field(default_factory=dict)
    foreign: Mapping[str, str | Unreadable | None] = field(default_factory=dict)
    """The State of somebody else's versions that a rollback would restore, by ARN; None: the version is gone.
    """
    flat_rate: frozenset[str] | Unreadable | None = None
    """The ARNs of the resources on a flat-rate pricing plan; None where planning did not ask."""
    runtime_updates: str | Unreadable | None = None
    """When the function's next versions get a new runtime (`Auto`, `Manual`…); None where planning did not
    ask.
    """
    tfvars: Tfvars | None = None
    before: Before | None = None
    """The environment that this one comes after; None where there is none, or planning did not ask."""
    policies: tuple[StandingPolicy, ...] = ()
    """The account's own response headers policies, where the means needs them."""
    policies_quota: float | Unreadable | None = None
    """How many of them it may have; None where AWS names no value, or nobody asked."""
    csp_quota: float | Unreadable | None = None
    """How many characters a CSP may have that one of them enforces; None as above."""
    evidence: bytes | None = None
    """The file of a tour's evidence; None where there is none, or planning did not ask."""

    def distribution(self, distribution_id: str) -> Distribution:
        """The environment's distribution with that id. Raises KeyError when it has none."""
        for distribution in self.distributions:
            if distribution.id == distribution_id:
                return distribution
        raise KeyError(distribution_id)
