"""What Lambda's answers say of a function beside its code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import botocore.exceptions as boto
import pytest

from edgerollout.aws.errors import translate
from edgerollout.aws.function_values import to_function
from edgerollout.aws.functions import LambdaControl
from edgerollout.aws.retry import RetryingCaller
from edgerollout.rollout.ports import AwsFailure, Busy
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIGURATION: Mapping[str, object] = {
    "FunctionName": "f",
    "FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:f",
    "Role": "arn:aws:iam::123456789012:role/edge",
    "MemorySize": 128,
    "Timeout": 3,
    "CodeSha256": "x",
    "RevisionId": "r",
    "State": "Active",
    "LastUpdateStatus": "Successful",
    "Version": "$LATEST",
}


@pytest.mark.parametrize(
    ("more", "peculiar"),
    [
        ({}, ()),
        ({"SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"}}, ()),
        ({"SnapStart": {"ApplyOn": "PublishedVersions"}}, ("SnapStart",)),
        ({"FileSystemConfigs": []}, ()),
        ({"FileSystemConfigs": [{"Arn": "a", "LocalMountPath": "/mnt/x"}]}, ("a file system",)),
        ({"TenancyConfig": {"TenantIsolationMode": "PER_TENANT"}}, ("tenant isolation",)),
        ({"DurableConfig": {"ExecutionTimeout": 60}}, ("durable execution",)),
        (
            {"CapacityProviderConfig": {"LambdaManagedInstancesCapacityProviderConfig": {}}},
            ("a capacity provider",),
        ),
    ],
)
def test_settings_that_no_edge_has_are_named(more: dict[str, object], peculiar: tuple[str, ...]) -> None:
    configuration = cast("Any", {**CONFIGURATION, **more})
    assert to_function(configuration, (), {}, own_key_for_code=False).peculiar == peculiar


class Client:
    def __init__(self, code: Mapping[str, object]) -> None:
        self._code = code

    def get_function(self, **_: object) -> Mapping[str, object]:
        return {"Configuration": CONFIGURATION, "Code": self._code}


def test_a_version_whose_code_lambda_cannot_give_says_why() -> None:
    client = Client({"Error": {"ErrorCode": "KMSAccessDenied", "Message": "no access to the key"}})
    control = LambdaControl(
        cast("Any", client), RetryingCaller(FakeClock(), lambda _: None), cast("Any", None)
    )
    with pytest.raises(AwsFailure, match="KMSAccessDenied: no access to the key"):
        control.code("f", 3)


@pytest.mark.parametrize(
    ("state", "kind"), [("Pending", Busy), ("Inactive", AwsFailure), ("Failed", AwsFailure)]
)
def test_a_version_that_is_not_active_for_cloudfront_may_become_so(
    state: str, kind: type[AwsFailure]
) -> None:
    message = f"The function must be in an Active state. The current state for function arn:x:1 is {state}"
    error = boto.ClientError(
        {"Error": {"Code": "InvalidLambdaFunctionAssociation", "Message": message}}, "UpdateDistribution"
    )
    failure = translate(error, "cloudfront:UpdateDistribution")
    assert type(failure) is kind
    assert "an Inactive function once" in (failure.hint or "")
