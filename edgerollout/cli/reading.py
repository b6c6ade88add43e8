"""The session of a command that only reads: it reports retries on stderr, and Ctrl-C simply ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.release.facts.events import CallRetried, Noticed

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.cli.invocation import Invocation
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.events import Event
    from edgerollout.release.facts.reads import Planning
    from edgerollout.release.facts.snapshot import Snapshot
    from edgerollout.release.plans.plan import Plan
    from edgerollout.rollout.reading import AlreadyRead, Planned, Siblings
    from edgerollout.rollout.session import Session
    from edgerollout.views.streams import Streams


def endpoint_kind(invocation: Invocation, session: Session) -> str:
    """The endpoint in evidence and status documents: `aws`, `sandbox`, or a URL."""
    from edgerollout.release.facts.evidence import AWS, SANDBOX

    return SANDBOX if invocation.sandbox else session.aws.endpoint or AWS


def tell_retry(streams: Streams, event: CallRetried) -> None:
    """Report on stderr that a call is tried again."""
    from edgerollout.views.ink import Line, Style
    from edgerollout.views.narration import retry_words

    streams.print_aside([Line(retry_words(event), Style.MUTED)])


def reading_session(
    invocation: Invocation, environment: Environment, *, patience: float | None = None
) -> Session:
    """A session without a deadline. `patience`: seconds for which a failed call is tried again."""
    from edgerollout.views.ink import Line, Style, visible

    def tell(event: Event) -> None:
        if isinstance(event, CallRetried) and not invocation.quiet:
            tell_retry(invocation.streams, event)
        elif isinstance(event, Noticed):
            words = f"{event.severity}: {visible(event.message)}"
            invocation.streams.print_aside([Line(words, Style.WARNING, hang=9)])

    return invocation.session(environment, invocation.clock, tell, patience=patience)


def planned_by(
    planner: Callable[[Snapshot], Planning[Plan]],
    session: Session,
    environment: Environment,
    siblings: Siblings,
    read: AlreadyRead | None = None,
) -> Planned:
    """The plan for AWS as it is now, with all answers that the planner asked for. `read`: what was read
    already.
    """
    from edgerollout.cli.handing_over import read_tfvars
    from edgerollout.rollout.reading import Planned, Reading, take_snapshot

    snapshot = take_snapshot(session, environment, siblings, tfvars=read_tfvars(environment), read=read)
    reading = Reading(session, environment, snapshot)
    plan = reading.plan(planner)
    return Planned(reading.snapshot, plan)
