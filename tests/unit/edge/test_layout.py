"""What a preview reads of a DistributionConfig, as CloudFront sends it."""

from __future__ import annotations

import pytest

from edgerollout.edge.layout import Layout, layout_of
from edgerollout.edge.model import CustomErrorResponse

_ARN = "arn:aws:lambda:us-east-1:123456789012:function"


def _behavior(tag: str, path: str = "", target: str = "site", more: str = "", methods: str = "") -> str:
    pattern = f"<PathPattern>{path}</PathPattern>" if path else ""
    allowed = f"<AllowedMethods><Items>{methods}</Items></AllowedMethods>" if methods else ""
    return f"<{tag}>{pattern}<TargetOriginId>{target}</TargetOriginId>{allowed}{more}</{tag}>"


def _trigger(event: str, name: str) -> str:
    return (
        "<LambdaFunctionAssociations><Quantity>1</Quantity><Items><LambdaFunctionAssociation>"
        f"<LambdaFunctionARN>{_ARN}:{name}</LambdaFunctionARN><EventType>{event}</EventType>"
        "</LambdaFunctionAssociation></Items></LambdaFunctionAssociations>"
    )


def _config(behaviors: str, default: str = "", rest: str = "", domain: str = "b.s3.amazonaws.com") -> bytes:
    return (
        '<DistributionConfig xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/">'
        "<DefaultRootObject>start.html</DefaultRootObject>"
        "<Origins><Quantity>2</Quantity><Items>"
        f"<Origin><Id>site</Id><DomainName>{domain}</DomainName><S3OriginConfig/></Origin>"
        "<Origin><Id>api</Id><DomainName>api.example.com</DomainName><CustomOriginConfig/></Origin>"
        "</Items></Origins>"
        "<OriginGroups><Items><OriginGroup><Id>both</Id><Members><Items>"
        "<OriginGroupMember><OriginId>api</OriginId></OriginGroupMember>"
        "<OriginGroupMember><OriginId>site</OriginId></OriginGroupMember>"
        "</Items></Members></OriginGroup></Items></OriginGroups>"
        f"<CacheBehaviors><Items>{behaviors}</Items></CacheBehaviors>"
        f"{default or _behavior('DefaultCacheBehavior')}{rest}</DistributionConfig>"
    ).encode()


def test_behaviors_keep_their_order_methods_and_kind_of_origin() -> None:
    methods = "<Method>GET</Method><Method>HEAD</Method><Method>POST</Method>"
    behaviors = _behavior("CacheBehavior", "/api/*", "api", methods=methods)
    found = layout_of("www", _config(behaviors + _behavior("CacheBehavior", "/x", "both")), "headers")

    assert [(behavior.pattern, behavior.from_bucket) for behavior in found.behaviors] == [
        ("/api/*", False),
        ("/x", False),
        ("*", True),
    ]
    assert found.behaviors[0].methods == {"GET", "HEAD", "POST"}
    assert found.behaviors[2].methods == {"GET", "HEAD"}
    assert (found.distribution, found.default_root_object) == ("www", "start.html")


@pytest.mark.parametrize(
    ("codes", "missing"), [((), 403), ((404,), 404), ((403,), 403), ((403, 404), 403), ((500,), 403)]
)
def test_custom_errors_are_not_cached_and_tell_what_the_bucket_says_of_a_missing_file(
    codes: tuple[int, ...], missing: int
) -> None:
    errors = "".join(
        f"<CustomErrorResponse><ErrorCode>{code}</ErrorCode><ResponsePagePath>/e.html</ResponsePagePath>"
        "<ResponseCode>200</ResponseCode><ErrorCachingMinTTL>60</ErrorCachingMinTTL></CustomErrorResponse>"
        for code in codes
    )
    rest = f"<CustomErrorResponses><Items>{errors}</Items></CustomErrorResponses>"
    found = layout_of("www", _config("", rest=rest), "headers")

    assert found.custom_errors == tuple(CustomErrorResponse(code, "/e.html", 200, 0) for code in codes)
    assert found.missing_status == missing


def test_functions_of_others_are_named_and_our_own_is_not() -> None:
    own = _behavior("CacheBehavior", "/a", more=_trigger("origin-response", "headers:7"))
    foreign = _behavior("CacheBehavior", "/b", more=_trigger("origin-request", "rewrite:3"))
    viewer = (
        "<FunctionAssociations><Items><FunctionAssociation><EventType>viewer-response</EventType>"
        "</FunctionAssociation></Items></FunctionAssociations>"
    )
    default = _behavior("DefaultCacheBehavior", more=viewer)
    found = layout_of("www", _config(own + foreign, default), "headers")

    assert found.not_run == (
        "/b origin-request: rewrite:3",
        "Default (*) viewer-response: a CloudFront Function",
    )
    assert found.rewrites


@pytest.mark.parametrize(
    ("domain", "rewrites"),
    [("b.s3.us-east-1.amazonaws.com", False), ("b.s3-website-us-east-1.amazonaws.com", True)],
)
def test_index_documents_are_those_of_a_website_endpoint(domain: str, rewrites: bool) -> None:
    assert layout_of("www", _config("", domain=domain), "headers").rewrites is rewrites


def test_offline_the_paths_left_alone_come_before_the_default_behavior() -> None:
    found = Layout.offline(("/api/*", "Default (*)"))

    assert [behavior.pattern for behavior in found.behaviors] == ["/api/*", "*"]
    assert found.missing_status == 404
