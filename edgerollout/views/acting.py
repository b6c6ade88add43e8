"""Opens the view of an acting run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, assert_never

from edgerollout.views.github import GithubView
from edgerollout.views.jsonl import JsonLinesView
from edgerollout.views.live import LiveView
from edgerollout.views.log import LogView

if TYPE_CHECKING:
    from edgerollout.clock import Clock
    from edgerollout.views.heading import Heading
    from edgerollout.views.streams import Streams

ActingView = LiveView | LogView | JsonLinesView | GithubView
"""`start()` once, `handle(event)` for each event, `stop()` at the end, whatever happened."""

PeopleView = Literal["live", "log"]
"""Those that open once the plan was shown and agreed on; machines are told from the first call on."""


def open_view(
    name: PeopleView, streams: Streams, heading: Heading, clock: Clock, *, quiet: bool = False
) -> LiveView | LogView:
    """The view that `choose_view` named, not started. `quiet` runs are logged: nothing is redrawn."""
    match name:
        case "live":
            if quiet:
                return LogView(streams, heading, clock, quiet=True)
            return LiveView(streams, heading, clock)
        case "log":
            return LogView(streams, heading, clock, quiet=quiet)
        case _:
            assert_never(name)
