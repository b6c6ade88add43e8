"""The interfaces that the engine needs. `aws` and `probe` implement them; tests use fakes with AWS's rules.

Every method is one AWS operation (with retries) unless it says otherwise, and raises

- `NotFound`, `PreconditionFailed`, `AlreadyExists`, `Busy`: answers that the engine reacts to,
- `LostAnswer`: a write with an unknown result (5xx, timeout, reset): read back before deciding,
- `AwsFailure`: everything else, with AWS's code and message.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from edgerollout.errors import EdgerolloutError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from edgerollout.advice import Hint
    from edgerollout.net.answer import HttpAnswer
    from edgerollout.release.delivery.means import ToldValue
    from edgerollout.release.facts.account_facts import CodeStorage, Decision
    from edgerollout.release.facts.headers_policies import StandingPolicy
    from edgerollout.release.facts.snapshot import (
        Distribution,
        Function,
        HeadersPolicy,
        Invalidation,
        Role,
        Version,
    )
    from edgerollout.release.facts.tfvars import Tfvars
    from edgerollout.release.plans.plan import CreateFunction


CODE_TOO_LARGE = "CodeTooLarge"
"""The code of an AwsFailure for a version whose zip is larger than Lambda@Edge takes."""


class AwsFailure(EdgerolloutError):
    """AWS refused or failed a call. `code` is AWS's error code (`AccessDenied`, `Throttling`…)."""

    def __init__(self, operation: str, code: str, message: str, *, hint: Hint | None = None) -> None:
        super().__init__(f"{operation} failed", why=f"{code}: {message}" if message else code, hint=hint)
        self.operation = operation
        self.code = code
        self.message = message

    @property
    def denied(self) -> bool:
        """Whether the caller lacks the right (services use different codes for that)."""
        return self.code in {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}


class NotFound(AwsFailure):
    """The named resource does not exist (NoSuchDistribution, ResourceNotFoundException, NoSuchEntity)."""


class AlreadyExists(AwsFailure):
    """It exists already (ResourceConflictException on create, EntityAlreadyExists, a policy's name
    in use).
    """


class PreconditionFailed(AwsFailure):
    """The ETag, RevisionId or CodeSha256 sent is no longer the current one."""


class Busy(AwsFailure):
    """An update of the function is in progress, the role cannot be assumed, or CloudFront does not see the
    version as Active yet: try again in seconds."""


class TooManyInvalidations(AwsFailure):
    """15 wildcard invalidations are in progress already: try again in minutes."""


class Replicated(AwsFailure):
    """The version has replicas at the edge: they are deleted some hours after its last association."""


class Referenced(AwsFailure):
    """Something refers to it (an alias to a version, a behavior to a policy), so it cannot be deleted."""


class CredentialsExpired(AwsFailure):
    """The session's credentials ran out."""


class LostAnswer(AwsFailure):
    """A write was sent, but its answer was lost: it may or may not have been carried out."""


@dataclass(frozen=True)
class Document:
    """GetDistributionConfig's answer: the raw XML, and the ETag that names its state."""

    etag: str
    xml: bytes = field(repr=False)
    """It has origin custom headers, which may be secrets: never show it."""


@dataclass(frozen=True)
class Updated:
    """UpdateDistribution's answer."""

    etag: str
    status: str
    last_modified: datetime


class CloudFront(Protocol):
    """The CloudFront control plane."""

    def distributions(self) -> tuple[Distribution, ...]:
        """ListDistributions for the whole account (100 on a page), also staging distributions."""
        ...

    def distribution(self, distribution_id: str) -> Distribution:
        """GetDistribution: status, ETag and behaviors."""
        ...

    def document(self, distribution_id: str) -> Document:
        """GetDistributionConfig, raw."""
        ...

    def update(self, distribution_id: str, document: Document) -> Updated:
        """UpdateDistribution with If-Match. Raises PreconditionFailed on a stale ETag, LostAnswer."""
        ...

    def invalidate(self, distribution_id: str, paths: Sequence[str], caller_reference: str) -> Invalidation:
        """CreateInvalidation; idempotent by caller reference. Raises TooManyInvalidations."""
        ...

    def invalidation(self, distribution_id: str, invalidation_id: str) -> Invalidation:
        """GetInvalidation."""
        ...

    def own_invalidation(
        self, distribution_id: str, prefix: str, since: Sequence[datetime]
    ) -> Invalidation | None:
        """The invalidation whose caller reference starts with `prefix`; None when none is found, or a newer
        one of ours is for another release (`live.outlived`).

        ListInvalidations does not return references, so each candidate takes a GetInvalidation, the likeliest
        first (`live.likeliest`). No candidate is older than the earliest moment of `since`.
        """
        ...

    def headers_policy(self, policy_id: str) -> HeadersPolicy:
        """GetResponseHeadersPolicy, reduced to the headers it overrides or removes."""
        ...

    def own_headers_policies(self) -> tuple[StandingPolicy, ...]:
        """ListResponseHeadersPolicies: the account's own, with their whole configuration."""
        ...

    def create_headers_policy(self, config: Mapping[str, object]) -> StandingPolicy:
        """CreateResponseHeadersPolicy. Raises AlreadyExists for a name in use, and LostAnswer."""
        ...

    def delete_headers_policy(self, policy_id: str) -> None:
        """GetResponseHeadersPolicyConfig, for the ETag, and DeleteResponseHeadersPolicy.

        Raises Referenced while a behavior names it, and NotFound.
        """
        ...

    def tags(self, distribution_arn: str) -> Mapping[str, str]:
        """ListTagsForResource."""
        ...


class Lambda(Protocol):
    """The Lambda control plane in us-east-1, for one function name at a time."""

    def function(self, name: str) -> Function | None:
        """GetFunction (GetFunctionConfiguration where that is denied) and ListVersionsByFunction.

        None when there is no such function.
        """
        ...

    def state(self, name: str, version: int | None = None) -> tuple[str, str]:
        """(State, LastUpdateStatus) of $LATEST or of a version: GetFunctionConfiguration."""
        ...

    def code(self, name: str, version: int) -> bytes:
        """The version's zip: GetFunction with the qualifier, then its download URL (never shown).

        It is tried again for some seconds; then it raises AwsFailure. The bytes are not checked.
        """
        ...

    def create(self, step: CreateFunction, role_arn: str, bundle: bytes) -> str:
        """CreateFunction. Returns the unqualified ARN. Raises Busy while the role cannot be assumed."""
        ...

    def update_configuration(self, name: str, wanted: CreateFunction, role_arn: str) -> None:
        """UpdateFunctionConfiguration."""
        ...

    def update_code(self, name: str, bundle: bytes, revision_id: str | None) -> str:
        """UpdateFunctionCode; returns CodeSha256. Raises PreconditionFailed on another RevisionId."""
        ...

    def try_code(self, name: str, bundle: bytes) -> str:
        """UpdateFunctionCode with DryRun, which changes nothing; returns the CodeSha256 it would have."""
        ...

    def publish(self, name: str, code_sha256: str, description: str) -> Version:
        """PublishVersion. Raises PreconditionFailed when $LATEST holds other code."""
        ...

    def versions(self, name: str) -> tuple[Version, ...]:
        """ListVersionsByFunction: the numbered versions, oldest first."""
        ...

    def aliases(self, name: str) -> Mapping[str, frozenset[int]]:
        """ListAliases: name → the numbered versions that it points to (two while it shifts traffic)."""
        ...

    def delete_version(self, name: str, version: int) -> None:
        """DeleteFunction with the version as qualifier: never the function itself.

        Raises Replicated while replicas of it exist, Referenced when an alias points to it, and NotFound.
        """
        ...

    def tag(self, function_arn: str, tags: Mapping[str, str]) -> None:
        """TagResource."""
        ...

    def untag(self, function_arn: str, keys: Sequence[str]) -> None:
        """UntagResource."""
        ...


class Roles(Protocol):
    """IAM roles."""

    def role(self, name: str) -> Role | None:
        """GetRole. None when there is none. Raises AwsFailure (AccessDenied) without iam:GetRole."""
        ...

    def create(self, name: str) -> Role:
        """CreateRole trusting lambda and edgelambda, and AttachRolePolicy AWSLambdaBasicExecutionRole.

        Our own role that exists already (a run was interrupted in between) gets the policy. Raises
        AlreadyExists for somebody else's role.
        """
        ...


class Inspection(Protocol):
    """The reads that only a check-up makes."""

    def caller(self) -> str:
        """STS GetCallerIdentity: the ARN of the credentials. Asked once, with `Aws.account`."""
        ...

    def decisions(
        self, principal: str, actions: Sequence[str], resources: Sequence[str]
    ) -> tuple[Decision, ...]:
        """iam:SimulatePrincipalPolicy: each action on each resource, by the principal's own policies."""
        ...

    def code_storage(self) -> CodeStorage:
        """lambda:GetAccountSettings, of us-east-1."""
        ...

    def cloudfront_quota(self, code: str) -> float | None:
        """servicequotas:GetServiceQuota; None where AWS names no applied value."""
        ...

    def flat_rate(self) -> frozenset[str]:
        """pricingplanmanager:ListSubscriptions: the ARNs of the resources on a flat-rate plan."""
        ...

    def runtime_updates(self, function: str) -> str:
        """lambda:GetRuntimeManagementConfig: when $LATEST gets a new runtime; the default is `Auto`."""
        ...


class Aws(Protocol):
    """One account, reached with one set of credentials."""

    @property
    def cloudfront(self) -> CloudFront: ...

    @property
    def functions(self) -> Lambda: ...

    @property
    def roles(self) -> Roles: ...

    @property
    def inspection(self) -> Inspection: ...

    @property
    def endpoint(self) -> str | None:
        """The custom endpoint in use, None for AWS itself."""
        ...

    @property
    def calls(self) -> Mapping[str, int]:
        """Calls made so far: `cloudfront:UpdateDistribution` → count, with retries."""
        ...

    def account(self) -> str:
        """STS GetCallerIdentity: the 12-digit account."""
        ...


class Probe(Protocol):
    """Requests live URLs for their headers."""

    def headers(self, url: str) -> HttpAnswer:
        """One GET, without following redirects; the body is discarded.

        A site's answer never makes it raise.
        """
        ...


__all__ = [
    "CODE_TOO_LARGE",
    "AlreadyExists",
    "Aws",
    "AwsFailure",
    "Busy",
    "CloudFront",
    "CredentialsExpired",
    "Document",
    "Inspection",
    "Lambda",
    "LostAnswer",
    "NotFound",
    "PreconditionFailed",
    "Probe",
    "Referenced",
    "Replicated",
    "Roles",
    "TooManyInvalidations",
    "Updated",
]


class WriteTfvars(Protocol):
    """Writes Terraform's file, completely or not at all; `variables` are those of the means.

    Raises Conflict where the file no longer has the values `seen` at planning.
    """

    def __call__(
        self, tfvars: Tfvars, seen: Tfvars | None, variables: Mapping[str, ToldValue], /
    ) -> None: ...
