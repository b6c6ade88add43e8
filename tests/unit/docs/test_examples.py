"""What README and docs/ quote is what the program says, and takes."""

from __future__ import annotations

import json
import re
import tomllib
from shutil import copytree
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from edgerollout.cli.app import app
from edgerollout.config import load
from tests.unit.docs.shown import PAGES, ROOT

if TYPE_CHECKING:
    from pathlib import Path

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_mistake_that_it_shows_is_told_in_these_words(tmp_path: Path) -> None:
    found = re.search(r"```\nerror: the configuration has a problem\n(.*?)```", README, flags=re.DOTALL)
    assert found is not None
    for part in ("config", "handler"):
        copytree(ROOT / part, tmp_path / part)
    policy = tmp_path / "config" / "policy.toml"
    policy.write_text(
        policy.read_text(encoding="utf-8").replace("script-src ", "script-scr ", 1), encoding="utf-8"
    )
    told = CliRunner().invoke(app, ["lint", "-C", str(policy.parent)]).output
    shown = found[1].replace("config/", f"{policy.parent}/")
    assert " ".join(shown.split()) in " ".join(told.split())


def blocks(page: Path, language: str) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return [
        re.sub(f"^{indent}", "", block, flags=re.MULTILINE)
        for indent, block in re.findall(
            rf"^( *)```{language}\n(.*?)^ *```", text, flags=re.DOTALL | re.MULTILINE
        )
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_block_of_toml_and_json_can_be_read(page: Path) -> None:
    for block in blocks(page, "toml"):
        tomllib.loads(block)
    for block in blocks(page, "json"):
        json.loads(block)


def test_the_files_that_the_page_on_configuration_shows_are_taken(tmp_path: Path) -> None:
    settings, tour, ignored, own, policy = blocks(ROOT / "docs" / "configuration.md", "toml")
    copytree(ROOT / "handler", tmp_path / "handler")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "edgerollout.toml").write_text(settings + tour + ignored + own, encoding="utf-8")
    (tmp_path / "config" / "policy.toml").write_text(policy, encoding="utf-8")
    project = load(tmp_path / "config")
    assert tuple(project.environments) == ("testing", "production")
