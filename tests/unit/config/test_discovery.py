"""The project is found in the folder of the command or above it, as git finds its repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edgerollout.config.discovery import find_config
from edgerollout.errors import UsageError


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder with a folder two below it, where the command runs."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "edgerollout.toml").touch()
    (tmp_path / "src" / "css").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "src" / "css")
    return tmp_path


def test_from_a_folder_below_it_is_seen_from_there(root: Path) -> None:
    assert find_config() == Path("../../config")
    assert find_config(root / "src" / "css") == root / "config"


@pytest.mark.parametrize("below", [".", "config"])
def test_in_the_projects_own_folders_it_is_found(
    root: Path, below: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root / below)

    assert (find_config() or Path("nowhere")).resolve() == root / "config"


@pytest.mark.parametrize("file", ["edgerollout.toml", "policy.toml"])
def test_the_nearest_one_is_taken_even_where_a_file_is_missing(root: Path, file: str) -> None:
    (root / "src" / "css" / "config").mkdir()
    (root / "src" / "css" / "config" / file).touch()

    assert find_config() == Path("config")


def test_a_config_folder_of_something_else_is_passed_by(root: Path) -> None:
    (root / "src" / "config").mkdir()
    (root / "src" / "config" / "policy.toml").touch()

    assert find_config() == Path("../../config")


def test_where_there_is_none_nothing_is_found(root: Path) -> None:
    (root / "config" / "edgerollout.toml").unlink()

    assert find_config() is None


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away")
def test_another_users_project_above_is_not_run_by_accident(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SUDO_UID", raising=False)
    os.chown(root, 12345, -1)

    with pytest.raises(UsageError, match="is another user's"):
        find_config()
    monkeypatch.setenv("SUDO_UID", "12345")
    assert find_config() == Path("../../config")
    monkeypatch.chdir(root)
    assert find_config() == Path("config")
