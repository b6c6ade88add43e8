"""`edgerollout detach`: all our triggers off, seen Deployed and invalidated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from edgerollout.cli.boundary import run_command
from edgerollout.cli.examples import examples
from edgerollout.cli.options import Options, Timeout, with_global_options

if TYPE_CHECKING:
    from edgerollout.errors import ExitCode
    from edgerollout.release.facts.snapshot import Snapshot
    from edgerollout.release.plans.plan import Plan
    from edgerollout.rollout.next_step import Wording
    from edgerollout.rollout.session import Session

EXAMPLES = examples(
    ("detach -e testing", "take our triggers off"),
    ("detach -e testing --yes --timeout 30m", "without a question, in CI"),
    ("detach --function security-headers", "without a configuration"),
)


@with_global_options
def detach(
    options: Options,
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
    timeout: Timeout = None,
) -> None:
    """Take every trigger of ours off, wait until that is Deployed, and invalidate.

    Others' triggers stay. The site then goes without our headers; nothing is deleted and no release is
    withdrawn: a later publish makes a new one. Cut off anywhere, the same command finishes it.
    """
    run_command(options, lambda: _run(options, function, tuple(distribution or ()), timeout))


def _run(
    options: Options, function: str | None, distributions: tuple[str, ...], timeout: str | None
) -> ExitCode:
    from dataclasses import replace
    from functools import partial

    from edgerollout.cli.acting import Acting, act
    from edgerollout.cli.by_function import chosen_by_function, put_back_by_terraform, where_attached
    from edgerollout.cli.confirmation import check_may_act, confirm
    from edgerollout.cli.durations import seconds
    from edgerollout.cli.handing_over import read_tfvars, with_terraform
    from edgerollout.cli.invocation import Invocation
    from edgerollout.errors import UsageError
    from edgerollout.release.plans.detaching import plan_detach
    from edgerollout.rollout.reading import Reading, Siblings, take_snapshot

    invocation = Invocation(options)
    limit = None if timeout is None else seconds(timeout, "--timeout")
    if function is None and distributions:
        raise UsageError("--distribution goes with --function", hint="-e NAME says which ones otherwise.")
    if function is None:
        chosen = with_terraform(invocation.project.root, invocation.environment(), None, no_swap=False)
        siblings = invocation.siblings(chosen.environment)
    else:
        chosen = chosen_by_function(invocation, function)
        siblings = Siblings({})
    check_may_act(invocation, chosen)

    def make_plan(session: Session) -> tuple[Snapshot, Plan]:
        environment = chosen.environment
        if function is not None:
            environment = where_attached(session, environment, distributions)
        snapshot = take_snapshot(session, environment, siblings, tfvars=read_tfvars(environment))
        reading = Reading(session, environment, snapshot)
        made = reading.plan(partial(plan_detach, environment))
        return reading.snapshot, made

    name = chosen.environment.function.name
    words = _wording(options, chosen.environment.name, name, function, distributions)
    back = None if function is None else put_back_by_terraform(invocation, function, "detach")
    if back is not None:
        words = replace(words, afterwards=back)
    return act(
        invocation,
        Acting(
            name="detach",
            chosen=chosen,
            wording=words,
            make_plan=make_plan,
            confirm=lambda plan: confirm(invocation, chosen, plan),
            timeout=limit,
            check_headers=False,
        ),
    )


def _wording(
    options: Options, environment: str, name: str, function: str | None, distributions: tuple[str, ...]
) -> Wording:
    from dataclasses import replace

    from edgerollout.cli.words import spelled, wording

    if function is None:
        words = wording(options, environment, "detach")
        prune = spelled(options, environment, "prune")
    else:
        ids = tuple(word for one in distributions for word in ("--distribution", one))
        words = wording(options, None, "detach", ("--function", function, *ids))
        prune = spelled(options, None, "prune", "--function", function)
    afterwards = (
        "CloudFront removes the function's replicas by itself, usually within some hours. Only then versions"
        f" can be deleted; which ones: {prune} --dry-run"
    )
    if not options.sandbox and options.endpoint_url is None:
        # What is said of the sandbox must not delete anything in AWS.
        afterwards += (
            f"   The whole function: aws lambda delete-function --region us-east-1 --function-name {name}"
        )
    return replace(words, afterwards=afterwards)
