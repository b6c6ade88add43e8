"""What a shell offers behind Tab: it asks no AWS, and a broken configuration makes it silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from edgerollout.cli.app import app
from edgerollout.cli.completion import EVENTS, GRADES, GRANULARITIES, RUNTIMES
from edgerollout.cli.seen_releases import remember_releases, seen_releases

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = """\
[environments.testing]
urls = ["https://testing.example.com/", "https://testing.example.com/shop"]
[environments.production]
urls = ["https://www.example.com/"]
"""
POLICY = """\
[headers]
strict-transport-security = "max-age=31536000"
x-frame-options = "DENY"
[environments.testing.headers]
Cross-Origin-Embedder-Policy = { value = "require-corp" }
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project, and the command line is typed in a folder below it."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "edgerollout.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "config" / "policy.toml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "src").mkdir()
    monkeypatch.chdir(tmp_path / "src")
    return tmp_path


def offered(*words: str) -> list[str]:
    """What bash is told for the last of `words`, which may be empty."""
    line = ["edgerollout", *words]
    variables = {
        "_EDGEROLLOUT_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(line),
        "COMP_CWORD": str(len(line) - 1),
    }
    result = CliRunner().invoke(app, [], env=variables, prog_name="edgerollout")
    assert result.stderr == ""
    return result.stdout.split()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("publish", "-e", ""), ["testing", "production"]),
        (("-e", "prod"), ["production"]),
        (("terraform", "-e", "te"), ["testing"]),
        (("promote", "--override", "so"), ["soak"]),
        (("publish", "--override", "un"), ["unobserved"]),
        (("publish", "--accept-header", ""), ["strict-transport-security", "cross-origin-embedder-policy"]),
        (("tour", "-e", "production", ""), ["https://www.example.com/"]),
        (("-e", "production", "verify", ""), ["https://www.example.com/"]),
        (("scan", "https://testing.example.com/s"), ["https://testing.example.com/shop"]),
        (("scan", "--min-grade", "A"), ["A+", "A", "A-"]),
        (("doctor", "--policy", "pu"), ["publish"]),
        (("status", "-o", "j"), ["json"]),
        (("pro",), ["promote"]),
    ],
)
def test_names_of_the_configuration_and_the_tool_are_offered(
    words: tuple[str, ...], expected: list[str]
) -> None:
    assert offered(*words) == expected


def test_gates_and_checks_are_offered_for_what_is_set_aside() -> None:
    assert {"soak", "tour", "lint", "test", "unobserved"} <= set(offered("promote", "--override", ""))


def test_the_releases_that_history_showed_are_offered(project: Path) -> None:
    assert offered("rollback", "-e", "testing", "--to", "") == []

    remember_releases(project, "testing", [42, 41, 7], sandbox=False)
    remember_releases(project, "testing", [2, 1], sandbox=True)

    assert offered("rollback", "-e", "testing", "--to", "") == ["42", "41", "7"]
    assert offered("rollback", "-e", "testing", "--from", "4") == ["42", "41"]
    assert offered("--sandbox", "verify", "-e", "testing", "--release", "") == ["2", "1"]
    assert offered("rollback", "-e", "production", "--to", "") == []


def test_nothing_is_kept_through_a_link_and_nobody_fails(project: Path, tmp_path: Path) -> None:
    (project / ".edgerollout").symlink_to(tmp_path / "src")

    remember_releases(project, "testing", [1], sandbox=False)

    assert seen_releases(project, "testing", sandbox=False) == ()
    assert list((tmp_path / "src").iterdir()) == []


@pytest.mark.parametrize("text", ["[", "environments = 7", "[environments]\ntesting = 1", '\x00"'])
def test_a_broken_configuration_offers_nothing_and_says_nothing(project: Path, text: str) -> None:
    for name in ("edgerollout", "policy"):
        (project / "config" / f"{name}.toml").write_text(text, encoding="utf-8")

    assert offered("tour", "") == []
    assert offered("publish", "--accept-header", "") == []
    assert offered("rollback", "--to", "") == []


def test_what_is_offered_is_what_the_commands_take() -> None:
    from typing import get_args

    from edgerollout.policy.grade.observatory_v6 import GRADES as KNOWN
    from edgerollout.policy.header_rules import RESPONSE_EVENTS
    from edgerollout.scaffold.answers import Runtime
    from edgerollout.tour.suggestion import Granularity

    assert get_args(Granularity) == GRANULARITIES
    assert get_args(Runtime) == RUNTIMES
    assert RESPONSE_EVENTS == EVENTS
    assert {name for _, name in KNOWN} == set(GRADES)
