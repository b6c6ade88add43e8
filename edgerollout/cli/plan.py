"""`edgerollout plan`: shows what publish would do, as a diff. Only reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgerollout.advice import CommandLine
from edgerollout.cli.boundary import run_command
from edgerollout.cli.examples import examples
from edgerollout.cli.options import (
    Options,
    with_global_options,
)
from edgerollout.release.facts.choices import Choices

if TYPE_CHECKING:
    from edgerollout.advice import Hint
    from edgerollout.cli.invocation import Invocation
    from edgerollout.errors import ExitCode
    from edgerollout.release.plans.plan import Plan

EXAMPLES = examples(
    ("plan -e testing --create", "the first time"),
    ("plan -e staging --out p.json", "for publish --plan p.json"),
    ("plan -e staging --detailed-exitcode", "3 when something would change"),
    ("plan -e staging --no-run -o markdown", "for a pull request from anybody"),
)


@with_global_options
def plan(
    options: Options,
    choices: Choices,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Save the plan, for `publish --plan FILE`.")
    ] = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 3 when something would change.")
    ] = False,
    run: Annotated[
        bool, typer.Option("--run/--no-run", help="Run the handler to test it; --no-run runs no code.")
    ] = True,
) -> None:
    """Show what publish would do: the headers before and after, every behavior, every step.

    Exit code 6 when publish would be refused; the findings say why.
    """
    options = options.handing_over(choices.tfvars, no_swap=choices.no_swap)
    run_command(options, lambda: _run(options, choices, out, detailed=detailed_exitcode, run=run))


def _run(options: Options, choices: Choices, out: Path | None, *, detailed: bool, run: bool) -> ExitCode:
    from edgerollout import planfile
    from edgerollout.cli.invocation import Invocation
    from edgerollout.cli.reading import reading_session
    from edgerollout.cli.releasing import read_and_plan, request_for, with_creation_offered
    from edgerollout.errors import ExitCode
    from edgerollout.rollout.next_step import after_plan
    from edgerollout.views.wording import against_words

    invocation = Invocation(options)
    output = invocation.document_format()
    invocation.note_warnings()
    environment = invocation.chosen_by(choices).environment
    wanted = with_creation_offered(invocation, environment, choices)
    request = request_for(invocation, environment, wanted)
    session = reading_session(invocation, environment)
    _, made = read_and_plan(invocation, environment, request, session, run_handler=run)
    against = against_words(session.aws.endpoint, sandbox=invocation.sandbox)
    again = CommandLine("publish", environment.name, *choices.spelled())
    if out is not None:
        again = CommandLine("publish", environment.name, "--plan", str(out))
    ways = invocation.ways(environment, "publish", *choices.spelled())
    print_plan(invocation, made, output, against, after_plan(made, again, ways))
    if made.refused:
        return ExitCode.REFUSED
    if out is not None:
        planfile.write(out, made, wanted)
    return ExitCode.CHANGES if detailed and made.changes else ExitCode.DONE


def print_plan(
    invocation: Invocation, made: Plan, output: str, against: str | None, next_step: Hint | None
) -> None:
    """A plan on stdout, as text, json or markdown. `against` names what was read instead of AWS."""
    from edgerollout.cli.rendering import show
    from edgerollout.views.output.plan import plan_json
    from edgerollout.views.plan import plan_document

    show(
        invocation,
        output,
        document=lambda: plan_document(
            made,
            against=against,
            next_step=next_step,
            advice=True,
            details=bool(invocation.options.verbose),
        ),
        json=lambda: plan_json(made, invocation.spell, next_step),
    )
