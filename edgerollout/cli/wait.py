"""`edgerollout wait`: finishes the live release, and changes no trigger."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from edgerollout.cli.boundary import run_command
from edgerollout.cli.examples import examples
from edgerollout.cli.options import Options, TfvarsFile, Timeout, Verify, with_global_options

if TYPE_CHECKING:
    from pathlib import Path

    from edgerollout.errors import ExitCode

EXAMPLES = examples(
    ("wait -e testing", "after exit code 5"),
    ("wait -e production --timeout 30m", "at most this long; also waits for Terraform"),
)


@with_global_options
def wait(
    options: Options,
    tfvars: TfvarsFile = None,
    timeout: Timeout = None,
    verify: Verify = True,
) -> None:
    """Finish the live release: Deployed, invalidation, verify. Never publishes, never swaps.

    Where Terraform owns the triggers, it finishes the release that the tfvars name. While that is not
    attached, it exits with 6; with --timeout it waits that long for Terraform.
    """
    options = options.handing_over(tfvars, no_swap=False)
    run_command(options, partial(_run, options, tfvars, timeout, verify=verify))


def _run(options: Options, tfvars: Path | None, timeout: str | None, *, verify: bool) -> ExitCode:
    from edgerollout.cli.acting.confirmation import check_named
    from edgerollout.cli.acting.run import acting
    from edgerollout.cli.handing_over import with_terraform
    from edgerollout.cli.invocation import Invocation
    from edgerollout.cli.means import with_means
    from edgerollout.cli.reading import planned_by
    from edgerollout.release.plans.finishing import plan_wait
    from edgerollout.rollout.afterwards import Afterwards

    invocation = Invocation(options)
    root, configured = invocation.project.root, invocation.environment()
    chosen = with_terraform(root, configured, tfvars, no_swap=tfvars is not None, writes=False)
    check_named(chosen)
    environment = chosen.environment
    with acting(invocation, "wait", chosen, timeout) as run:
        settled, read = with_means(invocation, run.session, environment)
        planner = partial(plan_wait, settled, patient=timeout is not None)
        planned = planned_by(planner, run.session, settled, invocation.siblings(settled), read)
        run.agree(planned.plan, asks=False)
        ways = invocation.ways(environment, "wait")
        return run.carry_out(planned, ways, Afterwards(check_headers=verify, always_check=True))
