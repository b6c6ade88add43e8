"""Which commit a release names, and whether what is released was committed."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from edgerollout.cli.releasing import _COMMIT_VARIABLES, current_commit

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _no_pipeline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in _COMMIT_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "none"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "site"
    for name in ("config/policy.toml", "handler/index.py", "README.md"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("one\n")
    _git(root, "init", "-q")
    _git(root, "add", "-A")
    _git(root, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "first")
    return root


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(("git", "-C", str(root), *words), capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _commit(root: Path) -> str | None:
    return current_commit(root, root / "config", root / "handler")


def test_what_was_committed_names_its_commit(project: Path) -> None:
    (project / "README.md").write_text("two\n")

    assert _commit(project) == _git(project, "rev-parse", "HEAD")


@pytest.mark.parametrize("name", ["config/policy.toml", "handler/index.py", "handler/new.py"])
def test_what_differs_from_its_commit_says_so(project: Path, name: str) -> None:
    (project / name).write_text("two\n")

    assert _commit(project) == f"{_git(project, 'rev-parse', 'HEAD')}+changes"


def test_a_pipeline_names_the_commit_and_git_is_asked_for_changes(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_SHA", "ab" * 20)
    assert _commit(project) == "ab" * 20

    (project / "handler" / "index.py").write_text("two\n")
    assert _commit(project) == "ab" * 20 + "+changes"


def test_without_a_repository_there_is_what_the_pipeline_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert current_commit(tmp_path, tmp_path) is None
    monkeypatch.setenv("CI_COMMIT_SHA", "cd" * 20)
    assert current_commit(tmp_path, tmp_path) == "cd" * 20


def test_a_repository_without_any_commit_names_none(tmp_path: Path) -> None:
    _git(tmp_path, "init", "-q")

    assert current_commit(tmp_path, tmp_path) is None
