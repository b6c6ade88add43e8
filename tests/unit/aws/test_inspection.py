"""IAM's simulation, asked as far as IAM takes its questions together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import botocore.exceptions as boto
import pytest

from edgerollout.aws.inspection import AccountInspection
from edgerollout.aws.retry import RetryingCaller
from edgerollout.rollout.ports import AwsFailure
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

USER = "arn:aws:iam::123456789012:user/deployer"
APART = (
    "Actions [lambda:GetFunction] and [iam:CreateRole] require different authorization information. Please"
    " simulate them separately."
)


class Iam:
    """Takes one action at a time; of `unknown` ones it has never heard."""

    def __init__(self, unknown: Sequence[str] = (), message: str = APART, broken: Sequence[str] = ()) -> None:
        self.unknown = unknown
        self.broken = broken
        self.message = message
        self.asked: list[list[str]] = []

    def simulate_principal_policy(self, **asked: Any) -> Mapping[str, object]:
        actions = asked["ActionNames"]
        self.asked.append(actions)
        if len(actions) > 1:
            raise _refused(self.message)
        if actions[0] in self.unknown:
            raise _refused("Invalid Entity Action")
        if actions[0] in self.broken:
            raise _refused("Request failed", "ServiceFailure")
        result = {"EvalActionName": actions[0], "EvalDecision": "allowed", "EvalResourceName": "*"}
        return {"EvaluationResults": [result], "IsTruncated": False}


def _refused(message: str, code: str = "InvalidInput") -> boto.ClientError:
    return boto.ClientError({"Error": {"Code": code, "Message": message}}, "SimulatePrincipalPolicy")


def inspection(iam: Iam) -> AccountInspection:
    return AccountInspection(
        lambda _: iam, RetryingCaller(FakeClock(), lambda _: None), lambda: ("123456789012", USER)
    )


ACTIONS = ("iam:CreateRole", "lambda:GetFunction", "wafv2:New")


def test_actions_that_iam_does_not_judge_together_are_asked_one_by_one() -> None:
    iam = Iam(unknown=("wafv2:New",))
    found = inspection(iam).decisions(USER, ACTIONS, ["*"])
    assert [(decision.action, decision.allowed) for decision in found] == [
        ("iam:CreateRole", True),
        ("lambda:GetFunction", True),
    ]
    assert iam.asked == [list(ACTIONS), *([action] for action in ACTIONS)]


def test_what_fails_for_one_action_is_a_failure_and_no_action_that_is_left_open() -> None:
    with pytest.raises(AwsFailure, match="SimulatePrincipalPolicy") as failed:
        inspection(Iam(broken=("lambda:GetFunction",))).decisions(USER, ACTIONS, ["*"])
    assert failed.value.code == "ServiceFailure"


def test_another_refusal_is_a_failure_after_one_question() -> None:
    iam = Iam(message="Invalid Entity Arn")
    with pytest.raises(AwsFailure):
        inspection(iam).decisions(USER, ACTIONS, ["*"])
    assert len(iam.asked) == 1
