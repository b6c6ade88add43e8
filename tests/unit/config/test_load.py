from __future__ import annotations

import errno
import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgerollout.config import load
from edgerollout.config.duration import parse_duration
from edgerollout.errors import ConfigError
from edgerollout.policy.headers import Header
from edgerollout.release.facts.environment import DistributionSelector, Gates
from tests.spelling import said

if TYPE_CHECKING:
    from conftest import Write

REPOSITORY = Path(__file__).parents[3]


def test_the_sample_configuration_loads_without_a_warning() -> None:
    project = load(REPOSITORY / "config")
    assert list(project.environments) == ["testing", "staging", "production"]
    assert project.default == "testing"
    assert project.warnings == ()
    production = project.environments["production"]
    assert production.after == "staging"
    assert production.confirm
    assert production.gates == Gates(soak=timedelta(days=7))
    assert [str(distribution) for distribution in production.distributions] == [
        "www.example.com",
        "assets.example.com",
    ]
    assert production.function.name == "security-headers-production"
    assert production.function.handler == REPOSITORY / "handler" / "python"


def test_what_is_not_said_has_its_default(write: Write, tmp_path: Path) -> None:
    environment = load(write()).environments["testing"]
    function = environment.function
    assert (function.name, function.role) == ("headers-testing", "edge-testing")
    assert (function.event, function.entry, function.memory, function.timeout) == (
        "origin-response",
        "index.handler",
        128,
        3,
    )
    assert function.handler == (tmp_path / "handler" / "python").resolve()
    assert environment.urls == ()
    assert environment.after is None
    assert not environment.confirm
    assert environment.gates == Gates(soak=timedelta(0), tour=True, evidence_max_age=timedelta(days=1))
    assert environment.invalidate == ("/*",)
    assert environment.on_failure == "rollback"


def test_an_environment_says_everything_itself(write: Write) -> None:
    project = load(
        write("""\
default = "live"
[environments.live]
account = "000000000042"
distributions = [{ id = "E1A2B3C4D5E6F7" }, { alias = "WWW.example.com" }, { alias = "*.example.com" }]
urls = ["https://www.example.com/"]
exclude = ["/api/*"]
profile = "live"
role_arn = "arn:aws:iam::000000000042:role/deploy"
gates = { soak = "12h", tour = false, evidence_max_age = "30m" }
invalidate = ["/index.html", "/app/*"]
on_failure = "stop"
[environments.live.function]
name = "edge-{environment}-{environment}"
runtime = "nodejs22.x"
handler = "handler/nodejs"
role = "edge"
event = "viewer-response"
timeout = 5
""")
    )
    live = project.environments["live"]
    assert live.account == "000000000042"
    assert live.distributions == (
        DistributionSelector(id="E1A2B3C4D5E6F7"),
        DistributionSelector(alias="www.example.com"),
        DistributionSelector(alias="*.example.com"),
    )
    assert (live.function.name, live.function.runtime, live.function.timeout) == (
        "edge-live-live",
        "nodejs22.x",
        5,
    )
    assert live.gates == Gates(timedelta(hours=12), tour=False, evidence_max_age=timedelta(minutes=30))
    assert (live.invalidate, live.on_failure, live.exclude) == (
        ("/index.html", "/app/*"),
        "stop",
        ("/api/*",),
    )
    assert (live.profile, live.role_arn) == ("live", "arn:aws:iam::000000000042:role/deploy")


def test_two_accounts_may_have_functions_and_aliases_of_the_same_name(write: Write) -> None:
    project = load(
        write("""\
[function]
name = "headers"
runtime = "python3.13"
handler = "handler/python"
role = "edge"
[environments.a]
account = "111111111111"
distributions = [{ alias = "a.example.com" }]
[environments.b]
account = "222222222222"
distributions = [{ alias = "a.example.com" }]
""")
    )
    assert len(project.environments) == 2


def test_every_form_of_header_is_read(write: Write) -> None:
    project = load(
        write(
            policy="""\
[headers]
X-Frame-Options = "DENY"
referrer-policy = { value = "no-referrer", override = false }
x-powered-by.remove = true
nel = { value = "{}", remove = false }
[environments.testing.headers]
nel = false
x-frame-options = "SAMEORIGIN"
"""
        )
    )
    assert project.policy_of(project.environments["testing"]).headers == (
        Header("referrer-policy", "no-referrer", "keep"),
        Header("x-frame-options", "SAMEORIGIN", "set"),
        Header("x-powered-by", "", "remove"),
    )
    assert Header("nel", "{}") in project.policy.headers


def test_an_environment_sends_the_base_policy_and_its_overlay(write: Write) -> None:
    project = load(
        write(
            policy="""\
[csp]
Default-Src = ["'none'"]
upgrade-insecure-requests = []
[environments.testing.csp]
default-src = ["https://t.example"]
"""
        )
    )
    csp = project.policy_of(project.environments["testing"]).csp
    assert csp.effective.header_value() == "default-src https://t.example; upgrade-insecure-requests"


def test_a_directive_newer_than_the_tool_is_a_warning_with_its_place(write: Write) -> None:
    (warning,) = load(write(policy='[csp]\n"quantum-gates" = ["*"]\n')).warnings
    assert str(warning) == (
        "config/policy.toml:2:1: csp.quantum-gates: no browser is known to support the directive"
        " quantum-gates; browsers ignore unknown ones"
    )


def test_windows_line_ends_and_a_byte_order_mark_are_fine(write: Write) -> None:
    directory = write()
    for file in directory.iterdir():
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert load(directory).environments.keys() == {"testing"}


def test_a_missing_folder_says_how_to_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "nowhere")
    assert [problem.message for problem in caught.value.problems] == ["there is no such file"] * 2
    assert said(caught.value.hint) == "`edgerollout init` makes a new project; -C DIR names another folder"


def _refusals(directory: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(directory)
    return [problem.message for problem in caught.value.problems]


def test_a_file_that_would_never_end_is_not_read(write: Write) -> None:
    directory = write()
    (directory / "policy.toml").unlink()
    (directory / "edgerollout.toml").unlink()
    os.mkfifo(directory / "policy.toml")
    (directory / "edgerollout.toml").symlink_to("/dev/zero")

    assert _refusals(directory) == ["cannot be read: it is a pipe or a device, not a file"] * 2


def test_a_file_of_absurd_size_is_refused(write: Write) -> None:
    directory = write(policy="#" * 1_048_577)

    assert _refusals(directory) == ["cannot be read: it has 1,048,577 bytes, at most 262,144 are read"]


def test_a_link_to_itself_is_told(write: Write) -> None:
    directory = write()
    (directory / "policy.toml").unlink()
    (directory / "policy.toml").symlink_to("policy.toml")

    assert _refusals(directory) == [f"cannot be read: {os.strerror(errno.ELOOP)}"]


def test_a_folder_that_may_not_be_entered_is_told(write: Write, unprivileged: None) -> None:
    directory = write()
    directory.chmod(0)
    try:
        assert _refusals(directory) == ["cannot be read: Permission denied"] * 2
    finally:
        directory.chmod(0o700)


def test_a_handler_folder_that_may_not_be_entered_is_told(
    write: Write, tmp_path: Path, unprivileged: None
) -> None:
    directory = write()
    handler = tmp_path / "handler" / "python"
    handler.chmod(0)
    try:
        (refusal,) = _refusals(directory)
    finally:
        handler.chmod(0o700)
    assert refusal.endswith("handler/python cannot be read: Permission denied")


def test_a_current_folder_that_was_removed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    assert _refusals(Path("config")) == [f"cannot be found: {os.strerror(errno.ENOENT)}"]


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("0", timedelta(0)),
        ("7d", timedelta(days=7)),
        ("12h", timedelta(hours=12)),
        ("30m", timedelta(minutes=30)),
        ("45s", timedelta(seconds=45)),
        ("7 d", None),
        ("-1d", None),
        ("", None),
        ("7", None),
        ("9999999d", None),
    ],
)
def test_durations_are_days_hours_minutes_or_seconds(text: str, duration: timedelta | None) -> None:
    assert parse_duration(text) == duration
