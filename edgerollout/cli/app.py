"""The command line and its help. `commands.py` lists the commands; each one's file says what it does.

Nothing heavy is imported here: `--help`, `--version` and completion answer at once.
"""

from __future__ import annotations

from typing import Annotated

import typer

from edgerollout import __version__
from edgerollout.cli.commands import CommandTable
from edgerollout.cli.examples import examples
from edgerollout.cli.options import Options, with_global_options

EXAMPLES = examples(
    ("plan -e testing", "what would change"),
    ("publish -e testing", "the whole loop"),
    ("status -e testing", "what is live where"),
    ("sandbox demo", "the whole loop without an account"),
)

app = typer.Typer(
    name="edgerollout",
    cls=CommandTable,
    help="Rolls security headers out to sites on S3 + CloudFront through Lambda@Edge, release by release.",
    epilog=EXAMPLES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help answers three times sooner than one drawn by rich
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"edgerollout {__version__}")
        raise typer.Exit


@app.callback()
@with_global_options
def root(
    ctx: typer.Context,
    options: Options,
    version: Annotated[  # noqa: ARG001 - its callback prints it
        bool | None,
        typer.Option("--version", callback=_version, is_eager=True, show_default=False, help="The version."),
    ] = None,
) -> None:
    ctx.obj = options
