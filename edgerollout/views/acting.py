"""Opens the view of an acting run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, assert_never

if TYPE_CHECKING:
    from edgerollout.advice import Spell
    from edgerollout.clock import Clock
    from edgerollout.release.facts.events import Event
    from edgerollout.views.heading import Heading
    from edgerollout.views.streams import Streams


class ActingView(Protocol):
    """Draws a run: `start()` once, `handle(event)` for each event, `stop()` at the end, whatever happened."""

    def start(self) -> None: ...

    def handle(self, event: Event) -> None: ...

    def stop(self) -> None: ...


PeopleView = Literal["live", "log"]
"""The views that open after the plan was shown and agreed to. The views for machines open earlier."""


def open_view(
    name: PeopleView, streams: Streams, heading: Heading, clock: Clock, spell: Spell, *, quiet: bool = False
) -> ActingView:
    """Make the view that `choose_view` named; the caller starts it. A `quiet` run is logged, not redrawn.

    Only the chosen view is imported, which makes the start faster.
    """
    match name:
        case "live" if not quiet:
            from edgerollout.views.live import LiveView

            return LiveView(streams, heading, clock, spell)
        case "live" | "log":
            from edgerollout.views.log import LogView

            return LogView(streams, heading, clock, spell, quiet=quiet)
        case _:
            assert_never(name)
