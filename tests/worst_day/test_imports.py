"""These tests know the command line, the sandbox and its emulated AWS, nothing of how edgerollout is made."""

from __future__ import annotations

import ast
from pathlib import Path

HERE = Path(__file__).parent
OUTSIDE = (HERE, HERE.parent / "walks")
ALLOWED = ("edgerollout.emulator", "edgerollout.sandbox")


def imported(path: Path) -> list[str]:
    """The modules of edgerollout that a file names in an import."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import():
                names += [name.name for name in node.names]
            case ast.ImportFrom(module=str(module), level=0):
                names += [f"{module}.{name.name}" for name in node.names]
            case _:
                pass
    return [name for name in names if name.partition(".")[0] == "edgerollout"]


def test_the_worst_day_and_the_walks_are_tried_from_outside() -> None:
    found = {
        f"{folder.name}/{path.name}": imported(path)
        for folder in OUTSIDE
        for path in sorted(folder.glob("*.py"))
    }
    assert any(found.values()), "it sees the imports"
    wrong = {
        name: [name for name in names if not name.startswith(tuple(f"{text}." for text in ALLOWED))]
        for name, names in found.items()
    }
    assert {name: names for name, names in wrong.items() if names} == {}
