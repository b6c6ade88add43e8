"""AWS's managed policies, by id, the same in every account (Developer Guide, "managed policies").

Custom cache policies and origin request policies do not exist here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from edgerollout.emulator.cloudfront.errors import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from edgerollout.emulator.messages import Call, Members

MODIFIED = datetime(2021, 11, 2, tzinfo=UTC)
_NO_KEYS: Members = {
    "EnableAcceptEncodingGzip": False,
    "EnableAcceptEncodingBrotli": False,
    "HeadersConfig": {"HeaderBehavior": "none"},
    "CookiesConfig": {"CookieBehavior": "none"},
    "QueryStringsConfig": {"QueryStringBehavior": "none"},
}
_COMPRESSED: Members = {**_NO_KEYS, "EnableAcceptEncodingGzip": True, "EnableAcceptEncodingBrotli": True}


def _cache(name: str, ttl: tuple[int, int, int], keys: Members) -> Members:
    minimum, default, maximum = ttl
    return {
        "Name": f"Managed-{name}",
        "Comment": "",
        "MinTTL": minimum,
        "DefaultTTL": default,
        "MaxTTL": maximum,
        "ParametersInCacheKeyAndForwardedToOrigin": keys,
    }


def _by_origin(query: str) -> Members:
    return {
        **_COMPRESSED,
        "HeadersConfig": {
            "HeaderBehavior": "whitelist",
            "Headers": {
                "Quantity": 5,
                "Items": [
                    "host",
                    "origin",
                    "x-http-method-override",
                    "x-http-method",
                    "x-method-override",
                ],
            },
        },
        "CookiesConfig": {"CookieBehavior": "all"},
        "QueryStringsConfig": {"QueryStringBehavior": query},
    }


CACHE_POLICIES: Mapping[str, Members] = {
    "658327ea-f89d-4fab-a63d-7e88639e58f6": _cache("CachingOptimized", (1, 86400, 31536000), _COMPRESSED),
    "b2884449-e4de-46a7-ac36-70bc7f1ddd6d": _cache(
        "CachingOptimizedForUncompressedObjects", (1, 86400, 31536000), _NO_KEYS
    ),
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": _cache("CachingDisabled", (0, 0, 0), _NO_KEYS),
    "83da9c7e-98b4-4e11-a168-04f0df8e2c65": _cache(
        "UseOriginCacheControlHeaders", (0, 0, 31536000), _by_origin("none")
    ),
    "4cc15a8a-d715-48a4-82b8-cc0b614638fe": _cache(
        "UseOriginCacheControlHeaders-QueryStrings", (0, 0, 31536000), _by_origin("all")
    ),
}

ORIGIN_REQUEST_POLICIES = frozenset(
    {
        "216adef6-5c7f-47e4-b989-5492eafa07d3",  # AllViewer
        "33f36d7e-f396-46d9-90e0-52428a34d9dc",  # AllViewerAndCloudFrontHeaders-2022-06
        "b689b0a8-53d0-40ab-baf2-68738e2966ac",  # AllViewerExceptHostHeader
        "59781a5b-3903-41f3-afcb-af62929ccde1",  # CORS-CustomOrigin
        "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf",  # CORS-S3Origin
        "775133bc-15f2-49f9-abea-afb2e0bf67d2",  # Elemental-MediaTailor-PersonalizedManifests
        "acba4595-bd28-49b8-b9fe-13317c0390fa",  # UserAgentRefererHeaders
    }
)

_ALL_METHODS = ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"]


def _cors(methods: list[str]) -> Members:
    cors: dict[str, object] = {
        "AccessControlAllowOrigins": {"Quantity": 1, "Items": ["*"]},
        "AccessControlAllowHeaders": {"Quantity": 1, "Items": ["*"]},
        "AccessControlAllowMethods": {"Quantity": len(methods), "Items": methods},
        "AccessControlAllowCredentials": False,
        "OriginOverride": False,
    }
    if len(methods) > 2:
        cors["AccessControlExposeHeaders"] = {"Quantity": 1, "Items": ["*"]}
    return {"CorsConfig": cors}


_SECURITY: Members = {
    "SecurityHeadersConfig": {
        "XSSProtection": {"Override": False, "Protection": True, "ModeBlock": True},
        "FrameOptions": {"Override": False, "FrameOption": "SAMEORIGIN"},
        "ReferrerPolicy": {"Override": False, "ReferrerPolicy": "strict-origin-when-cross-origin"},
        "ContentTypeOptions": {"Override": True},
        "StrictTransportSecurity": {"Override": False, "AccessControlMaxAgeSec": 31536000},
    }
}


def _response(name: str, *parts: Members) -> Members:
    config: dict[str, object] = {"Name": f"Managed-{name}", "Comment": ""}
    for part in parts:
        config.update(part)
    return config


RESPONSE_POLICIES: Mapping[str, Members] = {
    "60669652-455b-4ae9-85a4-c4c02393f86c": _response("SimpleCORS", _cors(["GET", "HEAD"])),
    "5cc3b908-e619-4b99-88e5-2cf7f45965bd": _response("CORS-With-Preflight", _cors(_ALL_METHODS)),
    "67f7725c-6f97-4210-82d7-5512b31e9d03": _response("SecurityHeadersPolicy", _SECURITY),
    "e61eb60c-9c35-4d20-a928-2b84e02af89c": _response(
        "CORS-and-SecurityHeadersPolicy", _cors(["GET", "HEAD"]), _SECURITY
    ),
    "eaab4381-ed33-4a86-88ca-d9558dc6cd63": _response(
        "CORS-with-preflight-and-SecurityHeadersPolicy", _cors(_ALL_METHODS), _SECURITY
    ),
}


def etag(identity: str) -> str:
    """Managed policies never change, and so their ETag never does."""
    return "E" + identity.replace("-", "").upper()[:13]


def _cache_policy(identity: str) -> Members:
    return {"Id": identity, "LastModifiedTime": MODIFIED, "CachePolicyConfig": CACHE_POLICIES[identity]}


def _find(call: Call) -> str:
    identity: str = call.inputs["Id"]
    if identity not in CACHE_POLICIES:
        raise refusal("NoSuchCachePolicy", "The specified cache policy does not exist.")
    return identity


def _get(call: Call) -> Members:
    identity = _find(call)
    return {"CachePolicy": _cache_policy(identity), "ETag": etag(identity)}


def _get_config(call: Call) -> Members:
    identity = _find(call)
    return {"CachePolicyConfig": CACHE_POLICIES[identity], "ETag": etag(identity)}


def _list(call: Call) -> Members:
    """All of them fit one page."""
    custom = call.inputs.get("Type") == "custom"
    items = [
        {"Type": "managed", "CachePolicy": _cache_policy(cache_policy)}
        for cache_policy in CACHE_POLICIES
        if not custom
    ]
    answer: dict[str, object] = {"MaxItems": 100, "Quantity": len(items)}
    if items:
        answer["Items"] = items
    return {"CachePolicyList": answer}


def operations() -> dict[str, Callable[[Call], Members]]:
    """The reads of cache policies, and of CloudFront Functions, which do not exist here."""
    return {
        "GetCachePolicy": _get,
        "GetCachePolicyConfig": _get_config,
        "ListCachePolicies": _list,
        "ListFunctions": _no_functions,
        "DescribeFunction": _no_function,
        "GetFunction": _no_function,
    }


def _no_functions(_: Call) -> Members:
    return {"FunctionList": {"MaxItems": 100, "Quantity": 0}}


def _no_function(_: Call) -> Members:
    raise refusal("NoSuchFunctionExists", "The specified function does not exist.")
