from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from edgerollout.aws.permissions import (
    COMMANDS,
    MANAGED_POLICY_LIMIT,
    TABLE,
    On,
    PermissionTarget,
    github_trust,
    policy,
    rights,
    wildcards,
)
from edgerollout.emulator.iam_simulation import decide

STAGING = PermissionTarget("123456789012", "headers-staging", "edge-staging", ("E0",))
VPC_ORIGIN = "arn:aws:cloudfront::123456789012:vpcorigin/vo_1"
WEB_ACL = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/site/1"
CLASSIC_WEB_ACL = "473e64fd-f30b-4765-81a0-62ad96dd167a"
TARGET = PermissionTarget(
    "123456789012",
    "headers-production",
    "edge-production",
    ("E1", "E2"),
    STAGING,
    vpc_origins=(VPC_ORIGIN,),
    web_acls=(CLASSIC_WEB_ACL, WEB_ACL),
)
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:headers-production"
CONTEXT = {
    "iam:passedtoservice": ["lambda.amazonaws.com"],
    "iam:policyarn": ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"],
    "iam:awsservicename": ["replicator.lambda.amazonaws.com"],
}
LOOKING = ("Get", "List", "Simulate")


def statements(
    command: str, target: PermissionTarget = TARGET, *, first: bool = False
) -> list[dict[str, Any]]:
    document: Any = policy([command], target, first=first)
    assert document["Version"] == "2012-10-17"
    found: list[dict[str, Any]] = document["Statement"]
    return found


def allows(command: str, action: str, resource: str, *, first: bool = False) -> bool:
    text = json.dumps(policy([command], TARGET, first=first))
    return decide([text], action, resource, CONTEXT).decision == "allowed"


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("command", [*COMMANDS, "all"])
def test_a_policy_has_names_for_its_statements_and_fits_a_managed_policy(command: str, first: bool) -> None:
    wanted = COMMANDS if command == "all" else (command,)
    document: Any = policy(wanted, TARGET, first=first)
    names = [statement["Sid"] for statement in document["Statement"]]
    assert len(names) == len(set(names))
    assert all(re.fullmatch("[A-Za-z0-9]+", name) for name in names)
    assert len(json.dumps(document, separators=(",", ":"))) < MANAGED_POLICY_LIMIT


@pytest.mark.parametrize("command", COMMANDS)
def test_a_policy_allows_every_right_that_the_command_needs(command: str) -> None:
    for right in rights(command, TARGET):
        for resource in right.resources:
            assert allows(command, right.action, resource, first=True), (right.action, resource)


@pytest.mark.parametrize("command", ["plan", "status", "verify", "history", "doctor"])
def test_commands_that_read_may_change_nothing(command: str) -> None:
    for statement in statements(command, first=True):
        assert all(action.partition(":")[2].startswith(LOOKING) for action in statement["Action"])


def test_nothing_is_on_everything_but_what_aws_gives_on_nothing_less() -> None:
    for command in COMMANDS:
        broad = {
            action
            for statement in statements(command)
            if statement["Resource"] == "*"
            for action in statement["Action"]
        }
        assert broad == {action for action, _ in wildcards([command], TARGET)}
    assert all(why for _, why in wildcards(COMMANDS, replace(TARGET, by_policy=True)))


@pytest.mark.parametrize("command", COMMANDS)
def test_no_policy_allows_to_delete_the_function_itself(command: str) -> None:
    assert not allows(command, "lambda:DeleteFunction", FUNCTION, first=True)
    assert allows(command, "lambda:DeleteFunction", f"{FUNCTION}:3") is (command == "prune")


def test_rollback_can_neither_upload_nor_publish() -> None:
    for action in ("lambda:UpdateFunctionCode", "lambda:PublishVersion", "iam:PassRole"):
        assert not allows("rollback", action, FUNCTION, first=True)


def test_a_publish_reaches_no_other_distribution_function_or_role() -> None:
    arn = "arn:aws:cloudfront::123456789012:distribution"
    assert allows("publish", "cloudfront:UpdateDistribution", f"{arn}/E2")
    assert not allows("publish", "cloudfront:UpdateDistribution", f"{arn}/E9")
    assert not allows("publish", "lambda:UpdateFunctionCode", f"{FUNCTION}-2")
    assert not allows("publish", "iam:PassRole", "arn:aws:iam::123456789012:role/admin")


def test_the_role_is_passed_to_lambda_alone() -> None:
    text = json.dumps(policy(["publish"], TARGET))
    role = "arn:aws:iam::123456789012:role/edge-production"
    elsewhere = {"iam:passedtoservice": ["ec2.amazonaws.com"]}
    assert decide([text], "iam:PassRole", role, CONTEXT).decision == "allowed"
    assert decide([text], "iam:PassRole", role, elsewhere).decision == "implicitDeny"


@pytest.mark.parametrize(
    "action",
    ["iam:CreateRole", "iam:AttachRolePolicy", "lambda:CreateFunction", "iam:CreateServiceLinkedRole"],
)
def test_what_only_a_first_rollout_needs_is_left_out_unless_asked_for(action: str) -> None:
    def given(*, first: bool) -> set[str]:
        return {item for statement in statements("publish", first=first) for item in statement["Action"]}

    assert action not in given(first=False)
    assert action in given(first=True)


def test_the_new_role_gets_no_policy_but_that_for_logs() -> None:
    text = json.dumps(policy(["publish"], TARGET, first=True))
    role = "arn:aws:iam::123456789012:role/edge-production"
    admin = {"iam:policyarn": ["arn:aws:iam::aws:policy/AdministratorAccess"]}
    assert decide([text], "iam:AttachRolePolicy", role, CONTEXT).decision == "allowed"
    assert decide([text], "iam:AttachRolePolicy", role, admin).decision == "implicitDeny"


def test_promote_reads_the_environment_before_and_no_other_command_does() -> None:
    before = STAGING.arns(On.FUNCTION)[0]
    assert allows("promote", "lambda:GetFunction", f"{before}:4")
    assert not allows("promote", "lambda:UpdateFunctionCode", before)
    assert not allows("publish", "lambda:GetFunction", before)
    alone = PermissionTarget("123456789012", "headers-testing", "edge-testing", ("E5",))
    assert "Before" not in json.dumps(policy(["promote"], alone))


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("cloudfront:GetVpcOrigin", VPC_ORIGIN),
        ("wafv2:GetWebACL", WEB_ACL),
        ("waf:GetWebACL", f"arn:aws:waf::123456789012:webacl/{CLASSIC_WEB_ACL}"),
    ],
)
def test_what_a_swap_is_asked_for_besides_is_there_where_the_distributions_have_it(
    action: str, resource: str
) -> None:
    for command in COMMANDS:
        assert allows(command, action, resource) is (
            command in {"publish", "promote", "advance", "rollback", "detach"}
        )
    assert action not in json.dumps(policy(["publish"], STAGING))


WITHIN = {
    "cloudfront:GetVpcOrigin": "publish promote advance rollback detach",
    "iam:CreateServiceLinkedRole": "publish promote advance",
    "iam:PassRole": "publish promote advance",
    "lambda:DisableReplication*": "publish promote advance rollback detach",
    "lambda:EnableReplication*": "publish promote advance rollback detach",
    "lambda:GetFunction": "detach",
    "lambda:ListTags": "plan publish promote advance tour wait status verify history rollback prune detach"
    " doctor terraform",
    "waf:GetWebACL": "publish promote advance rollback detach",
    "wafv2:GetWebACL": "publish promote advance rollback detach",
}
"""What AWS asks for inside of another call: no log of calls shows it, so it is held here."""


@pytest.mark.parametrize("action", WITHIN)
def test_what_aws_asks_for_inside_of_another_call_is_printed(action: str) -> None:
    rows = [grant for grant in TABLE if grant.within and grant.action == action]
    assert {command for row in rows for command in row.commands} == set(WITHIN[action].split())


def test_nothing_else_is_asked_for_inside_of_another_call() -> None:
    assert {grant.action for grant in TABLE if grant.within} == set(WITHIN)


def test_ids_that_are_not_known_become_any_distribution_of_the_account() -> None:
    unknown = PermissionTarget("123456789012", "f", "r", ())
    assert unknown.arns(On.DISTRIBUTIONS) == ("arn:aws:cloudfront::123456789012:distribution/*",)


def test_every_row_of_the_table_says_why() -> None:
    assert all(grant.why and grant.commands <= set(COMMANDS) for grant in TABLE)


def test_a_github_environment_of_one_repository_may_assume_the_role_and_nobody_else() -> None:
    document: Any = github_trust("123456789012", "acme/site", "production")
    (statement,) = document["Statement"]
    assert statement["Principal"] == {
        "Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    }
    assert statement["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": "repo:acme/site:environment:production",
        }
    }
