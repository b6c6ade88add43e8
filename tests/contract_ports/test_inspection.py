"""What a check-up asks: the fake and the adapter over the sandbox answer alike."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from botocore.session import Session

from edgerollout.release.delivery.quota_checks import EDGE_DISTRIBUTIONS_QUOTA, POLICIES_QUOTA
from edgerollout.release.facts.account_facts import Decision
from edgerollout.rollout.ports import AwsFailure

if TYPE_CHECKING:
    from .conftest import Prepared, SandboxWorld, World

ONE, TWO, THREE = (
    f"arn:aws:lambda:us-east-1:123456789012:function:{name}" for name in ("one", "two", "three")
)
KNOWS_PLANS = pytest.mark.skipif(
    "pricing-plan-manager" not in Session().get_available_services(), reason="this SDK has no such service"
)
LOGGING = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


def test_the_caller_is_an_arn_of_the_account(world: World) -> None:
    assert world.aws.inspection.caller().split(":")[4] == world.aws.account()


def test_an_account_has_room_for_code(world: World, prepared: Prepared) -> None:
    storage = world.aws.inspection.code_storage()
    assert 0 < storage.used < storage.most


def test_the_quota_of_distributions_with_triggers_is_a_number(world: World) -> None:
    assert world.aws.inspection.cloudfront_quota(EDGE_DISTRIBUTIONS_QUOTA) == 500
    assert world.aws.inspection.cloudfront_quota(POLICIES_QUOTA) == 20


@KNOWS_PLANS
def test_nothing_is_on_a_flat_rate_plan_at_first(world: World) -> None:
    assert world.aws.inspection.flat_rate() == frozenset()


@pytest.mark.sandbox
def test_a_quota_without_a_value_of_its_own_is_none(sandbox: SandboxWorld) -> None:
    assert sandbox.aws.inspection.cloudfront_quota("L-UNKNOWN") is None


@KNOWS_PLANS
@pytest.mark.sandbox
def test_plans_are_read_page_by_page(sandbox: SandboxWorld) -> None:
    account = sandbox.aws.account()
    arns = {f"arn:aws:cloudfront::{account}:distribution/E{n}" for n in range(45)}
    for arn in sorted(arns):
        sandbox.server.books.subscribe(account, arn)
    assert sandbox.aws.inspection.flat_rate() == arns
    assert sandbox.aws.calls["pricingplanmanager:ListSubscriptions"] == 3


@pytest.mark.sandbox
def test_decisions_come_for_every_action_on_every_resource(sandbox: SandboxWorld) -> None:
    arn = _user(sandbox, "lambda:Get*", [ONE, TWO])
    found = sandbox.aws.inspection.decisions(
        arn, ["lambda:GetFunction", "lambda:PublishVersion"], [ONE, THREE]
    )
    assert set(found) == {
        Decision("lambda:GetFunction", ONE, allowed=True),
        Decision("lambda:GetFunction", THREE, allowed=False),
        Decision("lambda:PublishVersion", ONE, allowed=False),
        Decision("lambda:PublishVersion", THREE, allowed=False),
    }


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("condition", "decision"),
    [
        ({"ArnEquals": {"iam:PolicyARN": LOGGING}}, Decision("iam:AttachRolePolicy", ONE, allowed=True)),
        ({"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/Admin"}},
         Decision("iam:AttachRolePolicy", ONE, allowed=False)),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}},
         Decision("iam:AttachRolePolicy", ONE, allowed=False, unknown=("aws:MultiFactorAuthPresent",))),
    ],
)  # fmt: skip
def test_conditions_are_judged_where_the_check_up_knows_their_values(
    sandbox: SandboxWorld, condition: dict[str, object], decision: Decision
) -> None:
    arn = _user(sandbox, "iam:AttachRolePolicy", [ONE], condition)
    assert sandbox.aws.inspection.decisions(arn, ["iam:AttachRolePolicy"], [ONE]) == (decision,)


@pytest.mark.sandbox
def test_many_resources_are_asked_about_in_turns(sandbox: SandboxWorld) -> None:
    arn = _user(sandbox, "lambda:*", ["*"])
    resources = [f"r{n}" for n in range(120)]
    assert len(sandbox.aws.inspection.decisions(arn, ["lambda:GetFunction"], resources)) == 120
    assert sandbox.aws.calls["iam:SimulatePrincipalPolicy"] == 3


@pytest.mark.sandbox
def test_a_principal_that_does_not_exist_is_a_failure(sandbox: SandboxWorld) -> None:
    arn = f"arn:aws:iam::{sandbox.aws.account()}:user/nobody"
    with pytest.raises(AwsFailure, match="NoSuchEntity"):
        sandbox.aws.inspection.decisions(arn, ["lambda:GetFunction"], ["*"])


def _user(
    sandbox: SandboxWorld, action: str, resources: list[str], condition: dict[str, object] | None = None
) -> str:
    """A user with that one right; its ARN."""
    client = sandbox.aws.roles._client
    made = client.create_user(UserName="deployer")["User"]
    statement = {"Effect": "Allow", "Action": action, "Resource": resources}
    if condition is not None:
        statement["Condition"] = condition
    document = {"Version": "2012-10-17", "Statement": [statement]}
    client.put_user_policy(UserName="deployer", PolicyName="p", PolicyDocument=json.dumps(document))
    return made["Arn"]
