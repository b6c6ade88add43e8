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
from edgerollout.release.facts.environment import DistributionSelector
from edgerollout.scaffold.answers import EnvironmentAnswers, InitAnswers
from edgerollout.scaffold.policy_text import policy_text
from edgerollout.scaffold.settings_text import settings_text
from edgerollout.scaffold.starting_policy import from_scratch
from edgerollout.scaffold.workflow_text import workflow_text
from edgerollout.terraform.environment_files import Folder, environment_files
from edgerollout.terraform.modules import module_files
from edgerollout.terraform.ownership import WhoAttaches
from edgerollout.terraform.snippet import snippet
from tests.spelling import spell
from tests.unit.release.builders import ACCOUNT, make_environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PACKAGE = Path(__file__).parents[3] / "edgerollout"
NAMES = "|".join(command.name for command in COMMANDS)
ADVICE = re.compile(rf"\bedgerollout (?=(?:-\S+ (?:\S+ )?)*(?:{NAMES})\b)")
END = re.compile(r"[.,;:)`'\"…\n]+$")
STANDS_IN = "1"
"""For what is only known when it is said: a name, a number, a file."""


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """The strings of a file with the line they begin on, but for docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    # Docstrings, and what is said below a constant.
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inside = {
        id(value) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for value in node.values
    }
    elsewhere = told | inside
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (value.value if isinstance(value, ast.Constant) else STANDS_IN for value in node.values)
            yield node.lineno, "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in elsewhere:
            yield node.lineno, node.value


def in_text(text: str) -> Iterator[list[str]]:
    """The words of every command in a text, and all that follows each on its line."""
    for line in text.splitlines():
        for match in ADVICE.finditer(line):
            yield line[match.end() :].split()


def parsed(words: list[str]) -> list[str]:
    """The words that belong to the command. Fails for an option that the command does not know."""
    group = get_command(app)
    known = group
    taken: list[str] = []
    rest = list(words)
    context = typer.Context(group)
    while rest:
        word = END.sub("", rest[0])
        options = {name: param for param in known.params for name in (*param.opts, *param.secondary_opts)}
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
        text = path.read_text(encoding="utf-8")
        if not any(name in text for name in ("CommandLine", "command_for")):
            continue
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            if name not in ("CommandLine", "command_for"):
                continue
            verb, words = node.args[0 if name == "CommandLine" else 1], node.args[2:]
            if isinstance(verb, ast.Constant):
                said = [word.value if isinstance(word, ast.Constant) else STANDS_IN for word in words]
                assert isinstance(verb.value, str)
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", [verb.value, *map(str, said)]


def told_wrong(found: Iterable[tuple[str, list[str]]]) -> list[str]:
    wrong = []
    for where, words in found:
        try:
            assert parsed(words), "it is no command"
        except AssertionError as error:
            wrong.append(f"{where}: {error}")
    return wrong


def test_a_command_that_is_advised_has_the_options_it_is_advised_with() -> None:
    found = [*command_lines()]
    assert len(found) > 80
    assert {words[0] for _, words in found} >= {"publish", "promote", "rollback", "wait"}
    assert told_wrong(found) == []


def generated() -> Iterator[tuple[str, str]]:
    """The name and the text of every kind of file that init and terraform write."""
    names, own = ("testing", "staging"), DistributionSelector(id="E1")
    answers = InitAnswers(tuple(EnvironmentAnswers(name, ACCOUNT, (own,)) for name in names))
    workflow = workflow_text(answers, config="own/config", handler="handler/python")
    yield "the workflow", re.sub(r"^ +step (?!\()", "edgerollout ", workflow, flags=re.MULTILINE)
    yield "edgerollout.toml", settings_text(answers)
    yield "policy.toml", policy_text(from_scratch(), names)
    for owner in WhoAttaches:
        folder = Folder(make_environment(), owner, ())
        files = {**environment_files(folder, spell), **module_files(owner)}
        yield from (
            (f"{owner}: {path}", content.decode("utf-8", "replace")) for path, content in files.items()
        )
        yield f"{owner}: the snippet", snippet(owner, spell, environment="testing", event="origin-response")


def test_a_command_in_a_generated_file_is_one_that_the_parser_takes() -> None:
    found = [(name, words) for name, text in generated() for words in in_text(text)]
    assert len(found) > 10
    assert told_wrong(found) == []


WRITTEN = ("cli/", "scaffold/workflow_text.py", "scaffold/lock.py", "terraform/modules.py")
"""Where a command stands as text: at the command line itself, and in templates of files."""
TITLES = {"edgerollout test", "edgerollout tour"}
"""What a report is called, after the command that makes it."""


def test_nothing_but_the_command_line_writes_commands_as_text() -> None:
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        for line, text in texts(path):
            if not name.startswith(WRITTEN) and text not in TITLES:
                assert not list(in_text(text)), f"{name}:{line}: make it a CommandLine"


def test_the_verbs_are_the_commands_there_are() -> None:
    assert sorted(typing.get_args(Verb)) == sorted(command.name for command in COMMANDS)
