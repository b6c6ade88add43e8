"""sts and iam, as AWS answers them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from edgerollout.emulator.iam_simulation import decide

if TYPE_CHECKING:
    from conftest import Aws

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


@pytest.mark.parametrize("account", ["123456789012", "222222222222", "000000000001"])
def test_the_caller_is_of_the_account_in_its_access_key(aws: Aws, account: str) -> None:
    identity = aws.client("sts", account).get_caller_identity()
    assert identity["Account"] == account
    assert identity["Arn"].startswith(f"arn:aws:sts::{account}:")
    assert identity["UserId"]


def test_an_assumed_role_acts_for_its_own_account(aws: Aws) -> None:
    import boto3

    given = aws.client("sts").assume_role(
        RoleArn="arn:aws:iam::333333333333:role/deployer", RoleSessionName="rollout"
    )["Credentials"]
    session = boto3.Session(
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
        region_name="us-east-1",
    )
    endpoint = aws.server.endpoint_url
    assert session.client("sts", endpoint_url=endpoint).get_caller_identity()["Account"] == "333333333333"
    made = session.client("cloudfront", endpoint_url=endpoint).create_distribution(
        DistributionConfig=aws.config()
    )
    assert made["Distribution"]["ARN"].startswith("arn:aws:cloudfront::333333333333:distribution/")
    assert (
        aws.refusal(aws.cloudfront.get_distribution, Id=made["Distribution"]["Id"]).code
        == "NoSuchDistribution"
    )


def test_a_created_role_comes_back_with_its_arn_and_trust_policy(aws: Aws) -> None:
    name = aws.name("role")
    made = aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]
    assert made["Arn"] == f"arn:aws:iam::123456789012:role/{name}"
    assert aws.iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"] == json.loads(TRUST)


def test_a_second_role_of_the_same_name_is_refused(aws: Aws) -> None:
    name = aws.name("role")
    aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    refusal = aws.refusal(aws.iam.create_role, RoleName=name, AssumeRolePolicyDocument=TRUST)
    assert (refusal.code, refusal.status) == ("EntityAlreadyExists", 409)


@pytest.mark.parametrize(
    "document",
    [
        "{",
        "[]",
        '{"Version": "2012-10-17"}',
        '{"Statement": [{"Effect": "Maybe", "Principal": "*", "Action": "sts:AssumeRole"}]}',
        '{"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]}',
        '{"Statement": [{"Effect": "Allow", "Principal": "*"}]}',
        '{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"}}',
    ],
)
def test_a_malformed_trust_policy_is_refused(aws: Aws, document: str) -> None:
    name = aws.name("role")
    refusal = aws.refusal(aws.iam.create_role, RoleName=name, AssumeRolePolicyDocument=document)
    assert (refusal.code, refusal.status) == ("MalformedPolicyDocument", 400)
    assert aws.refusal(aws.iam.get_role, RoleName=name).code == "NoSuchEntity"


def test_the_managed_policy_for_logs_attaches(aws: Aws) -> None:
    name = aws.role().rpartition("/")[2]
    aws.iam.attach_role_policy(RoleName=name, PolicyArn=BASIC)
    attached = aws.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in attached] == [BASIC]


def test_aws_has_its_managed_policies_in_every_account(aws: Aws) -> None:
    iam, any_other = aws.client("iam", "444444444445"), "arn:aws:iam::aws:policy/ReadOnlyAccess"
    assert iam.get_policy(PolicyArn=any_other)["Policy"]["PolicyName"] == "ReadOnlyAccess"
    pages = iam.get_paginator("list_policies").paginate(Scope="AWS")
    listed = [policy["Arn"] for page in pages for policy in page["Policies"]]
    assert {BASIC, any_other} <= set(listed)
    assert len(listed) == len(set(listed)) > 1000
    missing = "arn:aws:iam::aws:policy/NoSuchThing"
    assert aws.refusal(iam.get_policy, PolicyArn=missing).code == "NoSuchEntity"


@pytest.mark.parametrize(
    ("service", "name"),
    [
        ("replicator.lambda.amazonaws.com", "AWSServiceRoleForLambdaReplicator"),
        ("logger.cloudfront.amazonaws.com", "AWSServiceRoleForCloudFrontLogger"),
    ],
)
def test_service_linked_roles_have_the_names_aws_gives_them(aws: Aws, service: str, name: str) -> None:
    iam = aws.client("iam", "444444444444")
    role = iam.create_service_linked_role(AWSServiceName=service)["Role"]
    assert role["RoleName"] == name
    assert role["Arn"] == f"arn:aws:iam::444444444444:role/aws-service-role/{service}/{name}"
    assert iam.get_role(RoleName=name)["Role"]["Arn"] == role["Arn"]
    assert aws.refusal(iam.create_service_linked_role, AWSServiceName=service).code == "InvalidInput"


def test_the_first_edge_function_of_an_account_brings_the_replicator_role(aws: Aws) -> None:
    aws.distribution(aws.trigger(aws.version()))
    # Other tests make many roles in the account, more than one page of them.
    listed = aws.iam.get_paginator("list_roles").paginate().build_full_result()["Roles"]
    names = {role["RoleName"] for role in listed}
    assert {"AWSServiceRoleForLambdaReplicator", "AWSServiceRoleForCloudFrontLogger"} <= names


def test_a_principals_policies_can_be_simulated(aws: Aws) -> None:
    arn = aws.role()
    name = arn.rpartition("/")[2]
    aws.iam.attach_role_policy(RoleName=name, PolicyArn=BASIC)
    aws.iam.put_role_policy(
        RoleName=name,
        PolicyName="no-delete",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {"Effect": "Deny", "Action": "logs:Delete*", "Resource": "*"},
            }
        ),
    )
    results = aws.iam.simulate_principal_policy(
        PolicySourceArn=arn,
        ActionNames=["logs:PutLogEvents", "logs:DeleteLogGroup", "lambda:GetFunction"],
    )["EvaluationResults"]
    assert [(result["EvalActionName"], result["EvalDecision"]) for result in results] == [
        ("logs:PutLogEvents", "allowed"),
        ("logs:DeleteLogGroup", "explicitDeny"),
        ("lambda:GetFunction", "implicitDeny"),
    ]


@pytest.mark.parametrize(
    ("statement", "decision"),
    [
        ({"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}, "allowed"),
        ({"Effect": "Allow", "Action": "LAMBDA:getfunction", "Resource": "*"}, "allowed"),
        ({"Effect": "Allow", "Action": "lambda:GetFunction", "Resource": "arn:aws:lambda:*:f:*"}, "allowed"),
        (
            {"Effect": "Allow", "Action": "lambda:GetFunction", "Resource": "arn:aws:lambda:*:f"},
            "implicitDeny",
        ),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, "allowed"),
        ({"Effect": "Allow", "Action": "lambda:*", "NotResource": "arn:aws:lambda:*"}, "implicitDeny"),
        (
            {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:MFA": "true"}}},
            "implicitDeny",
        ),
    ],
)
def test_statements_cover_actions_and_resources_as_iam_reads_them(
    statement: dict[str, object], decision: str
) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    resource = "arn:aws:lambda:us-east-1:123456789012:function:f:3"
    assert decide([policy], "lambda:GetFunction", resource).decision == decision
