"""`edgerollout sandbox`: the embedded AWS and edge, in the background on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgerollout.cli.boundary import run_command
from edgerollout.cli.examples import examples
from edgerollout.cli.help import OneCommand
from edgerollout.cli.options import Options, with_global_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.cli.invocation import Invocation
    from edgerollout.errors import ExitCode

_LONGEST = 86_400

app = typer.Typer(
    help="The embedded AWS and edge: no account, loopback only.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    epilog=examples(
        ("sandbox up --deploy-seconds 20", "CloudFront takes its time"),
        ("--sandbox plan -e testing --create", "any command against it"),
        ("sandbox down", "nothing is left running"),
        ("sandbox demo", "the main job, at work"),
    ),
)


def _seconds(meaning: str) -> Any:
    """The declaration of an option for how long the sandbox takes for something."""
    return typer.Option(min=0, max=_LONGEST, metavar="SECONDS", help=meaning)


@app.command("up", cls=OneCommand, short_help="Start it for this project, in the background.")
@with_global_options
def up(
    options: Options,
    deploy_seconds: Annotated[
        float | None,
        _seconds("How long a distribution is InProgress after a change."),
    ] = None,
    invalidation_seconds: Annotated[
        float | None,
        _seconds("How long an invalidation takes."),
    ] = None,
    function_seconds: Annotated[
        float | None,
        _seconds("How long a function is Pending after a change."),
    ] = None,
    replica_seconds: Annotated[
        float | None,
        _seconds("How long a version has replicas after its last use, and cannot be deleted."),
    ] = None,
    spread_seconds: Annotated[
        float | None,
        _seconds("How long before Deployed the first location has a change."),
    ] = None,
) -> None:
    """Start it for this project, seeded with its environments, accounts and aliases.

    It runs in the background until `sandbox down`; several commands use the same one. Its data is only in
    memory.
    """
    given = {
        "deploy_seconds": deploy_seconds,
        "invalidation_seconds": invalidation_seconds,
        "function_seconds": function_seconds,
        "replica_seconds": replica_seconds,
        "spread_seconds": spread_seconds,
    }
    run_command(options, lambda: _up(options, given))


@app.command("down", cls=OneCommand, short_help="Stop it; nothing is left running.")
@with_global_options
def down(options: Options) -> None:
    """Stop it. Nothing is left running, and its data is gone."""
    run_command(options, lambda: _down(options))


@app.command("status", cls=OneCommand)
@with_global_options
def status(options: Options) -> None:
    """Show whether it runs, its addresses, and its content."""
    run_command(options, lambda: _status(options))


@app.command("demo", cls=OneCommand, short_help="Show the main job, start to end.")
@with_global_options
def demo(
    options: Options,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the sandbox running afterwards.")] = False,
    install_browser: Annotated[
        bool,
        typer.Option("--install-browser", help="Download a Chromium where there is no browser."),
    ] = False,
) -> None:
    """Show the main job from start to end, with the real commands, in a sandbox of its own.

    From grade F to A+. Without a browser, it skips the steps that need one and says so.
    """
    run_command(options, lambda: _demo(options, keep=keep, install_browser=install_browser))


def _up(options: Options, given: Mapping[str, float | None]) -> ExitCode:
    from dataclasses import replace

    from edgerollout.cli.invocation import Invocation
    from edgerollout.errors import ExitCode
    from edgerollout.sandbox.daemon import DEFAULT_WINDOWS, find, status, up

    invocation = Invocation(options)
    changed = {name: value for name, value in given.items() if value is not None}
    running = find(invocation.project) is not None
    windows = None
    if changed:
        found = status(invocation.project) if running else None
        windows = replace(DEFAULT_WINDOWS if found is None else found.windows, **changed)
    if running:
        invocation.say_aside("the sandbox is running already")
    else:
        invocation.note_unconfined()
    up(invocation.project, windows=windows, say=invocation.say_aside)
    return _show(invocation) if not invocation.quiet else ExitCode.DONE


def _down(options: Options) -> ExitCode:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.config import root_of
    from edgerollout.errors import ExitCode
    from edgerollout.sandbox.daemon import down

    invocation = Invocation(options)
    # A mistake in the configuration must not keep a sandbox running.
    ended = down(root_of(invocation.config))
    invocation.say_aside("the sandbox is down" if ended else "no sandbox was running")
    return ExitCode.DONE


def _status(options: Options) -> ExitCode:
    from edgerollout.cli.invocation import Invocation

    return _show(Invocation(options))


def _show(invocation: Invocation) -> ExitCode:
    from edgerollout.cli.rendering import show
    from edgerollout.cli.sandbox_words import sandbox_document, sandbox_json
    from edgerollout.errors import ExitCode
    from edgerollout.sandbox.daemon import status

    output = invocation.document_format()
    found = status(invocation.project)
    show(invocation, output, lambda: sandbox_document(found), lambda: sandbox_json(found))
    return ExitCode.DONE


def _demo(options: Options, *, keep: bool, install_browser: bool) -> ExitCode:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.cli.samples import samples
    from edgerollout.cli.words import speller
    from edgerollout.errors import ExitCode
    from edgerollout.sandbox.daemon import check_machine
    from edgerollout.sandbox.demo import Demo
    from edgerollout.views.ink import Line, Style

    check_machine()
    invocation = Invocation(options)
    streams = invocation.streams

    def say(text: str, *, strong: bool = False) -> None:
        hang = len(text) - len(text.lstrip()) + 2
        streams.print_data([Line(text, Style.STRONG if strong else Style.PLAIN, hang)])

    # The demo has its own project: the user's options do not apply to it.
    spell = speller(Options())
    Demo(samples(), invocation.clock, say, spell, keep=keep, install_browser=install_browser).run()
    return ExitCode.DONE
