"""`edgerollout terraform`: modules and environments for Terraform. Writes files, changes nothing in AWS."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgerollout.cli.boundary import run_command
from edgerollout.cli.completion import complete, environments
from edgerollout.cli.examples import examples
from edgerollout.cli.options import Options, with_global_options

if TYPE_CHECKING:
    from edgerollout.cli.generating import WantedModules
    from edgerollout.cli.invocation import Invocation
    from edgerollout.errors import ExitCode

EXAMPLES = examples(
    ("terraform", "every environment, for distributions that Terraform makes"),
    ("terraform -e production --from-live", "takes over what is there, by import"),
    ("terraform --snippet", "only what an existing resource needs"),
    ("terraform --owner edgerollout --from-live", "Terraform leaves the triggers alone"),
)


@with_global_options
def terraform(
    options: Options,
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Where to write. Default: terraform/.")
    ] = None,
    env: Annotated[
        list[str] | None,
        typer.Option(
            "-e",
            "--env",
            metavar="NAME",
            autocompletion=environments,
            help="An environment (repeatable). Default: every one.",
        ),
    ] = None,
    from_live: Annotated[
        bool,
        typer.Option("--from-live", help="Read the distributions as they are, and import them."),
    ] = False,
    snippet: Annotated[
        bool, typer.Option("--snippet", help="Only print what a distribution in Terraform needs.")
    ] = False,
    owner: Annotated[
        str,
        typer.Option(
            "--owner",
            metavar="NAME",
            show_default=False,
            autocompletion=complete(("terraform", "edgerollout")),
            help="terraform (default) or edgerollout attaches.",
        ),
    ] = "terraform",
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
) -> None:
    """Write Terraform modules, and a folder per environment that calls them.

    Without --from-live AWS is not read. Existing files are not replaced. Either everything is written, or
    nothing. No secret is written: values of origin headers become variables.
    """
    from edgerollout.cli.generating import WantedModules
    from edgerollout.cli.invocation import Invocation

    def run() -> ExitCode:
        invocation = Invocation(options)
        names = tuple(env or (() if options.env is None else (options.env,)))
        # The default is next to the configuration that was found; -C names that, and not where to write.
        place = folder or (invocation.config.parent if options.config is None else Path()) / "terraform"
        wanted = WantedModules(names, place, owner, from_live=from_live, force=force)
        return _run(invocation, wanted, snippet=snippet)

    run_command(options, run)


def _run(invocation: Invocation, wanted: WantedModules, *, snippet: bool) -> ExitCode:
    from edgerollout.cli.generating import Generating
    from edgerollout.cli.rendering import show
    from edgerollout.errors import ExitCode
    from edgerollout.views.output.terraform import terraform_json
    from edgerollout.views.terraform_report import terraform_document

    output = invocation.document_format()
    if snippet:
        return _snippet(invocation, wanted, output)
    report = Generating(invocation, wanted).run()
    show(
        invocation,
        output,
        document=lambda: terraform_document(report),
        json=lambda: terraform_json(report, invocation.spell),
    )
    return ExitCode.DONE


def _snippet(invocation: Invocation, wanted: WantedModules, output: str) -> ExitCode:

    from edgerollout.errors import ExitCode, UsageError
    from edgerollout.release.delivery.choice import needs_policies
    from edgerollout.terraform.snippet import snippet
    from edgerollout.views.output.encoder import json_text
    from edgerollout.views.output.terraform import snippet_json

    if output == "markdown":
        raise UsageError("a snippet is Terraform's own text", hint="Leave -o markdown out.")
    if wanted.from_live:
        raise UsageError(
            "--snippet cannot be combined with --from-live", hint="It is the same for every distribution."
        )
    if len(wanted.names) > 1:
        raise UsageError("--snippet is for one environment", hint="Name one -e.")
    chosen = wanted.environments(invocation)[0]
    text = snippet(
        wanted.owner,
        invocation.spell_for_all,
        environment=chosen.name,
        event=None if needs_policies(chosen) else chosen.function.event,
        exclude=chosen.exclude,
    )
    if output == "json":
        text = json_text(snippet_json(wanted.owner.value, text))
    invocation.streams.write_data(text)
    return ExitCode.DONE
