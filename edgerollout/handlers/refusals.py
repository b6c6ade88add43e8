"""What CloudFront refuses from an edge function; the viewer then gets a 502.

Rules: CloudFront Developer Guide, "Restrictions on edge functions", "Restrictions on Lambda@Edge",
"HTTP 502 status code (Bad Gateway)" and the quotas page. The texts are those that CloudFront shows
on its error page and writes to the log group /aws/cloudfront/LambdaEdge/<distribution>, as quoted
in public bug reports; for a log text without such a report, edgerollout has its own, in the same style.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from edgerollout.policy.header_rules import (
    MAX_TOTAL_BYTES,
    READ_ONLY,
    bad_character,
    is_disallowed,
    is_token,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.handlers.events import EventType

RefusalRule = Literal["shape", "status", "read-only", "disallowed", "name", "value", "size", "body"]

MAX_BODY: Mapping[str, int] = {
    "viewer-request": 40 * 1024,
    "viewer-response": 40 * 1024,
    "origin-request": 1024 * 1024,
    "origin-response": 1024 * 1024,
}
"""Bytes of a response that a function generates, headers and body together, by event type."""

FAILED = "The Lambda function result failed validation: "
READ_ONLY_TEXT = FAILED + "The function tried to add, delete, or change a read-only header."
DISALLOWED_TEXT = FAILED + "The function tried to add a blacklisted header."
BODY_TEXT = FAILED + "The body is not a string, is not an object, or exceeds the maximum size."
INVALID_HEADER_TEXT = FAILED + "The function returned an invalid header."
INVALID_RESULT_TEXT = FAILED + "The function returned an invalid result."

_LOGGED = "Validation error: Lambda function result validation failed, the function "

Entries = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Refusal:
    """One reason why CloudFront refuses a result.

    `text` is what the viewer's error page says, `log` is what CloudFront logs for the owner.
    """

    rule: RefusalRule
    text: str
    log: str
    header: str | None = None


def refusals(event_type: EventType, sent: Mapping[str, object], result: object) -> tuple[Refusal, ...]:
    """Every reason why CloudFront refuses `result`; empty if it accepts it.

    `sent` is the `cf` object of the event the function was given; it is compared with the result to
    see what the function changed. A request event's result is a request or a generated response
    (which has a `status`); a response event's result is a response.
    """
    if not isinstance(result, Mapping):
        found = "null" if result is None else type(result).__name__
        wanted = "a request or response" if event_type.endswith("-request") else "a response"
        log = f"{_LOGGED}returned {found}, not {wanted} object."
        return (Refusal("shape", INVALID_RESULT_TEXT, log),)
    if event_type.endswith("-response"):
        return tuple(_response(event_type, _object(sent.get("response")), result))
    if "status" in result:
        return tuple(_response(event_type, None, result))
    return tuple(_request(event_type, _object(sent.get("request")), result))


def _request(
    event_type: EventType, before: Mapping[str, object], result: Mapping[str, object]
) -> Iterator[Refusal]:
    uri = result.get("uri")
    if not isinstance(uri, str) or not uri.startswith("/"):
        log = f"{_LOGGED}returned a request whose uri does not begin with a slash: {uri!r}."
        yield Refusal("shape", INVALID_RESULT_TEXT, log)
    if result.get("method") != before.get("method"):
        log = f"{_LOGGED}tried to change the read-only method of the request."
        yield Refusal("read-only", INVALID_RESULT_TEXT, log)
    yield from _headers(event_type, before, result.get("headers", {}))


def _response(
    event_type: EventType, before: Mapping[str, object] | None, result: Mapping[str, object]
) -> Iterator[Refusal]:
    yield from _status(event_type, before, result.get("status"))
    headers = result.get("headers", {})
    yield from _headers(event_type, before, headers)
    yield from _body(event_type, headers, result)


def _status(event_type: EventType, before: Mapping[str, object] | None, status: object) -> Iterator[Refusal]:
    # CloudFront documents a string; it is lenient with numbers, as many published functions show.
    text = str(status) if isinstance(status, (str, int)) and not isinstance(status, bool) else ""
    if not (text.isascii() and text.isdigit() and 200 <= int(text) <= 599):
        log = f"{_LOGGED}returned an invalid status code: {status!r}."
        yield Refusal("status", INVALID_RESULT_TEXT, log)
    elif event_type == "viewer-response" and before is not None and text != str(before.get("status")):
        log = f"{_LOGGED}tried to change the status code in a viewer-response event."
        yield Refusal("status", INVALID_RESULT_TEXT, log)


def _headers(
    event_type: EventType, before: Mapping[str, object] | None, headers: object
) -> Iterator[Refusal]:
    if not isinstance(headers, Mapping):
        log = f"{_LOGGED}returned headers that are not an object."
        yield Refusal("shape", INVALID_HEADER_TEXT, log)
        return
    old = _entries(before.get("headers")) if before is not None else {}
    malformed = [refusal for name, lines in headers.items() for refusal in _shape(str(name), lines)]
    yield from malformed
    if malformed:
        return
    new = _entries(headers)
    yield from _protected(event_type, old, new)
    for name, values in new.items():
        if old.get(name) != values:
            yield from _syntax(name, values)
    size = _block_bytes(new)
    if size > MAX_TOTAL_BYTES:
        log = f"{_LOGGED}returned {size} bytes of headers; at most {MAX_TOTAL_BYTES} are allowed."
        yield Refusal("size", INVALID_HEADER_TEXT, log)


def _protected(event_type: EventType, old: Entries, new: Entries) -> Iterator[Refusal]:
    for name in sorted(READ_ONLY[event_type]):
        if old.get(name) == new.get(name):
            continue
        did = "add" if name not in old else "delete" if name not in new else "change"
        log = f"{_LOGGED}tried to {did} read-only header, headerName : {_title(name)}."
        yield Refusal("read-only", READ_ONLY_TEXT, log, name)
    for name, values in new.items():
        if is_disallowed(name) and old.get(name) != values:
            log = f"{_LOGGED}tried to add blacklisted header, headerName : {_title(name)}."
            yield Refusal("disallowed", DISALLOWED_TEXT, log, name)


def _shape(name: str, lines: object) -> Iterator[Refusal]:
    start = "Validation error: The Lambda function returned an invalid entry in the headers object, "
    if not isinstance(lines, list):
        log = f"{start}header :{name} must be a list of objects with a key and a value."
        yield Refusal("shape", INVALID_HEADER_TEXT, log, name)
        return
    for line in lines:
        if not isinstance(line, Mapping) or not isinstance(line.get("value"), str):
            log = (
                f"{start}the value of each header value must be of string or array of string type, "
                f"header :{name} has one or more entries whose value is neither string nor array of strings."
            )
            yield Refusal("shape", INVALID_HEADER_TEXT, log, name)
            return
        key = line.get("key")
        if key is not None and (not isinstance(key, str) or key.lower() != name.lower()):
            log = f"{start}header :{name} has an entry whose key is {key!r}, another name."
            yield Refusal("shape", INVALID_HEADER_TEXT, log, name)
            return


def _syntax(name: str, values: tuple[str, ...]) -> Iterator[Refusal]:
    start = f"{_LOGGED}returned an invalid header, "
    if not is_token(name):
        yield Refusal("name", INVALID_HEADER_TEXT, f"{start}headerName : {name!r}.", name)
    for value in values:
        if bad_character(value) is not None:
            bad = next(character for character in value if bad_character(character) is not None)
            log = (
                f"{start}invalid character : '{quote(bad, safe='')}' in header value, "
                f"headerName : {_title(name)}."
            )
            yield Refusal("value", INVALID_HEADER_TEXT, log, name)
            return


def _body(event_type: EventType, headers: object, result: Mapping[str, object]) -> Iterator[Refusal]:
    body = result.get("body")
    if body is None:
        return
    encoding = result.get("bodyEncoding", "text")
    if not isinstance(body, str) or encoding not in ("text", "base64"):
        log = (
            f"{_LOGGED}returned a body that is not a string, or an encoding that is neither text nor base64."
        )
        yield Refusal("body", BODY_TEXT, log)
        return
    try:
        decoded = base64.b64decode(body, validate=True) if encoding == "base64" else body.encode()
    except (binascii.Error, ValueError):
        yield Refusal("body", BODY_TEXT, f"{_LOGGED}returned a body that is not valid base64.")
        return
    size = len(decoded) + (_block_bytes(_entries(headers)) if isinstance(headers, Mapping) else 0)
    if size > MAX_BODY[event_type]:
        log = f"{_LOGGED}generated {size} bytes; at most {MAX_BODY[event_type]} are allowed at {event_type}."
        yield Refusal("body", BODY_TEXT, log)


def _entries(headers: object) -> dict[str, tuple[str, ...]]:
    """Name in lower case → its values, in order. Case in a name does not count."""
    if not isinstance(headers, Mapping):
        return {}
    return {
        str(name).lower(): tuple(
            str(line["value"]) for line in lines if isinstance(line, Mapping) and "value" in line
        )
        for name, lines in headers.items()
        if isinstance(lines, list) and lines
    }


def _block_bytes(entries: Entries) -> int:
    """Bytes of the header lines on the wire: name, colon, space, value, CR, LF."""
    return sum(len(name) + len(value.encode()) + 4 for name, values in entries.items() for value in values)


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _title(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))
