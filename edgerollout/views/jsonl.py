"""An acting run as JSON Lines on stdout: the version of the contract first, then an object an event.

docs/events.md lists every type and field. Text is ASCII (`\\u…`), so no encoding can break a line.
"""

from __future__ import annotations

import re
import threading
from dataclasses import asdict, fields
from enum import Enum
from typing import TYPE_CHECKING

from edgerollout import __version__
from edgerollout.advice import Advice, spelled
from edgerollout.release.facts.events import SCHEMA, Outcome
from edgerollout.views.json_text import json_line
from edgerollout.views.streams import write

if TYPE_CHECKING:
    from dataclasses import Field
    from typing import Any, TextIO

    from edgerollout.advice import Spell
    from edgerollout.release.facts.events import CspState, Event, HandedOver, Pruned

_MILLISECONDS = 3
_TYPES = {"Noticed": "notice"}
"""The type of an event where it is not the name of its class."""


class JsonLinesView:
    """Writes every event, progress included, as it comes. Safe to call from several threads."""

    def __init__(self, stdout: TextIO, spell: Spell) -> None:
        self._stdout = stdout
        self._spell = spell
        self._lock = threading.Lock()

    def start(self) -> None:
        """Write the version line."""
        self._write({"type": "version", "schema": SCHEMA, "tool": f"edgerollout {__version__}"})

    def handle(self, event: Event) -> None:
        """Write the event."""
        self._write(event_json(event, self._spell))

    def stop(self) -> None:
        """Nothing is held back, so there is nothing to do."""

    def _write(self, document: dict[str, object]) -> None:
        line = json_line(document)
        with self._lock:
            write(self._stdout, line)


def event_json(event: Event, spell: Spell) -> dict[str, object]:
    """The event's object: its type, and its fields by their names.

    Durations are seconds, to the millisecond, under names that end in `_s`.
    """
    if isinstance(event, Outcome):
        return _outcome_json(event, spell)
    return {"type": _type(event)} | dict(
        _field(one, getattr(event, one.name), spell) for one in fields(event)
    )


def _type(event: Event) -> str:
    name = type(event).__name__
    return _TYPES.get(name) or re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _field(declared: Field[Any], value: Any, spell: Spell) -> tuple[str, object]:
    name = declared.name
    if declared.type == "float":
        return f"{name}_s", round(value, _MILLISECONDS)
    match value:
        case Advice():
            return name, spelled(value, spell)
        case Enum():
            return name, value.value
        case _:
            return name, value


def _outcome_json(outcome: Outcome, spell: Spell) -> dict[str, object]:
    return {
        "type": "outcome",
        "result": outcome.result.value,
        "exit_code": int(outcome.exit_code),
        "environment": outcome.environment,
        "release": outcome.release,
        "previous": outcome.previous,
        "distributions": [
            {"id": one.id, "name": one.name, "result": one.result.value, "error": one.error}
            for one in outcome.distributions
        ],
        "endpoint": outcome.endpoint,
        "sandbox": outcome.sandbox,
        "aws_calls": dict(sorted(outcome.aws_calls.items())),
        "duration_s": round(outcome.duration, _MILLISECONDS),
        "next_step": spelled(outcome.next_step, spell),
        "undo": spelled(outcome.undo, spell),
        "csp": None if outcome.csp is None else _csp_json(outcome.csp),
        "verified": None if outcome.verified is None else asdict(outcome.verified),
        "toured": None if outcome.toured is None else asdict(outcome.toured),
        "error": outcome.error,
        "pruned": None if outcome.pruned is None else _pruned_json(outcome.pruned),
        "handed_over": None if outcome.handed_over is None else _handed_over_json(outcome.handed_over),
    }


def _csp_json(csp: CspState) -> dict[str, object]:
    return asdict(csp) | {"stage": None if csp.stage is None else csp.stage.value}


def _handed_over_json(handed: HandedOver) -> dict[str, object]:
    return {
        "file": handed.file,
        "function_qualified_arn": handed.function_qualified_arn,
        "release": handed.release,
        "stage": handed.stage,
        "live": handed.live,
        "waits": handed.waits,
    }


def _pruned_json(pruned: Pruned) -> dict[str, object]:
    return {
        "deleted": list(pruned.deleted),
        "pending": list(pruned.pending),
        "left": list(pruned.left),
        "freed_bytes": pruned.freed,
    }
