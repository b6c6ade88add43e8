"""How help is laid out: a command's own options first, those of every command in a line of their own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from typer.core import TyperCommand

from edgerollout.cli.options import GLOBAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from typer import _click as click  # typer's own copy in its newer releases

_PAIR = re.compile(r"--([a-z-]+) / --no-\1")
_RANGE = re.compile(r"(?:; |  \[)(?:\d+<=)?x[<>=]+\d+\]")


class OneCommand(TyperCommand):
    """A command whose help explains its own options, and names the others."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own: list[click.Parameter] = []
        shared: list[click.Parameter] = []
        for one in self.get_params(ctx):
            is_global = one.name in GLOBAL and getattr(one, "rich_help_panel", None) is not None
            (shared if is_global or one.name == "help" else own).append(one)
        arguments = [one for one in own if one.param_type_name == "argument"]
        options = [one for one in own if one.param_type_name == "option"]
        for title, parameters in (("Arguments", arguments), ("Options", options)):
            if rows := list(_rows(ctx, parameters)):
                with formatter.section(title):
                    formatter.write_dl(rows)
        with formatter.section("Global options (edgerollout --help)"):
            formatter.write_text(" ".join(_names(shared)))


def options_of_every_command(ctx: click.Context, formatter: click.HelpFormatter) -> None:
    """Write what each of them means."""
    with formatter.section("Global options"):
        formatter.write_dl(list(_rows(ctx, ctx.command.get_params(ctx))))


def _rows(ctx: click.Context, parameters: Iterable[click.Parameter]) -> Iterator[tuple[str, str]]:
    for one in parameters:
        if (record := one.get_help_record(ctx)) is None:
            continue
        names, meaning = record
        paired = _PAIR.sub(r"--[no-]\1", names)
        # Which of the two holds unless said otherwise is clear, where the meaning does not tell.
        meaning = (
            re.sub(r"  \[default: .*\]", "", meaning) if paired != names else _RANGE.sub(_closed, meaning)
        )
        yield paired, meaning


def _closed(found: re.Match[str]) -> str:
    return "]" if found[0].startswith(";") else ""


def _names(parameters: Iterable[click.Parameter]) -> list[str]:
    """The shortest name of each, those of a letter first."""
    names = (min(one.opts, key=len) for one in parameters)
    return sorted(names, key=lambda name: name.startswith("--"))
