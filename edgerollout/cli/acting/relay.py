"""Passes a run's events to the view, one at a time, including those from before the view existed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, assert_never

from edgerollout.release.facts.events import CallRetried, Outcome
from edgerollout.views.streams import choose_view

if TYPE_CHECKING:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.clock import Clock
    from edgerollout.release.facts.events import Event
    from edgerollout.views.acting import ActingView
    from edgerollout.views.github import GithubView
    from edgerollout.views.heading import Heading
    from edgerollout.views.streams import ViewName


class Relay:
    """Passes events to the view once there is one; earlier events are kept for it.

    Programs have their view from the first call on; people see the plan first. Retries are shown to people at
    once, so that they know why nothing happens.
    """

    def __init__(self, invocation: Invocation, name: ViewName, clock: Clock) -> None:
        self.name = name
        self.github: GithubView | None = None
        """The same view if it is GitHub's, which also gets the plan and problems."""
        self.ended = False
        """Whether the outcome has been reported."""
        self.kept: list[Event] = []
        self._invocation = invocation
        self._clock = clock
        self._view: ActingView | None = None
        self._lock = threading.Lock()

    @property
    def for_machines(self) -> bool:
        """Whether its output is read by a program, or by GitHub."""
        return self.name in ("json", "github")

    def __call__(self, event: Event) -> None:
        with self._lock:
            if self._view is not None:
                self._view.handle(event)
                self.ended = self.ended or isinstance(event, Outcome)
            elif isinstance(event, CallRetried) and not self._invocation.quiet:
                from edgerollout.cli.reading import tell_retry

                tell_retry(self._invocation.streams, event)
            else:
                self.kept.append(event)

    def open(self, view: ActingView) -> None:
        """Start the view and pass it the events so far."""
        with self._lock:
            self._view = view
            view.start()
            for event in self.kept:
                view.handle(event)
            self.kept.clear()

    def open_for_people(self, heading: Heading) -> None:
        """Start the view for people; programs have theirs already."""
        from edgerollout.views.acting import open_view

        if self.name == "live" or self.name == "log":
            streams, quiet = self._invocation.streams, self._invocation.quiet
            self.open(
                open_view(self.name, streams, heading, self._clock, self._invocation.spell, quiet=quiet)
            )

    def close(self) -> None:
        """Stop the view."""
        if self._view is not None:
            self._view.stop()


def relay_for(invocation: Invocation, command: str, clock: Clock) -> Relay:
    """The relay to the view that the user's options choose; a program's view is open already."""
    streams = invocation.streams
    relay = Relay(invocation, choose_view(invocation.options.output or "auto", streams), clock)
    match relay.name:
        case "json":
            from edgerollout.views.jsonl import JsonLinesView

            relay.open(JsonLinesView(streams.stdout, invocation.spell))
        case "github":
            from edgerollout.views.github import GithubView, Job

            job = Job.from_environment(invocation.variables)
            relay.github = GithubView(streams, clock, job, command, invocation.spell, quiet=invocation.quiet)
            relay.open(relay.github)
        case "live" | "log":
            pass
        case _:
            assert_never(relay.name)
    return relay
