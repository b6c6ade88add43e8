"""`edgerollout advance`: takes the next step of an environment, whichever is due."""

from __future__ import annotations

from functools import partial
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
    from edgerollout.cli.acting.relay import Relay
    from edgerollout.cli.invocation import Invocation
    from edgerollout.errors import ExitCode
    from edgerollout.release.plans.advancing import Advance

EXAMPLES = examples(
    ("advance -e testing", "publishes; enforces, once that has proven itself"),
    ("advance -e staging --yes", "in a pipeline: 0 moved or waiting, 6 needs you"),
    ("advance -e production --after-status FILE", "staging is in an account out of reach"),
)


@with_global_options
def advance(
    options: Options,
    choices: Choices,
    tour: Annotated[
        bool, typer.Option("--tour/--no-tour", help="Tour the site where that is the evidence missing.")
    ] = True,
    timeout: Timeout = None,
    verify: Verify = True,
) -> None:
    """Take the one step that is due: publish, carry a policy here, or enforce it.

    It first finishes what an earlier run began. Then it takes the policy that the environment before
    enforces, then what the configuration asks for. Last, it enforces the observed policy, if every gate is
    met.

    Exit code 0: moved, or nothing to do until time has passed. 6: somebody has to act.
    """
    options = options.handing_over(choices.tfvars, no_swap=choices.no_swap)
    run_command(options, partial(_run, options, choices, timeout, tours=tour, verify=verify))


def _run(options: Options, choices: Choices, timeout: str | None, *, tours: bool, verify: bool) -> ExitCode:
    from dataclasses import replace

    from edgerollout.cli.acting.confirmation import check_may_act
    from edgerollout.cli.acting.run import acting
    from edgerollout.cli.after_swap import afterwards
    from edgerollout.cli.evidence_tour import can_tour, tour_for_evidence
    from edgerollout.cli.invocation import Invocation
    from edgerollout.cli.promoting import check_after_status, read_and_plan_advance
    from edgerollout.release.facts.events import AdvanceStep

    invocation = Invocation(options)
    invocation.note_warnings()
    chosen = invocation.chosen_by(choices)
    environment = chosen.environment
    check_after_status(choices, environment)
    check_may_act(invocation, chosen)
    ways = invocation.ways(environment, "advance", *choices.spelled())
    with acting(invocation, "advance", chosen, timeout) as run:
        step, planned = read_and_plan_advance(invocation, environment, choices, run.session)
        if step.wants_tour and tours and choices.evidence is None and can_tour(environment):
            tour_for_evidence(invocation, environment, run.relay)
            step, planned = read_and_plan_advance(invocation, environment, choices, run.session)
        _tell(step, invocation, run.relay)
        run.agree(planned.plan)
        enforces = step.step is AdvanceStep.ENFORCE
        ways = replace(ways, tours=enforces, waits=step.step is AdvanceStep.WAIT, afterwards=step.hint)
        return run.carry_out(planned, ways, afterwards(invocation, environment, verify=verify))


def _tell(step: Advance, invocation: Invocation, relay: Relay) -> None:
    """Report the step: to people before the plan, to a program among the events."""
    from edgerollout.cli.acting.showing import judged
    from edgerollout.release.facts.events import AdvanceChosen
    from edgerollout.views.ink import Line, Style
    from edgerollout.views.narration import advance_words

    until = None if step.until is None else step.until.isoformat()
    chosen = AdvanceChosen(step.step, step.why, until)
    if relay.for_machines:
        relay(chosen)
        for gate in step.waits_for:
            relay(judged(gate))
    elif not invocation.quiet:
        invocation.streams.print_aside([Line(advance_words(chosen), Style.STRONG, hang=2)])
