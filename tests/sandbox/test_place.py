"""The sandbox's files lie in the project's folder, whatever that folder is like."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from edgerollout.cli.app import app
from edgerollout.config import load
from edgerollout.errors import UsageError
from edgerollout.sandbox.daemon import down, find, up
from edgerollout.sandbox.place import Place

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

    assert str(Place.of(project.root).folder) in refused.value.what
    assert "writable" in (refused.value.hint or "")
    assert find(project) is None


@pytest.mark.parametrize("name", ["lock", "state.json"])
def test_a_folder_in_the_place_of_a_file_is_told(project: Project, name: str) -> None:
    (Place.of(project.root).folder / name).mkdir(parents=True)

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
                "started_at": "never",
            }
        ),
    ],
    ids=["empty", "a list", "nested", "fields missing", "fields of another kind"],
)
def test_a_state_file_that_says_nothing_is_no_sandbox(project: Project, content: str) -> None:
    place = Place.of(project.root)
    place.make()
    place.state_file.write_text(content)

    assert find(project) is None
    assert down(project.root) is False
    assert not place.state_file.exists()


def test_a_mistake_in_the_configuration_keeps_no_sandbox_running(project: Project) -> None:
    (project.root / "config" / "policy.toml").write_text("no toml")

    result = CliRunner().invoke(app, ["sandbox", "down", "-C", str(project.root / "config")])

    assert (result.exit_code, result.stderr) == (0, "no sandbox was running\n")
