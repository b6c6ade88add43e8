"""What is told of a text that is no TOML: the place that is meant, and what would mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgerollout.config.toml_file import TomlFile
from edgerollout.errors import Problem

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path, text: str) -> Problem:
    path.write_text(text, encoding="utf-8")
    problem = TomlFile.read(path)
    assert isinstance(problem, Problem)
    return problem


@pytest.mark.parametrize(
    ("text", "column", "marked", "hint"),
    [
        ("a = testing # x", 5, "testing", 'put it in quotes: "testing"'),
        ("a = [self, 1]", 6, "self", 'put it in quotes: "self"'),
        ("account = 012345678901", 11, "012345678901", 'put it in quotes: "012345678901"'),
        ("a = “x”", 5, "“", 'use the straight quote "'),
        ("a =", 4, "", 'write KEY = "VALUE"'),
        ("a: 1", 2, ":", 'write KEY = "VALUE"'),
        ('a = "x', 7, "", "close the text with its opening quote"),
        ("a = { b = 1 c = 2 }", 13, "c", "a comma or a } is missing before this"),
        ("  a = 1\n  a = 2", 3, "a", "the key is already there: keep one of the two"),
        ("[t]\n[t]", 3, "]", "the table is already there: keep one of the two"),
    ],
)
def test_a_slip_is_marked_and_answered(
    tmp_path: Path, text: str, column: int, marked: str, hint: str
) -> None:
    problem = read(tmp_path / "policy.toml", f"{text}\n")

    assert problem.excerpt is not None
    excerpt = problem.excerpt
    assert excerpt.text == text.rsplit("\n", maxsplit=1)[-1]
    assert (problem.place.column, excerpt.text[excerpt.start : excerpt.end]) == (column, marked)
    assert problem.suggestion == hint


def test_a_secret_is_not_repeated_in_what_to_write(tmp_path: Path) -> None:
    problem = read(tmp_path / "policy.toml", "x-api-key = hunter2\n")

    assert problem.excerpt is not None
    assert problem.excerpt.text == "x-api-key = ***"
    assert problem.suggestion is None
