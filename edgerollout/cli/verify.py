"""`edgerollout verify`: checks that the live headers are those of the live release. Only reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from edgerollout.advice import CommandLine, advise
from edgerollout.cli.boundary import run_command
from edgerollout.cli.completion import pages, releases
from edgerollout.cli.examples import examples
from edgerollout.cli.options import CaFile, Options, Resolve, with_global_options

if TYPE_CHECKING:
    from pathlib import Path

    from edgerollout.cli.invocation import Invocation
    from edgerollout.errors import ExitCode
    from edgerollout.net.network import Network
    from edgerollout.probe.live_headers import Expectation, Verified
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.snapshot import Snapshot
    from edgerollout.rollout.session import Session

EXAMPLES = examples(
    ("verify -e testing", "every behavior, every kind of request"),
    ("verify -e testing --timeout 2m", "edges update within minutes"),
    ("verify -e staging https://staging.example.com/app/", "another page, too"),
    ("verify --connect-to www.example.com:443:d1.cloudfront.net:443", "before DNS moves"),
)


@with_global_options
def verify(
    options: Options,
    urls: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[URL]...",
            autocompletion=pages,
            help="Pages to look at. Default: the environment's urls.",
        ),
    ] = None,
    resolve: Resolve = None,
    connect_to: Annotated[
        list[str] | None,
        typer.Option(
            "--connect-to",
            metavar="HOST:PORT:HOST2:PORT2",
            help="Reach HOST at another host, with its own name (repeatable).",
        ),
    ] = None,
    ca_file: CaFile = None,
    timeout: Annotated[
        str | None,
        typer.Option(
            "--timeout",
            metavar="TIME",
            help="Check again for this time while something is wrong, such as 2m.",
        ),
    ] = None,
    release: Annotated[
        int | None,
        typer.Option(
            "--release",
            metavar="N",
            autocompletion=releases,
            min=1,
            help="Expect this release, not the live one.",
        ),
    ] = None,
) -> None:
    """Compare the headers that visitors get with the live release: every behavior, every kind of request.

    It requests a page as a miss and from the cache, a 304, a redirect, an error page, HEAD. It shows
    differences by header, directive and source. Exit code 6 when something is wrong.
    """
    run_command(
        options,
        lambda: _run(
            options,
            tuple(urls or ()),
            resolve=tuple(resolve or ()),
            connect_to=tuple(connect_to or ()),
            ca_file=ca_file,
            timeout=timeout,
            number=release,
        ),
    )


def _run(
    options: Options,
    urls: tuple[str, ...],
    *,
    resolve: tuple[str, ...],
    connect_to: tuple[str, ...],
    ca_file: Path | None,
    timeout: str | None,
    number: int | None,
) -> ExitCode:
    from edgerollout.cli.durations import seconds
    from edgerollout.cli.invocation import Invocation
    from edgerollout.cli.live_network import network
    from edgerollout.cli.rendering import show
    from edgerollout.errors import ExitCode
    from edgerollout.views.output.verify import verify_json
    from edgerollout.views.verify import verify_document

    invocation = Invocation(options)
    output = invocation.document_format()
    limit = 0.0 if timeout is None else seconds(timeout, "--timeout")
    environment = invocation.environment().environment
    reached = network(invocation, ca_file, resolve, connect_to, environment=environment)
    found = _look(invocation, environment, urls or environment.urls, reached, limit, number)
    show(
        invocation,
        output,
        document=lambda: verify_document(found, environment.name),
        json=lambda: verify_json(found, environment.name, invocation.spell),
    )
    return ExitCode.DONE if found.ok else ExitCode.REFUSED


def _look(
    invocation: Invocation,
    environment: Environment,
    urls: tuple[str, ...],
    network: Network,
    timeout: float,
    number: int | None,
) -> Verified:
    import secrets

    from edgerollout.cli.means import with_means
    from edgerollout.cli.reading import reading_session
    from edgerollout.probe.http import HttpProbe
    from edgerollout.probe.live_headers import verify_live
    from edgerollout.probe.targets import Site
    from edgerollout.rollout.reading import take_snapshot

    session = reading_session(invocation, environment)
    environment, read = with_means(invocation, session, environment)
    snapshot = take_snapshot(session, environment, invocation.siblings(environment), read=read)
    environment = _as_live(environment, snapshot)
    return verify_live(
        HttpProbe(network),
        Site(environment, snapshot),
        urls,
        _expectation(session, environment, snapshot, number),
        invocation.clock,
        timeout=timeout,
        pace=session.pace,
        token=lambda: f"edgerollout-{secrets.token_hex(4)}",
        further=environment.urls,
    )


def _as_live(environment: Environment, snapshot: Snapshot) -> Environment:
    """The environment with the event at which its live release is attached. A newer configuration may name
    the other event, but the expected headers depend on the attached one.
    """
    from dataclasses import replace

    from edgerollout.release.facts.live import attached, live_release

    excluded = frozenset(environment.exclude)
    live = live_release(snapshot, excluded)
    if live is None or snapshot.function is None:
        return environment
    events = {
        event
        for _, _, event, version in attached(snapshot.distributions, snapshot.function.arn, excluded)
        if version.version == live.number
    }
    match sorted(events):
        case [("origin-response" | "viewer-response") as event]:
            return replace(environment, function=replace(environment.function, event=event))
        case _:
            return environment


def _expectation(
    session: Session, environment: Environment, snapshot: Snapshot, number: int | None
) -> Expectation:
    """The release to expect: `number`, or the live one; and the one before it, where it can be read."""
    from edgerollout.errors import Refused, UsageError
    from edgerollout.probe.live_headers import Expectation
    from edgerollout.release.delivery.choice import means_of
    from edgerollout.release.facts.live import ledger_of, live_release
    from edgerollout.release.facts.release import Release
    from edgerollout.release.status.status import altered_policy, stale_copies
    from edgerollout.rollout.reading import needed_release, read_release

    live, function = live_release(snapshot, frozenset(environment.exclude)), snapshot.function
    if function is None or (live is None and number is None):
        raise Refused(
            f"no release is live in {environment.name}",
            hint=advise("Publish first: ", CommandLine("publish", environment.name)),
        )
    wanted = number if number is not None or live is None else live.number
    if wanted is None or ledger_of(function, wanted) is None:
        if number is not None:
            raise UsageError(f"{function.name} has no release {number}")
        raise Refused(
            f"version {wanted} is live, but edgerollout did not publish it: what it sends is unknown"
        )
    release = needed_release(session.aws, function, wanted, environment)
    previous = release.previous
    known = previous is not None and ledger_of(function, previous) is not None
    # The release before only explains differences: without it the verdict is the same.
    before = read_release(session.aws, function, previous) if previous is not None and known else None
    return Expectation(
        wanted,
        release.response(),
        means_of(environment).slot,
        None if live is None else live.number,
        previous,
        before.response() if isinstance(before, Release) else None,
        altered_policy(environment, snapshot, wanted),
        stale_copies(snapshot, release),
    )
