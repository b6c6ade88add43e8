"""`edgerollout sandbox`: the embedded AWS and edge, in the background on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from edgerollout.cli.boundary import run_command
from edgerollout.cli.examples import examples
from edgerollout.cli.options import Options, with_global_options

app = typer.Typer(
    help="The embedded AWS and edge: no account, loopback only.",
    no_args_is_help=True,
    epilog=examples(
        ("sandbox up --deploy-seconds 20", "CloudFront takes its time"),
        ("--sandbox plan -e testing --create", "any command against it"),
        ("sandbox down", "nothing is left running"),
        ("sandbox demo", "the main job, start to end"),
    ),
)


@app.command("up")
@with_global_options
def up(
    options: Options,
    deploy_seconds: Annotated[
        float | None, typer.Option(min=0, help="How long a distribution is InProgress after a change.")
    ] = None,
    invalidation_seconds: Annotated[
        float | None, typer.Option(min=0, help="How long an invalidation takes.")
    ] = None,
    function_seconds: Annotated[
        float | None, typer.Option(min=0, help="How long a function is Pending after a change.")
    ] = None,
) -> None:
    """Start it for this project, seeded with its environments, accounts and aliases.

    It runs in the background until `sandbox down`; several commands use the same one. What it holds is
    in memory only.
    """
    run_command(options, lambda: _up(options, deploy_seconds, invalidation_seconds, function_seconds))


@app.command("down")
@with_global_options
def down(options: Options) -> None:
    """Stop it. Nothing is left running, and what it held is gone."""
    run_command(options, lambda: _down(options))


@app.command("status")
@with_global_options
def status(options: Options) -> None:
    """Show whether it runs, where it answers, and what it holds."""
    run_command(options, lambda: _status(options))


@app.command("demo")
@with_global_options
def demo(
    options: Options,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the sandbox running afterwards.")] = False,
) -> None:
    """Show the main job from start to end, with the real commands, in a sandbox of its own."""
    run_command(options, lambda: _demo(options, keep=keep))
