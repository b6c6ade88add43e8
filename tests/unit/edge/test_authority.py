"""An authority answers for this machine's names and the hosts in use, and is its user's alone."""

from __future__ import annotations

import socket
import ssl
import threading
from typing import TYPE_CHECKING

import pytest

from edgerollout.clock import SystemClock
from edgerollout.edge.authority import LocalAuthority, authority_folder, client_context
from edgerollout.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def trusted(authority: LocalAuthority, host: str, anchor: Path | None = None) -> bool:
    """Whether a client that trusts the authority takes its certificate for `host`."""
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            with authority.context_for(host).wrap_socket(theirs, server_side=True):
                pass
        except OSError:
            theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with client_context(anchor or authority.certificate).wrap_socket(ours, server_hostname=host):
            return True
    except ssl.SSLCertVerificationError:
        return False
    finally:
        ours.close()
        thread.join()


@pytest.mark.parametrize(
    ("host", "good"),
    [
        ("localhost", True),
        ("www.example.com.localhost", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("www.example.com", True),
        ("any.example.org", True),
        ("example.com", False),
        ("bank.example", False),
        ("10.0.0.1", False),
        ("localhost.bank.example", False),
    ],
)
def test_it_is_good_for_localhost_loopback_and_the_hosts_in_use_alone(
    tmp_path: Path, host: str, good: bool
) -> None:
    authority = LocalAuthority.open(tmp_path / "a", SystemClock(), ("www.example.com", "*.example.org"))
    assert trusted(authority, host) is good


def test_a_host_that_comes_later_is_permitted_and_who_trusted_before_keeps_what_was(tmp_path: Path) -> None:
    authority = LocalAuthority.open(tmp_path / "a", SystemClock(), ("www.example.com",))
    before = tmp_path / "trusted.pem"
    before.write_bytes(authority.certificate.read_bytes())
    assert not trusted(authority, "new.example.com")

    authority.permit(("new.example.com",))

    assert trusted(authority, "new.example.com")
    assert trusted(authority, "www.example.com", before)
    assert not trusted(authority, "new.example.com", before)


def test_it_stays_for_the_same_hosts_and_is_made_anew_for_others(tmp_path: Path) -> None:
    def made(*hosts: str) -> bytes:
        return LocalAuthority.open(tmp_path / "a", SystemClock(), hosts).certificate.read_bytes()

    first = made("a.example", "b.example")
    assert made("b.example", "a.example") == first
    assert made("a.example") != first


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    LocalAuthority.open(tmp_path / "a", SystemClock())
    (tmp_path / "a" / "ca-key.pem").chmod(mode)
    with pytest.raises(UsageError, match="not used") as refused:
        LocalAuthority.open(tmp_path / "a", SystemClock())
    assert str(tmp_path / "a") in (refused.value.hint or "")


@pytest.mark.parametrize("mode", [0o750, 0o705, 0o777])
def test_a_folder_that_others_can_enter_is_refused(tmp_path: Path, mode: int) -> None:
    LocalAuthority.open(tmp_path / "a", SystemClock())
    (tmp_path / "a").chmod(mode)
    with pytest.raises(UsageError, match="not used"):
        LocalAuthority.open(tmp_path / "a", SystemClock())


def test_a_link_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    LocalAuthority.open(tmp_path / "a", SystemClock())
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(UsageError, match="not used"):
        LocalAuthority.open(tmp_path / "b", SystemClock())


def test_it_lives_in_the_user_s_state_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert authority_folder("preview") == tmp_path / "edgerollout" / "authorities" / "preview"
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    assert authority_folder("preview").is_relative_to(tmp_path / "home" / ".local" / "state")
