"""`edgerollout publish`: the whole loop for one environment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
    from edgerollout.release.facts.snapshot import Snapshot
    from edgerollout.release.plans.plan import Plan
    from edgerollout.release.plans.taking_back import Carried
    from edgerollout.rollout.session import Session

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
    """Publish the policy: new version, triggers swapped, Deployed, invalidated, verified.

    Reads first and shows the plan. Running it again finishes what an earlier run began; when all is in
    place it says so and changes nothing. A policy that was never enforced goes out report-only.
    """
    options = options.handing_over(choices.tfvars, no_swap=choices.no_swap)
    run_command(
        options,
        lambda: _run(
            options,
            choices,
            plan_file=plan,
            timeout=timeout,
            verify=verify,
        ),
    )


def _run(
    options: Options,
    choices: Choices,
    *,
    plan_file: Path | None,
    timeout: str | None,
    verify: bool,
) -> ExitCode:
    from edgerollout import planfile
    from edgerollout.cli.acting import Acting, act
    from edgerollout.cli.after_swap import short_tour
    from edgerollout.cli.confirmation import check_may_act, confirm
    from edgerollout.cli.durations import seconds
    from edgerollout.cli.handing_over import file_of, wait_options, with_terraform, worded
    from edgerollout.cli.invocation import Invocation
    from edgerollout.cli.releasing import read_and_plan, read_and_plan_take_back, request_for
    from edgerollout.cli.words import wording
    from edgerollout.errors import UsageError

    invocation = Invocation(options)
    invocation.note_warnings()
    chosen = invocation.environment()
    saved = None if plan_file is None else planfile.read(plan_file)
    if saved is not None:
        if choices != Choices():
            raise UsageError(
                f"--plan goes without {' '.join(choices.spelled())}",
                why="a saved plan is carried out as it was made",
                hint="Make the plan with these options: edgerollout plan … --out FILE",
            )
        if saved.environment != chosen.environment.name:
            raise UsageError(
                f"{plan_file} is a plan for {saved.environment}, not for {chosen.environment.name}",
                hint=f"-e {saved.environment}",
            )
        choices = saved.choices
    configured = chosen.environment
    root, tfvars = invocation.project.root, file_of(choices.tfvars)
    chosen = with_terraform(root, chosen, tfvars, no_swap=choices.no_swap)
    environment = chosen.environment
    waits = wait_options(configured, environment)
    limit = None if timeout is None else seconds(timeout, "--timeout")
    check_may_act(invocation, chosen)
    words = wording(options, environment.name, "publish", choices.spelled(), wait=waits)
    request = request_for(invocation, environment, choices)

    def make_plan(session: Session) -> tuple[Snapshot, Plan]:
        snapshot, made = read_and_plan(invocation, environment, request, choices, session)
        if saved is not None:
            planfile.check_fresh(saved, made)
        return snapshot, made

    def take_back(session: Session, carried: Carried) -> tuple[Snapshot, Plan]:
        return read_and_plan_take_back(environment, carried, session, invocation.siblings(environment))

    return act(
        invocation,
        Acting(
            name="publish",
            chosen=chosen,
            wording=worded(words, environment),
            make_plan=make_plan,
            confirm=lambda made: confirm(invocation, chosen, made),
            timeout=limit,
            check_headers=verify,
            take_back=take_back if environment.on_failure == "rollback" else None,
            tour=short_tour(invocation, environment) if verify else None,
        ),
    )
