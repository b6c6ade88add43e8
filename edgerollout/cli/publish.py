"""`edgerollout publish`: the whole loop for one environment."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgerollout.advice import CommandLine, advise
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
    from edgerollout.errors import ExitCode
    from edgerollout.planfile import SavedPlan

EXAMPLES = examples(
    ("publish -e testing", "shows the plan, asks, acts"),
    ("publish -e testing --create", "makes role and function too"),
    ("publish -e production --yes", "in a pipeline"),
    ("publish -e staging --plan p.json", "what was reviewed, or nothing"),
    ("publish -e testing --create --replace ARN", "takes over the function that is there"),
    ("publish -e production --no-swap --yes", "terraform apply attaches it"),
)


@with_global_options
def publish(
    options: Options,
    choices: Choices,
    plan: Annotated[
        Path | None, typer.Option("--plan", metavar="FILE", help="Apply a saved plan, if it is still fresh.")
    ] = None,
    timeout: Timeout = None,
    verify: Verify = True,
) -> None:
    """Publish the policy: new version, on every behavior, Deployed, invalidated, verified.

    It reads first and shows the plan. Running it again finishes what an earlier run began; when everything is
    done, it says so and changes nothing. A policy that was never enforced is published as report-only.
    """
    options = options.handing_over(choices.tfvars, no_swap=choices.no_swap)
    run_command(options, partial(_run, options, choices, plan, timeout, verify=verify))


def _run(
    options: Options, choices: Choices, plan_file: Path | None, timeout: str | None, *, verify: bool
) -> ExitCode:
    from edgerollout import planfile
    from edgerollout.cli.acting.confirmation import check_may_act
    from edgerollout.cli.acting.run import acting
    from edgerollout.cli.after_swap import afterwards
    from edgerollout.cli.invocation import Invocation
    from edgerollout.cli.releasing import read_and_plan, request_for, with_creation_offered

    invocation = Invocation(options)
    invocation.note_warnings()
    saved = None if plan_file is None else planfile.read(plan_file)
    if saved is not None:
        _check_goes_with(saved, invocation.environment().environment.name, choices, plan_file)
        choices = saved.choices
        invocation = Invocation(options.handing_over(choices.tfvars, no_swap=choices.no_swap))
    chosen = invocation.chosen_by(choices)
    environment = chosen.environment
    check_may_act(invocation, chosen)
    ways = invocation.ways(environment, "publish", *choices.spelled())
    wanted = choices if saved is not None else with_creation_offered(invocation, environment, choices)
    request = request_for(invocation, environment, wanted)
    with acting(invocation, "publish", chosen, timeout) as run:
        planned = read_and_plan(invocation, environment, request, run.session)
        if saved is not None:
            planfile.check_fresh(saved, planned.plan)
        run.agree(planned.plan, CommandLine("publish", environment.name, *choices.spelled()))
        return run.carry_out(planned, ways, afterwards(invocation, environment, verify=verify))


def _check_goes_with(saved: SavedPlan, environment: str, choices: Choices, file: Path | None) -> None:
    """Raise UsageError where a saved plan is for another environment, or has options beside it."""
    from edgerollout.errors import UsageError

    if choices != Choices():
        raise UsageError(
            f"--plan cannot be combined with {' '.join(choices.spelled())}",
            why="a saved plan is carried out as it was made",
            hint=advise(
                "Make the plan with these options: ",
                CommandLine("plan", saved.environment, *choices.spelled(), "--out", str(file)),
            ),
        )
    if saved.environment != environment:
        raise UsageError(
            f"{file} is a plan for {saved.environment}, not for {environment}", hint=f"-e {saved.environment}"
        )
