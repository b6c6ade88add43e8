"""CloudFront's distributions, as AWS answers them."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from edgerollout.emulator.cloudfront.document import read_config
from edgerollout.emulator.codec.rest_xml import element_of

if TYPE_CHECKING:
    from conftest import Aws

STALE = "The request failed because it didn't meet the preconditions in one or more request-header fields."
NO_IF_MATCH = "The If-Match version is missing or not valid for the resource."


def lost(sent: Any, got: Any, path: str = "") -> list[str]:
    """What of `sent` is not in `got`."""
    if isinstance(sent, dict):
        return [
            place
            for name, value in sent.items()
            for place in ([f"{path}.{name}"] if name not in got else lost(value, got[name], f"{path}.{name}"))
        ]
    if isinstance(sent, list):
        if len(sent) != len(got):
            return [path]
        return [
            place
            for number, value in enumerate(sent)
            for place in lost(value, got[number], f"{path}[{number}]")
        ]
    return [] if sent == got else [path]


def rich(aws: Aws) -> dict[str, Any]:
    """A config with about everything a real site has."""
    config = aws.config(aws.trigger(aws.version()), paths=("/api/*", "/static/*"))
    config["Aliases"] = {"Quantity": 1, "Items": [f"{aws.name('www')}.example.com"]}
    config["DefaultRootObject"] = "index.html"
    config["Origins"] = {
        "Quantity": 2,
        "Items": [
            {
                "Id": "site",
                "DomainName": "site.s3.amazonaws.com",
                "OriginPath": "/live",
                "CustomHeaders": {
                    "Quantity": 1,
                    "Items": [{"HeaderName": "X-From", "HeaderValue": "<cdn> & co"}],
                },
                "S3OriginConfig": {"OriginAccessIdentity": ""},
                "OriginAccessControlId": "E1AAAAAAAAAAAA",
                "OriginShield": {"Enabled": True, "OriginShieldRegion": "eu-central-1"},
            },
            {
                "Id": "api",
                "DomainName": "api.example.com",
                "CustomOriginConfig": {
                    "HTTPPort": 80,
                    "HTTPSPort": 443,
                    "OriginProtocolPolicy": "https-only",
                    "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]},
                    "OriginReadTimeout": 45,
                    "OriginKeepaliveTimeout": 7,
                },
            },
        ],
    }
    config["OriginGroups"] = {
        "Quantity": 1,
        "Items": [
            {
                "Id": "both",
                "FailoverCriteria": {"StatusCodes": {"Quantity": 2, "Items": [500, 503]}},
                "Members": {"Quantity": 2, "Items": [{"OriginId": "site"}, {"OriginId": "api"}]},
            }
        ],
    }
    config["DefaultCacheBehavior"] = {**config["DefaultCacheBehavior"], "TargetOriginId": "both"}
    api = config["CacheBehaviors"]["Items"][0]
    api.pop("CachePolicyId")
    api.update(
        TargetOriginId="api",
        ForwardedValues={
            "QueryString": True,
            "Cookies": {"Forward": "whitelist", "WhitelistedNames": {"Quantity": 1, "Items": ["sid"]}},
            "Headers": {"Quantity": 1, "Items": ["Origin"]},
        },
        MinTTL=0,
        DefaultTTL=0,
        MaxTTL=60,
        AllowedMethods={
            "Quantity": 3,
            "Items": ["GET", "HEAD", "OPTIONS"],
            "CachedMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]},
        },
    )
    config["CustomErrorResponses"] = {
        "Quantity": 1,
        "Items": [
            {
                "ErrorCode": 404,
                "ResponsePagePath": "/index.html",
                "ResponseCode": "200",
                "ErrorCachingMinTTL": 10,
            }
        ],
    }
    config["ViewerCertificate"] = {
        "ACMCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1",
        "SSLSupportMethod": "sni-only",
        "MinimumProtocolVersion": "TLSv1.2_2021",
    }
    config["Restrictions"] = {
        "GeoRestriction": {"RestrictionType": "blacklist", "Quantity": 1, "Items": ["AQ"]}
    }
    config["HttpVersion"] = "http2and3"
    return config


def test_creating_with_tags_answers_201_with_etag_location_and_in_progress(aws: Aws) -> None:
    made = aws.cloudfront.create_distribution_with_tags(
        DistributionConfigWithTags={
            "DistributionConfig": aws.config(),
            "Tags": {"Items": [{"Key": "team", "Value": "web"}]},
        }
    )
    distribution = made["Distribution"]
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert made["Location"].endswith(f"/2020-05-31/distribution/{distribution['Id']}")
    assert distribution["Status"] == "InProgress"
    assert distribution["ARN"] == f"arn:aws:cloudfront::123456789012:distribution/{distribution['Id']}"
    assert aws.cloudfront.list_tags_for_resource(Resource=distribution["ARN"])["Tags"]["Items"] == [
        {"Key": "team", "Value": "web"}
    ]


def test_ids_and_etags_have_the_shape_aws_gives_them(aws: Aws) -> None:
    made = aws.cloudfront.create_distribution(DistributionConfig=aws.config())
    assert re.fullmatch(r"E[A-Z0-9]{13}", made["Distribution"]["Id"])
    assert re.fullmatch(r"E[A-Z0-9]{13}", made["ETag"])
    assert re.fullmatch(r"d[a-z0-9]+\.cloudfront\.net", made["Distribution"]["DomainName"])


def test_creating_echoes_everything_submitted_and_awss_defaults(aws: Aws) -> None:
    config = rich(aws)
    echoed = aws.cloudfront.create_distribution(DistributionConfig=config)["Distribution"][
        "DistributionConfig"
    ]
    assert lost(config, echoed) == []
    default = echoed["DefaultCacheBehavior"]
    assert default["GrpcConfig"] == {"Enabled": False}
    assert default["AllowedMethods"]["Items"] == ["HEAD", "GET"]
    assert default["LambdaFunctionAssociations"]["Items"][0]["IncludeBody"] is False
    assert echoed["PriceClass"] == "PriceClass_All"
    assert echoed["Origins"]["Items"][1]["ConnectionAttempts"] == 3


def test_a_rich_config_survives_read_modify_write(aws: Aws) -> None:
    identity = aws.distribution(**rich(aws))
    read = aws.cloudfront.get_distribution_config(Id=identity)
    aws.cloudfront.update_distribution(
        Id=identity, IfMatch=read["ETag"], DistributionConfig=read["DistributionConfig"]
    )
    again = aws.cloudfront.get_distribution_config(Id=identity)
    assert again["DistributionConfig"] == read["DistributionConfig"]
    assert again["ETag"] != read["ETag"]


def test_fields_that_the_sdk_does_not_know_survive_a_raw_read_modify_write(aws: Aws) -> None:
    """The adapter edits the XML as it came; what AWS added since botocore's release must not be lost."""
    bodies: list[bytes] = []
    client = aws.client("cloudfront", user_agent_extra="raw")

    def replace_body(params: dict[str, Any], **_: Any) -> None:
        params["body"] = bodies[-1]

    def keep_body(http_response: Any, **_: Any) -> None:
        bodies.append(http_response.content)

    client.meta.events.register("after-call.cloudfront.GetDistributionConfig", keep_body)
    identity = aws.distribution(paths=("/a/*",))
    read = client.get_distribution_config(Id=identity)
    new = b"<FutureConfig><Mode>strict</Mode><Items><Name>a &amp; b</Name></Items></FutureConfig>"
    bodies[-1] = bodies[-1].replace(b"</DistributionConfig>", new + b"</DistributionConfig>")
    bodies[-1] = bodies[-1].replace(b"<PathPattern>", b"<Beta>1</Beta><PathPattern>")
    client.meta.events.register("before-call.cloudfront.UpdateDistribution", replace_body)
    client.update_distribution(
        Id=identity, IfMatch=read["ETag"], DistributionConfig=read["DistributionConfig"]
    )
    client.get_distribution_config(Id=identity)
    assert new in bodies[-1]
    assert b"<Beta>1</Beta><PathPattern>/a/*" in bodies[-1]


def test_a_config_document_is_its_own_fixed_point(aws: Aws) -> None:
    aws.distribution(**rich(aws))
    page = aws.cloudfront.list_distributions(MaxItems="1")
    bodies: list[bytes] = []
    client = aws.client("cloudfront", user_agent_extra="raw")
    client.meta.events.register(
        "after-call.cloudfront.GetDistributionConfig",
        lambda http_response, **_: bodies.append(http_response.content),
    )
    client.get_distribution_config(Id=page["DistributionList"]["Items"][0]["Id"])
    document = read_config(element_of(bodies[0]))
    assert bodies[0].decode().endswith(document.standalone)


def test_a_created_distribution_is_in_progress_for_its_window_then_deployed(aws: Aws) -> None:
    identity = aws.distribution()

    def status() -> str:
        return aws.cloudfront.get_distribution(Id=identity)["Distribution"]["Status"]

    assert status() == "InProgress"
    aws.pass_time(299)
    assert status() == "InProgress"
    aws.pass_time(1)
    assert status() == "Deployed"


def test_the_config_and_the_distribution_have_one_etag(aws: Aws) -> None:
    identity = aws.distribution()
    assert (
        aws.cloudfront.get_distribution_config(Id=identity)["ETag"]
        == aws.cloudfront.get_distribution(Id=identity)["ETag"]
    )


def test_function_associations_are_kept_per_behavior(aws: Aws) -> None:
    arn = aws.version()
    identity = aws.distribution(aws.trigger(arn), paths=("/p0/*", "/p1/*", "/p2/*"))
    config = aws.cloudfront.get_distribution_config(Id=identity)["DistributionConfig"]
    kept = [
        behavior["LambdaFunctionAssociations"]["Items"]
        for behavior in [config["DefaultCacheBehavior"], *config["CacheBehaviors"]["Items"]]
    ]
    assert kept == [[aws.trigger(arn, IncludeBody=False)]] * 4


def test_last_modified_is_now_and_moves_with_updates(aws: Aws) -> None:
    identity = aws.distribution()
    made = aws.cloudfront.get_distribution(Id=identity)["Distribution"]["LastModifiedTime"]
    assert made == aws.now
    aws.pass_time(90)
    updated = aws.edit(identity, lambda config: config.update(Comment="later"))
    assert (updated["Distribution"]["LastModifiedTime"] - made).total_seconds() == 90


def test_an_update_without_if_match_is_refused(aws: Aws) -> None:
    identity = aws.distribution()
    config = aws.cloudfront.get_distribution_config(Id=identity)["DistributionConfig"]
    refusal = aws.refusal(aws.cloudfront.update_distribution, Id=identity, DistributionConfig=config)
    assert (refusal.code, refusal.status, refusal.message) == ("InvalidIfMatchVersion", 400, NO_IF_MATCH)


@pytest.mark.parametrize("garbage", ["garbage", "*", '"', "e123"])
def test_an_update_with_a_garbage_if_match_is_refused(aws: Aws, garbage: str) -> None:
    identity = aws.distribution()
    config = aws.cloudfront.get_distribution_config(Id=identity)["DistributionConfig"]
    refusal = aws.refusal(
        aws.cloudfront.update_distribution, Id=identity, IfMatch=garbage, DistributionConfig=config
    )
    assert (refusal.code, refusal.status) == ("InvalidIfMatchVersion", 400)


def test_a_stale_etag_is_refused_with_412(aws: Aws) -> None:
    identity = aws.distribution()
    read = aws.cloudfront.get_distribution_config(Id=identity)
    aws.edit(identity, lambda config: config.update(Comment="someone else"))
    refusal = aws.refusal(
        aws.cloudfront.update_distribution,
        Id=identity,
        IfMatch=read["ETag"],
        DistributionConfig=read["DistributionConfig"],
    )
    assert (refusal.code, refusal.status, refusal.message) == ("PreconditionFailed", 412, STALE)


def test_an_update_goes_in_progress_with_a_new_etag_then_deployed(aws: Aws) -> None:
    identity = aws.deployed_distribution()
    before = aws.cloudfront.get_distribution(Id=identity)
    updated = aws.edit(identity, lambda config: config.update(Comment="new"))
    assert before["Distribution"]["Status"] == "Deployed"
    assert updated["Distribution"]["Status"] == "InProgress"
    assert updated["ETag"] != before["ETag"]
    aws.pass_time(300)
    after = aws.cloudfront.get_distribution(Id=identity)
    assert (after["Distribution"]["Status"], after["ETag"]) == ("Deployed", updated["ETag"])


def test_an_update_during_another_is_deployed_after_both(aws: Aws) -> None:
    identity = aws.distribution()
    aws.pass_time(200)
    aws.edit(identity, lambda config: config.update(Comment="second"))
    aws.pass_time(100)
    assert aws.cloudfront.get_distribution(Id=identity)["Distribution"]["Status"] == "InProgress"
    aws.pass_time(200)
    assert aws.cloudfront.get_distribution(Id=identity)["Distribution"]["Status"] == "Deployed"


def test_an_update_attaches_triggers_to_every_behavior(aws: Aws) -> None:
    arn = aws.version()
    identity = aws.distribution(paths=("/p0/*", "/p1/*", "/p2/*"))

    def attach(config: dict[str, Any]) -> None:
        for behavior in [config["DefaultCacheBehavior"], *config["CacheBehaviors"]["Items"]]:
            behavior["LambdaFunctionAssociations"] = {"Quantity": 1, "Items": [aws.trigger(arn)]}

    aws.edit(identity, attach)
    config = aws.cloudfront.get_distribution_config(Id=identity)["DistributionConfig"]
    assert [
        behavior["LambdaFunctionAssociations"]["Items"][0]["LambdaFunctionARN"]
        for behavior in [config["DefaultCacheBehavior"], *config["CacheBehaviors"]["Items"]]
    ] == [arn] * 4


def test_an_update_replaces_and_never_merges(aws: Aws) -> None:
    identity = aws.distribution(aws.trigger(aws.version()))
    aws.edit(identity, lambda config: config["DefaultCacheBehavior"].pop("LambdaFunctionAssociations"))
    config = aws.cloudfront.get_distribution_config(Id=identity)["DistributionConfig"]
    assert config["DefaultCacheBehavior"]["LambdaFunctionAssociations"] == {"Quantity": 0}


def test_an_unchanged_update_is_accepted(aws: Aws) -> None:
    updated = aws.edit(aws.distribution(), lambda _: None)
    assert updated["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_the_sdks_waiter_for_deployment_returns(aws: Aws) -> None:
    aws.cloudfront.get_waiter("distribution_deployed").wait(Id=aws.deployed_distribution())


def test_of_eight_concurrent_updates_with_one_etag_exactly_one_succeeds(aws: Aws) -> None:
    identity = aws.distribution()
    read = aws.cloudfront.get_distribution_config(Id=identity)

    def update(number: int) -> str:
        config = {**read["DistributionConfig"], "Comment": f"writer {number}"}
        try:
            aws.cloudfront.update_distribution(Id=identity, IfMatch=read["ETag"], DistributionConfig=config)
        except ClientError as error:
            return error.response["Error"]["Code"]
        return "stored"

    with ThreadPoolExecutor(8) as writers:
        outcomes = list(writers.map(update, range(8)))
    assert sorted(outcomes) == ["PreconditionFailed"] * 7 + ["stored"]


def _quantity(config: dict[str, Any]) -> None:
    config["Origins"]["Quantity"] = 2


def _reference(config: dict[str, Any]) -> None:
    config["CallerReference"] += "-other"


def _origin(config: dict[str, Any]) -> None:
    config["DefaultCacheBehavior"]["TargetOriginId"] = "nowhere"


def _group(config: dict[str, Any]) -> None:
    config["OriginGroups"] = {
        "Quantity": 1,
        "Items": [
            {
                "Id": "group",
                "FailoverCriteria": {"StatusCodes": {"Quantity": 1, "Items": [500]}},
                "Members": {"Quantity": 2, "Items": [{"OriginId": "site"}, {"OriginId": "nowhere"}]},
            }
        ],
    }


def _cache_policy(config: dict[str, Any]) -> None:
    config["DefaultCacheBehavior"]["CachePolicyId"] = "00000000-0000-0000-0000-000000000000"


def _response_policy(config: dict[str, Any]) -> None:
    config["DefaultCacheBehavior"]["ResponseHeadersPolicyId"] = "00000000-0000-0000-0000-000000000000"


def _both_policies(config: dict[str, Any]) -> None:
    config["DefaultCacheBehavior"]["ForwardedValues"] = {"QueryString": False, "Cookies": {"Forward": "none"}}


def _paths(config: dict[str, Any], paths: list[str]) -> None:
    items = [{"PathPattern": path, **config["DefaultCacheBehavior"]} for path in paths]
    config["CacheBehaviors"] = {"Quantity": len(items), "Items": items}


def _eighty(config: dict[str, Any]) -> None:
    _paths(config, [f"/p{number}/*" for number in range(80)])


def _twice(config: dict[str, Any]) -> None:
    _paths(config, ["/a/*", "/b/*", "/a/*"])


def _event(config: dict[str, Any]) -> None:
    config["DefaultCacheBehavior"]["LambdaFunctionAssociations"] = {
        "Quantity": 1,
        "Items": [{"LambdaFunctionARN": "arn", "EventType": "origin-answer"}],
    }


def _timeout(config: dict[str, Any]) -> None:
    config["Origins"]["Items"][0].pop("S3OriginConfig")
    config["Origins"]["Items"][0]["CustomOriginConfig"] = {
        "HTTPPort": 80,
        "HTTPSPort": 443,
        "OriginProtocolPolicy": "https-only",
    }


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        (_quantity, "InconsistentQuantities", 400),
        (_reference, "IllegalUpdate", 400),
        (_origin, "NoSuchOrigin", 404),
        (_group, "NoSuchOrigin", 404),
        (_cache_policy, "NoSuchCachePolicy", 404),
        (_response_policy, "NoSuchResponseHeadersPolicy", 404),
        (_both_policies, "InvalidArgument", 400),
        (_eighty, "TooManyCacheBehaviors", 400),
        (_twice, "InvalidArgument", 400),
        (_event, "MalformedXML", 400),
        (_timeout, "IllegalUpdate", 400),
    ],
)
def test_a_config_that_breaks_a_rule_is_refused(aws: Aws, change: Any, code: str, status: int) -> None:
    identity = aws.distribution()
    before = aws.cloudfront.get_distribution_config(Id=identity)["ETag"]
    refusal = aws.refusal(aws.edit, identity=identity, change=change)
    assert (refusal.code, refusal.status) == (code, status)
    assert aws.cloudfront.get_distribution_config(Id=identity)["ETag"] == before


def test_seventy_five_behaviors_are_accepted(aws: Aws) -> None:
    identity = aws.distribution(paths=tuple(f"/p{number}/*" for number in range(75)))
    config = aws.cloudfront.get_distribution_config(Id=identity)["DistributionConfig"]
    assert config["CacheBehaviors"]["Quantity"] == 75


def test_a_caller_reference_makes_one_distribution_only(aws: Aws) -> None:
    config = aws.config()
    first = aws.cloudfront.create_distribution(DistributionConfig=config)["Distribution"]["Id"]
    refusal = aws.refusal(
        aws.cloudfront.create_distribution, DistributionConfig={**config, "Comment": "different"}
    )
    assert (refusal.code, refusal.status) == ("DistributionAlreadyExists", 409)
    assert refusal.message.endswith(f"Already exists: {first}")


def test_an_unknown_distribution_is_not_found(aws: Aws) -> None:
    refusal = aws.refusal(aws.cloudfront.get_distribution, Id="E0000000000000")
    assert (refusal.code, refusal.status) == ("NoSuchDistribution", 404)
    assert refusal.message == "The specified distribution does not exist."


@pytest.mark.parametrize("account", ["123456789012", "222222222222"])
def test_an_alias_belongs_to_one_distribution_of_any_account(aws: Aws, account: str) -> None:
    alias = {"Quantity": 1, "Items": [f"{aws.name('www')}.example.com"]}
    aws.distribution(Aliases=alias)
    refusal = aws.refusal(aws.distribution, account=account, Aliases=alias)
    assert (refusal.code, refusal.status) == ("CNAMEAlreadyExists", 409)


def test_an_enabled_distribution_cannot_be_deleted(aws: Aws) -> None:
    identity = aws.deployed_distribution()
    etag = aws.cloudfront.get_distribution(Id=identity)["ETag"]
    refusal = aws.refusal(aws.cloudfront.delete_distribution, Id=identity, IfMatch=etag)
    assert (refusal.code, refusal.status) == ("DistributionNotDisabled", 409)


def test_a_disabled_and_deployed_distribution_can_be_deleted(aws: Aws) -> None:
    identity = aws.deployed_distribution()
    etag = aws.edit(identity, lambda config: config.update(Enabled=False))["ETag"]
    assert aws.refusal(aws.cloudfront.delete_distribution, Id=identity, IfMatch=etag).status == 409
    aws.pass_time(300)
    assert aws.refusal(aws.cloudfront.delete_distribution, Id=identity).code == "InvalidIfMatchVersion"
    stale = aws.refusal(aws.cloudfront.delete_distribution, Id=identity, IfMatch="E00000000000AA")
    assert stale.code == "PreconditionFailed"
    deleted = aws.cloudfront.delete_distribution(Id=identity, IfMatch=etag)
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert aws.refusal(aws.cloudfront.get_distribution, Id=identity).code == "NoSuchDistribution"


def test_distributions_of_another_account_cannot_be_seen(aws: Aws) -> None:
    identity = aws.distribution()
    other = aws.client("cloudfront", "222222222222")
    assert aws.refusal(other.get_distribution, Id=identity).code == "NoSuchDistribution"


@pytest.mark.parametrize(
    ("operation", "inputs"),
    [
        ("copy_distribution", {"PrimaryDistributionId": "E1", "CallerReference": "x"}),
        ("list_continuous_deployment_policies", {}),
        ("create_monitoring_subscription", {"DistributionId": "E1", "MonitoringSubscription": {}}),
        ("delete_function", {"Name": "f", "IfMatch": "E1"}),
    ],
)
def test_operations_out_of_scope_are_refused_by_name(
    aws: Aws, operation: str, inputs: dict[str, Any]
) -> None:
    refusal = aws.refusal(getattr(aws.cloudfront, operation), **inputs)
    assert (refusal.code, refusal.status) == ("NotImplemented", 501)
    name = "".join(part.capitalize() for part in operation.split("_"))
    assert refusal.message == f"The sandbox does not answer cloudfront:{name}."
