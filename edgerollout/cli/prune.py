"""`edgerollout prune`: delete the old versions that nothing uses and no rollback goes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from edgerollout.cli.boundary import run_command
from edgerollout.cli.examples import examples
from edgerollout.cli.options import Options, with_global_options
from edgerollout.release.plans.pruning import KEEP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.cli.acting import Run
    from edgerollout.cli.invocation import Invocation, Reach
    from edgerollout.config import ChosenEnvironment
    from edgerollout.errors import ExitCode
    from edgerollout.release.facts.events import Outcome
    from edgerollout.release.plans.pruning import PrunePlan
    from edgerollout.rollout.session import Session
    from edgerollout.views.heading import Heading

EXAMPLES = examples(
    ("prune -e testing --dry-run", "what would go, and why the rest stays"),
    ("prune -e testing --keep 3 --yes", "spare the newest three"),
    ("prune --function security-headers", "without a configuration"),
)


@with_global_options
def prune(
    options: Options,
    keep: Annotated[
        int, typer.Option("--keep", metavar="N", min=0, help="How many of the newest releases stay.")
    ] = KEEP,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be deleted; -o text, json, markdown.")
    ] = False,
    function: Annotated[
        str | None,
        typer.Option("--function", metavar="NAME", help="Versions of this function; no config needed."),
    ] = None,
) -> None:
    """Delete old versions of the environment's function.

    Spared: what any distribution of the account uses, what an alias names, the newest releases, where a
    rollback goes, and every version that edgerollout did not publish. A version with replicas at the edge
    is pending: Lambda deletes it some hours after its last use, so run it again then.
    """
    run_command(options, lambda: _run(options, keep, function, dry_run=dry_run))


def _run(options: Options, keep: int, function: str | None, *, dry_run: bool) -> ExitCode:
    from edgerollout.cli.acting import Performance, perform
    from edgerollout.cli.by_function import chosen_by_function
    from edgerollout.cli.confirmation import check_may_act
    from edgerollout.cli.invocation import Invocation

    invocation = Invocation(options)
    chosen = invocation.environment() if function is None else chosen_by_function(invocation, function)
    if dry_run:
        return _show(invocation, chosen, keep, by_function=function is not None)
    check_may_act(invocation, chosen)

    def agree(run: Run) -> PrunePlan:
        plan = _plan(invocation, chosen, run.session, keep, by_function=function is not None)
        _agree(invocation, chosen, run, plan)
        return plan

    def carry_out(run: Run, plan: PrunePlan) -> Outcome:
        from edgerollout.rollout.pruning import Pruning

        again = _again(options, chosen, keep, function)
        return Pruning(run.session, plan, again, sandbox=run.reach.sandbox).run()

    return perform(
        invocation,
        Performance(
            name="prune",
            environment=chosen.environment,
            agree=agree,
            heading=lambda run, plan: _heading(plan, run.reach),
            carry_out=carry_out,
        ),
    )


def _show(invocation: Invocation, chosen: ChosenEnvironment, keep: int, *, by_function: bool) -> ExitCode:
    from edgerollout.cli.reading import reading_session
    from edgerollout.errors import ExitCode
    from edgerollout.views.pruning import pruning_json, pruning_lines, pruning_markdown

    output = invocation.document_format()
    session = reading_session(invocation, chosen.environment)
    plan = _plan(invocation, chosen, session, keep, by_function=by_function)
    match output:
        case "json":
            invocation.streams.write_data(pruning_json(plan))
        case "markdown":
            invocation.streams.write_data(pruning_markdown(plan))
        case _:
            invocation.streams.print_data(pruning_lines(plan))
    return ExitCode.DONE


def _plan(
    invocation: Invocation, chosen: ChosenEnvironment, session: Session, keep: int, *, by_function: bool
) -> PrunePlan:
    """Read AWS and judge every version."""
    from edgerollout.cli.by_function import where_attached
    from edgerollout.cli.handing_over import read_tfvars
    from edgerollout.release.plans.pruning import PruneRequest, plan_prune
    from edgerollout.rollout.reading import Siblings, take_snapshot

    environment = chosen.environment
    siblings = Siblings({}) if by_function else invocation.siblings(environment)
    if by_function:
        environment = where_attached(session, environment, ())
    snapshot = take_snapshot(session, environment, siblings, tfvars=read_tfvars(environment))
    aliases = None if snapshot.function is None else _aliases(session, snapshot.function.name)
    return plan_prune(PruneRequest(environment, keep), snapshot, aliases)


def _aliases(session: Session, function: str) -> Mapping[str, frozenset[int]] | None:
    """What the function's aliases name; None without the right to list them."""
    from edgerollout.release.facts.events import Noticed
    from edgerollout.rollout.ports import AwsFailure

    try:
        return session.aws.functions.aliases(function)
    except AwsFailure as failure:
        if not failure.denied:
            raise
        message = f"aliases are unknown ({failure}); Lambda itself refuses to delete what one names"
        session.emit(Noticed("warning", message))
        return None


def _agree(invocation: Invocation, chosen: ChosenEnvironment, run: Run, plan: PrunePlan) -> None:
    """Show the plan where people look, and ask."""
    from edgerollout.cli.confirmation import confirm
    from edgerollout.views.ink import Line
    from edgerollout.views.pruning import pruning_lines, pruning_summary
    from edgerollout.views.wording import against_words

    lines = pruning_lines(plan, against=against_words(run.reach.aws.endpoint, sandbox=run.reach.sandbox))
    asks = plan.changes and not invocation.options.yes
    if run.voice.github is not None:
        title = f"Versions of {plan.function}: {pruning_summary(plan)}"
        run.voice.github.found(title, lines, _heading(plan, run.reach))
    elif asks or (run.view_name != "json" and not invocation.quiet):
        invocation.streams.print_aside([*lines, Line("")])
    if plan.changes:
        confirm(invocation, chosen, plan)


def _heading(plan: PrunePlan, reach: Reach) -> Heading:
    from edgerollout.views.heading import Heading

    return Heading(
        "prune",
        plan.environment,
        plan.account,
        live=plan.live,
        target=plan.live,
        endpoint=reach.aws.endpoint,
        sandbox=reach.sandbox,
    )


def _again(options: Options, chosen: ChosenEnvironment, keep: int, function: str | None) -> str:
    from edgerollout.cli.words import spelled

    own = () if keep == KEEP else ("--keep", str(keep))
    if function is not None:
        return spelled(options, None, "prune", *own, "--function", function)
    return spelled(options, chosen.environment.name, "prune", *own)
