"""The table of commands. A command's file is imported only when the command runs or shows its help.

Every file of the table defines `EXAMPLES` and a function with the command's name; a group of commands defines
`app` instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING

import typer
from typer.core import TyperGroup
from typer.main import get_command

from edgerollout.cli.help import OneCommand, options_of_every_command

if TYPE_CHECKING:
    from typer import _click as click  # typer's own copy in its newer releases


@dataclass(frozen=True)
class Command:
    """A command's name and its line in `edgerollout --help`."""

    name: str
    summary: str

    @property
    def module(self) -> str:
        return f"edgerollout.cli.{self.name}"


GROUPS = {
    "Start": (
        Command("init", "Make a project: configuration, handler, CI workflow."),
        Command("doctor", "Check what a publish rests on; print a command's IAM policy."),
        Command("sandbox", "The embedded AWS and edge: no account, loopback only."),
    ),
    "Release": (
        Command("lint", "Judge the policy: what attackers use, what browsers ignore."),
        Command("hashes", "Print the hashes of a site's inline code; check the policy."),
        Command("test", "Run the handler on events, judged as CloudFront would."),
        Command("preview", "Serve a site through the handler, as CloudFront would."),
        Command("plan", "Show what publish would do, as a diff."),
        Command("publish", "Publish the policy and see it live: the whole loop."),
        Command("wait", "Finish the live release: Deployed, invalidation, verify."),
        Command("tour", "Visit the site in a real browser: what the policy blocks."),
        Command("promote", "Move a proven policy on: to the next environment, or enforced."),
        Command("advance", "Take the next step: publish, carry, enforce. For pipelines."),
    ),
    "Look": (
        Command("status", "Show what is live where, and what drifted."),
        Command("verify", "Compare the headers that visitors get with the live release."),
        Command("history", "List the releases: stage, digests, commit, age, where live."),
        Command("scan", "Grade a site's headers as MDN Observatory does."),
    ),
    "Way back": (
        Command("rollback", "Take the live release back, in one command."),
        Command("detach", "Take our releases off, and see it Deployed."),
    ),
    "Tools": (
        Command("build", "Build the bundle; print its digest and headers."),
        Command("externalise", "Move a built site's inline scripts and styles into files."),
        Command("terraform", "Write Terraform modules, also for what is live."),
        Command("prune", "Delete old versions that nothing uses or could go back to."),
    ),
}
"""In the order of `--help`."""

COMMANDS = tuple(command for commands in GROUPS.values() for command in commands)

_BY_NAME = {command.name: command for command in COMMANDS}


class CommandTable(TyperGroup):
    """The commands of the table. Each is loaded when it is needed, so that a start loads only one."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_BY_NAME)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        entry = _BY_NAME.get(cmd_name)
        return None if entry is None else _load(entry)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in _BY_NAME:
            near = get_close_matches(args[0], _BY_NAME, n=1)
            ctx.fail(f"No such command '{args[0]}'." + (f" Did you mean '{near[0]}'?" if near else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        width = max(len(command.name) for command in COMMANDS)
        for title, commands in GROUPS.items():
            with formatter.section(title):
                # The column has the same width in every group.
                formatter.write_dl([(command.name.ljust(width), command.summary) for command in commands])

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.format_commands(ctx, formatter)
        options_of_every_command(ctx, formatter)


def _load(entry: Command) -> click.Command:
    module = import_module(entry.module)
    if hasattr(module, "app"):
        app: typer.Typer = module.app
    else:
        app = typer.Typer(rich_markup_mode=None, add_completion=False)
        app.command(entry.name, cls=OneCommand, epilog=module.EXAMPLES, short_help=entry.summary)(
            getattr(module, entry.name)
        )
    command = get_command(app)
    command.name = entry.name
    return command
