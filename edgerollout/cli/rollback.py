"""`edgerollout rollback`: the way back, with or without a configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from edgerollout.cli.boundary import run_command
from edgerollout.cli.examples import examples
from edgerollout.cli.options import (
    NoSwap,
    Options,
    TfvarsFile,
    Timeout,
    Verify,
    with_global_options,
)

if TYPE_CHECKING:
    from pathlib import Path

    from edgerollout.errors import ExitCode
    from edgerollout.release.facts.snapshot import Snapshot
    from edgerollout.release.plans.plan import Plan
    from edgerollout.rollout.session import Session

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
        typer.Option("--to", metavar="N", min=1, help="The release to go to. Default: the one before."),
    ] = None,
    back_from: Annotated[
        int | None,
        typer.Option(
            "--from",
            metavar="N",
            min=1,
            help="Take release N back, and nothing else; run again, it only finishes that.",
        ),
    ] = None,
    function: Annotated[
        str | None,
        typer.Option(
            "--function", metavar="NAME", help="This function, wherever it is attached; no config needed."
        ),
    ] = None,
    distribution: Annotated[
        list[str] | None,
        typer.Option(
            "--distribution", metavar="ID", help="With --function: only this distribution (repeatable)."
        ),
    ] = None,
    no_swap: NoSwap = False,
    tfvars: TfvarsFile = None,
    timeout: Timeout = None,
    verify: Verify = True,
) -> None:
    """Take the live release back: every trigger of ours goes to the release
    before it, or to --to N. Nothing is published and no running propagation is
    waited for. Run again, it goes one more step back; with --from N it does
    not. The first release's rollback brings back what was there before.
    """
    releases = (to, back_from)
    ids = tuple(distribution or ())
    options = options.handing_over(tfvars, no_swap=no_swap)
    run_command(
        options,
        lambda: _run(options, releases, function, ids, timeout, tfvars, no_swap=no_swap, verify=verify),
    )


def _run(
    options: Options,
    releases: tuple[int | None, int | None],
    function: str | None,
    distributions: tuple[str, ...],
    timeout: str | None,
    tfvars: Path | None,
    *,
    no_swap: bool,
    verify: bool,
) -> ExitCode:
    from dataclasses import replace

    from edgerollout.cli.acting import Acting, act
    from edgerollout.cli.by_function import chosen_by_function, put_back_by_terraform, where_attached
    from edgerollout.cli.confirmation import check_may_act, confirm
    from edgerollout.cli.durations import seconds
    from edgerollout.cli.handing_over import wait_options, with_terraform, worded
    from edgerollout.cli.invocation import Invocation
    from edgerollout.cli.releasing import read_and_plan_rollback
    from edgerollout.cli.words import spelled, wording
    from edgerollout.errors import UsageError
    from edgerollout.release.plans.rollback import RollbackRequest
    from edgerollout.rollout.reading import Siblings

    invocation = Invocation(options)
    limit = None if timeout is None else seconds(timeout, "--timeout")
    if function is None and distributions:
        raise UsageError("--distribution goes with --function", hint="-e NAME says which ones otherwise.")
    if function is not None and (no_swap or tfvars is not None):
        raise UsageError("--no-swap goes without --function", hint="-e NAME says which Terraform it is.")
    to, back_from = releases
    if to is not None and back_from is not None and to >= back_from:
        raise UsageError(f"--to {to} is not before --from {back_from}", hint="Leave one of the two out.")
    named = (
        *(() if to is None else ("--to", str(to))),
        *(() if back_from is None else ("--from", str(back_from))),
    )
    own = (*(("--no-swap",) if no_swap else ()), *(() if tfvars is None else ("--tfvars", str(tfvars))))
    if function is None:
        configured = invocation.environment()
        chosen = with_terraform(invocation.project.root, configured, tfvars, no_swap=no_swap)
        waits = wait_options(configured.environment, chosen.environment)
        siblings = invocation.siblings(chosen.environment)
        words = wording(options, chosen.environment.name, "rollback", (*named, *own), wait=waits)
        words = worded(words, chosen.environment)
        words = replace(words, rollback=spelled(options, chosen.environment.name, "rollback", *own))
    else:
        chosen = chosen_by_function(invocation, function)
        siblings = Siblings({})
        ids = tuple(word for one in distributions for word in ("--distribution", one))
        own = ("--function", function, *ids)
        words = wording(options, None, "rollback", (*named, *own))
        words = replace(
            words,
            rollback=spelled(options, None, "rollback", *own),
            afterwards=put_back_by_terraform(invocation, function, "rollback"),
        )
    words = replace(words, steps_back=not any(releases))
    check_may_act(invocation, chosen)

    def make_plan(session: Session) -> tuple[Snapshot, Plan]:
        environment = chosen.environment
        if function is not None:
            environment = where_attached(session, environment, distributions)
        return read_and_plan_rollback(RollbackRequest(environment, to, back_from), session, siblings)

    return act(
        invocation,
        Acting(
            name="rollback",
            chosen=chosen,
            wording=words,
            make_plan=make_plan,
            confirm=lambda plan: confirm(invocation, chosen, plan),
            timeout=limit,
            check_headers=verify,
        ),
    )
