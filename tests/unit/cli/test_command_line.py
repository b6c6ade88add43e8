"""The command line as a shell sees it: options, help and version."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from edgerollout import __version__
from edgerollout.cli.app import app
from edgerollout.cli.commands import COMMANDS
from edgerollout.cli.options import Options, with_global_options
from tests.unit.docs.shown import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

_RUNNER = CliRunner()


_LONGER = {"": 66, "tour": 45}
"""Lines of help: the list of the commands, and the one with the most options. All others have 40 at most."""


def _commands(group: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command and group of commands with the words that reach it."""
    group = group or get_command(app)
    yield path, group
    if hasattr(group, "list_commands"):
        context = group.context_class(group)
        for name in group.list_commands(context):
            yield from _commands(group.get_command(context, name), (*path, name))


_COMMANDS = dict(_commands())
_NAMES = [" ".join(path) for path in _COMMANDS]


def test_it_has_the_commands_that_are_promised() -> None:
    assert {command.name for command in COMMANDS} <= set(_NAMES)
    assert {"sandbox up", "sandbox down", "sandbox status", "sandbox demo"} <= set(_NAMES)


@pytest.mark.parametrize("flag", ["-h", "--help"])
@pytest.mark.parametrize("name", _NAMES)
def test_every_command_explains_itself_within_80_columns(name: str, flag: str) -> None:
    result = _RUNNER.invoke(app, [*name.split(), flag], env={"COLUMNS": "80"})

    assert result.exit_code == 0
    assert result.stdout.startswith("Usage: ")
    assert [line for line in result.stdout.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("name", _NAMES)
def test_a_commands_help_fits_a_screen_and_the_global_options_take_a_line(name: str) -> None:
    text = _RUNNER.invoke(app, [*name.split(), "--help"], env={"COLUMNS": "80"}).stdout
    own = text.partition("\nOptions:\n")[2].partition("\n\n")[0]

    assert len(own.splitlines()) <= 24
    assert len(text.splitlines()) <= _LONGER.get(name, 40)
    if _COMMANDS[tuple(name.split())].params and name not in ("", "sandbox"):
        assert "\nGlobal options: see edgerollout --help\n" in text


def test_what_is_seldom_needed_is_named_and_explained_on_the_page_of_the_command() -> None:
    text = _RUNNER.invoke(app, ["tour", "--help"], env={"COLUMNS": "80"}).stdout
    page = (ROOT / "docs" / "reference" / "commands" / "tour.md").read_text(encoding="utf-8")

    named = text.partition("More options, explained in docs/reference/commands/tour.md:\n")[2].partition(
        "\n\n"
    )[0]
    options = named.replace("[no-]", "").replace(",", " ").split()
    assert "--max-hashes" in options
    assert [option for option in options if f"`{option}" not in page] == []


def test_help_groups_the_commands_and_explains_the_options_of_every_command() -> None:
    text = _RUNNER.invoke(app, ["--help"], env={"COLUMNS": "80"}).stdout

    titles = re.findall(r"^(\S.*):$", text, flags=re.MULTILINE)
    assert titles == ["Start", "Release", "Look", "Way back", "Tools", "Global options"]
    assert "-C, --config DIR" in text


def _examples(name: str) -> list[list[str]]:
    """The examples in a command's help, each as its words after `edgerollout`."""
    text = str(_COMMANDS[tuple(name.split())].epilog or "")
    lines = re.findall(r"^  edgerollout (.*?)(?:   .*)?$", text, flags=re.MULTILINE)
    return [shlex.split(line) for line in lines]


@pytest.mark.parametrize("name", [name for name in _NAMES if name in ("", "sandbox") or " " not in name])
def test_every_command_has_examples_that_can_be_typed(name: str) -> None:
    found = _examples(name)

    assert found
    for words in found:
        result = _RUNNER.invoke(app, [*words, "--help"])
        assert result.exit_code == 0, (words, result.output)


def test_the_list_of_commands_cuts_no_sentence_short() -> None:
    text = _RUNNER.invoke(app, ["--help"], env={"COLUMNS": "80"}).stdout

    assert "..." not in text.partition("Start:")[2]


def test_the_version_is_one_line() -> None:
    assert _RUNNER.invoke(app, ["--version"]).stdout == f"edgerollout {__version__}\n"


def test_no_command_shows_the_help_and_ends_with_2() -> None:
    result = _RUNNER.invoke(app, [])

    assert result.exit_code == 2
    assert "Usage: edgerollout" in result.output


# --- the options of every command ------------------------------------------------------------------------


def _collecting() -> tuple[typer.Typer, list[Options]]:
    """An application with one command that notes its options."""
    found: list[Options] = []
    made = typer.Typer()

    @made.callback()
    @with_global_options
    def root(ctx: typer.Context, options: Options) -> None:
        ctx.obj = options

    @made.command("look")
    @with_global_options
    def look(options: Options) -> None:
        found.append(options)

    return made, found


_GIVEN = [
    (["-e", "staging"], {"env": "staging"}),
    (["--env", "staging"], {"env": "staging"}),
    (["-C", "elsewhere"], {"config": Path("elsewhere")}),
    (["-o", "json"], {"output": "json"}),
    (["--sandbox"], {"sandbox": True}),
    (["--profile", "ops"], {"profile": "ops"}),
    (["--endpoint-url", "http://127.0.0.1:1"], {"endpoint_url": "http://127.0.0.1:1"}),
    (["--yes"], {"yes": True}),
    (["-y"], {"yes": True}),
    (["-q"], {"quiet": True}),
    (["-v"], {"verbose": True}),
    (["--no-color"], {"no_color": True}),
]


@pytest.mark.parametrize(("words", "options"), _GIVEN, ids=[words[0] for words, _ in _GIVEN])
def test_an_option_means_the_same_before_and_after_the_command(
    words: list[str], options: dict[str, Any]
) -> None:
    for arguments in ([*words, "look"], ["look", *words]):
        made, found = _collecting()

        assert _RUNNER.invoke(made, arguments).exit_code == 0
        assert found == [Options(**options)]


def test_an_option_after_the_command_wins_and_the_others_stay() -> None:
    made, found = _collecting()

    _RUNNER.invoke(made, ["-e", "testing", "--yes", "look", "-e", "staging"])

    assert found == [Options(env="staging", yes=True)]
