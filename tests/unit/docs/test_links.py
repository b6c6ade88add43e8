"""What README and docs/ refer to is there: files and headings, commands and their options."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edgerollout.cli.app import app

ROOT = Path(__file__).parents[3]
PAGES = (*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md")))
FENCED = re.compile(r"^ *```.*?^ *```", flags=re.DOTALL | re.MULTILINE)

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


def _anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text(encoding="utf-8")), flags=re.MULTILINE)
    words = (re.sub(r"\[([^]]*)]\([^)]*\)", r"\1", heading).strip().lower() for heading in headings)
    return {re.sub(r"[^\w\- ]", "", text).replace(" ", "-") for text in words}


def _links(page: Path) -> list[str]:
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    return [link for link in re.findall(r"]\(([^)\s]+)\)", text) if not re.match(r"[a-z]+:", link)]


def _commands(page: Path) -> list[str]:
    """Every `edgerollout …` of a page: lines of its blocks, and what stands between backticks."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    found = re.findall(r"`(edgerollout [^`]+)`", FENCED.sub("", text))
    for block in FENCED.findall(text):
        found += re.findall(r"^ *(?:\$ |next: |(?:- )?run: )? *(edgerollout .*)$", block, flags=re.MULTILINE)
    return [re.split(r"\s[#>|&]|\s{2,}", line.replace("\n", " "))[0] for line in found]


@pages
def test_every_relative_link_leads_to_a_file_and_a_heading_that_are_there(page: Path) -> None:
    for link in _links(page):
        name, _, anchor = link.partition("#")
        file = page.parent / name if name else page
        assert file.exists(), link
        assert not anchor or anchor in _anchors(file), link


@pages
def test_every_command_it_shows_has_the_options_it_shows(page: Path) -> None:
    for line in _commands(page):
        words = [word for word in shlex.split(line)[1:] if word != "…"]
        result = CliRunner().invoke(app, [*words, "--help"])
        assert result.exit_code == 0, (line, result.output)
