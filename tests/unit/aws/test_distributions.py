from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from edgerollout.aws.distributions import check_document, from_headers_policy, from_summary

if TYPE_CHECKING:
    from mypy_boto3_cloudfront.type_defs import (
        ResponseHeadersPolicyConfigOutputTypeDef,
        ResponseHeadersPolicyTypeDef,
    )


def policy(config: ResponseHeadersPolicyConfigOutputTypeDef) -> ResponseHeadersPolicyTypeDef:
    return {
        "Id": "P1",
        "LastModifiedTime": datetime(2026, 1, 1, tzinfo=UTC),
        "ResponseHeadersPolicyConfig": config,
    }


def test_of_a_response_headers_policy_counts_what_it_overrides_and_removes() -> None:
    found = from_headers_policy(
        policy(
            {
                "Name": "ours",
                "SecurityHeadersConfig": {
                    "ContentSecurityPolicy": {"Override": True, "ContentSecurityPolicy": "img-src *"},
                    "FrameOptions": {"Override": False, "FrameOption": "DENY"},
                    "StrictTransportSecurity": {"Override": True, "AccessControlMaxAgeSec": 300},
                },
                "CustomHeadersConfig": {
                    "Quantity": 2,
                    "Items": [
                        {"Header": "Permissions-Policy", "Value": "camera=()", "Override": True},
                        {"Header": "X-Team", "Value": "blue", "Override": False},
                    ],
                },
                "RemoveHeadersConfig": {"Quantity": 1, "Items": [{"Header": "X-Powered-By"}]},
            }
        )
    )
    assert (found.id, found.name) == ("P1", "ours")
    assert found.overrides == {"content-security-policy", "strict-transport-security", "permissions-policy"}
    assert found.removes == {"x-powered-by"}


def test_a_response_headers_policy_may_set_nothing_but_cors() -> None:
    cors = from_headers_policy(
        policy(
            {
                "Name": "cors",
                "CorsConfig": {
                    "AccessControlAllowOrigins": {"Quantity": 1, "Items": ["*"]},
                    "AccessControlAllowHeaders": {"Quantity": 1, "Items": ["*"]},
                    "AccessControlAllowMethods": {"Quantity": 1, "Items": ["GET"]},
                    "AccessControlAllowCredentials": False,
                    "OriginOverride": True,
                },
            }
        )
    )
    assert "access-control-allow-origin" in cors.overrides


def summary() -> Any:
    none = {"Quantity": 0}
    trigger = {"LambdaFunctionARN": "arn:aws:lambda:us-east-1:123456789012:function:h:1", "EventType": "x"}
    behavior = {
        "TargetOriginId": "site",
        "LambdaFunctionAssociations": {"Quantity": 1, "Items": [trigger]},
        "FunctionAssociations": none,
    }
    return {
        "Id": "E1",
        "ARN": "arn:aws:cloudfront::123456789012:distribution/E1",
        "DomainName": "d1.cloudfront.net",
        "Status": "Deployed",
        "LastModifiedTime": datetime(2026, 1, 1, tzinfo=UTC),
        "Aliases": {"Quantity": 1, "Items": ["www.example.com"]},
        "CacheBehaviors": {"Quantity": 1, "Items": [{**behavior, "PathPattern": "/a/*"}]},
        "CustomErrorResponses": none,
        "DefaultCacheBehavior": behavior,
    }


def without(document: Any, *path: str) -> Any:
    first, *rest = path
    if not rest:
        return {name: value for name, value in document.items() if name != first}
    if first == "0":
        return [without(document[0], *rest), *document[1:]]
    return {**document, first: without(document[first], *rest)}


@pytest.mark.parametrize(
    "path",
    [
        "Id",
        "LastModifiedTime",
        "Status",
        "Aliases",
        "Aliases.Items",
        "Aliases.Quantity",
        "CacheBehaviors",
        "CacheBehaviors.Items",
        "CacheBehaviors.Items.0.PathPattern",
        "CacheBehaviors.Items.0.LambdaFunctionAssociations",
        "DefaultCacheBehavior",
        "DefaultCacheBehavior.LambdaFunctionAssociations",
        "DefaultCacheBehavior.LambdaFunctionAssociations.Items",
        "DefaultCacheBehavior.LambdaFunctionAssociations.Items.0.EventType",
    ],
)
def test_what_is_missing_is_never_taken_for_what_is_not_there(path: str) -> None:
    assert from_summary(summary()).behaviors[0].triggers
    with pytest.raises((KeyError, ValueError)):
        from_summary(without(summary(), *path.split(".")))


def test_a_multi_tenant_distribution_has_no_aliases_to_miss() -> None:
    tenants: Any = {**without(summary(), "Aliases"), "ConnectionMode": "tenant-only"}
    assert from_summary(tenants).aliases == ()


@pytest.mark.parametrize(
    "path", ["CallerReference", "Origins", "Origins.Items", "CacheBehaviors", "DefaultCacheBehavior"]
)
def test_a_configuration_that_lacks_what_each_has_is_not_sent_back(path: str) -> None:
    whole: Any = {
        **summary(),
        "CallerReference": "made",
        "Origins": {"Quantity": 1, "Items": [{"Id": "site", "DomainName": "site.example.com"}]},
    }
    check_document(whole)
    with pytest.raises((KeyError, ValueError)):
        check_document(without(whole, *path.split(".")))


def test_origins_inside_a_vpc_are_named_by_their_owner_and_a_web_acl_as_cloudfront_has_it() -> None:
    inside = {"Id": "a", "DomainName": "a", "VpcOriginConfig": {"VpcOriginId": "vo_1"}}
    shared = {
        "Id": "b",
        "DomainName": "b",
        "VpcOriginConfig": {"VpcOriginId": "vo_2", "OwnerAccountId": "999999999999"},
    }
    found = from_summary(
        {
            **summary(),
            "Origins": {"Quantity": 3, "Items": [{"Id": "c", "DomainName": "c"}, inside, shared]},
            "WebACLId": "arn:aws:wafv2:us-east-1:123456789012:global/webacl/site/1",
        }
    )
    assert found.vpc_origins == (
        "arn:aws:cloudfront::123456789012:vpcorigin/vo_1",
        "arn:aws:cloudfront::999999999999:vpcorigin/vo_2",
    )
    assert found.web_acl == "arn:aws:wafv2:us-east-1:123456789012:global/webacl/site/1"
    assert from_summary({**summary(), "WebACLId": ""}).web_acl is None
