"""Opens the view of an acting run."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from edgerollout.views.jsonl import JsonLinesView
from edgerollout.views.live import LiveView
from edgerollout.views.log import LogView

if TYPE_CHECKING:
    from edgerollout.clock import Clock
    from edgerollout.views.heading import Heading
    from edgerollout.views.streams import Streams, ViewName

ActingView = LiveView | LogView | JsonLinesView
"""`start()` once, `handle(event)` for each event, `stop()` at the end, whatever happened."""


def open_view(
    name: ViewName, streams: Streams, heading: Heading, clock: Clock, *, quiet: bool = False
) -> ActingView:
    """The view that `choose_view` named, not started. `quiet` runs are logged: nothing is redrawn."""
    match name:
        case "live":
            if quiet:
                return LogView(streams, heading, clock, quiet=True)
            return LiveView(streams, heading, clock)
        case "log":
            return LogView(streams, heading, clock, quiet=quiet)
        case "json":
            return JsonLinesView(streams.stdout)
        case _:
            assert_never(name)
