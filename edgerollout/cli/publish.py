"""`edgerollout publish`: the whole loop for one environment."""

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
    Timeout,
    Verify,
    with_global_options,
)

if TYPE_CHECKING:
    from edgerollout.errors import ExitCode
    from edgerollout.planfile import Choices
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
    create: Annotated[
        bool, typer.Option("--create", help="Create the function and its role where they are missing.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Publish as a new release what counts as rolled back.")
    ] = False,
    from_config: Annotated[
        bool,
        typer.Option(
            "--from-config",
            help="Where policies come by promotion: take config/policy.toml now (the soak restarts).",
        ),
    ] = False,
    accept_header: Annotated[
        list[str] | None,
        typer.Option(
            "--accept-header", metavar="NAME", help="Accept a header that cannot be taken back (repeatable)."
        ),
    ] = None,
    replace: Annotated[
        list[str] | None,
        typer.Option(
            "--replace",
            metavar="ARN",
            help="Take over the slot of this function and remember it for the rollback (repeatable).",
        ),
    ] = None,
    plan: Annotated[
        Path | None, typer.Option("--plan", metavar="FILE", help="Apply a saved plan, if it is still fresh.")
    ] = None,
    no_swap: NoSwap = False,
    tfvars: TfvarsFile = None,
    override: Override = None,
    reason: Reason = None,
    evidence: CandidateEvidence = None,
    preflight: Preflight = True,
    timeout: Timeout = None,
    verify: Verify = True,
) -> None:
    """Publish the policy: new version, triggers swapped, Deployed, invalidated, verified.

    Reads first and shows the plan. Running it again finishes what an earlier run began; when all is in
    place it says so and changes nothing. A policy that was never enforced goes out report-only.
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
    from edgerollout.cli.handing_over import wait_options, with_terraform, worded
    from edgerollout.cli.invocation import Invocation
    from edgerollout.cli.releasing import read_and_plan, read_and_plan_take_back, request_for
    from edgerollout.cli.words import wording
    from edgerollout.errors import UsageError

    invocation = Invocation(options)
    invocation.note_warnings()
    chosen = invocation.environment()
    saved = None if plan_file is None else planfile.read(plan_file)
    if saved is not None:
        if choices != planfile.Choices():
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
    tfvars = None if choices.tfvars is None else Path(choices.tfvars)
    configured = chosen.environment
    chosen = with_terraform(invocation, chosen, tfvars, no_swap=choices.no_swap)
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
