"""CloudFront's answers as the snapshot's values. Summaries and full configurations share their shapes.

Members that CloudFront always sends are required, so a cut answer never looks like a missing resource:
KeyError for a missing member, Incomplete for a list that is shorter than it says. Both are a
malformed answer to `aws/retry.py`, inside whose attempts this runs.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Generic, TypeVar

from edgerollout.aws.faults import Incomplete
from edgerollout.release.facts.headers_policies import StandingPolicy
from edgerollout.release.facts.snapshot import (
    DEFAULT_BEHAVIOR,
    Behavior,
    CustomError,
    Distribution,
    HeadersPolicy,
    Invalidation,
    Trigger,
)

T = TypeVar("T")

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import NotRequired, TypedDict

    from mypy_boto3_cloudfront.type_defs import (
        CacheBehaviorOutputTypeDef,
        CustomErrorResponsesOutputTypeDef,
        DefaultCacheBehaviorOutputTypeDef,
        DistributionConfigOutputTypeDef,
        DistributionSummaryTypeDef,
        DistributionTypeDef,
        InvalidationTypeDef,
        OriginsOutputTypeDef,
        ResponseHeadersPolicyTypeDef,
    )
    from typing_extensions import ReadOnly

    class ListTypeDef(TypedDict, Generic[T]):
        """The form of CloudFront's lists."""

        Quantity: ReadOnly[int]
        Items: ReadOnly[NotRequired[Sequence[T]]]


_MULTI_TENANT = "tenant-only"

_CORS = frozenset(
    f"access-control-{name}"
    for name in (
        "allow-credentials",
        "allow-headers",
        "allow-methods",
        "allow-origin",
        "expose-headers",
        "max-age",
    )
)


def from_summary(summary: DistributionSummaryTypeDef) -> Distribution:
    """One entry of ListDistributions."""
    multi_tenant = summary.get("ConnectionMode") == _MULTI_TENANT
    return Distribution(
        id=summary["Id"],
        arn=summary["ARN"],
        domain_name=summary["DomainName"],
        aliases=() if multi_tenant else tuple(_items(summary["Aliases"])),
        status=summary["Status"],
        last_modified=summary["LastModifiedTime"].astimezone(UTC),
        behaviors=_behaviors(_items(summary["CacheBehaviors"]), summary["DefaultCacheBehavior"]),
        etag=summary.get("ETag"),
        enabled=summary.get("Enabled", True),
        staging=summary.get("Staging", False),
        multi_tenant=multi_tenant,
        custom_errors=_custom_errors(summary.get("CustomErrorResponses")),
        vpc_origins=_vpc_origins(summary["ARN"], summary.get("Origins")),
        web_acl=summary.get("WebACLId") or None,
    )


def from_distribution(distribution: DistributionTypeDef, etag: str) -> Distribution:
    """The answer of GetDistribution; its ETag is a header."""
    config = distribution["DistributionConfig"]
    multi_tenant = config.get("ConnectionMode") == _MULTI_TENANT
    return Distribution(
        id=distribution["Id"],
        arn=distribution["ARN"],
        domain_name=distribution["DomainName"],
        aliases=() if multi_tenant else tuple(_items(config["Aliases"])),
        status=distribution["Status"],
        last_modified=distribution["LastModifiedTime"].astimezone(UTC),
        behaviors=_behaviors(_items(config["CacheBehaviors"]), config["DefaultCacheBehavior"]),
        etag=etag,
        enabled=config.get("Enabled", True),
        staging=config.get("Staging", False),
        multi_tenant=multi_tenant,
        custom_errors=_custom_errors(config.get("CustomErrorResponses")),
        vpc_origins=_vpc_origins(distribution["ARN"], config.get("Origins")),
        web_acl=config.get("WebACLId") or None,
    )


def check_document(config: DistributionConfigOutputTypeDef) -> None:
    """Raise KeyError or Incomplete if GetDistributionConfig's answer cannot be sent back."""
    if not config["CallerReference"] or not _items(config["Origins"]):
        raise Incomplete("it is not a whole configuration")
    _behaviors(_items(config["CacheBehaviors"]), config["DefaultCacheBehavior"])


def listed_items(page: ListTypeDef[T]) -> Sequence[T]:
    """The items of one page. Missing items mean an empty page."""
    items = page.get("Items", ())
    if page["Quantity"] and not items:
        raise Incomplete("a list should have items, and has none")
    return items


def from_invalidation(invalidation: InvalidationTypeDef) -> Invalidation:
    """The answer of CreateInvalidation or GetInvalidation."""
    batch = invalidation["InvalidationBatch"]
    return Invalidation(
        id=invalidation["Id"],
        caller_reference=batch["CallerReference"],
        created_at=invalidation["CreateTime"].astimezone(UTC),
        completed=invalidation["Status"] == "Completed",
        paths=tuple(_items(batch["Paths"])),
    )


def from_headers_policy(policy: ResponseHeadersPolicyTypeDef) -> HeadersPolicy:
    """The answer of GetResponseHeadersPolicy: the headers it sets with Override, and those it removes.

    CORS headers count when its OriginOverride is on.
    """
    config = policy["ResponseHeadersPolicyConfig"]
    security = config.get("SecurityHeadersConfig", {})
    parts: tuple[tuple[str, Mapping[str, object]], ...] = (
        ("content-security-policy", security.get("ContentSecurityPolicy", {})),
        ("referrer-policy", security.get("ReferrerPolicy", {})),
        ("strict-transport-security", security.get("StrictTransportSecurity", {})),
        ("x-content-type-options", security.get("ContentTypeOptions", {})),
        ("x-frame-options", security.get("FrameOptions", {})),
        ("x-xss-protection", security.get("XSSProtection", {})),
    )
    overrides = {name for name, part in parts if part.get("Override")}
    overrides |= {
        item["Header"].lower()
        for item in config.get("CustomHeadersConfig", {}).get("Items", ())
        if item["Override"]
    }
    cors = config.get("CorsConfig")
    if cors is not None and cors["OriginOverride"]:
        overrides |= _CORS
    return HeadersPolicy(
        id=policy["Id"],
        name=config["Name"],
        overrides=frozenset(overrides),
        removes=frozenset(
            item["Header"].lower() for item in config.get("RemoveHeadersConfig", {}).get("Items", ())
        ),
        config=_said(config),
    )


def from_own_policy(policy: ResponseHeadersPolicyTypeDef) -> StandingPolicy:
    """A custom policy as a list or CreateResponseHeadersPolicy shows it."""
    config = policy["ResponseHeadersPolicyConfig"]
    return StandingPolicy(policy["Id"], config["Name"], config.get("Comment", ""), _said(config))


def _said(config: Mapping[str, object]) -> dict[str, object]:
    return {key: item for key, item in config.items() if key not in ("Name", "Comment")}


def _behaviors(
    ordered: Iterable[CacheBehaviorOutputTypeDef], default: DefaultCacheBehaviorOutputTypeDef
) -> tuple[Behavior, ...]:
    return (
        *(_behavior(behavior["PathPattern"], behavior) for behavior in ordered),
        _behavior(DEFAULT_BEHAVIOR, default),
    )


def _behavior(path: str, of: CacheBehaviorOutputTypeDef | DefaultCacheBehaviorOutputTypeDef) -> Behavior:
    triggers = _items(of["LambdaFunctionAssociations"])
    functions = _items(of.get("FunctionAssociations"))
    return Behavior(
        path=path,
        triggers=tuple(
            Trigger(item["EventType"], item["LambdaFunctionARN"], item.get("IncludeBody", False))
            for item in triggers
        ),
        cloudfront_functions=tuple(item["EventType"] for item in functions),
        response_headers_policy=of.get("ResponseHeadersPolicyId") or None,
    )


def _custom_errors(responses: CustomErrorResponsesOutputTypeDef | None) -> tuple[CustomError, ...]:
    return tuple(
        CustomError(
            status=item["ErrorCode"],
            page=item.get("ResponsePagePath") or None,
            answered_as=int(code) if (code := item.get("ResponseCode")) else None,
        )
        for item in _items(responses)
    )


def _vpc_origins(arn: str, origins: OriginsOutputTypeDef | None) -> tuple[str, ...]:
    """The ARNs of the VPC origins. A VPC origin of another account has its account in the entry."""
    account = arn.split(":")[4]
    found = [item.get("VpcOriginConfig", {}) for item in _items(origins)]
    return tuple(
        f"arn:aws:cloudfront::{origin.get('OwnerAccountId') or account}:vpcorigin/{identity}"
        for origin in found
        if (identity := origin.get("VpcOriginId"))
    )


def _items(listed: ListTypeDef[T] | None) -> Sequence[T]:
    """All of a list; its Quantity must be right (CloudFront itself refuses InconsistentQuantities)."""
    if listed is None:
        return ()
    items = listed.get("Items", ())
    if len(items) != listed["Quantity"]:
        raise Incomplete("a list has another length than its Quantity")
    return items
