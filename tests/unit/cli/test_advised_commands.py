"""Every command that edgerollout advises, wherever it is written, is one that its own parser takes."""

from __future__ import annotations

import ast
import re
import typing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer
from typer.main import get_command

from edgerollout.advice import Verb
from edgerollout.cli.app import app
from edgerollout.cli.commands import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).parents[3] / "edgerollout"
NAMES = "|".join(one.name for one in COMMANDS)
ADVICE = re.compile(rf"\bedgerollout (?=(?:-\S+ (?:\S+ )?)*(?:{NAMES})\b)")
END = re.compile(r"[.,;:)`'\"…\n]+$")
STANDS_IN = "1"
"""For what is only known when it is said: a name, a number, a file."""


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """The strings of a file with the line they begin on, but for docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)
    }  # docstrings, and what is said below a constant
    inside = {id(one) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for one in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (one.value if isinstance(one, ast.Constant) else STANDS_IN for one in node.values)
            yield node.lineno, "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told | inside:
            yield node.lineno, node.value


def advised() -> list[tuple[str, list[str]]]:
    """Where a command is advised, and its words and all that follow in the text."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for line, text in texts(path):
            # What str.format fills in: options after a word, else a value.
            filled = re.sub(r"\{\w+\}", STANDS_IN, re.sub(r"(?<=\w)\{\w+\}", "", text))
            for match in ADVICE.finditer(filled):
                words = filled[match.end() :].split()
                found.append((f"{path.relative_to(PACKAGE)}:{line}", words))
    return found


def parsed(words: list[str]) -> list[str]:
    """The words that belong to the command. Fails for an option that the command does not know."""
    group = get_command(app)
    known = group
    taken: list[str] = []
    rest = list(words)
    context = typer.Context(group)
    while rest:
        word = END.sub("", rest[0])
        options = {name: one for one in known.params for name in (*one.opts, *one.secondary_opts)}
        if word.startswith("-"):
            name, _, value = word.partition("=")
            assert name in options, f"{known.name} has no option {name}"
            taken.append(rest.pop(0))
            option = options[name]
            mentioned = END.search(taken[-1])  # `--oidc)`: what it is for stands elsewhere
            if not getattr(option, "is_flag", False) and not value and not mentioned:
                assert rest, f"{name} of {known.name} wants a value"
                taken.append(rest.pop(0))
            if END.search(taken[-1]):
                break
            continue
        inner = known.get_command(context, word) if hasattr(known, "get_command") else None
        if inner is None:
            break
        known = inner
        taken.append(rest.pop(0))
        if END.search(taken[-1]):
            break
    return taken


def test_an_option_that_a_command_has_not_is_no_advice() -> None:
    with pytest.raises(AssertionError, match="has no option"):
        parsed(["wait", "--enforce"])


def command_lines() -> Iterator[tuple[str, list[str]]]:
    """Where a command line is made as a value, and its words; what is not written there is a 1."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            if name not in ("CommandLine", "command_for"):
                continue
            verb, words = node.args[0 if name == "CommandLine" else 1], node.args[2:]
            if isinstance(verb, ast.Constant):
                said = [one.value if isinstance(one, ast.Constant) else STANDS_IN for one in words]
                assert isinstance(verb.value, str)
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", [verb.value, *map(str, said)]


def test_a_command_that_is_advised_has_the_options_it_is_advised_with() -> None:
    found = [*command_lines(), *advised()]
    assert len(found) > 80
    assert {words[0].rstrip(".,`") for _, words in found} >= {"publish", "promote", "rollback", "wait"}
    wrong = []
    for where, words in found:
        try:
            assert parsed(words), "it is no command"
        except AssertionError as error:
            wrong.append(f"{where}: {error}")
    assert wrong == []


def test_the_verbs_are_the_commands_there_are() -> None:
    assert typing.get_args(Verb) == tuple(one.name for one in COMMANDS)
