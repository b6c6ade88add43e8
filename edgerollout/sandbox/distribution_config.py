"""The DistributionConfigs of the sample site, in boto3's shape: as mixed as those of old real sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_cloudfront.type_defs import (
        CacheBehaviorsTypeDef,
        CacheBehaviorTypeDef,
        CustomErrorResponseTypeDef,
        DefaultCacheBehaviorTypeDef,
        DistributionConfigTypeDef,
        OriginGroupTypeDef,
        OriginTypeDef,
    )

    from edgerollout.sandbox.blueprint import SiteBlueprint

ORIGIN_SECRET_HEADER = "X-Origin-Verify"
ORIGIN_SECRET = "b7e1f0c2-never-shown-9a44d65c"
"""The header that the backend needs, as many real ones do. We must never print its value."""

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CACHING_OPTIMIZED_UNCOMPRESSED = "b2884449-e4de-46a7-ac36-70bc7f1ddd6d"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"

_SITE, _FALLBACK, _BACKEND, _GROUP = "site", "site-fallback", "backend", "site-with-fallback"
_FAILOVER = (403, 404, 500, 502, 503, 504)


def site_config(
    site: SiteBlueprint, aliases: Sequence[str], reference: str, access_control: str
) -> DistributionConfigTypeDef:
    """A distribution of the site. `reference` is its CallerReference, `access_control` the id of an
    origin access control.
    """
    origins = (
        _bucket(_SITE, site.bucket, "us-east-1", access_control),
        _bucket(_FALLBACK, site.fallback_bucket, "us-west-2", access_control),
        _backend(site.backend_host),
    )
    groups = (_group(),)
    errors = (_error_page(403), _error_page(404))
    return {
        "CallerReference": reference,
        "Comment": f"Tidewater Ferries, {site.environment}",
        "Enabled": True,
        "Aliases": {"Quantity": len(aliases), "Items": list(aliases)},
        "DefaultRootObject": "index.html",
        "Origins": {"Quantity": len(origins), "Items": list(origins)},
        "OriginGroups": {"Quantity": len(groups), "Items": list(groups)},
        "DefaultCacheBehavior": _default_behavior(),
        "CacheBehaviors": _behaviors(),
        "CustomErrorResponses": {"Quantity": len(errors), "Items": list(errors)},
        "PriceClass": "PriceClass_100",
        "HttpVersion": "http2and3",
        "IsIPV6Enabled": True,
        "ViewerCertificate": {
            "ACMCertificateArn": (
                f"arn:aws:acm:us-east-1:{site.account}:certificate/00000000-0000-4000-8000-000000000001"
            ),
            "SSLSupportMethod": "sni-only",
            "MinimumProtocolVersion": "TLSv1.2_2021",
        },
    }


def unrelated_config(
    alias: str, bucket: str, reference: str, access_control: str, function_arn: str
) -> DistributionConfigTypeDef:
    """The distribution that no environment names; `function_arn` is a version that is not ours."""
    return {
        "CallerReference": reference,
        "Comment": "Somebody else's archive",
        "Enabled": True,
        "Aliases": {"Quantity": 1, "Items": [alias]},
        "DefaultRootObject": "index.html",
        "Origins": {"Quantity": 1, "Items": [_bucket(_SITE, bucket, "us-east-1", access_control)]},
        "DefaultCacheBehavior": {
            "TargetOriginId": _SITE,
            "ViewerProtocolPolicy": "allow-all",
            "CachePolicyId": CACHING_OPTIMIZED,
            "LambdaFunctionAssociations": {
                "Quantity": 1,
                "Items": [{"LambdaFunctionARN": function_arn, "EventType": "viewer-request"}],
            },
        },
    }


def _bucket(identity: str, bucket: str, region: str, access_control: str) -> OriginTypeDef:
    return {
        "Id": identity,
        "DomainName": f"{bucket}.s3.{region}.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
        "OriginAccessControlId": access_control,
    }


def _backend(host: str) -> OriginTypeDef:
    return {
        "Id": _BACKEND,
        "DomainName": host,
        "CustomHeaders": {
            "Quantity": 1,
            "Items": [{"HeaderName": ORIGIN_SECRET_HEADER, "HeaderValue": ORIGIN_SECRET}],
        },
        "CustomOriginConfig": {
            "HTTPPort": 80,
            "HTTPSPort": 443,
            "OriginProtocolPolicy": "https-only",
            "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]},
            "OriginReadTimeout": 30,
            "OriginKeepaliveTimeout": 5,
        },
        "ConnectionAttempts": 2,
        "ConnectionTimeout": 5,
    }


def _group() -> OriginGroupTypeDef:
    return {
        "Id": _GROUP,
        "FailoverCriteria": {"StatusCodes": {"Quantity": len(_FAILOVER), "Items": list(_FAILOVER)}},
        "Members": {"Quantity": 2, "Items": [{"OriginId": _SITE}, {"OriginId": _FALLBACK}]},
    }


def _default_behavior() -> DefaultCacheBehaviorTypeDef:
    return {
        "TargetOriginId": _GROUP,
        "ViewerProtocolPolicy": "redirect-to-https",
        "CachePolicyId": CACHING_OPTIMIZED,
        "Compress": True,
    }


def _behaviors() -> CacheBehaviorsTypeDef:
    items: Sequence[CacheBehaviorTypeDef] = (
        {
            "PathPattern": "/assets/*",
            "TargetOriginId": _SITE,
            "ViewerProtocolPolicy": "redirect-to-https",
            "CachePolicyId": CACHING_OPTIMIZED,
            "Compress": True,
        },
        {
            "PathPattern": "/app/*",
            "TargetOriginId": _GROUP,
            "ViewerProtocolPolicy": "redirect-to-https",
            "CachePolicyId": CACHING_OPTIMIZED_UNCOMPRESSED,
            "AllowedMethods": {
                "Quantity": 3,
                "Items": ["GET", "HEAD", "OPTIONS"],
                "CachedMethods": {"Quantity": 3, "Items": ["GET", "HEAD", "OPTIONS"]},
            },
        },
        {
            "PathPattern": "/api/*",
            "TargetOriginId": _BACKEND,
            "ViewerProtocolPolicy": "https-only",
            "CachePolicyId": CACHING_DISABLED,
            "OriginRequestPolicyId": ALL_VIEWER_EXCEPT_HOST,
            "AllowedMethods": {
                "Quantity": 7,
                "Items": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
                "CachedMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]},
            },
        },
        {
            # The old style before cache policies: everything is in the behavior itself.
            "PathPattern": "/legacy/*",
            "TargetOriginId": _SITE,
            "ViewerProtocolPolicy": "allow-all",
            "ForwardedValues": {"QueryString": True, "Cookies": {"Forward": "none"}},
            "MinTTL": 0,
            "DefaultTTL": 3600,
            "MaxTTL": 86400,
        },
    )
    return {"Quantity": len(items), "Items": list(items)}


def _error_page(code: int) -> CustomErrorResponseTypeDef:
    return {
        "ErrorCode": code,
        "ResponsePagePath": "/404.html",
        "ResponseCode": "404",
        "ErrorCachingMinTTL": 10,
    }
