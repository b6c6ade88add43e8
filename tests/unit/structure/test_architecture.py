"""The screen that shows the rooms is true: every room is on it, with its size."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.unit.structure.test_imports import PACKAGE

if TYPE_CHECKING:
    from pathlib import Path

ROOM = re.compile(r"^ *(?P<hundreds>\d+) +(?P<names>[a-z]+(?:, [a-z]+)*) {2,}\S", re.MULTILINE)
MOST_LINES = 75
"""Of a screen."""


def page() -> str:
    return (PACKAGE.parent / "docs" / "architecture.md").read_text(encoding="utf-8")


def rooms() -> dict[str, int]:
    """Room → its lines of Python, in hundreds, as the page says."""
    return {found["names"]: int(found["hundreds"]) for found in ROOM.finditer(page())}


def lines(folder: Path) -> int:
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in folder.rglob("*.py"))


def test_every_room_is_on_the_page_with_its_size() -> None:
    folders = [*PACKAGE.iterdir(), *(PACKAGE / "release").iterdir()]
    there = {folder.name: lines(folder) for folder in folders if folder.is_dir() and any(folder.glob("*.py"))}
    told = rooms()
    assert there.keys() == {name for name in told if "," not in name}
    wrong = {
        name: f"{size} lines, the page says {told[name]} hundred"
        for name, size in there.items()
        if abs(size - 100 * told[name]) > max(150, size / 10)
    }
    assert wrong == {}


def test_the_page_is_one_screen() -> None:
    assert len(page().splitlines()) <= MOST_LINES
