"""docs/reference/ is what the code says, and the site's navigation has every page."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from edgerollout.cli.commands import COMMANDS
from edgerollout.errors import ExitCode
from make_docs import reference
from make_docs.exits import CODES
from make_docs.output import SCHEMAS
from make_docs.site import OF_THE_ROOT

ROOT = Path(__file__).parents[3]


def test_the_reference_pages_are_what_the_code_says() -> None:
    made = reference.pages()
    files = {*made, *reference.FOLDER.rglob("*.md"), *SCHEMAS.iterdir()}
    there = {path: path.read_text(encoding="utf-8") for path in files if path.is_file()}
    stale = sorted(path.name for path in made.keys() | there.keys() if made.get(path) != there.get(path))
    assert stale == [], "make reference"


def test_every_command_says_how_it_may_end() -> None:
    assert CODES.keys() == {command.name for command in COMMANDS}


@pytest.mark.parametrize("name", CODES)
def test_a_command_ends_as_its_page_says_and_no_other_way(name: str) -> None:
    """What a command's code does decides how it can end: who acts, who checks the site, who takes back."""
    parts = (ROOT / "edgerollout" / "cli").glob(f"{name}*.py")
    code = "\n".join(part.read_text(encoding="utf-8") for part in parts)
    acts, prunes = "acting(" in code, name == "prune"
    takes_back = "after_swap import afterwards" in code
    checks = takes_back or "check_headers=verify" in code
    plans = "read_and_plan(" in code and name == "plan"
    expected = {
        ExitCode.CHANGES: "--detailed-exitcode" in code,
        ExitCode.CONFLICT: (acts and not prunes) or plans,
        ExitCode.IN_PROGRESS: acts,
        ExitCode.ROLLED_BACK: takes_back,
        ExitCode.NEEDS_PERSON: takes_back,
        ExitCode.NOT_RIGHT: checks,
    }
    assert CODES[name].keys() - {ExitCode.REFUSED} == {code for code, given in expected.items() if given}
    if acts or "ExitCode.REFUSED" in code or "raise Refused(" in code:
        assert ExitCode.REFUSED in CODES[name]


def _pages(entries: list[object]) -> list[str]:
    found = []
    for entry in entries:
        match entry:
            case str():
                found.append(entry)
            case dict():
                for value in entry.values():
                    found += _pages(value if isinstance(value, list) else [value])
    return found


def test_the_site_has_every_page_in_its_navigation_once() -> None:
    project = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]
    there = [path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")]
    assert sorted(_pages(project["nav"])) == sorted([*there, *OF_THE_ROOT])
