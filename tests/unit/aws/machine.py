"""A machine without any AWS configuration, and an account reached from it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from edgerollout.aws.credentials import Credentials
from edgerollout.aws.session import connect
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from edgerollout.aws.session import AwsAccount

NOBODY = "http://127.0.0.1:9"
KEYS = Credentials("AKIDEXAMPLE", "very-secret", "token-secret")


def empty_machine(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No credentials, no instance metadata; `config` and `credentials` of AWS are read in the folder."""
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def reach(
    *,
    profile: str | None = None,
    role_arn: str | None = None,
    endpoint_url: str | None = None,
    credentials: Credentials | None = None,
    sandbox_secret: str | None = None,
) -> AwsAccount:
    return connect(
        account_hint="123456789012",
        profile=profile,
        role_arn=role_arn,
        endpoint_url=endpoint_url,
        clock=FakeClock(),
        emit=lambda _: None,
        credentials=credentials,
        sandbox_secret=sandbox_secret,
    )
