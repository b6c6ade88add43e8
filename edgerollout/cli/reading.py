"""The session of a command that only reads: retries are told on stderr, Ctrl-C just ends it."""

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
    from edgerollout.rollout.reading import Planned, Siblings
    from edgerollout.rollout.session import Session
    from edgerollout.views.streams import Streams


def endpoint_kind(invocation: Invocation, session: Session) -> str:
    """What evidence and status documents say of where they were gathered: `aws`, `sandbox`, or a URL."""
    from edgerollout.release.facts.evidence import AWS, SANDBOX

    return SANDBOX if invocation.sandbox else session.aws.endpoint or AWS


def tell_retry(streams: Streams, event: CallRetried) -> None:
    """Tell on stderr that a call is tried again."""
    from edgerollout.views.ink import Line, Style
    from edgerollout.views.narration import retry_words

    streams.print_aside([Line(retry_words(event), Style.MUTED)])


def reading_session(
    invocation: Invocation, environment: Environment, *, patience: float | None = None
) -> Session:
    """A session without a deadline. `patience`: seconds for which a call that fails is tried again."""
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
) -> Planned:
    """What the planner makes of AWS as it is now, with the answers to all it asks."""
    from edgerollout.cli.handing_over import read_tfvars
    from edgerollout.rollout.reading import Planned, Reading, take_snapshot

    snapshot = take_snapshot(session, environment, siblings, tfvars=read_tfvars(environment))
    reading = Reading(session, environment, snapshot)
    plan = reading.plan(planner)
    return Planned(reading.snapshot, plan)
