"""An acting run as JSON Lines on stdout: the version of the contract first, then an object an event.

docs/events.md lists every type and field. Text is ASCII (`\\u…`), so no encoding can break a line.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, assert_never

from edgerollout import __version__
from edgerollout.advice import spelled
from edgerollout.release.facts.events import (
    SCHEMA,
    CallRetried,
    GateJudged,
    Noticed,
    Outcome,
    RollbackStarted,
    StepFailed,
    StepFinished,
    StepProgressed,
    StepStarted,
    VersionJudged,
)
from edgerollout.views.gate_rows import gate_json
from edgerollout.views.json_text import json_line
from edgerollout.views.streams import write

if TYPE_CHECKING:
    from typing import TextIO

    from edgerollout.advice import Spell
    from edgerollout.release.facts.events import Event, HandedOver, Pruned

_MILLISECONDS = 3


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
    """The event's object. Durations are seconds, to the millisecond, under names that end in `_s`."""
    match event:
        case StepStarted():
            return {
                "type": "step_started",
                "step": event.step.value,
                "detail": event.detail,
                "distribution": event.distribution,
            }
        case StepProgressed():
            return {
                "type": "step_progressed",
                "step": event.step.value,
                "status": event.status,
                "elapsed_s": round(event.elapsed, _MILLISECONDS),
                "distribution": event.distribution,
            }
        case StepFinished():
            return {
                "type": "step_finished",
                "step": event.step.value,
                "detail": event.detail,
                "elapsed_s": round(event.elapsed, _MILLISECONDS),
                "distribution": event.distribution,
                "release": event.release,
                "good": event.good,
            }
        case StepFailed():
            return {
                "type": "step_failed",
                "step": event.step.value,
                "what": event.what,
                "why": event.why,
                "hint": spelled(event.hint, spell),
                "code": event.code,
                "distribution": event.distribution,
            }
        case CallRetried():
            return {
                "type": "call_retried",
                "service": event.service,
                "operation": event.operation,
                "code": event.code,
                "attempt": event.attempt,
                "wait_s": round(event.wait, _MILLISECONDS),
            }
        case RollbackStarted():
            return {
                "type": "rollback_started",
                "why": event.why,
                "to_release": event.to_release,
                "resume": spelled(event.resume, spell),
            }
        case Noticed():
            return {
                "type": "notice",
                "severity": event.severity,
                "message": event.message,
                "distribution": event.distribution,
                "hint": spelled(event.hint, spell),
            }
        case GateJudged():
            return {"type": "gate_judged", **gate_json(event, spell)}
        case VersionJudged():
            return {
                "type": "version_judged",
                "version": event.version,
                "fate": event.fate.value,
                "why": event.why,
                "size": event.size,
            }
        case Outcome():
            return _outcome_json(event, spell)
        case _:
            assert_never(event)


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
        "error": outcome.error,
        "pruned": None if outcome.pruned is None else _pruned_json(outcome.pruned),
        "handed_over": None if outcome.handed_over is None else _handed_over_json(outcome.handed_over),
    }


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
