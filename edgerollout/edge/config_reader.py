"""Reads the parts of a DistributionConfig that the edge uses, in boto3's shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.edge.model import (
    ERROR_TTL,
    CacheRules,
    CustomErrorResponse,
    EdgeBehavior,
    EdgeDistribution,
    MissingFunction,
    OriginGroup,
    OriginSettings,
)
from edgerollout.edge.response_policy import ResponsePolicy, response_policy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from edgerollout.handlers.code import FunctionCode

    # A DistributionConfig is AWS's document: only the keys read below are relied on.
    Document = Mapping[str, Any]

MANAGED_CACHE_POLICIES: Mapping[str, CacheRules] = {
    # CachingOptimized, and the same for uncompressed objects
    "658327ea-f89d-4fab-a63d-7e88639e58f6": CacheRules(min_ttl=1),
    "b2884449-e4de-46a7-ac36-70bc7f1ddd6d": CacheRules(min_ttl=1),
    # CachingDisabled
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": CacheRules(min_ttl=0, default_ttl=0, max_ttl=0),
    # UseOriginCacheControlHeaders, without and with query strings
    "83da9c7e-98b4-4e11-a168-04f0df8e2c65": CacheRules(default_ttl=0, headers_in_key=("host",)),
    "4cc15a8a-d715-48a4-82b8-cc0b614638fe": CacheRules(
        default_ttl=0, headers_in_key=("host",), query_in_key=True
    ),
}
"""CloudFront's own cache policies by id (Developer Guide, "Use managed cache policies")."""


def edge_distribution(
    distribution_id: str,
    domain_name: str,
    config: Document,
    functions: Mapping[str, FunctionCode],
    cache_policies: Mapping[str, Document] | None = None,
    response_policies: Mapping[str, Document] | None = None,
) -> EdgeDistribution:
    """Read a DistributionConfig as boto3 returns it.

    `functions` maps version ARNs to their code; `cache_policies` maps ids to CachePolicyConfig for policies
    that are not CloudFront's own, `response_policies` ids to ResponseHeadersPolicyConfig. Raises KeyError
    when a required field or a response headers policy is missing.
    """
    ordered = [(item["PathPattern"], item) for item in _items(config.get("CacheBehaviors"))]
    behaviors = (*ordered, ("*", config["DefaultCacheBehavior"]))
    read = {identity: response_policy(policy) for identity, policy in (response_policies or {}).items()}
    return EdgeDistribution(
        id=distribution_id,
        domain_name=domain_name,
        aliases=tuple(_items(config.get("Aliases"))),
        enabled=bool(config.get("Enabled", True)),
        default_root_object=str(config.get("DefaultRootObject") or ""),
        behaviors=tuple(
            _behavior(path, item, functions, cache_policies or {}, read) for path, item in behaviors
        ),
        origins=tuple(_origin(item) for item in _items(config.get("Origins"))),
        origin_groups=tuple(_group(item) for item in _items(config.get("OriginGroups"))),
        custom_error_responses=tuple(
            _custom_error(item) for item in _items(config.get("CustomErrorResponses"))
        ),
    )


def _items(container: Document | None) -> tuple[Any, ...]:
    """CloudFront leaves Items out of an empty container."""
    return tuple((container or {}).get("Items") or ())


def _behavior(
    path: str,
    item: Document,
    functions: Mapping[str, FunctionCode],
    cache_policies: Mapping[str, Document],
    response_policies: Mapping[str, ResponsePolicy],
) -> EdgeBehavior:
    triggers = _items(item.get("LambdaFunctionAssociations"))
    arns = {trigger["EventType"]: trigger["LambdaFunctionARN"] for trigger in triggers}
    return EdgeBehavior(
        path_pattern=path,
        target=item["TargetOriginId"],
        viewer_protocol_policy=item.get("ViewerProtocolPolicy", "allow-all"),
        functions={event: functions.get(arn) or MissingFunction(arn) for event, arn in arns.items()},
        include_body=frozenset(trigger["EventType"] for trigger in triggers if trigger.get("IncludeBody")),
        methods=frozenset(_items(item.get("AllowedMethods"))) or frozenset({"GET", "HEAD"}),
        cache=_cache_rules(item, cache_policies),
        response_policy=response_policies[named] if (named := item.get("ResponseHeadersPolicyId")) else None,
    )


def _cache_rules(item: Document, cache_policies: Mapping[str, Document]) -> CacheRules:
    if policy_id := str(item.get("CachePolicyId") or ""):
        managed = MANAGED_CACHE_POLICIES.get(policy_id)
        return _policy_rules(cache_policies.get(policy_id, {})) if managed is None else managed
    forwarded = item.get("ForwardedValues") or {}
    return CacheRules(
        min_ttl=float(item.get("MinTTL", 0)),
        default_ttl=float(item.get("DefaultTTL", 86_400)),
        max_ttl=float(item.get("MaxTTL", 31_536_000)),
        query_in_key=bool(forwarded.get("QueryString")),
        headers_in_key=tuple(name.lower() for name in _items(forwarded.get("Headers"))),
    )


def _policy_rules(policy: Document) -> CacheRules:
    key = policy.get("ParametersInCacheKeyAndForwardedToOrigin") or {}
    queries = (key.get("QueryStringsConfig") or {}).get("QueryStringBehavior", "none")
    headers = (key.get("HeadersConfig") or {}).get("Headers")
    return CacheRules(
        min_ttl=float(policy.get("MinTTL", 0)),
        default_ttl=float(policy.get("DefaultTTL", 86_400)),
        max_ttl=float(policy.get("MaxTTL", 31_536_000)),
        query_in_key=queries != "none",
        headers_in_key=tuple(name.lower() for name in _items(headers)),
    )


def _origin(item: Document) -> OriginSettings:
    headers = _items(item.get("CustomHeaders"))
    return OriginSettings(
        id=item["Id"],
        domain_name=item["DomainName"],
        path=item.get("OriginPath") or "",
        headers=tuple((header["HeaderName"], header["HeaderValue"]) for header in headers),
        is_s3="S3OriginConfig" in item,
    )


def _group(item: Document) -> OriginGroup:
    return OriginGroup(
        id=item["Id"],
        members=tuple(member["OriginId"] for member in _items(item["Members"])),
        statuses=frozenset(int(code) for code in _items(item["FailoverCriteria"]["StatusCodes"])),
    )


def _custom_error(item: Document) -> CustomErrorResponse:
    code = item.get("ResponseCode")
    return CustomErrorResponse(
        error_code=int(item["ErrorCode"]),
        page_path=item.get("ResponsePagePath") or None,
        response_code=int(code) if code else None,
        min_ttl=float(item.get("ErrorCachingMinTTL", ERROR_TTL)),
    )
