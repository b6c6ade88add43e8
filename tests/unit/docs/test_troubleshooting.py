"""The texts that docs/troubleshooting.md lists are those that the program has."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
HEADINGS = [
    text
    for section in ("Before anything starts", "The plan refuses (exit code 6)", "While it runs")
    for text in re.findall(
        r"^### (.+)$", PAGE.partition(f"## {section}\n")[2].partition("\n## ")[0], flags=re.MULTILINE
    )
]


@cache
def texts() -> str:
    """Every string of the package, the parts of an f-string and of adjacent strings as one, a line each."""
    found = []
    for path in (ROOT / "edgerollout").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Constant(value=str(text)):
                    found.append(text)
                case ast.JoinedStr(values=values):
                    parts = (str(value.value) if isinstance(value, ast.Constant) else "…" for value in values)
                    found.append("".join(parts))
    return "\n".join(found)


def test_there_are_some() -> None:
    assert len(HEADINGS) > 20


@pytest.mark.parametrize("text", HEADINGS)
def test_a_text_that_is_listed_is_printed_by_the_program(text: str) -> None:
    assert text.casefold() in texts().casefold()
