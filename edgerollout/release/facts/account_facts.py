"""What a check-up knows about an account, as values. What could not be read is Unreadable, never missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.advice import Hint
    from edgerollout.net.answer import HttpAnswer
    from edgerollout.release.facts.headers_policies import StandingPolicy
    from edgerollout.release.facts.snapshot import Distribution, Function, HeadersPolicy, Role
    from edgerollout.release.facts.unreadable import Unreadable

SERVICE_LINKED_ROLES = {
    "AWSServiceRoleForLambdaReplicator": "replicator.lambda.amazonaws.com",
    "AWSServiceRoleForCloudFrontLogger": "logger.cloudfront.amazonaws.com",
}
"""Name → the service it is linked to. AWS makes both with an account's first Lambda@Edge trigger."""


@dataclass(frozen=True)
class Right:
    """An IAM action on resources (ARNs or `*`) that a command needs.

    `optional`: the command works without it, but knows or does less; `note` says what is lost.
    """

    action: str
    resources: tuple[str, ...]
    optional: bool = False
    note: str = ""

    @property
    def askable(self) -> bool:
        """Whether IAM's simulation accepts the action: it refuses a wildcard in the name."""
        return "*" not in self.action


@dataclass(frozen=True)
class Decision:
    """What IAM's simulation says about one action on one resource.

    `unknown` are condition keys that the decision depends on and that have no value here; `by_organization`:
    a service control policy denies the action.
    """

    action: str
    resource: str
    allowed: bool
    unknown: tuple[str, ...] = ()
    by_organization: bool = False


@dataclass(frozen=True)
class Permissions:
    """The answer of IAM's simulation: the principal whose policies were simulated, and the decisions."""

    principal: str
    decisions: tuple[Decision, ...]


@dataclass(frozen=True)
class CodeStorage:
    """Lambda's code storage of a region, in bytes: what all versions of all functions use, and the limit."""

    used: int
    most: int


@dataclass(frozen=True)
class Selected:
    """One distribution of the configuration: as it is written there, and what was found or why not."""

    wanted: str
    found: Distribution | None
    problem: str | None = None
    fix: Hint | None = None


@dataclass(frozen=True)
class Facts:
    """Everything a check-up looks at.

    `caller` is the ARN of the credentials, `region` the region of the user's settings (None: they name none).
    `distributions` are the environment's in the order of the configuration, `account_distributions` all of
    the account. `rights` are what each command needs, `wins` the headers (lower-case) that a release of this
    configuration sends. `flat_rate` are the ARNs of everything on a flat-rate plan, `edge_quota` the
    distributions that may have triggers (None: AWS names no value for this account).
    """

    account: str
    caller: str
    region: str | None
    rights: Mapping[str, tuple[Right, ...]]
    permissions: Permissions | Unreadable
    role: Role | Unreadable | None
    service_linked: Mapping[str, Role | Unreadable | None]
    function: Function | Unreadable | None
    distributions: tuple[Selected, ...] | Unreadable
    account_distributions: tuple[Distribution, ...]
    headers_policies: Mapping[str, HeadersPolicy | Unreadable]
    wins: frozenset[str]
    flat_rate: frozenset[str] | Unreadable
    edge_quota: float | Unreadable | None
    code_storage: CodeStorage | Unreadable
    site: tuple[HttpAnswer, ...]
    tags: Mapping[str, Mapping[str, str] | Unreadable] = field(default_factory=dict)
    runtime_updates: str | Unreadable | None = None
    """When the function gets a new runtime (`Auto`, `FunctionUpdate`, `Manual`); None without a function."""
    policies: tuple[StandingPolicy, ...] | Unreadable = ()
    """The account's own response headers policies, where releases are delivered by them."""
    policies_quota: float | Unreadable | None = None
    """How many it may have; None: AWS names no value, or nobody asked."""
