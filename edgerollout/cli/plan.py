"""`edgerollout plan`: what publish would do, as a diff. Reads only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgerollout.cli.boundary import run_command
from edgerollout.cli.examples import examples
from edgerollout.cli.options import (
    CandidateEvidence,
    NoSwap,
    Options,
    Override,
    Preflight,
    Reason,
    TfvarsFile,
    with_global_options,
)

if TYPE_CHECKING:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.errors import ExitCode
    from edgerollout.planfile import Choices
    from edgerollout.release.plans.plan import Plan

EXAMPLES = examples(
    ("plan -e testing --create", "the first time"),
    ("plan -e staging --out p.json", "for publish --plan p.json"),
    ("plan -e staging --detailed-exitcode", "3 when something would change"),
    ("plan -e staging --no-run -o markdown", "for a pull request of anybody's"),
)


@with_global_options
def plan(
    options: Options,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Save the plan, for `publish --plan FILE`.")
    ] = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 3 when something would change.")
    ] = False,
    create: Annotated[
        bool, typer.Option("--create", help="Plan for creating the function and its role where missing.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Plan for publishing anew what counts as rolled back.")
    ] = False,
    from_config: Annotated[
        bool, typer.Option("--from-config", help="Plan with the policy of config/policy.toml.")
    ] = False,
    accept_header: Annotated[
        list[str] | None,
        typer.Option("--accept-header", metavar="NAME", help="Accept a header that cannot be taken back."),
    ] = None,
    replace: Annotated[
        list[str] | None,
        typer.Option("--replace", metavar="ARN", help="Plan for taking over the slot of this function."),
    ] = None,
    no_swap: NoSwap = False,
    tfvars: TfvarsFile = None,
    override: Override = None,
    reason: Reason = None,
    evidence: CandidateEvidence = None,
    preflight: Preflight = True,
    run: Annotated[
        bool, typer.Option("--run/--no-run", help="Run the handler to test it; --no-run runs no code of it.")
    ] = True,
) -> None:
    """Show what publish would do: the headers before and after, every behavior, every step.

    Exit code 6 when publish would be refused; the findings say why.
    """
    from edgerollout.planfile import Choices

    choices = Choices(
        create=create,
        again=again,
        from_config=from_config,
        accepted_headers=tuple(name.lower() for name in accept_header or ()),
        replace=tuple(replace or ()),
        overrides=tuple(override or ()),
        reason=reason,
        preflight=preflight,
        no_swap=no_swap,
        tfvars=None if tfvars is None else str(tfvars),
        evidence=None if evidence is None else str(evidence),
    )
    run_command(options, lambda: _run(options, choices, out, detailed=detailed_exitcode, run=run))


def _run(options: Options, choices: Choices, out: Path | None, *, detailed: bool, run: bool) -> ExitCode:
    from edgerollout import planfile
    from edgerollout.cli.handing_over import with_terraform
    from edgerollout.cli.invocation import Invocation
    from edgerollout.cli.reading import reading_session
    from edgerollout.cli.releasing import read_and_plan, request_for
    from edgerollout.errors import ExitCode
    from edgerollout.views.wording import against_words

    invocation = Invocation(options)
    output = invocation.document_format()
    invocation.note_warnings()
    tfvars = None if choices.tfvars is None else Path(choices.tfvars)
    chosen = with_terraform(invocation, invocation.environment(), tfvars, no_swap=choices.no_swap)
    environment = chosen.environment
    request = request_for(invocation, environment, choices)
    session = reading_session(invocation, environment)
    _, made = read_and_plan(invocation, environment, request, choices, session, run_handler=run)
    against = against_words(session.aws.endpoint, sandbox=invocation.sandbox)
    print_plan(invocation, made, output, against)
    if made.refused:
        return ExitCode.REFUSED
    if out is not None:
        planfile.write(out, made, choices)
    return ExitCode.CHANGES if detailed and made.changes else ExitCode.DONE


def print_plan(invocation: Invocation, made: Plan, output: str, against: str | None) -> None:
    """A plan on stdout, as text, json or markdown. `against` says what was asked instead of AWS."""
    from edgerollout.cli.words import respelled_plan

    made = respelled_plan(invocation.options, made)
    streams = invocation.streams
    match output:
        case "json":
            from edgerollout.views.plan_json import plan_json_text

            streams.write_data(plan_json_text(made))
        case "markdown":
            from edgerollout.views.plan_markdown import plan_markdown

            streams.write_data(plan_markdown(made))
        case _:
            from edgerollout.views.plan_text import plan_lines

            lines = plan_lines(made, streams.columns, streams.stdout_glyphs, against=against)
            streams.print_data(lines)
