"""The sandbox's files lie in the project's folder, whatever that folder is like."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import botocore.session
import pytest
from typer.testing import CliRunner

from edgerollout.cli.app import app
from edgerollout.config import load
from edgerollout.errors import UsageError
from edgerollout.sandbox.daemon import down, find, up
from edgerollout.sandbox.place import SandboxFolder
from tests.spelling import said

if TYPE_CHECKING:
    from edgerollout.config import Project

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    for name in ("config", "handler"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    return load(tmp_path / "config")


@pytest.mark.parametrize("taken", [".edgerollout", ".edgerollout/sandbox"])
def test_a_folder_that_takes_no_files_is_told_before_anything_starts(project: Project, taken: str) -> None:
    path = project.root / taken
    path.parent.mkdir(exist_ok=True)
    path.write_text("something else")

    with pytest.raises(UsageError) as refused:
        up(project)

    assert str(SandboxFolder.of(project.root).folder) in refused.value.summary
    assert "writable" in said(refused.value.hint)
    assert find(project) is None


@pytest.mark.parametrize("name", ["lock", "state.json"])
def test_a_folder_in_the_place_of_a_file_is_told(project: Project, name: str) -> None:
    (SandboxFolder.of(project.root).folder / name).mkdir(parents=True)

    with pytest.raises(UsageError, match="cannot keep its files"):
        up(project)
    with pytest.raises(UsageError, match="cannot keep its files"):
        down(project.root)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "[" * 100_000,
        json.dumps({"pid": 1}),
        json.dumps(
            {
                "identity": "x",
                "pid": "1",
                "endpoint_url": 5,
                "http_port": "q",
                "https_port": None,
                "ca_file": None,
                "started_at": "never",
            }
        ),
    ],
    ids=["empty", "a list", "nested", "fields missing", "fields of another kind"],
)
def test_a_state_file_that_says_nothing_is_no_sandbox(project: Project, content: str) -> None:
    place = SandboxFolder.of(project.root)
    place.make()
    place.state_file.write_text(content)

    assert find(project) is None
    assert down(project.root) is False
    assert not place.state_file.exists()


def test_a_mistake_in_the_configuration_keeps_no_sandbox_running(project: Project) -> None:
    (project.root / "config" / "policy.toml").write_text("no toml")

    result = CliRunner().invoke(app, ["sandbox", "down", "-C", str(project.root / "config")])

    assert (result.exit_code, result.stderr) == (0, "no sandbox was running\n")


def test_the_key_is_the_user_s_alone_and_another_at_each_start(project: Project) -> None:
    place = SandboxFolder.of(project.root)
    place.folder.mkdir(parents=True, mode=0o755)
    place.folder.chmod(0o755)
    place.credentials_file.write_text("[default]\naws_secret_access_key = planted\n")
    try:
        first = up(project)
        assert stat.S_IMODE(place.folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(place.credentials_file.stat().st_mode) == 0o600
        assert first.secret == place.read_secret() != "planted"
        assert first.secret not in repr(first)
        told = CliRunner().invoke(app, ["sandbox", "status", "-C", str(project.root / "config")]).output
        assert f"AWS_SHARED_CREDENTIALS_FILE={place.credentials_file}" in told
        assert first.secret not in told + place.log_file.read_text()
        assert first.secret not in Path(f"/proc/{first.pid}/cmdline").read_text()
        assert not list(place.folder.glob("*.pem"))
        if os.getuid() == 0:
            # Another user of this machine, as far as the file system has a say.
            read = subprocess.run(
                ("cat", place.credentials_file), user=65534, capture_output=True, check=False
            )
            assert (read.returncode, read.stdout) == (1, b"")
        session = boto3.Session(botocore_session=_reading(place.credentials_file))
        sts = session.client("sts", endpoint_url=first.endpoint_url, region_name="us-east-1")
        assert sts.get_caller_identity()["Account"] == project.environments["testing"].account
    finally:
        down(project.root)
    assert not place.credentials_file.exists()
    try:
        assert up(project).secret != first.secret
    finally:
        down(project.root)


def _reading(credentials: Path) -> botocore.session.Session:
    """As the aws command line reads the file."""
    return botocore.session.Session(
        session_vars={
            "credentials_file": (None, None, str(credentials), None),
            "config_file": (None, None, os.devnull, None),
            "profile": (None, None, "default", None),
        }
    )


@pytest.mark.parametrize("linked", [".edgerollout", ".edgerollout/sandbox"])
def test_a_folder_that_is_a_link_keeps_no_key(project: Project, tmp_path: Path, linked: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    path = project.root / linked
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(elsewhere)

    with pytest.raises(UsageError, match="cannot keep its key"):
        up(project)

    assert not list(elsewhere.rglob("credentials"))
