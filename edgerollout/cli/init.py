"""`edgerollout init`: a new project's configuration, handler and pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgerollout.cli.boundary import run_command
from edgerollout.cli.completion import RUNTIMES, complete
from edgerollout.cli.examples import examples
from edgerollout.cli.options import Options, with_global_options

if TYPE_CHECKING:
    from edgerollout.cli.init_answers import InitFlags
    from edgerollout.errors import ExitCode

EXAMPLES = examples(
    ("init", "asks for everything"),
    ("init -e production --alias www.example.com --from-live", "from the site as it is"),
    ("init --account 123456789012 --alias testing=t.example.com", "asks nothing"),
    ("--sandbox init", "to try it without an account"),
    ("init --add staging", "one more environment, after the existing ones"),
)


@with_global_options
def init(
    options: Options,
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to make it.")] = Path(),
    env: Annotated[
        list[str] | None,
        typer.Option(
            "-e",
            "--env",
            metavar="NAME",
            help="An environment (repeatable), in order of promotion.",
        ),
    ] = None,
    account: Annotated[
        list[str] | None,
        typer.Option("--account", metavar="[ENV=]ID", help="The AWS account. Default: the credentials' own."),
    ] = None,
    alias: Annotated[
        list[str] | None,
        typer.Option("--alias", metavar="[ENV=]HOST", help="A distribution, by an alias (repeatable)."),
    ] = None,
    distribution: Annotated[
        list[str] | None,
        typer.Option("--distribution", metavar="[ENV=]ID", help="A distribution, by its id (repeatable)."),
    ] = None,
    url: Annotated[
        list[str] | None,
        typer.Option("--url", metavar="[ENV=]URL", help="A page to look at. Default: https://HOST/."),
    ] = None,
    add: Annotated[
        str | None,
        typer.Option("--add", metavar="NAME", help="One more environment in this project."),
    ] = None,
    runtime: Annotated[
        str | None,
        typer.Option(
            "--runtime",
            metavar="NAME",
            autocompletion=complete(RUNTIMES),
            help="python3.13 (default) or nodejs22.x.",
        ),
    ] = None,
    from_live: Annotated[
        bool,
        typer.Option("--from-live", help="Start with what the site sends today."),
    ] = False,
    ci: Annotated[
        str | None,
        typer.Option(
            "--ci",
            metavar="NAME",
            autocompletion=complete(("github", "none")),
            help="The workflow: github (default) or none.",
        ),
    ] = None,
    lock: Annotated[
        bool, typer.Option("--lock", help="Only tools/: what the workflow installs, by hashes.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
    nested: Annotated[bool, typer.Option("--nested", help="Make it inside another project.")] = False,
) -> None:
    """Make a project: configuration, handler, CI workflow, and with pip the lock of what that installs.

    It asks at a terminal. Elsewhere, and with --yes, the flags must say everything. Existing files are never
    replaced without asking. Either everything is written, or nothing.
    """
    from edgerollout.cli.init_answers import InitFlags

    flags = InitFlags(
        names=tuple(env or (() if options.env is None else (options.env,))),
        accounts=tuple(account or ()),
        aliases=tuple(alias or ()),
        distributions=tuple(distribution or ()),
        urls=tuple(url or ()),
        runtime=runtime,
        pipeline=ci,
        from_live=from_live,
        lock=lock,
        force=force,
        nested=nested,
    )
    run_command(options, lambda: _run(options, folder, flags, add))


def _run(options: Options, folder: Path, flags: InitFlags, add: str | None) -> ExitCode:
    from edgerollout.cli.adding import add_environment
    from edgerollout.cli.initialising import Initialising
    from edgerollout.cli.invocation import Invocation
    from edgerollout.cli.rendering import show
    from edgerollout.errors import ExitCode
    from edgerollout.views.init_report import init_document
    from edgerollout.views.output.init import init_json

    invocation = Invocation(options)
    output = invocation.document_format()
    if add is not None:
        report = add_environment(invocation, folder, flags, add)
    else:
        initialising = Initialising(invocation, folder, flags)
        report = initialising.lock() if flags.lock else initialising.run()
    show(
        invocation,
        output,
        document=lambda: init_document(report),
        json=lambda: init_json(report, invocation.spell),
    )
    return ExitCode.DONE
