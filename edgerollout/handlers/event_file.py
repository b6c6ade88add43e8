"""A user's own events for `edgerollout test`: a file with one CloudFront event, or a list of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.errors import UsageError
from edgerollout.handlers.cases import Case
from edgerollout.release.facts.fields import parse_json

if TYPE_CHECKING:
    from pathlib import Path

    from edgerollout.policy.header_rules import ResponseEvent

_SHAPE = 'An event is {"Records": [{"cf": {"config": …, "request": …, "response": …}}]}.'


def read_events(path: Path, default: ResponseEvent) -> tuple[Case, ...]:
    """The events of a file as cases; one without an `eventType` counts as `default`.

    Raises UsageError for a file that cannot be read, is not JSON, or has anything but response events.
    """
    try:
        document = parse_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} cannot be read", why=error.strerror) from error
    except ValueError as error:
        raise UsageError(f"{path} is not JSON", why=str(error), hint=_SHAPE) from error
    events = document if isinstance(document, list) else [document]
    if not events:
        raise UsageError(f"{path} has no event", hint=_SHAPE)
    names = [path.name] if len(events) == 1 else [f"{path.name}[{index}]" for index in range(len(events))]
    return tuple(_case(name, event, default) for name, event in zip(names, events, strict=True))


def _case(name: str, event: object, default: ResponseEvent) -> Case:
    try:
        cf = event["Records"][0]["cf"]  # type: ignore[index]  # any shape is possible; TypeError is caught
        response, config = cf["response"], cf.get("config", {})
        headers, status = response["headers"], response["status"]
        wanted = config.get("eventType", default)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{name} is not a response event of CloudFront",
            why=f"it has no {error}" if isinstance(error, KeyError) else "it has another shape",
            hint=_SHAPE,
        ) from error
    if not isinstance(headers, dict) or not isinstance(status, (str, int)) or not isinstance(event, dict):
        raise UsageError(f"{name} is not a response event of CloudFront", hint=_SHAPE)
    match wanted:
        case "origin-response" | "viewer-response":
            return Case("own events", name, event, wanted)
        case _:
            raise UsageError(
                f"{name} is a {wanted} event",
                why="security headers are set at origin-response or viewer-response",
            )
