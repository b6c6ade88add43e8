"""CloudFront's answers as the snapshot's values. Summaries and full configurations share their shapes."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from edgerollout.release.snapshot import (
    DEFAULT_BEHAVIOR,
    Behavior,
    CustomError,
    Distribution,
    HeadersPolicy,
    Invalidation,
    Trigger,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mypy_boto3_cloudfront.type_defs import (
        CacheBehaviorOutputTypeDef,
        CustomErrorResponsesOutputTypeDef,
        DefaultCacheBehaviorOutputTypeDef,
        DistributionSummaryTypeDef,
        DistributionTypeDef,
        InvalidationTypeDef,
        ResponseHeadersPolicyTypeDef,
    )

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
    return Distribution(
        id=summary["Id"],
        arn=summary["ARN"],
        domain_name=summary["DomainName"],
        aliases=tuple(summary.get("Aliases", {}).get("Items", ())),
        status=summary["Status"],
        last_modified=summary["LastModifiedTime"].astimezone(UTC),
        behaviors=_behaviors(
            summary.get("CacheBehaviors", {}).get("Items", ()), summary["DefaultCacheBehavior"]
        ),
        etag=summary.get("ETag"),
        enabled=summary.get("Enabled", True),
        staging=summary.get("Staging", False),
        multi_tenant=summary.get("ConnectionMode") == _MULTI_TENANT,
        custom_errors=_custom_errors(summary.get("CustomErrorResponses")),
    )


def from_distribution(distribution: DistributionTypeDef, etag: str) -> Distribution:
    """The answer of GetDistribution, whose ETag is a header beside it."""
    config = distribution["DistributionConfig"]
    return Distribution(
        id=distribution["Id"],
        arn=distribution["ARN"],
        domain_name=distribution["DomainName"],
        aliases=tuple(config.get("Aliases", {}).get("Items", ())),
        status=distribution["Status"],
        last_modified=distribution["LastModifiedTime"].astimezone(UTC),
        behaviors=_behaviors(
            config.get("CacheBehaviors", {}).get("Items", ()), config["DefaultCacheBehavior"]
        ),
        etag=etag,
        enabled=config.get("Enabled", True),
        staging=config.get("Staging", False),
        multi_tenant=config.get("ConnectionMode") == _MULTI_TENANT,
        custom_errors=_custom_errors(config.get("CustomErrorResponses")),
    )


def from_invalidation(invalidation: InvalidationTypeDef) -> Invalidation:
    """The answer of CreateInvalidation or GetInvalidation."""
    batch = invalidation["InvalidationBatch"]
    return Invalidation(
        id=invalidation["Id"],
        caller_reference=batch["CallerReference"],
        created_at=invalidation["CreateTime"].astimezone(UTC),
        completed=invalidation["Status"] == "Completed",
        paths=tuple(batch.get("Paths", {}).get("Items", ())),
    )


def from_headers_policy(policy: ResponseHeadersPolicyTypeDef) -> HeadersPolicy:
    """The answer of GetResponseHeadersPolicy: what it sets with Override, and what it removes.

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
    )


def _behaviors(
    ordered: Iterable[CacheBehaviorOutputTypeDef], default: DefaultCacheBehaviorOutputTypeDef
) -> tuple[Behavior, ...]:
    return (
        *(_behavior(behavior["PathPattern"], behavior) for behavior in ordered),
        _behavior(DEFAULT_BEHAVIOR, default),
    )


def _behavior(path: str, of: CacheBehaviorOutputTypeDef | DefaultCacheBehaviorOutputTypeDef) -> Behavior:
    triggers = of.get("LambdaFunctionAssociations", {}).get("Items", ())
    functions = of.get("FunctionAssociations", {}).get("Items", ())
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
    if responses is None:
        return ()
    return tuple(
        CustomError(
            status=item["ErrorCode"],
            page=item.get("ResponsePagePath") or None,
            answered_as=int(code) if (code := item.get("ResponseCode")) else None,
        )
        for item in responses.get("Items", ())
    )
