"""`edgerollout status`: shows what is live where. Only reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from edgerollout.cli.boundary import run_command
from edgerollout.cli.examples import examples
from edgerollout.cli.options import Options, with_global_options

if TYPE_CHECKING:
    from edgerollout.advice import Hint
    from edgerollout.cli.invocation import Invocation
    from edgerollout.errors import ExitCode
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.reads import Read
    from edgerollout.release.status.status import Status
    from edgerollout.rollout.session import Session

EXAMPLES = examples(
    ("status -e testing", "what is live where"),
    ("status --all", "every environment, side by side"),
    ("status -e testing --detailed-exitcode", "3 when there is drift"),
    ("status -e staging -o json", "for scripts"),
)


@with_global_options
def status(
    options: Options,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 3 when there is drift.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="Every configured environment, one line each.")
    ] = False,
) -> None:
    """Show which release every behavior carries, its stage and policies, since when, and drift.

    With --all an environment that cannot be read has a line that says why, and the exit code is 1.
    """
    run = _run_all if every else _run
    run_command(options, lambda: run(options, detailed=detailed_exitcode))


def _run_all(options: Options, *, detailed: bool) -> ExitCode:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.cli.overview import read_overview
    from edgerollout.cli.rendering import show
    from edgerollout.errors import ExitCode, UsageError
    from edgerollout.views.output.status import overview_json
    from edgerollout.views.overview import overview_document

    invocation = Invocation(options)
    output = invocation.document_format()
    if options.env is not None:
        raise UsageError(
            "--all cannot be combined with -e", hint="-e NAME shows one environment, --all every one."
        )
    overview = read_overview(invocation, with_policies=output == "json")
    now = invocation.clock.now()
    show(
        invocation,
        output,
        document=lambda: overview_document(overview, now),
        json=lambda: overview_json(overview, now, invocation.spell),
    )
    if overview.unseen:
        return ExitCode.FAILED
    return ExitCode.CHANGES if detailed and overview.drift else ExitCode.DONE


def _run(options: Options, *, detailed: bool) -> ExitCode:
    from edgerollout.cli.handing_over import with_terraform
    from edgerollout.cli.invocation import Invocation
    from edgerollout.cli.reading import endpoint_kind, reading_session
    from edgerollout.cli.rendering import show
    from edgerollout.errors import ExitCode
    from edgerollout.views.output.status import status_json
    from edgerollout.views.status import status_document

    invocation = Invocation(options)
    output = invocation.document_format()
    chosen = with_terraform(
        invocation.project.root, invocation.environment(), None, no_swap=False, writes=False
    )
    environment = chosen.environment
    session = reading_session(invocation, environment)
    found = _read(invocation, environment, session, with_policy=output == "json")
    now = invocation.clock.now()
    show(
        invocation,
        output,
        document=lambda: status_document(
            found,
            now,
            _next_step(invocation, environment, found),
            details=bool(invocation.options.verbose),
        ),
        json=lambda: status_json(found, now, endpoint_kind(invocation, session), invocation.spell),
    )
    return ExitCode.CHANGES if detailed and found.drift else ExitCode.DONE


def _next_step(invocation: Invocation, environment: Environment, found: Status) -> Hint | None:
    """The next command. No tour is asked for again where there is evidence of one."""
    from edgerollout.cli.promoting import evidence_file
    from edgerollout.errors import Refused
    from edgerollout.release.facts.evidence import Evidence
    from edgerollout.release.facts.release import SHORT
    from edgerollout.rollout.next_step import after_status

    try:
        content = evidence_file(invocation.project.root, environment.name).read_bytes()
        evidence = Evidence.from_bytes(content)
    except (OSError, Refused):
        toured = False
    else:
        observed = found.live and found.live.report_only
        toured = evidence.clean and evidence.complete and evidence.digest[:SHORT] == observed
    return after_status(found, invocation.ways(environment, "status"), toured=toured)


def _read(invocation: Invocation, environment: Environment, session: Session, *, with_policy: bool) -> Status:
    from dataclasses import replace

    from edgerollout.cli.handing_over import read_tfvars
    from edgerollout.cli.means import with_advice, with_means
    from edgerollout.errors import UsageError
    from edgerollout.release.facts.reads import ReadTags, releases
    from edgerollout.release.facts.unreadable import UnreadableRelease, gone_without
    from edgerollout.release.status.status import live_document, status_of, tags_worth_reading, variants_stand
    from edgerollout.rollout.reading import Reading, take_snapshot

    try:
        tfvars = read_tfvars(environment)
    except UsageError as error:
        # Report what is live nevertheless, above all when something is wrong.
        invocation.say_aside(f"warning: {error}")
        environment, tfvars = replace(environment, tfvars=None), None
    environment, read = with_means(invocation, session, environment, advises=True)
    siblings = invocation.siblings(environment)
    snapshot = take_snapshot(session, environment, siblings, tfvars=tfvars, read=read)
    environment = with_advice(invocation, environment, snapshot)
    wanted: set[Read] = {ReadTags(identity) for identity in tags_worth_reading(snapshot)}
    if with_policy or variants_stand(environment, snapshot):
        wanted |= releases(live_document(environment, snapshot))
    snapshot = Reading(session, environment, snapshot).ask(frozenset(wanted))
    for document in snapshot.documents.values():
        if isinstance(document, UnreadableRelease):
            unread = gone_without(document, "its policies are left out")
            invocation.say_aside(f"warning: {unread.message}")
    return status_of(environment, snapshot)
