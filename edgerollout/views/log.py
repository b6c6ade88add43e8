"""An acting run as a log on stderr, for pipes and CI."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from edgerollout.release.facts.events import Outcome
from edgerollout.views.narration import Narration
from edgerollout.views.outcome import outcome_lines

if TYPE_CHECKING:
    from edgerollout.advice import Spell
    from edgerollout.clock import Clock
    from edgerollout.release.facts.events import Event
    from edgerollout.views.heading import Heading
    from edgerollout.views.streams import Streams


class LogView:
    """Writes the narration, event by event. Thread-safe."""

    def __init__(
        self, streams: Streams, heading: Heading, clock: Clock, spell: Spell, *, quiet: bool = False
    ) -> None:
        self._streams = streams
        self._heading = heading
        self._clock = clock
        self._spell = spell
        self._quiet = quiet
        self._lock = threading.Lock()
        self._narration = self._from_now()

    def start(self) -> None:
        """Write the heading of the run. Its time starts here."""
        with self._lock:
            self._narration = self._from_now()
            self._streams.print_aside(self._narration.opening(self._clock.monotonic()))

    def handle(self, event: Event) -> None:
        """Write what the event changes, if it changes something."""
        with self._lock:
            if isinstance(event, Outcome):
                glyphs = self._streams.stderr_glyphs
                lines = outcome_lines(event, self._streams.columns, glyphs, self._spell)
            else:
                lines = tuple(self._narration.lines(event, self._clock.monotonic()))
            self._streams.print_aside(lines)

    def stop(self) -> None:
        """Do nothing: everything was written at once."""

    def _from_now(self) -> Narration:
        now = self._clock.monotonic()
        glyphs = self._streams.stderr_glyphs
        return Narration(self._heading, glyphs, self._spell, now, quiet=self._quiet)
