"""Finding a browser, and its command line."""

from __future__ import annotations

import base64
import hashlib
import sys
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from edgerollout.clock import SystemClock
from edgerollout.edge.authority import LocalAuthority
from edgerollout.errors import UsageError
from edgerollout.tour.browser import (
    find_browser,
    given_browser,
    name_of,
    nearby_origins,
    require_playwright,
    switches,
    without_secrets,
)
from edgerollout.tour.model import TourRequest
from edgerollout.tour.trust import public_key

if TYPE_CHECKING:
    from pathlib import Path

URL = ("https://www.example.com/",)


def _program(folder: Path, name: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_system_s_chromium_comes_before_its_chrome_and_playwright_s_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    own = _program(tmp_path / "playwright", "chrome-headless-shell")
    assert find_browser(None, own) == own
    chrome = _program(tmp_path / "bin", "google-chrome")
    assert find_browser(None, own) == chrome
    chromium = _program(tmp_path / "bin", "chromium")
    assert find_browser(None, own) == chromium
    assert find_browser(str(chrome), own) == chrome


def test_without_any_browser_the_command_that_installs_one_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError) as caught:
        find_browser(None, tmp_path / "none")
    assert "playwright install --with-deps chromium" in str(caught.value.hint)


def test_a_browser_that_is_named_and_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the program"):
        find_browser(str(tmp_path / "none"))


def test_without_the_extra_the_command_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "playwright.async_api", None)
    with pytest.raises(UsageError) as caught:
        require_playwright()
    assert caught.value.hint == "pip install 'edgerollout[tour]'"


def test_an_option_comes_before_the_variable() -> None:
    variables = {"EDGEROLLOUT_BROWSER": "/b"}
    assert given_browser(TourRequest(URL, browser="/a"), variables) == "/a"
    assert given_browser(TourRequest(URL), variables) == "/b"
    assert given_browser(TourRequest(URL), {}) is None


def test_names_lead_where_they_are_resolved_to_and_nowhere_else() -> None:
    request = TourRequest(URL, resolve={"www.example.com": ("127.0.0.1", 4433)}, only_resolved=True)
    (rules,) = (switch for switch in switches(request) if switch.startswith("--host-resolver-rules"))
    assert rules.startswith(
        "--host-resolver-rules=MAP www.example.com:443 127.0.0.1:4433,MAP www.example.com ~NOTFOUND"
    )
    assert "MAP * ~NOTFOUND" in rules
    assert "EXCLUDE" not in rules


def test_of_what_is_nearby_only_the_sites_own_port_is_in_reach() -> None:
    own = TourRequest(("http://127.0.0.1:8080/", "https://[::1]/", "https://www.example.com/"))
    (rules,) = (switch for switch in switches(own) if switch.startswith("--host-resolver-rules"))
    names = rules.partition("=")[2].split(",")
    assert names[:3] == [
        "MAP 127.0.0.1:8080 127.0.0.1:8080", "MAP [::1]:443 [::1]:443",
        "MAP www.example.com:443 www.example.com:443",
    ]  # fmt: skip
    assert {"MAP 127.???.???.??? ~NOTFOUND", "MAP 169.254.???.??? ~NOTFOUND"} <= set(names[3:])


def test_only_origins_of_a_private_network_are_nearby() -> None:
    resolve = {
        "in.example": ("10.0.0.7", 443),
        "all.example:8443": ("127.0.0.1", 4433),
        "out.example": ("1.1.1.1", 443),
    }
    urls = (
        "https://in.example/",
        "https://all.example:8443/",
        "https://all.example/",
        "https://out.example/x",
    )
    found = nearby_origins(TourRequest(urls, resolve=resolve, only_resolved=True))
    assert found == {"https://in.example", "https://all.example:8443"}
    assert nearby_origins(TourRequest(("http://127.0.0.1:8080/",))) == {"http://127.0.0.1:8080"}


def test_a_browser_gets_no_secret_of_the_environment() -> None:
    variables = {
        "PATH": "/bin", "HOME": "/home/x", "DISPLAY": ":0", "AWS_PROFILE": "x", "AWS_SECRET_ACCESS_KEY": "x",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "x", "GITHUB_ENV": "x", "NPM_TOKEN": "x", "DB_PASSWORD": "x",
    }  # fmt: skip
    assert set(without_secrets(variables)) == {"PATH", "HOME", "DISPLAY"}


def test_the_name_of_the_browser_is_that_of_its_program(tmp_path: Path) -> None:
    assert name_of(tmp_path / "chromium", "1").name == "Chromium"
    assert name_of(tmp_path / "google-chrome", "1").name == "Chrome"
    assert name_of(tmp_path / "microsoft-edge", "1").name == "Edge"


def test_the_key_of_a_certificate_is_found(tmp_path: Path) -> None:
    LocalAuthority.open(tmp_path, SystemClock())
    certificate = x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    expected = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )  # fmt: skip
    found = public_key(certificate.public_bytes(serialization.Encoding.DER))
    assert base64.b64encode(hashlib.sha256(found).digest()) == base64.b64encode(
        hashlib.sha256(expected).digest()
    )
    assert found == expected
