"""Builds the event record that CloudFront gives an edge function.

Shape: CloudFront Developer Guide, "Lambda@Edge event structure": header names are lower-case keys
of lists of `{key, value}`, one entry a header line; status codes are strings.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

EventType = Literal["viewer-request", "origin-request", "origin-response", "viewer-response"]

Lines = tuple[tuple[str, str], ...]
"""Header lines as (name as written, value), in order."""

JsonObject = dict[str, object]


@dataclass(frozen=True)
class EventConfig:
    """The `config` part of an event's record: where it happens."""

    distribution_id: str
    distribution_domain_name: str
    request_id: str


@dataclass(frozen=True)
class EventRequest:
    """The request a function sees. `querystring` is without its question mark."""

    method: str
    uri: str
    headers: Lines
    querystring: str = ""
    client_ip: str = "127.0.0.1"
    origin: Mapping[str, object] | None = None
    """The origin's own settings, in CloudFront's shape; only origin events carry it."""
    body: bytes | None = None
    """The body, when the trigger asks for it (IncludeBody)."""


@dataclass(frozen=True)
class EventResponse:
    """The response a function sees. CloudFront never includes the body."""

    status: int
    headers: Lines
    status_description: str = ""


def header_lists(lines: Iterable[tuple[str, str]]) -> dict[str, list[dict[str, str]]]:
    """Header lines in an event; lines with the same name become one list, in order."""
    lists: dict[str, list[dict[str, str]]] = {}
    for name, value in lines:
        lists.setdefault(name.lower(), []).append({"key": name, "value": value})
    return lists


def event_record(
    event_type: EventType,
    config: EventConfig,
    request: EventRequest,
    response: EventResponse | None = None,
) -> JsonObject:
    """The event of `event_type`: a record around `cf_object`."""
    return {"Records": [{"cf": cf_object(event_type, config, request, response)}]}


def cf_object(
    event_type: EventType,
    config: EventConfig,
    request: EventRequest,
    response: EventResponse | None = None,
) -> JsonObject:
    """The `cf` part of an event, made of new objects that the caller may change.

    `response` is needed for the two response events (ValueError without it) and left out of the two
    request events.
    """
    cf: JsonObject = {
        "config": {
            "distributionDomainName": config.distribution_domain_name,
            "distributionId": config.distribution_id,
            "eventType": event_type,
            "requestId": config.request_id,
        },
        "request": _request(event_type, request),
    }
    if event_type.endswith("-response"):
        if response is None:
            raise ValueError(f"a {event_type} event needs a response")
        cf["response"] = {
            "headers": header_lists(response.headers),
            "status": str(response.status),
            "statusDescription": response.status_description,
        }
    return cf


def _request(event_type: EventType, request: EventRequest) -> JsonObject:
    shown: JsonObject = {
        "clientIp": request.client_ip,
        "headers": header_lists(request.headers),
        "method": request.method,
        "querystring": request.querystring,
        "uri": request.uri,
    }
    if request.origin is not None and event_type.startswith("origin-"):
        shown["origin"] = dict(request.origin)
    if request.body is not None and event_type.endswith("-request"):
        shown["body"] = {
            "action": "read-only",
            "data": base64.b64encode(request.body).decode(),
            "encoding": "base64",
            "inputTruncated": False,
        }
    return shown
