"""`edgerollout preview`: serves a site through the handler on loopback, before it is deployed."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgerollout.cli.boundary import run_command
from edgerollout.cli.examples import examples
from edgerollout.cli.options import Options, with_global_options

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from edgerollout.cli.invocation import Invocation
    from edgerollout.cli.previewing import OpenPreview, PreviewChoices
    from edgerollout.edge.preview import PreviewEvent
    from edgerollout.errors import ExitCode
    from edgerollout.release.facts.environment import Environment

EXAMPLES = examples(
    ("preview --site dist", "a built site, with the policy report-only"),
    ("preview --site dist --enforce", "what the policy would break, broken"),
    ("preview --upstream http://localhost:5173", "a development server, reloads included"),
    ("preview --site dist --from-live -e testing", "with the distribution's behaviors and error pages"),
)


@with_global_options
def preview(
    options: Options,
    site: Annotated[
        Path | None, typer.Option("--site", metavar="DIR", help="Serve this folder: what your build writes.")
    ] = None,
    upstream: Annotated[
        str | None,
        typer.Option("--upstream", metavar="URL", help="Serve a development server on this machine."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", metavar="N", min=0, max=65_535, help="Default 8443, 8080 with --http; 0 is any."
        ),
    ] = None,
    http: Annotated[bool, typer.Option("--http", help="Plain HTTP instead of TLS.")] = False,
    enforce: Annotated[
        bool, typer.Option("--enforce", help="Enforce the policy, in this preview only.")
    ] = False,
    spa: Annotated[
        bool | None,
        typer.Option(
            "--spa/--no-spa",
            show_default=False,
            help="Unknown paths get index.html; not with --from-live.",
        ),
    ] = None,
    from_live: Annotated[
        bool,
        typer.Option("--from-live", help="Behaviors and custom errors of the distribution; reads AWS."),
    ] = False,
    open_browser: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Serve a site through the handler as CloudFront would, on this machine only.

    Every response has the environment's headers. A saved change of the policy, the handler or the site shows
    with the next request; nothing is cached. Each request prints a line on stderr. -o text or json.
    """
    run_command(
        options,
        lambda: _run(
            options,
            site=site,
            upstream=upstream,
            port=port,
            plain=http,
            enforce=enforce,
            spa=spa,
            from_live=from_live,
            open_browser=open_browser,
        ),
        shows_waiting=False,
    )


def _run(
    options: Options,
    *,
    site: Path | None,
    upstream: str | None,
    port: int | None,
    plain: bool,
    enforce: bool,
    spa: bool | None,
    from_live: bool,
    open_browser: bool,
) -> ExitCode:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.cli.previewing import PreviewChoices
    from edgerollout.edge.preview import HTTP_PORT, HTTPS_PORT

    invocation = Invocation(options)
    output = invocation.document_format()
    usual = HTTP_PORT if plain else HTTPS_PORT
    choices = PreviewChoices(
        site, upstream, usual if port is None else port, plain, enforce, spa, from_live=from_live
    )
    return _serve(invocation, choices, output, open_browser=open_browser)


def _serve(invocation: Invocation, choices: PreviewChoices, output: str, *, open_browser: bool) -> ExitCode:
    from edgerollout.cli.previewing import open_preview, site_warning
    from edgerollout.errors import ExitCode
    from edgerollout.views.preview import event_lines

    invocation.note_warnings()
    invocation.note_unconfined()
    environment = invocation.environment().environment

    def tell(event: PreviewEvent) -> None:
        invocation.streams.print_aside(event_lines(event, invocation.spell, quiet=invocation.quiet))

    with open_preview(invocation, environment, choices, tell) as preview, _stop_asked() as stopped:
        if choices.site is not None and (warning := site_warning(choices.site)) is not None:
            invocation.say_aside(f"warning: {warning}")
        if choices.port not in (0, preview.running.port):
            invocation.say_aside(f"port {choices.port} is in use; this is on {preview.running.port}")
        _say_ready(invocation, preview, environment, output)
        if open_browser:
            _open(invocation, preview.running.url)
        # An endless wait cannot be interrupted on every system.
        while not stopped.wait(1.0):
            pass
    invocation.say_aside("the preview has ended")
    return ExitCode.DONE


def _say_ready(invocation: Invocation, preview: OpenPreview, environment: Environment, output: str) -> None:
    import sys

    from edgerollout.cli.rendering import show
    from edgerollout.views.output.preview import ready_json
    from edgerollout.views.preview import ready_document

    running, content, release = preview.running, preview.content, preview.served.release
    handler, root = environment.function.handler, invocation.project.root
    shown = handler.relative_to(root) if handler.is_relative_to(root) else handler
    show(
        invocation,
        output,
        document=lambda: ready_document(running, content, environment, release, shown, sys.platform),
        json=lambda: ready_json(running, content, environment, release),
    )


@contextlib.contextmanager
def _stop_asked() -> Iterator[threading.Event]:
    """Ctrl-C and SIGTERM as an event: they end a preview normally, without an error."""
    import signal
    import threading

    stopped = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: stopped.set()) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _open(invocation: Invocation, url: str) -> None:
    import webbrowser

    if not webbrowser.open(url):
        invocation.say_aside(f"no browser started; open {url}")
