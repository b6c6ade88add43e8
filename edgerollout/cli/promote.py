"""`edgerollout promote`: a policy moves to the next environment, or from report-only to enforced."""

from __future__ import annotations

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
    from edgerollout.cli.invocation import Invocation
    from edgerollout.config import ChosenEnvironment
    from edgerollout.errors import ExitCode
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.snapshot import Snapshot
    from edgerollout.release.plans.plan import Plan
    from edgerollout.release.plans.taking_back import Carried
    from edgerollout.rollout.session import Session

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
        typer.Option("--dry-run", help="Show gates and plan, change nothing; exit 6 when refused."),
    ] = False,
    timeout: Timeout = None,
    verify: Verify = True,
) -> None:
    """Move a policy on when it is proven.

    Without --enforce: the policy that the environment before (`after`) enforces is observed here. With
    it: exactly the policy that is observed here becomes the enforced one, if every gate is met. Running
    it again finishes what was begun; when it is there already it says so and changes nothing.
    """
    options = options.handing_over(choices.tfvars, no_swap=choices.no_swap)
    run_command(options, lambda: _run(options, choices, dry_run=dry_run, timeout=timeout, verify=verify))


def _run(options: Options, choices: Choices, *, dry_run: bool, timeout: str | None, verify: bool) -> ExitCode:
    from edgerollout.cli.handing_over import file_of, wait_options, with_terraform
    from edgerollout.cli.invocation import Invocation
    from edgerollout.cli.promoting import check

    invocation = Invocation(options)
    invocation.note_warnings()
    configured = invocation.environment()
    root, tfvars = invocation.project.root, file_of(choices.tfvars)
    chosen = with_terraform(root, configured, tfvars, no_swap=choices.no_swap)
    waits = wait_options(configured.environment, chosen.environment)
    check(choices, chosen.environment)
    if dry_run:
        return _show(invocation, chosen.environment, choices)
    return _act(invocation, chosen, choices, timeout, waits, verify=verify)


def _show(invocation: Invocation, environment: Environment, choices: Choices) -> ExitCode:
    """Gates and plan on stdout; nothing is changed."""
    from edgerollout.cli.plan import print_plan
    from edgerollout.cli.promoting import read_and_plan_promotion
    from edgerollout.cli.reading import reading_session
    from edgerollout.errors import ExitCode
    from edgerollout.views.wording import against_words

    output = invocation.document_format()
    session = reading_session(invocation, environment)
    _, made = read_and_plan_promotion(invocation, environment, choices, session)
    against = against_words(session.aws.endpoint, sandbox=invocation.sandbox)
    print_plan(invocation, made, output, against)
    return ExitCode.REFUSED if made.refused else ExitCode.DONE


def _act(
    invocation: Invocation,
    chosen: ChosenEnvironment,
    choices: Choices,
    timeout: str | None,
    waits: tuple[str, ...],
    *,
    verify: bool,
) -> ExitCode:
    from dataclasses import replace

    from edgerollout.cli.acting import Acting, act
    from edgerollout.cli.after_swap import short_tour
    from edgerollout.cli.confirmation import check_may_act, confirm
    from edgerollout.cli.durations import seconds
    from edgerollout.cli.handing_over import worded
    from edgerollout.cli.promoting import read_and_plan_promotion
    from edgerollout.cli.releasing import read_and_plan_take_back
    from edgerollout.cli.words import spelled, wording
    from edgerollout.release.delivery.choice import carrier_of

    environment = chosen.environment
    limit = None if timeout is None else seconds(timeout, "--timeout")
    check_may_act(invocation, chosen)
    words = wording(invocation.options, environment.name, "promote", choices.spelled(), wait=waits)
    if choices.enforce and carrier_of(environment).file is not None:
        words = replace(words, tour=spelled(invocation.options, environment.name, "tour"))

    def take_back(session: Session, carried: Carried) -> tuple[Snapshot, Plan]:
        return read_and_plan_take_back(environment, carried, session, invocation.siblings(environment))

    return act(
        invocation,
        Acting(
            name="promote",
            chosen=chosen,
            wording=worded(words, environment),
            make_plan=lambda session: read_and_plan_promotion(invocation, environment, choices, session),
            confirm=lambda made: confirm(invocation, chosen, made),
            timeout=limit,
            check_headers=verify,
            take_back=take_back if environment.on_failure == "rollback" else None,
            tour=short_tour(invocation, environment) if choices.enforce and verify else None,
        ),
    )
