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
"""Those that open once the plan was shown and agreed on; machines are told from the first call on."""


def open_view(
    name: PeopleView, streams: Streams, heading: Heading, clock: Clock, spell: Spell, *, quiet: bool = False
) -> ActingView:
    """The view that `choose_view` named, not started. `quiet` runs are logged: nothing is redrawn.

    Only the chosen one is imported: a run pays for no other.
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
