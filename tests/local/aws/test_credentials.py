"""Credentials that come from programs, files, codes and sign-ins, and those that do not come."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from edgerollout.aws.renewal import told
from edgerollout.aws.retry import Operation, RetryingCaller
from edgerollout.errors import EdgerolloutError, UsageError
from edgerollout.rollout.ports import AwsFailure, CredentialsExpired
from tests.fakes.clock import FakeClock
from tests.unit.aws.machine import NOBODY, empty_machine, reach

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROLE = "arn:aws:iam::123456789012:role/deployer"
MFA = "arn:aws:iam::123456789012:mfa/me"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    empty_machine(tmp_path, monkeypatch)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def no_terminal() -> Iterator[None]:
    """A process without a controlling terminal, and nothing on stdin."""
    if os.path.exists("/dev/tty"):  # noqa: PTH110 - it may exist and not open
        try:
            os.close(os.open("/dev/tty", os.O_RDWR))
        except OSError:
            yield
            return
        pytest.skip("this process has a terminal")
    yield


def program(home: Path, *lines: str) -> str:
    """A credential_process."""
    path = home / "process.py"
    path.write_text("\n".join(lines))
    return f"{sys.executable} {path}"


def profile(home: Path, *lines: str) -> None:
    (home / "config").write_text("\n".join(("[profile p]", *lines, "")))


@pytest.mark.parametrize(
    "says", ["s3cr3t", "", '["s3cr3t"]', '{"Version": 1, "AccessKeyId": "s3cr3t"}', '{"Version": 2}']
)
def test_a_credential_process_that_says_something_else_is_told_and_not_quoted(home: Path, says: str) -> None:
    profile(home, f"credential_process = {program(home, f'print({says!r})')}")
    with pytest.raises(EdgerolloutError) as failed:
        reach(profile="p")
    assert "s3cr3t" not in f"{failed.value} {failed.value.hint}"
    assert "credential_process" in (failed.value.hint or "")


def test_a_credential_process_that_is_not_there_is_named(home: Path) -> None:
    profile(home, "credential_process = /nowhere/to/be/found --json")
    with pytest.raises(UsageError, match="/nowhere/to/be/found: No such file"):
        reach(profile="p")


def test_a_credential_process_that_fails_when_asked_again_is_no_broken_answer(home: Path) -> None:
    soon = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    keys = {"Version": 1, "AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "x", "Expiration": soon}
    flag = home / "asked"
    command = program(
        home,
        "import pathlib",
        f"flag = pathlib.Path({str(flag)!r})",
        f"print('no JSON' if flag.exists() else {json.dumps(keys)!r})",
        "flag.touch()",
    )
    profile(home, f"credential_process = {command}")
    account = reach(profile="p", endpoint_url=NOBODY)
    with pytest.raises(CredentialsExpired, match="JSONDecodeError") as failed:
        account.account()
    assert "credential_process" in (failed.value.hint or "")


def test_a_web_identity_whose_file_is_missing_is_told_by_its_path(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(home / "token"))
    monkeypatch.setenv("AWS_ROLE_ARN", ROLE)
    with pytest.raises(CredentialsExpired, match=r"token: No such file") as failed:
        reach().account()
    assert "token file" in (failed.value.hint or "")


def test_a_profile_of_aws_login_names_the_package_it_needs(home: Path) -> None:
    if importlib.util.find_spec("awscrt"):
        pytest.skip("the package is there")
    profile(home, "login_session = arn:aws:iam::123456789012:user/me")
    with pytest.raises(AwsFailure) as failed:
        reach(profile="p")
    assert "edgerollout[login]" in (failed.value.hint or "")


def mfa(home: Path) -> None:
    profile(
        home,
        f"role_arn = {ROLE}",
        f"mfa_serial = {MFA}",
        "source_profile = s",
        "[profile s]",
        "aws_access_key_id = AKIDEXAMPLE",
        "aws_secret_access_key = x",
    )


def test_an_mfa_code_without_a_terminal_is_wrong_usage_and_says_what_works(
    home: Path, no_terminal: None
) -> None:
    mfa(home)
    with pytest.raises(UsageError, match="profile p needs an MFA code, and there is no terminal") as failed:
        reach(profile="p")
    assert "at a terminal once" in (failed.value.hint or "")


def test_an_mfa_session_of_the_aws_command_line_is_used(home: Path, no_terminal: None) -> None:
    mfa(home)
    arguments = json.dumps({"RoleArn": ROLE, "SerialNumber": MFA}, sort_keys=True)
    key = hashlib.sha1(arguments.encode()).hexdigest()
    folder = home / ".aws/cli/cache"
    folder.mkdir(parents=True)
    ends = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    kept = {"AccessKeyId": "ASIAKEPT", "SecretAccessKey": "x", "SessionToken": "t", "Expiration": ends}
    (folder / f"{key}.json").write_text(json.dumps({"Credentials": kept}))
    account = reach(profile="p", endpoint_url=NOBODY)
    assert account._session.get_credentials().access_key == "ASIAKEPT"


def test_an_mfa_session_that_runs_out_asks_to_begin_again() -> None:
    from botocore.credentials import DeferredRefreshableCredentials, create_mfa_serial_refresher

    past = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    once = create_mfa_serial_refresher(
        lambda: {"access_key": "a", "secret_key": "b", "token": "c", "expiry_time": past}
    )
    credentials = told(DeferredRefreshableCredentials(once, "assume-role"))
    caller = RetryingCaller(FakeClock(), lambda _: None)
    for _ in range(2):
        with pytest.raises(CredentialsExpired) as failed:
            caller.call(Operation("sts", "GetCallerIdentity"), credentials.get_frozen_credentials)
    assert "new code" in (failed.value.hint or "")
