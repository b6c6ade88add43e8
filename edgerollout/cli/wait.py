"""`edgerollout wait`: finishes what is left of the live release, and changes no trigger."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from edgerollout.cli.boundary import run_command
from edgerollout.cli.examples import examples
from edgerollout.cli.options import Options, TfvarsFile, Timeout, Verify, with_global_options

if TYPE_CHECKING:
    from pathlib import Path

    from edgerollout.errors import ExitCode
    from edgerollout.release.facts.snapshot import Snapshot
    from edgerollout.release.plans.plan import Plan
    from edgerollout.rollout.session import Session

EXAMPLES = examples(
    ("wait -e testing", "after exit code 5"),
    ("wait -e production --timeout 30m", "at most so long; for Terraform, too"),
)


@with_global_options
def wait(
    options: Options,
    tfvars: TfvarsFile = None,
    timeout: Timeout = None,
    verify: Verify = True,
) -> None:
    """Finish the live release: Deployed, invalidation, verify. Never publishes, never swaps.

    Where Terraform owns the triggers it is the release that the tfvars name. Not attached yet, it is
    refused with 6; with --timeout it is waited for that long.
    """
    options = options.handing_over(tfvars, no_swap=False)
    run_command(options, lambda: _run(options, tfvars, timeout, verify=verify))


def _run(options: Options, tfvars: Path | None, timeout: str | None, *, verify: bool) -> ExitCode:
    from edgerollout.cli.acting import Acting, act
    from edgerollout.cli.confirmation import check_named
    from edgerollout.cli.durations import seconds
    from edgerollout.cli.handing_over import read_tfvars, with_terraform, worded
    from edgerollout.cli.invocation import Invocation
    from edgerollout.cli.words import wording
    from edgerollout.release.plans.finishing import plan_wait
    from edgerollout.rollout.reading import Reading, take_snapshot

    invocation = Invocation(options)
    chosen = with_terraform(
        invocation.project.root, invocation.environment(), tfvars, no_swap=tfvars is not None, writes=False
    )
    check_named(chosen)
    environment = chosen.environment

    def make_plan(session: Session) -> tuple[Snapshot, Plan]:
        siblings = invocation.siblings(environment)
        snapshot = take_snapshot(session, environment, siblings, tfvars=read_tfvars(environment))
        reading = Reading(session, environment, snapshot)
        made = reading.plan(partial(plan_wait, environment, patient=timeout is not None))
        return reading.snapshot, made

    waits = () if tfvars is None else ("--tfvars", str(tfvars))
    words = wording(options, environment.name, "wait", waits, wait=waits)

    return act(
        invocation,
        Acting(
            name="wait",
            chosen=chosen,
            wording=worded(words, environment),
            make_plan=make_plan,
            confirm=None,
            timeout=None if timeout is None else seconds(timeout, "--timeout"),
            check_headers=verify,
            always_check=True,
        ),
    )
