"""The session of a command that only reads: retries are told on stderr, Ctrl-C just ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.release.facts.events import CallRetried, Noticed
from edgerollout.rollout.session import Session
from edgerollout.rollout.stopping import Deadline

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.cli.invocation import Invocation
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.events import Event
    from edgerollout.views.streams import Streams


def endpoint_kind(invocation: Invocation, session: Session) -> str:
    """What evidence and status documents say of where they were gathered: `aws`, `sandbox`, or a URL."""
    from edgerollout.release.facts.evidence import AWS, SANDBOX

    return SANDBOX if invocation.sandbox else session.aws.endpoint or AWS


def retries_aside(streams: Streams) -> Callable[[CallRetried], None]:
    """Tells on stderr that a call is tried again."""
    from edgerollout.views.ink import Line, Style
    from edgerollout.views.narration import retry_words

    return lambda event: streams.print_aside([Line(retry_words(event), Style.MUTED)])


def reading_session(invocation: Invocation, environment: Environment) -> Session:
    """A session without a deadline."""
    from edgerollout.views.ink import Line, Style, visible

    retried = retries_aside(invocation.streams)

    def tell(event: Event) -> None:
        if isinstance(event, CallRetried) and not invocation.quiet:
            retried(event)
        elif isinstance(event, Noticed):
            words = f"{event.severity}: {visible(event.message)}"
            invocation.streams.print_aside([Line(words, Style.WARNING, hang=9)])

    reach = invocation.reach(environment, invocation.clock, tell)
    return Session(
        aws=reach.aws,
        clock=invocation.clock,
        emit=tell,
        deadline=Deadline(invocation.clock, None),
        probe=reach.probe,
        pace=reach.pace,
    )
