"""Faults, throttles, the call log and the admin path."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ConnectionClosedError

from edgerollout.emulator.faults import FaultKind, FaultRule, Throttle
from edgerollout.emulator.server import start

if TYPE_CHECKING:
    from conftest import Aws

    from edgerollout.emulator.server import RunningServer


def admin(server: RunningServer, method: str, path: str, document: Any = None, **headers: str) -> Any:
    body = None if document is None else json.dumps(document).encode()
    known = {"Authorization": f"Bearer {server.secret}", **headers}
    request = urllib.request.Request(f"{server.endpoint_url}/_sandbox/{path}", body, known, method=method)
    with urllib.request.urlopen(request) as response:
        return json.loads(response.read())


def refused(
    server: RunningServer, method: str, path: str, document: Any = None, **headers: str
) -> tuple[int, str]:
    with pytest.raises(urllib.error.HTTPError) as caught:
        admin(server, method, path, document, **headers)
    return caught.value.code, json.loads(caught.value.read())["error"]


def test_a_fault_before_the_commit_changes_nothing(aws: Aws) -> None:
    identity = aws.distribution()
    before = aws.cloudfront.get_distribution_config(Id=identity)
    aws.server.faults.add(FaultRule("UpdateDistribution"))
    refusal = aws.refusal(aws.edit, identity=identity, change=lambda config: config.update(Comment="x"))
    assert (refusal.code, refusal.status) == ("ServiceUnavailable", 503)
    assert aws.cloudfront.get_distribution_config(Id=identity)["ETag"] == before["ETag"]
    assert aws.edit(identity, lambda config: config.update(Comment="x"))


def test_a_fault_after_the_commit_stores_and_the_retry_meets_412(aws: Aws) -> None:
    """Why an engine reads back before it judges: the update that failed is stored."""
    identity = aws.distribution()
    read = aws.cloudfront.get_distribution_config(Id=identity)
    config = {**read["DistributionConfig"], "Comment": "stored"}
    aws.server.faults.add(FaultRule("cloudfront:UpdateDistribution", status=500, after_commit=True))
    update = {"Id": identity, "IfMatch": read["ETag"], "DistributionConfig": config}
    assert aws.refusal(aws.cloudfront.update_distribution, **update).status == 500
    assert aws.refusal(aws.cloudfront.update_distribution, **update).code == "PreconditionFailed"
    assert aws.cloudfront.get_distribution_config(Id=identity)["DistributionConfig"]["Comment"] == "stored"


@pytest.mark.parametrize(("after_commit", "comment"), [(False, ""), (True, "reset")])
def test_a_reset_connection_leaves_the_caller_not_knowing(aws: Aws, after_commit: bool, comment: str) -> None:
    identity = aws.distribution()
    aws.server.faults.add(FaultRule("UpdateDistribution", kind=FaultKind.RESET, after_commit=after_commit))
    with pytest.raises(ConnectionClosedError):
        aws.edit(identity, lambda config: config.update(Comment="reset"))
    assert aws.cloudfront.get_distribution_config(Id=identity)["DistributionConfig"]["Comment"] == comment
    assert (aws.server.calls.calls()[-2].status, aws.server.calls.calls()[-2].error) == (0, "ConnectionReset")


def test_a_delay_waits_and_then_answers() -> None:
    waited: list[float] = []
    server = start(pause=waited.append)
    server.faults.add(FaultRule("GetCallerIdentity", kind=FaultKind.DELAY, seconds=90))
    sts = boto3.client(
        "sts",
        endpoint_url=server.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="AKIA777777777777",
        aws_secret_access_key=server.secret,
    )
    assert sts.get_caller_identity()["Account"] == "777777777777"
    server.stop()
    assert waited == [90]


def test_a_fault_skips_calls_then_fails_as_often_as_told_on_one_resource(aws: Aws) -> None:
    first, other = aws.distribution(), aws.distribution()
    aws.server.faults.add(
        FaultRule("GetDistribution", code="Throttling", status=400, times=2, skip=1, path_contains=first)
    )

    def outcome(identity: str) -> str:
        try:
            aws.cloudfront.get_distribution(Id=identity)
        except aws.cloudfront.exceptions.ClientError as error:
            return error.response["Error"]["Code"]
        return "answered"

    assert [outcome(first) for _ in range(4)] == ["answered", "Throttling", "Throttling", "answered"]
    assert outcome(other) == "answered"


def test_calls_to_the_services_behind_can_fail_too(aws: Aws) -> None:
    aws.server.faults.add(FaultRule("iam:GetRole", code="AccessDenied", status=403, message="no"))
    refusal = aws.refusal(aws.iam.get_role, RoleName="any")
    assert (refusal.code, refusal.status) == ("AccessDenied", 403)


@pytest.mark.parametrize(
    ("service", "operation", "inputs", "code", "status"),
    [
        ("cloudfront", "ListDistributions", {}, "Throttling", 400),
        ("lambda", "ListFunctions", {}, "TooManyRequestsException", 429),
    ],
)
def test_a_throttle_refuses_what_exceeds_its_rate(
    aws: Aws, service: str, operation: str, inputs: dict[str, Any], code: str, status: int
) -> None:
    method = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation)[1:]
    call = getattr(aws.client(service), method)
    aws.server.faults.throttle(f"{service}:{operation}", Throttle(per_second=0.5, burst=2))
    call(**inputs)
    call(**inputs)
    refusal = aws.refusal(call, **inputs)
    assert (refusal.code, refusal.status, refusal.message) == (code, status, "Rate exceeded")
    getattr(aws.client(service, "666666666666"), method)(**inputs)
    aws.pass_time(2)
    call(**inputs)
    assert aws.refusal(call, **inputs).code == code


def test_the_call_log_names_operations_outcomes_and_no_secrets(aws: Aws) -> None:
    aws.server.calls.clear()
    identity = aws.distribution()
    aws.refusal(aws.cloudfront.get_distribution, Id="E0000000000000")
    aws.refusal(aws.iam.get_role, RoleName="nobody")
    aws.client("s3").list_buckets()
    logged = aws.server.calls.calls()
    assert [(call.service, call.operation, call.status, call.error) for call in logged] == [
        ("cloudfront", "CreateDistribution", 201, None),
        ("cloudfront", "GetDistribution", 404, "NoSuchDistribution"),
        ("iam", "GetRole", 404, "NoSuchEntity"),
        ("s3", "GET bucket", 200, None),
    ]
    assert {call.account for call in logged} == {"123456789012"}
    assert logged[0].time == aws.now.isoformat()
    assert identity
    assert "sandbox" not in json.dumps(aws.server.calls.to_json())


def test_the_admin_path_shows_and_changes_everything(aws: Aws) -> None:
    server = aws.server
    identity = aws.distribution()
    assert admin(server, "PUT", "windows", {"deploy_seconds": 2})["deploy_seconds"] == 2
    assert admin(server, "PUT", "switches", {"identical_upload_makes_version": False}) == {
        "identical_upload_makes_version": False,
        "viewer_timeout_seconds": 5,
    }
    assert admin(server, "PUT", "quotas", {"cache_behaviors": 25})["cache_behaviors"] == 25
    assert admin(server, "POST", "faults", {"operation": "GetRole", "times": 3})[-1]["times"] == 3
    assert admin(server, "GET", "faults")
    assert admin(server, "DELETE", "faults") == []
    assert admin(server, "PUT", "throttles", {"cloudfront:GetDistribution": {"per_second": 1}})
    admin(server, "DELETE", "faults")
    admin(server, "POST", "advance", {"seconds": 300})
    state = admin(server, "GET", "state")
    assert (
        next(distribution for distribution in state["distributions"] if distribution["id"] == identity)[
            "status"
        ]
        == "Deployed"
    )
    assert state["windows"]["deploy_seconds"] == 2
    assert admin(server, "GET", "calls")
    assert admin(server, "POST", "calls") == []


@pytest.mark.parametrize(
    ("method", "path", "document", "words"),
    [
        ("PUT", "windows", {"deploy_second": 2}, "unknown setting 'deploy_second'"),
        ("PUT", "windows", {"deploy_seconds": -1}, "cannot be negative"),
        ("PUT", "windows", {"deploy_seconds": "2"}, "cannot be '2'"),
        ("PUT", "switches", {"identical_upload_makes_version": 1}, "cannot be 1"),
        ("POST", "faults", {"operation": "GetRole", "kind": "fire"}, "'fire' is not a valid FaultKind"),
        ("POST", "faults", {"times": 2}, "a fault needs an operation"),
        ("POST", "faults", {"operation": "GetRole", "when": 2}, "unknown member 'when'"),
        ("POST", "faults", ["GetRole"], "the body must be a JSON object"),
        ("POST", "advance", {}, "'seconds'"),
    ],
)
def test_a_wrong_admin_request_is_refused_in_words(
    aws: Aws, method: str, path: str, document: Any, words: str
) -> None:
    status, error = refused(aws.server, method, path, document)
    assert status == 400
    assert words in error


def test_an_unknown_admin_path_is_not_found(aws: Aws) -> None:
    assert refused(aws.server, "GET", "nothing")[0] == 404


@pytest.mark.parametrize("header", [{"Sec-Fetch-Site": "cross-site"}, {"Host": "rebound.example.com"}])
def test_web_pages_may_not_drive_the_sandbox(aws: Aws, header: dict[str, str]) -> None:
    status, _ = refused(aws.server, "POST", "shutdown", {}, **header)
    assert status == 403


def test_shutting_down_over_the_admin_path_ends_the_server() -> None:
    server = start()
    assert admin(server, "POST", "shutdown") == {"stopping": True}
    server.wait()
    # Refused, or reset where the connection was still waiting to be accepted.
    with pytest.raises(OSError, match=r"refused|reset"):
        admin(server, "GET", "state")


def test_a_port_that_is_taken_is_said_so(aws: Aws) -> None:
    port = int(aws.server.endpoint_url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        start(port)
