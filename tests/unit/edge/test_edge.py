from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.edge.config_reader import edge_distribution
from edgerollout.edge.model import CustomErrorResponse, MissingFunction
from edgerollout.edge.origins import OriginRequest, StoredObject, folder_origin, s3_origin
from edgerollout.handlers.code import FunctionCode

from .world import World, behavior

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "host",
    [
        "www.example.com",
        "WWW.Example.com",
        "www.example.com:8443",
        "www.example.com.localhost",
        "www.example.com.localhost:8443",
        "d111.cloudfront.net",
        "d111.cloudfront.net.localhost:80",
    ],
)
def test_a_distribution_answers_to_all_its_names(world: World, host: str) -> None:
    assert world.get("/a.html", host=host).status == 200


@pytest.mark.parametrize("host", ["", "example.com", "other.example.com", "localhost"])
def test_an_unknown_host_is_cloudfronts_own_403(world: World, host: str) -> None:
    answer = world.get("/a.html", host=host)
    assert (answer.status, answer.header("x-cache")) == (403, "Error from cloudfront")
    assert b"The request could not be satisfied" in answer.body


def test_an_exact_alias_goes_before_a_wildcard(world: World) -> None:
    wild = replace(
        world.distribution,
        id="E2",
        domain_name="d2.cloudfront.net",
        behaviors=(behavior(target="spare"),),
        aliases=("*.example.com",),
    )
    world.edge.deploy(wild)
    assert world.get("/only-spare.html", host="other.example.com").status == 200
    assert world.get("/only-spare.html", host="www.example.com").status == 403
    assert world.get("/only-spare.html", host="example.com").status == 403
    assert world.edge.hosts() == (
        "www.example.com",
        "*.example.com",
        "d111.cloudfront.net",
        "d2.cloudfront.net",
    )


def test_a_disabled_or_removed_distribution_is_not_served(world: World) -> None:
    world.deploy(enabled=False)
    assert world.get("/a.html").status == 403
    world.deploy(enabled=True)
    assert world.get("/a.html").status == 200
    world.edge.remove("E1")
    assert world.get("/a.html").status == 403


def test_the_root_is_the_default_root_object_and_folders_are_not(world: World) -> None:
    assert world.get("/").body == b"<p>home</p>"
    assert world.get("/folder/").status == 403


def test_every_response_carries_cloudfronts_headers(world: World) -> None:
    answer = world.get("/a.html")
    assert answer.header("x-amz-cf-pop") == "SBX1-P1"
    assert "(CloudFront)" in (answer.header("via") or "")
    assert answer.header("date") == "Fri, 01 May 2026 00:00:00 GMT"
    assert answer.header("x-amz-cf-id") != world.get("/a.html").header("x-amz-cf-id")


def test_https_only_refuses_http(world: World) -> None:
    world.deploy(behavior(viewer_protocol_policy="https-only"))
    assert world.get("/a.html", scheme="http").status == 403
    assert world.get("/a.html", scheme="https").status == 200


@pytest.mark.parametrize(
    ("host", "location"),
    [
        ("www.example.com", "https://www.example.com/a.html"),
        ("www.example.com.localhost:8080", "https://www.example.com.localhost:8443/a.html"),
    ],
)
def test_a_redirect_to_https_leads_to_this_edges_own_port(world: World, host: str, location: str) -> None:
    world.deploy(behavior(viewer_protocol_policy="redirect-to-https"))
    answer = world.get("/a.html", host=host, scheme="http", https_port=8443)
    assert answer.header("location") == location
    assert world.get("/a.html", method="POST", scheme="http").status == 307


def test_a_method_the_behavior_does_not_allow_is_refused(world: World) -> None:
    assert world.get("/a.html", method="POST").status == 403
    assert world.site.asked == []


def test_an_error_is_cached_for_ten_seconds(world: World) -> None:
    world.get("/new.html")
    world.site.files["new.html"] = b"now"
    assert world.get("/new.html").status == 403
    world.clock.sleep(11)
    assert world.get("/new.html").status == 200


def test_an_error_is_cached_as_long_as_its_custom_response_says(world: World) -> None:
    world.deploy(custom_error_responses=(CustomErrorResponse(403, min_ttl=100),))
    world.get("/new.html")
    world.clock.sleep(90)
    world.get("/new.html")
    assert len(world.site.asked) == 1


def test_an_error_page_that_cannot_be_had_answers_with_its_own_error(world: World) -> None:
    world.site.missing_status = 404
    world.deploy(custom_error_responses=(CustomErrorResponse(404, "/no-such.html", 200),))
    assert world.get("/new.html").status == 404


def test_an_origin_is_asked_at_its_own_path_and_never_sees_the_viewers_headers(world: World) -> None:
    origin = world.distribution.origins[0]
    moved = type(origin)(origin.id, origin.domain_name, "/v1", (("X-Secret", "s"),), is_s3=True)
    world.deploy(origins=(moved,))
    world.get("/a.html", headers=(("Cookie", "c=1"), ("Accept", "*/*")))
    asked = world.site.asked[0]
    assert asked.path == "/v1/a.html"
    assert {name for name, _ in asked.headers} == {"User-Agent", "X-Forwarded-For", "X-Secret"}


FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:headers:7"


def test_a_distribution_is_read_from_its_configuration() -> None:
    code = FunctionCode(b"", "index.handler", "python3.13", arn=FUNCTION)
    config = {
        "CallerReference": "x",
        "Aliases": {"Quantity": 1, "Items": ["www.example.com"]},
        "DefaultRootObject": "index.html",
        "Enabled": True,
        "Origins": {
            "Quantity": 2,
            "Items": [
                {
                    "Id": "a",
                    "DomainName": "site.s3.us-east-1.amazonaws.com",
                    "OriginPath": "/v1",
                    "CustomHeaders": {"Quantity": 1, "Items": [{"HeaderName": "X-A", "HeaderValue": "1"}]},
                    "S3OriginConfig": {"OriginAccessIdentity": ""},
                },
                {"Id": "b", "DomainName": "api.example.com", "CustomOriginConfig": {}},
            ],
        },
        "OriginGroups": {
            "Quantity": 1,
            "Items": [
                {
                    "Id": "g",
                    "FailoverCriteria": {"StatusCodes": {"Quantity": 2, "Items": [403, 500]}},
                    "Members": {"Quantity": 2, "Items": [{"OriginId": "a"}, {"OriginId": "b"}]},
                }
            ],
        },
        "CacheBehaviors": {
            "Quantity": 1,
            "Items": [
                {
                    "PathPattern": "/api/*",
                    "TargetOriginId": "b",
                    "ViewerProtocolPolicy": "https-only",
                    "AllowedMethods": {"Quantity": 3, "Items": ["GET", "HEAD", "POST"]},
                    "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
                    "LambdaFunctionAssociations": {"Quantity": 0},
                }
            ],
        },
        "DefaultCacheBehavior": {
            "TargetOriginId": "g",
            "ViewerProtocolPolicy": "redirect-to-https",
            "MinTTL": 0,
            "DefaultTTL": 60,
            "MaxTTL": 120,
            "ForwardedValues": {"QueryString": True, "Cookies": {"Forward": "none"}},
            "LambdaFunctionAssociations": {
                "Quantity": 2,
                "Items": [
                    {"EventType": "origin-response", "LambdaFunctionARN": FUNCTION, "IncludeBody": False},
                    {"EventType": "viewer-request", "LambdaFunctionARN": "arn:gone:1", "IncludeBody": True},
                ],
            },
        },
        "CustomErrorResponses": {
            "Quantity": 2,
            "Items": [
                {
                    "ErrorCode": 403,
                    "ResponsePagePath": "/index.html",
                    "ResponseCode": "200",
                    "ErrorCachingMinTTL": 0,
                },
                {"ErrorCode": 500, "ResponsePagePath": "", "ResponseCode": "", "ErrorCachingMinTTL": 5},
            ],
        },
    }
    distribution = edge_distribution("E9", "d9.cloudfront.net", config, {FUNCTION: code})
    api, default = distribution.behaviors
    assert (distribution.aliases, distribution.default_root_object) == (("www.example.com",), "index.html")
    assert (api.path_pattern, api.target, api.cache.max_ttl, "POST" in api.methods) == (
        "/api/*",
        "b",
        0,
        True,
    )
    assert (default.path_pattern, default.cache.default_ttl, default.cache.query_in_key) == ("*", 60, True)
    assert default.functions == {"origin-response": code, "viewer-request": MissingFunction("arn:gone:1")}
    assert default.include_body == {"viewer-request"}
    assert [origin.bucket for origin in distribution.origins] == ["site", None]
    assert [origin.id for origin in distribution.origins_of("g")[0]] == ["a", "b"]
    assert distribution.origins_of("b")[1] == frozenset()
    first, second = distribution.custom_error_responses
    assert (first.page_path, first.response_code, first.min_ttl) == ("/index.html", 200, 0)
    assert (second.page_path, second.response_code, second.min_ttl) == (None, None, 5)


def test_a_folder_is_served_as_a_bucket_would_be(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "näme.html").write_text("x")
    (tmp_path / "secret").write_text("x")
    origin = folder_origin(tmp_path / "site")
    found = origin.fetch(OriginRequest("GET", "/n%C3%A4me.html"))
    assert (found.status, found.header("content-type"), found.body) == (200, "text/html", b"x")
    for path in ("/../secret", "/%2e%2e/secret", "/", "/missing", "/%00", "/" + "x" * 5000):
        assert origin.fetch(OriginRequest("GET", path)).status == 403, path
    assert folder_origin(tmp_path, missing_status=404).fetch(OriginRequest("GET", "/no")).status == 404
    assert origin.fetch(OriginRequest("PUT", "/n%C3%A4me.html")).status == 405


def test_a_bucket_is_asked_for_decoded_keys() -> None:
    asked = []

    def fetch_s3(bucket: str, key: str) -> StoredObject | None:
        asked.append((bucket, key))
        return StoredObject(b"x", "text/plain", '"1"') if key == "a b.txt" else None

    origin = s3_origin(fetch_s3, "site")
    assert origin.fetch(OriginRequest("GET", "/a%20b.txt")).header("etag") == '"1"'
    assert origin.fetch(OriginRequest("GET", "/a%20b.txt", headers=(("If-None-Match", '"1"'),))).status == 304
    assert origin.fetch(OriginRequest("GET", "/c")).status == 403
    assert asked == [("site", "a b.txt"), ("site", "a b.txt"), ("site", "c")]
