"""`edgerollout history`: lists the releases of an environment. Only reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from edgerollout.cli.boundary import run_command
from edgerollout.cli.examples import examples
from edgerollout.cli.options import Options, with_global_options

if TYPE_CHECKING:
    from edgerollout.errors import ExitCode

EXAMPLES = examples(
    ("history -e production", "the newest twenty releases"),
    ("history -e production --limit 100", "more of them"),
    ("history -e staging -o json", "for scripts"),
)

_NEWEST = 20


@with_global_options
def history(
    options: Options,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, help="Show the newest N releases.")
    ] = _NEWEST,
) -> None:
    """Show the releases of an environment, newest first: stages and digests, the release before, overrides,
    withdrawn or not, commit, age, and where it is live.
    """
    run_command(options, lambda: _run(options, limit))


def _run(options: Options, limit: int) -> ExitCode:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.cli.means import with_means
    from edgerollout.cli.reading import reading_session
    from edgerollout.cli.rendering import show
    from edgerollout.cli.seen_releases import remember_releases
    from edgerollout.errors import ExitCode
    from edgerollout.release.status.history import history_of
    from edgerollout.rollout.reading import take_snapshot
    from edgerollout.views.history import history_document
    from edgerollout.views.output.history import history_json

    invocation = Invocation(options)
    output = invocation.document_format()
    environment = invocation.environment().environment
    session = reading_session(invocation, environment)
    environment, read = with_means(invocation, session, environment)
    siblings = invocation.siblings(environment)
    snapshot = take_snapshot(session, environment, siblings, invalidations=False, read=read)
    found = history_of(environment, snapshot, limit)
    streams, now = invocation.streams, invocation.clock.now()
    if streams.stdout_is_terminal and not streams.ci:
        numbers = (release.version for release in found.releases)
        sandbox = invocation.sandbox
        remember_releases(invocation.project.root, environment.name, numbers, sandbox=sandbox)
    show(
        invocation,
        output,
        document=lambda: history_document(found, now),
        json=lambda: history_json(found),
    )
    return ExitCode.DONE
