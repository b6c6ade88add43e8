"""`edgerollout rollback`: goes back to an earlier release, with or without a configuration."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from edgerollout.advice import CommandLine, advise
from edgerollout.cli.boundary import run_command
from edgerollout.cli.completion import releases
from edgerollout.cli.examples import examples
from edgerollout.cli.options import (
    ByFunction,
    NoSwap,
    OnDistributions,
    Options,
    TfvarsFile,
    Timeout,
    Verify,
    with_global_options,
)

if TYPE_CHECKING:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.errors import ExitCode
    from edgerollout.rollout.next_step import Ways

EXAMPLES = examples(
    ("rollback -e testing", "to the release before"),
    ("rollback -e production --to 41 --yes", "to a named one"),
    ("rollback -e production --from 42 --yes", "takes 42 back, never more"),
    ("rollback --function security-headers", "without a configuration"),
)


@with_global_options
def rollback(
    options: Options,
    to: Annotated[
        int | None,
        typer.Option(
            "--to",
            metavar="N",
            autocompletion=releases,
            min=1,
            help="The release to go to. Default: the one before.",
        ),
    ] = None,
    back_from: Annotated[
        int | None,
        typer.Option(
            "--from",
            metavar="N",
            autocompletion=releases,
            min=1,
            help="Take release N back, and nothing else; resumable.",
        ),
    ] = None,
    function: ByFunction = None,
    distribution: OnDistributions = None,
    no_swap: NoSwap = False,
    tfvars: TfvarsFile = None,
    timeout: Timeout = None,
    verify: Verify = True,
) -> None:
    """Take the live release back: every behavior gets the release before it, or --to N.

    Nothing is published, and it does not wait for a running propagation. Run again, it goes one step further
    back; with --from N it does not. Rolling back the first release restores what was there before.
    """
    releases = (to, back_from)
    ids = tuple(distribution or ())
    options = options.handing_over(tfvars, no_swap=no_swap)
    run_command(options, partial(_run, options, releases, function, ids, timeout, verify=verify))


def _run(
    options: Options,
    releases: tuple[int | None, int | None],
    function: str | None,
    distributions: tuple[str, ...],
    timeout: str | None,
    *,
    verify: bool,
) -> ExitCode:
    from dataclasses import replace

    from edgerollout.cli.acting.confirmation import check_may_act
    from edgerollout.cli.acting.run import acting
    from edgerollout.cli.by_function import check_only, chosen_by_function, environment_of
    from edgerollout.cli.handing_over import with_terraform
    from edgerollout.cli.invocation import Invocation
    from edgerollout.cli.reading import planned_by
    from edgerollout.release.plans.rollback import RollbackRequest, plan_rollback
    from edgerollout.rollout.afterwards import Afterwards

    invocation = Invocation(options)
    check_only(function, distributions, options)
    no_swap, tfvars = bool(options.no_swap), options.tfvars
    named = _named(*releases)
    if function is None:
        configured = invocation.environment()
        chosen = with_terraform(invocation.project.root, configured, tfvars, no_swap=no_swap)
        ways = replace(invocation.ways(chosen.environment, "rollback", *named), steps_back=not named)
    else:
        chosen = chosen_by_function(invocation, function)
        ways = _ways_by_function(invocation, function, distributions, named)
    check_may_act(invocation, chosen)
    with acting(invocation, "rollback", chosen, timeout) as run:
        environment, siblings, read = environment_of(run.session, invocation, chosen, function, distributions)
        planner = partial(plan_rollback, RollbackRequest(environment, *releases))
        planned = planned_by(planner, run.session, environment, siblings, read)
        run.agree(planned.plan)
        return run.carry_out(planned, ways, Afterwards(check_headers=verify))


def _named(to: int | None, back_from: int | None) -> tuple[str, ...]:
    """The releases as options. Raises UsageError for two that cannot be combined."""
    from edgerollout.errors import UsageError

    if to is not None and back_from is not None and to >= back_from:
        raise UsageError(f"--to {to} is not before --from {back_from}", hint="Leave one of the two out.")
    named = () if to is None else ("--to", str(to))
    return named if back_from is None else (*named, "--from", str(back_from))


def _ways_by_function(
    invocation: Invocation, function: str, distributions: tuple[str, ...], named: tuple[str, ...]
) -> Ways:
    from edgerollout.cli.by_function import put_back_by_terraform, selection
    from edgerollout.rollout.next_step import Ways

    own = selection(function, distributions)
    return Ways(
        advise(CommandLine("rollback", None, *named, *own)),
        selection=own,
        afterwards=put_back_by_terraform(invocation, function, "rollback"),
        steps_back=not named,
    )
