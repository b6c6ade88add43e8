"""The way to AWS and to a version's code through a proxy, and with CAs of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgerollout.aws.ca_bundle import users_ca_bundle
from edgerollout.aws.credentials import Credentials
from edgerollout.aws.download import Downloads
from edgerollout.clock import SystemClock
from edgerollout.edge.authority import LocalAuthority
from edgerollout.errors import UsageError
from edgerollout.rollout.ports import AwsFailure
from tests.fakes.clock import FakeClock
from tests.local.net.proxies import secure_site, tunnel
from tests.unit.aws.machine import KEYS, empty_machine, reach

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BUCKET = "awslambda-us-east-1-tasks.s3.us-east-1.amazonaws.com"
STS = "sts.us-east-1.amazonaws.com"
ZIP = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nzip"
URL = f"https://{BUCKET}/code?X-Amz-Signature=secret"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    empty_machine(tmp_path, monkeypatch)
    return tmp_path


@pytest.fixture
def authority(tmp_path: Path) -> LocalAuthority:
    return LocalAuthority.open(tmp_path / "authority", SystemClock(), (BUCKET, STS))


@pytest.fixture
def proxy(authority: LocalAuthority) -> Iterator[tuple[str, list[str]]]:
    """A proxy that opens TLS with a CA of its own, and leads to a bucket of code."""
    with (
        secure_site(authority.context_for(BUCKET), ZIP) as (port, _),
        tunnel(port) as found,
    ):
        yield found


def test_code_comes_through_the_proxy_with_its_password(
    proxy: tuple[str, list[str]], authority: LocalAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, heard = proxy
    monkeypatch.setenv("HTTPS_PROXY", url.replace("http://", "us%40er:p%3Aw@"))
    downloads = Downloads(FakeClock(), loopback_only=False, ca_bundle=authority.certificate)
    assert downloads.fetch(URL, "lambda:GetFunction") == b"zip"
    assert heard[0].startswith(f"CONNECT {BUCKET}:443 HTTP/1.")
    assert "Proxy-Authorization: Basic dXNAZXI6cDp3\r\n" in heard[0]


def test_code_behind_a_certificate_that_is_not_accepted_is_a_failure_with_its_remedy(
    proxy: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy[0])
    with pytest.raises(AwsFailure, match="AWS_CA_BUNDLE") as failed:
        Downloads(FakeClock(), loopback_only=False).fetch(URL, "lambda:GetFunction")
    assert "secret" not in str(failed.value)


@pytest.mark.parametrize("scheme", ["http://", "", "//"])
def test_a_call_through_a_proxy_whose_certificate_is_not_accepted_is_tried_once(
    proxy: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy[0].replace("http://", f"{scheme}user:pass-word@"))
    account = reach(credentials=KEYS)
    with pytest.raises(AwsFailure) as failed:
        account.account()
    assert account.calls == {"sts:GetCallerIdentity": 1}
    assert "AWS_CA_BUNDLE" in (failed.value.hint or "")
    assert "pass-word" not in f"{failed.value} {failed.value.hint}"


def test_a_call_that_is_answered_under_another_name_is_tried_once(
    proxy: tuple[str, list[str]], authority: LocalAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy[0])
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.certificate))
    account = reach(credentials=KEYS)
    with pytest.raises(AwsFailure, match="doesn't match"):
        account.account()
    assert account.calls == {"sts:GetCallerIdentity": 1}


def test_a_proxy_that_refuses_its_user_is_a_failure_that_names_it_and_no_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with tunnel(9, answer=b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n") as (url, _):
        monkeypatch.setenv("HTTPS_PROXY", url.replace("http://", "http://user:pass-word@"))
        account = reach(credentials=KEYS)
        with pytest.raises(AwsFailure) as failed:
            account.account()
    said = f"{failed.value} {failed.value.hint}"
    assert "pass-word" not in said
    assert "127.0.0.1" in said
    assert "status 407" in said
    assert "HTTPS_PROXY" in said
    assert account.calls == {"sts:GetCallerIdentity": 1}


@pytest.mark.parametrize("where", ["environment", "profile", "requests"])
def test_the_bundle_of_cas_is_found_where_the_sdk_finds_it(
    home: Path, authority: LocalAuthority, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    bundle = str(authority.certificate)
    match where:
        case "environment":
            monkeypatch.setenv("AWS_CA_BUNDLE", bundle)
        case "requests":
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
        case _:
            (home / "config").write_text(f"[profile p]\nca_bundle = {bundle}\n")
    account = reach(profile="p" if where == "profile" else None, credentials=KEYS)
    assert account.ca_bundle == authority.certificate


@pytest.mark.parametrize("where", ["environment", "profile", "default profile", "requests"])
def test_who_asks_nothing_of_aws_trusts_the_bundle_as_well(
    home: Path, authority: LocalAuthority, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    bundle = str(authority.certificate)
    match where:
        case "environment":
            monkeypatch.setenv("AWS_CA_BUNDLE", bundle)
        case "requests":
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
        case _:
            section = "default" if where == "default profile" else "profile p"
            (home / "config").write_text(f"[{section}]\nca_bundle = {bundle}\n")
    assert users_ca_bundle("p" if where == "profile" else None) == authority.certificate


def test_a_profile_that_is_not_there_names_no_bundle(
    home: Path, authority: LocalAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    assert users_ca_bundle("nobody") is None
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.certificate))
    assert users_ca_bundle("nobody") == authority.certificate


def test_a_bundle_without_cas_is_wrong_usage(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for content in (None, "no CAs"):
        bundle = home / "bundle.pem"
        if content is not None:
            bundle.write_text(content)
        monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
        with pytest.raises(UsageError, match="cannot be used") as failed:
            reach(credentials=Credentials("AKIDEXAMPLE", "very-secret"))
        assert "AWS_CA_BUNDLE" in (failed.value.hint or "")
