"""What README and docs/ refer to is there: files and headings, commands and their options."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from edgerollout.cli.app import app
from tests.unit.docs.shown import FENCED, PAGES, ROOT, commands_of

if TYPE_CHECKING:
    from pathlib import Path

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text(encoding="utf-8")), flags=re.MULTILINE)
    words = (re.sub(r"\[([^]]*)]\([^)]*\)", r"\1", heading).strip().lower() for heading in headings)
    return {re.sub(r"[^\w\- ]", "", text).replace(" ", "-") for text in words}


def _links(page: Path) -> list[str]:
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    return [link for link in re.findall(r"]\(([^)\s]+)\)", text) if not re.match(r"[a-z]+:", link)]


@pages
def test_every_relative_link_leads_to_a_file_and_a_heading_that_are_there(page: Path) -> None:
    for link in _links(page):
        name, _, anchor = link.partition("#")
        file = page.parent / name if name else page
        assert file.exists(), link
        assert not anchor or anchor in anchors(file), link


@pages
def test_every_command_it_shows_has_the_options_it_shows(page: Path) -> None:
    for line in commands_of(page):
        words = [word for word in shlex.split(line)[1:] if word != "…"]
        result = CliRunner().invoke(app, [*words, "--help"])
        assert result.exit_code == 0, (line, result.output)
