from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from edgerollout.errors import EdgerolloutError, ExitCode, UsageError
from edgerollout.rollout.ports import AwsFailure, CredentialsExpired
from tests.unit.aws.machine import KEYS, NOBODY, empty_machine, reach

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    empty_machine(tmp_path, monkeypatch)
    return tmp_path


def test_without_credentials_the_error_says_what_was_tried_and_what_to_do() -> None:
    with pytest.raises(EdgerolloutError, match="no AWS credentials") as failed:
        reach()
    assert failed.value.exit_code is ExitCode.FAILED
    assert "AWS_ACCESS_KEY_ID" in (failed.value.why or "")
    assert "--profile" in (failed.value.hint or "")


def test_an_unknown_profile_is_wrong_usage_and_the_known_ones_are_named(home: Path) -> None:
    (home / "config").write_text("[profile staging]\nregion = eu-west-1\n")
    with pytest.raises(UsageError, match="staging"):
        reach(profile="stagin")


def test_an_unknown_profile_in_the_environment_is_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(UsageError, match="nobody"):
        reach()


def test_half_a_key_is_wrong_usage(home: Path) -> None:
    (home / "credentials").write_text("[default]\naws_access_key_id = AKIDEXAMPLE\n")
    with pytest.raises(UsageError):
        reach()


def test_a_single_sign_on_that_ran_out_says_to_sign_in(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(home))
    (home / "config").write_text(
        "[default]\nsso_session = here\nsso_account_id = 123456789012\nsso_role_name = x\n"
        "[sso-session here]\nsso_region = us-east-1\nsso_start_url = https://here.example/start\n"
    )
    with pytest.raises(CredentialsExpired) as expired:
        reach().account()
    assert "aws sso login" in (expired.value.hint or "")


def test_an_endpoint_beyond_this_machine_is_wrong_usage() -> None:
    with pytest.raises(UsageError):
        reach(endpoint_url="https://aws.example.com", credentials=KEYS)


def test_an_endpoint_of_the_environment_is_used_and_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", NOBODY)
    assert reach(credentials=KEYS).endpoint == NOBODY


def test_an_endpoint_of_the_environment_beyond_this_machine_is_wrong_usage(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", "https://collector.example")
    with pytest.raises(UsageError, match="lambda"):
        reach(credentials=KEYS)


def test_every_client_goes_to_the_endpoint_that_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", "https://collector.example")
    account = reach(endpoint_url=NOBODY, credentials=KEYS)
    assert account.endpoint == NOBODY
    for client in (account.cloudfront._client, account.functions._client, account.roles._client):
        assert client.meta.endpoint_url == NOBODY


def test_without_an_endpoint_the_clients_go_to_aws_in_us_east_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    account = reach(credentials=KEYS)
    assert account.endpoint is None
    assert account.functions._client.meta.endpoint_url == "https://lambda.us-east-1.amazonaws.com"
    assert account.cloudfront._client.meta.endpoint_url == "https://cloudfront.amazonaws.com"
    assert account.roles._client.meta.endpoint_url == "https://iam.amazonaws.com"


@pytest.mark.parametrize(
    ("variable", "hosts"),
    [
        ("AWS_USE_FIPS_ENDPOINT", ("lambda-fips.us-east-1.amazonaws.com", "iam-fips.amazonaws.com")),
        ("AWS_USE_DUALSTACK_ENDPOINT", ("lambda.us-east-1.api.aws", "iam.global.api.aws")),
    ],
)
def test_fips_and_dual_stack_endpoints_are_the_services_own(
    monkeypatch: pytest.MonkeyPatch, variable: str, hosts: tuple[str, str]
) -> None:
    monkeypatch.setenv(variable, "true")
    account = reach(credentials=KEYS)
    assert account.endpoint is None
    clients = (account.functions._client, account.roles._client)
    assert tuple(client.meta.endpoint_url for client in clients) == tuple(f"https://{host}" for host in hosts)


def test_a_profile_in_another_partition_is_wrong_usage(home: Path) -> None:
    (home / "config").write_text("[profile p]\nregion = us-gov-west-1\n")
    with pytest.raises(UsageError, match="GovCloud"):
        reach(profile="p", credentials=KEYS)


def test_the_sandbox_never_goes_without_an_endpoint() -> None:
    with pytest.raises(UsageError):
        reach(sandbox_secret="secret")


def test_a_setting_the_sdk_refuses_is_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULTS_MODE", "odd")
    with pytest.raises(UsageError) as refused:
        reach(credentials=KEYS).account()
    assert "odd" in str(refused.value)


def test_a_service_that_the_sdk_does_not_know_is_a_failure_of_that_question_alone() -> None:
    account = reach(credentials=KEYS)
    with pytest.raises(AwsFailure, match="does not know the service") as failed:
        account._client("not-invented-yet")
    assert "upgrade boto3" in (failed.value.hint or "")


def test_secrets_never_show_up_in_a_repr() -> None:
    assert "secret" not in repr(KEYS)


def test_the_sdk_s_wire_logs_stay_shut_whatever_the_root_logger_says() -> None:
    reach(credentials=KEYS)
    for name in ("botocore.parsers", "botocore.endpoint", "urllib3.connectionpool", "boto3.resources"):
        assert not logging.getLogger(name).isEnabledFor(logging.DEBUG)
