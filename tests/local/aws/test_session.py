"""What the SDK does beyond this process on the way to an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgerollout.errors import ExitCode, UsageError
from edgerollout.rollout.ports import AwsFailure
from tests.spelling import said
from tests.unit.aws.machine import NOBODY, empty_machine, reach

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    empty_machine(tmp_path, monkeypatch)
    return tmp_path


def test_a_credential_process_that_says_no_json_is_wrong_usage_and_not_quoted(home: Path) -> None:
    (home / "config").write_text("[profile p]\ncredential_process = echo s3cr3t\n")
    with pytest.raises(UsageError, match="cannot be read") as failed:
        reach(profile="p")
    assert "s3cr3t" not in f"{failed.value} {said(failed.value.hint)}"


def test_a_dead_endpoint_is_a_failure_with_a_hint_and_its_attempts_are_counted() -> None:
    account = reach(endpoint_url=NOBODY, sandbox_secret="secret")
    with pytest.raises(AwsFailure) as failed:
        account.account()
    assert failed.value.exit_code is ExitCode.FAILED
    assert "local endpoint" in said(failed.value.hint)
    assert account.calls == {"sts:GetCallerIdentity": 5}
