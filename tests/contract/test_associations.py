"""Which functions CloudFront takes as triggers, and how it refuses the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Aws

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function"
CLOUDFRONT_FUNCTION = "arn:aws:cloudfront::123456789012:function/rewrite"


def refused(aws: Aws, *associations: dict[str, Any], **behavior: Any) -> str:
    """CloudFront's words when the associations are refused; nothing is stored then."""
    config = aws.config(*associations)
    config["DefaultCacheBehavior"].update(behavior)
    refusal = aws.refusal(aws.cloudfront.create_distribution, DistributionConfig=config)
    assert (refusal.code, refusal.status) == ("InvalidLambdaFunctionAssociation", 400)
    return refusal.message


@pytest.mark.parametrize("qualifier", [":$LATEST", "", ":live"])
def test_only_a_numbered_version_is_taken(aws: Aws, qualifier: str) -> None:
    name = aws.function()
    aws.version(name)
    aws.functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    arn = f"{FUNCTION}:{name}{qualifier}"
    assert refused(aws, aws.trigger(arn)) == (
        "The function ARN must reference a specific function version. "
        f"(The ARN must end with the version number.) ARN: {arn}"
    )


def test_a_function_of_another_region_is_refused(aws: Aws) -> None:
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:headers:1"
    assert refused(aws, aws.trigger(arn)) == f"The function must be in region 'us-east-1'. ARN: {arn}"


def test_arm64_is_refused(aws: Aws) -> None:
    arn = aws.version(Architectures=["arm64"])
    assert refused(aws, aws.trigger(arn)) == (
        f"Lambda@Edge does not support functions with an architecture of arm64. Function: {arn}"
    )


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"Environment": {"Variables": {"STAGE": "x"}}}, "environment variables"),
        ({"Layers": ["arn:aws:lambda:us-east-1:123456789012:layer:agent:1"]}, "a layer"),
        ({"VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}, "a VPC configuration"),
        (
            {"DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:123456789012:dead"}},
            "a dead-letter queue",
        ),
        ({"TracingConfig": {"Mode": "Active"}}, "active tracing"),
        ({"KMSKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1"}, "a customer managed key"),
        ({"EphemeralStorage": {"Size": 1024}}, "ephemeral storage above 512 MB"),
    ],
)
def test_what_lambda_at_edge_cannot_have_is_refused(aws: Aws, settings: dict[str, Any], what: str) -> None:
    arn = aws.version(**settings)
    assert refused(aws, aws.trigger(arn)) == f"The function cannot have {what}. Function: {arn}"


def test_the_rules_look_at_the_version_and_not_at_the_latest(aws: Aws) -> None:
    name = aws.function()
    arn = aws.version(name)
    aws.functions.update_function_configuration(FunctionName=name, Environment={"Variables": {"STAGE": "x"}})
    assert aws.distribution(aws.trigger(arn))


def test_a_role_that_does_not_trust_the_edge_is_refused(aws: Aws) -> None:
    role = aws.role(services=("lambda.amazonaws.com",))
    assert refused(aws, aws.trigger(aws.version(role=role))) == (
        "The function execution role must be assumable with edgelambda.amazonaws.com as well as "
        f"lambda.amazonaws.com principals. Update the IAM role and try again. Role: {role}"
    )


@pytest.mark.parametrize(
    "arn", [f"{FUNCTION}:nobody:1", "arn:aws:lambda:us-east-1:222222222222:function:theirs:1"]
)
def test_a_function_that_is_not_there_or_not_ours_is_refused(aws: Aws, arn: str) -> None:
    assert f"permission: lambda:GetFunction for resource: {arn}" in refused(aws, aws.trigger(arn))


def test_a_version_that_is_not_there_is_refused(aws: Aws) -> None:
    arn = aws.version()[: -len("1")] + "999"
    assert "cannot retrieve the specified Lambda function" in refused(aws, aws.trigger(arn))


def test_another_accounts_function_is_refused_though_it_exists(aws: Aws) -> None:
    other = aws.client("lambda", "222222222222")
    name = aws.name()
    other.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=aws.role(account="222222222222"),
        Handler="index.handler",
        Code={"ZipFile": aws.zipped("x = 1")},
        Publish=True,
    )
    arn = f"arn:aws:lambda:us-east-1:222222222222:function:{name}:1"
    assert "cannot retrieve" in refused(aws, aws.trigger(arn))


def test_text_that_is_no_arn_is_refused(aws: Aws) -> None:
    assert refused(aws, aws.trigger("security-headers:1")).startswith("The function ARN is not valid")


@pytest.mark.parametrize(
    ("settings", "event", "what", "limit"),
    [
        (
            {"Timeout": 60},
            "origin-response",
            "timeout is larger than the maximum allowed",
            "60 Max allowed: 30",
        ),
        (
            {"Timeout": 30},
            "viewer-response",
            "timeout is larger than the maximum allowed",
            "30 Max allowed: 5",
        ),
        (
            {"MemorySize": 512},
            "viewer-request",
            "memory size is larger than the maximum allowed size",
            "512 Max allowed: 128",
        ),
    ],
)
def test_timeout_and_memory_are_limited_by_event(
    aws: Aws, settings: dict[str, Any], event: str, what: str, limit: str
) -> None:
    arn = aws.version(**settings)
    assert refused(aws, aws.trigger(arn, event)) == (
        f"The function {what} for functions that are triggered by a CloudFront event: {limit} Function: {arn}"
    )


@pytest.mark.parametrize(
    ("settings", "event"),
    [({"Timeout": 30, "MemorySize": 3008}, "origin-response"), ({"Timeout": 5}, "viewer-response")],
)
def test_limits_themselves_are_accepted(aws: Aws, settings: dict[str, Any], event: str) -> None:
    assert aws.distribution(aws.trigger(aws.version(**settings), event))


def test_the_viewer_timeout_can_be_switched_to_the_newer_limit(aws: Aws) -> None:
    aws.adjust(viewer_timeout_seconds=30)
    assert aws.distribution(aws.trigger(aws.version(Timeout=30), "viewer-response"))


def test_a_runtime_the_edge_lacks_is_refused_with_those_it_has(aws: Aws) -> None:
    arn = aws.version(Runtime="ruby3.3")
    message = refused(aws, aws.trigger(arn))
    assert message.startswith(
        f"The function has a runtime that is not supported by Lambda@Edge: ruby3.3 Function: {arn} "
        "Supported runtimes: [nodejs"
    )
    assert "python3.13" in message


def test_a_pending_version_is_refused(aws: Aws) -> None:
    name = aws.function()
    aws.functions.get_function(FunctionName=name)
    aws.adjust(function_seconds=5)
    arn = aws.version(name)
    assert refused(aws, aws.trigger(arn)) == (
        f"The function must be in an Active state. The current state for function {arn} is Pending"
    )
    aws.pass_time(5)
    assert aws.distribution(aws.trigger(arn))


def test_two_functions_for_one_event_are_refused(aws: Aws) -> None:
    arn = aws.version()
    assert "Event type origin-response cannot be associated with two functions" in refused(
        aws, aws.trigger(arn), aws.trigger(arn)
    )


@pytest.mark.parametrize("event", ["origin-response", "viewer-response"])
def test_the_body_is_not_for_response_events(aws: Aws, event: str) -> None:
    assert refused(aws, aws.trigger(aws.version(), event, IncludeBody=True)) == (
        "The IncludeBody option can only be used with viewer-request or origin-request events."
    )


def test_the_body_is_for_request_events(aws: Aws) -> None:
    assert aws.distribution(aws.trigger(aws.version(), "origin-request", IncludeBody=True))


def _cloudfront_function(event: str) -> dict[str, Any]:
    return {"Quantity": 1, "Items": [{"FunctionARN": CLOUDFRONT_FUNCTION, "EventType": event}]}


def test_a_cloudfront_function_on_the_same_event_is_refused(aws: Aws) -> None:
    trigger = aws.trigger(aws.version(), "viewer-request")
    message = refused(aws, trigger, FunctionAssociations=_cloudfront_function("viewer-request"))
    assert "Event type viewer-request cannot be associated with two functions" in message


@pytest.mark.parametrize(
    ("event", "cloudfront_event"),
    [("viewer-response", "viewer-request"), ("viewer-request", "viewer-response")],
)
def test_both_kinds_of_functions_on_viewer_events_are_refused(
    aws: Aws, event: str, cloudfront_event: str
) -> None:
    config = aws.config(aws.trigger(aws.version(), event))
    config["DefaultCacheBehavior"]["FunctionAssociations"] = _cloudfront_function(cloudfront_event)
    refusal = aws.refusal(aws.cloudfront.create_distribution, DistributionConfig=config)
    assert (refusal.code, refusal.status) == ("InvalidFunctionAssociation", 400)


def test_a_cloudfront_function_beside_an_origin_trigger_is_accepted(aws: Aws) -> None:
    config = aws.config(aws.trigger(aws.version()))
    config["DefaultCacheBehavior"]["FunctionAssociations"] = _cloudfront_function("viewer-request")
    assert aws.cloudfront.create_distribution(DistributionConfig=config)


@pytest.mark.parametrize(
    ("quota", "code"),
    [
        ({"functions_per_distribution": 0}, "TooManyLambdaFunctionAssociations"),
        ({"associations_per_behavior": 0}, "TooManyLambdaFunctionAssociations"),
        ({"distributions_with_functions": 0}, "TooManyDistributionsWithLambdaAssociations"),
        ({"distributions_per_function": 0}, "TooManyDistributionsWithSingleFunctionARN"),
    ],
)
def test_quotas_of_function_associations_hold(aws: Aws, quota: dict[str, int], code: str) -> None:
    trigger = aws.trigger(aws.version())
    aws.adjust(**quota)
    refusal = aws.refusal(aws.cloudfront.create_distribution, DistributionConfig=aws.config(trigger))
    assert (refusal.code, refusal.status) == (code, 400)


def test_an_update_is_held_to_the_same_rules_and_stores_nothing(aws: Aws) -> None:
    identity = aws.distribution(aws.trigger(aws.version()))
    before = aws.cloudfront.get_distribution_config(Id=identity)

    def detached(config: dict[str, Any]) -> None:
        config["DefaultCacheBehavior"]["LambdaFunctionAssociations"]["Items"][0]["LambdaFunctionARN"] += "0"

    refusal = aws.refusal(aws.edit, identity=identity, change=detached)
    assert refusal.code == "InvalidLambdaFunctionAssociation"
    after = aws.cloudfront.get_distribution_config(Id=identity)
    assert (after["ETag"], after["DistributionConfig"]) == (before["ETag"], before["DistributionConfig"])
