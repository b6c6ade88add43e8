"""An acting run as JSON Lines on stdout: first the version of the format, then an object for each event.

docs/events.md lists every type and field. Text is ASCII (`\\u…`), so no encoding can break a line.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from edgerollout.views.output.encoder import json_line
from edgerollout.views.output.events import event_json, version_json
from edgerollout.views.streams import write

if TYPE_CHECKING:
    from typing import TextIO

    from edgerollout.advice import Spell
    from edgerollout.release.facts.events import Event
    from edgerollout.views.output.encoder import Output


class JsonLinesView:
    """Writes every event at once, also progress. Thread-safe."""

    def __init__(self, stdout: TextIO, spell: Spell) -> None:
        self._stdout = stdout
        self._spell = spell
        self._lock = threading.Lock()

    def start(self) -> None:
        """Write the version line."""
        self._write(version_json())

    def handle(self, event: Event) -> None:
        """Write the event."""
        self._write(event_json(event, self._spell))

    def stop(self) -> None:
        """Do nothing: everything was written at once."""

    def _write(self, document: Output) -> None:
        line = json_line(document)
        with self._lock:
            write(self._stdout, line)
