"""`edgerollout detach`: removes all our triggers, waits until Deployed, and invalidates."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, Typed, advise
from edgerollout.cli.boundary import run_command
from edgerollout.cli.examples import examples
from edgerollout.cli.options import (
    ByFunction,
    NoSwap,
    OnDistributions,
    Options,
    TfvarsFile,
    Timeout,
    with_global_options,
)

if TYPE_CHECKING:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.config import ChosenEnvironment
    from edgerollout.errors import ExitCode
    from edgerollout.rollout.next_step import Ways

EXAMPLES = examples(
    ("detach -e testing", "take our release off"),
    ("detach -e testing --yes --timeout 30m", "without a question, in CI"),
    ("detach --function security-headers", "without a configuration"),
)


@with_global_options
def detach(
    options: Options,
    function: ByFunction = None,
    distribution: OnDistributions = None,
    no_swap: NoSwap = False,
    tfvars: TfvarsFile = None,
    timeout: Timeout = None,
) -> None:
    """Take our releases off every behavior, wait until that is Deployed, and invalidate.

    What others attached stays. The site then has no headers of ours. Nothing is deleted and no release is
    withdrawn: a later publish makes a new one. After an interruption, the same command finishes it.
    """
    options = options.handing_over(tfvars, no_swap=no_swap)
    run_command(options, partial(_run, options, function, tuple(distribution or ()), timeout))


def _run(
    options: Options, function: str | None, distributions: tuple[str, ...], timeout: str | None
) -> ExitCode:
    from edgerollout.cli.acting.confirmation import check_may_act
    from edgerollout.cli.acting.run import acting
    from edgerollout.cli.by_function import check_only, chosen_by_function, environment_of
    from edgerollout.cli.handing_over import with_terraform
    from edgerollout.cli.invocation import Invocation
    from edgerollout.cli.reading import planned_by
    from edgerollout.release.facts.environment import RESPONSE_HEADERS_POLICY
    from edgerollout.release.plans.detaching import plan_detach
    from edgerollout.rollout.afterwards import Afterwards

    invocation = Invocation(options)
    check_only(function, distributions, options)
    if function is None:
        root, no_swap = invocation.project.root, bool(options.no_swap)
        chosen = with_terraform(root, invocation.environment(), options.tfvars, no_swap=no_swap)
    else:
        chosen = chosen_by_function(invocation, function)
    check_may_act(invocation, chosen)
    with acting(invocation, "detach", chosen, timeout) as run:
        environment, siblings, read = environment_of(run.session, invocation, chosen, function, distributions)
        planned = planned_by(partial(plan_detach, environment), run.session, environment, siblings, read)
        run.agree(planned.plan)
        by_policy = environment.deliver == RESPONSE_HEADERS_POLICY
        ways = _ways(invocation, chosen, function, distributions, by_policy=by_policy)
        return run.carry_out(planned, ways, Afterwards(check_headers=False))


def _ways(
    invocation: Invocation,
    chosen: ChosenEnvironment,
    function: str | None,
    distributions: tuple[str, ...],
    *,
    by_policy: bool,
) -> Ways:
    from dataclasses import replace

    from edgerollout.cli.by_function import put_back_by_terraform, selection
    from edgerollout.rollout.next_step import Ways

    options, name = invocation.options, chosen.environment.name
    if function is None:
        back = advise("The headers come back, with a CSP report-only: ", CommandLine("publish", name))
        ways = replace(invocation.ways(chosen.environment, "detach"), undo=back)
        prune = CommandLine("prune", name, "--dry-run")
    else:
        own = selection(function, distributions)
        ways = Ways(advise(CommandLine("detach", None, *own)), selection=own)
        prune = CommandLine("prune", None, "--function", function, "--dry-run")
        if (told := put_back_by_terraform(invocation, function, "detach")) is not None:
            return replace(ways, afterwards=told)
    # Advice about the sandbox must not delete anything in AWS.
    delete = (
        f"aws lambda delete-function --region us-east-1 --function-name {chosen.environment.function.name}"
    )
    whole = (
        (". The whole function: ", Typed(delete))
        if not options.sandbox and options.endpoint_url is None
        else ()
    )
    replicas = (
        "CloudFront removes the function's replicas by itself, usually within some hours. Only then versions"
        " can be deleted; which ones: "
    )
    left = "What is left are policies on no behavior, and the versions that are their record: "
    afterwards = advise(left if by_policy else replicas, prune, *whole)
    return replace(ways, afterwards=afterwards)
