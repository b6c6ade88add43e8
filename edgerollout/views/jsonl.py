"""An acting run as JSON Lines on stdout: the version of the contract first, then an object an event.

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
    """Writes every event, progress included, as it comes. Safe to call from several threads."""

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
        """Nothing is held back, so there is nothing to do."""

    def _write(self, document: Output) -> None:
        line = json_line(document)
        with self._lock:
            write(self._stdout, line)
