"""`edgerollout promote`: moves a policy to the next environment, or from report-only to enforced."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from edgerollout.advice import CommandLine
from edgerollout.cli.boundary import run_command
from edgerollout.cli.examples import examples
from edgerollout.cli.options import (
    Options,
    Timeout,
    Verify,
    with_global_options,
)
from edgerollout.release.facts.choices import Choices

if TYPE_CHECKING:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.errors import ExitCode
    from edgerollout.release.facts.environment import Environment

EXAMPLES = examples(
    ("promote -e production --dry-run", "the gates, and what would change"),
    ("promote -e production", "observe what staging enforces"),
    ("promote -e production --enforce", "enforce what is observed"),
    ('promote -e qa --enforce --override tour --reason "by hand"', "set a gate aside, on record"),
)


@with_global_options
def promote(
    options: Options,
    choices: Choices,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Show gates and plan only; exit 6 when refused."),
    ] = False,
    timeout: Timeout = None,
    verify: Verify = True,
) -> None:
    """Move a policy on when it is proven.

    Without --enforce: the policy that the environment before (`after`) enforces is observed here. With it:
    exactly the policy that is observed here becomes the enforced one, if every gate is met. Running it again
    finishes an interrupted run; when everything is done, it says so and changes nothing.
    """
    options = options.handing_over(choices.tfvars, no_swap=choices.no_swap)
    run_command(options, partial(_run, options, choices, timeout, dry_run=dry_run, verify=verify))


def _run(options: Options, choices: Choices, timeout: str | None, *, dry_run: bool, verify: bool) -> ExitCode:
    from dataclasses import replace

    from edgerollout.cli.acting.confirmation import check_may_act
    from edgerollout.cli.acting.run import acting
    from edgerollout.cli.after_swap import afterwards
    from edgerollout.cli.invocation import Invocation
    from edgerollout.cli.promoting import check, read_and_plan_promotion
    from edgerollout.cli.releasing import with_creation_offered

    invocation = Invocation(options)
    invocation.note_warnings()
    chosen = invocation.chosen_by(choices)
    environment = chosen.environment
    check(choices, environment)
    if dry_run:
        return _show(invocation, environment, choices)
    check_may_act(invocation, chosen)
    ways = replace(invocation.ways(environment, "promote", *choices.spelled()), tours=choices.enforce)
    with acting(invocation, "promote", chosen, timeout) as run:
        wanted = with_creation_offered(invocation, environment, choices)
        planned = read_and_plan_promotion(invocation, environment, wanted, run.session)
        run.agree(planned.plan, CommandLine("promote", environment.name, *choices.spelled()))
        follows = afterwards(invocation, environment, verify=verify, tours=choices.enforce)
        return run.carry_out(planned, ways, follows)


def _show(invocation: Invocation, environment: Environment, choices: Choices) -> ExitCode:
    """Gates and plan on stdout; nothing is changed."""
    from edgerollout.cli.plan import print_plan
    from edgerollout.cli.promoting import read_and_plan_promotion
    from edgerollout.cli.reading import reading_session
    from edgerollout.cli.releasing import with_creation_offered
    from edgerollout.errors import ExitCode
    from edgerollout.rollout.next_step import after_plan
    from edgerollout.views.wording import against_words

    output = invocation.document_format()
    session = reading_session(invocation, environment)
    wanted = with_creation_offered(invocation, environment, choices)
    made = read_and_plan_promotion(invocation, environment, wanted, session).plan
    against = against_words(session.aws.endpoint, sandbox=invocation.sandbox)
    again = CommandLine("promote", environment.name, *choices.spelled())
    next_step = after_plan(made, again, invocation.ways(environment, "promote"))
    print_plan(invocation, made, output, against, next_step)
    return ExitCode.REFUSED if made.refused else ExitCode.DONE
