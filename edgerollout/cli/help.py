"""The layout of help: a command shows its own options only; `edgerollout --help` explains the global ones."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from typer.core import TyperCommand

from edgerollout.cli.options import GLOBAL, SELDOM

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from typer import _click as click  # typer's own copy in its newer releases

_PAIR = re.compile(r"--([a-z-]+) / --no-\1")
_RANGE = re.compile(r"(?:; |  \[)(?:\d+<=)?x[<>=]+\d+\]")


class OneCommand(TyperCommand):
    """A command whose help explains its own options, and says where to find the global ones."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own = [
            parameter
            for parameter in self.get_params(ctx)
            if parameter.name != "help"
            and (parameter.name not in GLOBAL or getattr(parameter, "rich_help_panel", None) is None)
        ]
        arguments = [parameter for parameter in own if parameter.param_type_name == "argument"]
        options = [parameter for parameter in own if parameter.param_type_name == "option"]
        seldom = [option for option in options if getattr(option, "rich_help_panel", None) == SELDOM]
        options = [option for option in options if option not in seldom]
        for title, parameters in (("Arguments", arguments), ("Options", options)):
            if rows := list(_rows(ctx, parameters)):
                with formatter.section(title):
                    formatter.write_dl(rows)
        if seldom:
            names = ", ".join(names.partition(" ")[0] for names, _ in _rows(ctx, seldom))
            page = f"docs/reference/commands/{ctx.info_name}.md"
            with formatter.section(f"{SELDOM}, explained in {page}"):
                for line in textwrap.wrap(names, formatter.width - 2, break_on_hyphens=False):
                    formatter.write(f"  {line}\n")
        formatter.write_paragraph()
        formatter.write_text("Global options: see edgerollout --help")


def options_of_every_command(ctx: click.Context, formatter: click.HelpFormatter) -> None:
    """Write the meaning of each global option."""
    with formatter.section("Global options"):
        formatter.write_dl(list(_rows(ctx, ctx.command.get_params(ctx))))


def _rows(ctx: click.Context, parameters: Iterable[click.Parameter]) -> Iterator[tuple[str, str]]:
    for parameter in parameters:
        if (record := parameter.get_help_record(ctx)) is None:
            continue
        names, meaning = record
        paired = _PAIR.sub(r"--[no-]\1", names)
        # The first of the pair is the default, unless the text names another one.
        meaning = (
            re.sub(r"  \[default: .*\]", "", meaning) if paired != names else _RANGE.sub(_closed, meaning)
        )
        yield paired, meaning


def _closed(found: re.Match[str]) -> str:
    return "]" if found[0].startswith(";") else ""
