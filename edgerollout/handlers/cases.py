"""The events that `edgerollout test` gives a handler: typical requests and responses of a site.

Statuses, origins, methods and header lines as data; `cases` makes CloudFront events from them. The
expected results follow from the release (`acceptance`).
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edgerollout.handlers.events import EventConfig, EventRequest, EventResponse, Lines, event_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from edgerollout.handlers.events import JsonObject
    from edgerollout.policy.header_rules import ResponseEvent
    from edgerollout.policy.render import RenderedResponse


@dataclass(frozen=True)
class Case:
    """One event for the handler. `event` is the whole record; `group` is what the case is about."""

    group: str
    name: str
    event: JsonObject
    event_type: ResponseEvent
    skipped: str | None = None
    """Why CloudFront never calls the function for this case; then it is not run."""


PAGE: Lines = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Length", "1256"),
    ("Last-Modified", "Mon, 12 Jan 2026 10:00:00 GMT"),
    ("ETag", '"5d41402abc4b2a76b9719d911017c592"'),
    ("Cache-Control", "max-age=60"),
    ("Server", "AmazonS3"),
    ("Date", "Mon, 12 Jan 2026 10:05:00 GMT"),
)

_CONFIG = EventConfig(
    "EDFDVBD6EXAMPLE", "d111111abcdef8.cloudfront.net", "Xr3H0bT8mVQ2example4nWc6yJk1sPz9uLdGfEoAiRtBvM=="
)
_HOST = "www.example.com"

_S3: dict[str, object] = {
    "s3": {
        "authMethod": "origin-access-identity",
        "customHeaders": {},
        "domainName": "site.s3.us-east-1.amazonaws.com",
        "path": "",
        "region": "us-east-1",
    }
}
_CUSTOM: dict[str, object] = {
    "custom": {
        "customHeaders": {"x-origin-secret": [{"key": "X-Origin-Secret", "value": "example"}]},
        "domainName": "app.example.com",
        "keepaliveTimeout": 5,
        "path": "/v1",
        "port": 443,
        "protocol": "https",
        "readTimeout": 30,
        "sslProtocols": ["TLSv1.2"],
    }
}

_STATUSES: tuple[tuple[int, str, Lines], ...] = (
    (200, "a page", PAGE),
    (200, "a page without any header", ()),
    (206, "a part of a file", (*PAGE, ("Content-Range", "bytes 0-99/1256"))),
    (204, "no content", (("Server", "app"),)),
    (304, "not modified", (("ETag", '"5d41402abc4b2a76b9719d911017c592"'), ("Date", PAGE[-1][1]))),
    (301, "moved permanently", (("Location", "https://www.example.com/new/"),)),
    (302, "found", (("Location", "/login?next=%2F"),)),
    (307, "temporary redirect", (("Location", "https://www.example.com/elsewhere"),)),
    (308, "permanent redirect", (("Location", "https://www.example.com/elsewhere"),)),
    (403, "forbidden (S3 says so for a missing object too)", (("Content-Type", "application/xml"),)),
    (404, "an error page", (("Content-Type", "text/html"), ("Server", "AmazonS3"))),
    (500, "a failing origin", (("Content-Type", "text/plain"),)),
    (503, "an overloaded origin", (("Retry-After", "5"),)),
)

_METHODS = ("HEAD", "OPTIONS", "POST")


def cases(
    event_type: ResponseEvent,
    release: RenderedResponse,
    urls: Iterable[str] = (),
    behaviors: Mapping[str, str] | None = None,
) -> tuple[Case, ...]:
    """Every case for a function that is attached at `event_type` and carries `release`.

    `urls` are pages of the site; `behaviors` maps the name of each cache behavior to a path, if they
    are known.
    """
    made = _Maker(event_type)
    return (
        *_statuses(made),
        *_origin_headers(made, release),
        *_requests(made),
        *_site(made, urls, behaviors or {}),
    )


@dataclass(frozen=True)
class _Maker:
    event_type: ResponseEvent

    def case(
        self,
        group: str,
        name: str,
        lines: Lines = PAGE,
        *,
        status: int = 200,
        method: str = "GET",
        uri: str = "/index.html",
        host: str = _HOST,
        query: str = "",
        origin: Mapping[str, object] = _S3,
        client: str = "203.0.113.178",
    ) -> Case:
        headers: Lines = (("Host", host), ("User-Agent", "Amazon CloudFront"), ("X-Forwarded-For", client))
        request = EventRequest(method, uri, headers, query, client, origin)
        response = EventResponse(status, lines, HTTPStatus(status).phrase)
        event = event_record(self.event_type, _CONFIG, request, response)
        return Case(group, name, event, self.event_type, self._skipped(status))

    def _skipped(self, status: int) -> str | None:
        # Developer Guide, "CloudFront events that can trigger a Lambda@Edge function".
        if self.event_type == "viewer-response" and status >= 400:
            return "CloudFront calls no viewer-response function for a status of 400 or more"
        return None


def _statuses(made: _Maker) -> Iterator[Case]:
    yield Case("console", "the console's test event", _console_event(), made.event_type)
    for status, name, lines in _STATUSES:
        yield made.case("statuses", f"{status}, {name}", lines, status=status)


def _origin_headers(made: _Maker, release: RenderedResponse) -> Iterator[Case]:
    """Responses of an origin that already sends the release's headers."""
    group = "origin headers"
    keys = {name: key for name, (key, _) in {**release.keep, **release.set}.items()}
    keys |= {name: name.title() for name in release.remove}
    own = tuple((key, f"origin-{number}") for number, key in enumerate(keys.values()))
    ours = tuple((key, value) for key, value in {**release.keep, **release.set}.values())
    if own:
        yield made.case(group, "the origin sends each of them with its own value", (*PAGE, *own))
        yield made.case(group, "in upper case", (*PAGE, *((name.upper(), value) for name, value in own)))
        yield made.case(group, "in lower case", (*PAGE, *((name.lower(), value) for name, value in own)))
        twice = ((name, text) for name, value in own for text in (value, f"{value}-again"))
        yield made.case(group, "each of them twice", (*PAGE, *twice))
        yield made.case(group, "each of them empty", (*PAGE, *((name, "") for name, _ in own)))
    if ours:
        yield made.case(group, "each of them with the same value as the release", (*PAGE, *ours))
    # A function that builds a new headers object drops these, and every response is a 502.
    kept: Lines = (("Via", "1.1 origin.example.com"), ("Transfer-Encoding", "chunked"))
    if made.event_type == "viewer-response":
        kept = (*kept, ("Content-Encoding", "gzip"), ("Warning", '110 - "stale"'))
    yield made.case(group, "headers that a function may not touch", (*PAGE, *kept))
    cookies = (("Set-Cookie", "a=1; Secure"), ("Set-Cookie", "b=2; HttpOnly"))
    yield made.case(group, "two cookies", (*PAGE, *cookies))
    many = tuple((f"X-Meta-{number}", "x" * 100) for number in range(40))
    yield made.case(group, "forty headers of an application", (*PAGE, *many))


def _requests(made: _Maker) -> Iterator[Case]:
    for method in _METHODS:
        yield made.case("requests", method, method=method)
    yield made.case("requests", "a query string", query="q=%3Cscript%3E&page=2")
    yield made.case("requests", "a path with escapes", uri="/caf%C3%A9/%2e%2e/a%20b")
    yield made.case("requests", "a visitor on IPv6", client="2001:db8::9652")
    if made.event_type == "origin-response":
        yield made.case("requests", "a custom origin", origin=_CUSTOM)


def _site(made: _Maker, urls: Iterable[str], behaviors: Mapping[str, str]) -> Iterator[Case]:
    for url in urls:
        parts = urlsplit(url)
        uri, host = parts.path or "/", parts.hostname or _HOST
        yield made.case("site", url, uri=uri, host=host, query=parts.query)
    for name, path in behaviors.items():
        yield made.case("behaviors", name, uri=path)


def _console_event() -> JsonObject:
    """Like the Lambda console's template `cloudfront-modify-response-header`: less than a real event."""
    return {
        "Records": [
            {
                "cf": {
                    "config": {"distributionId": "EDFDVBD6EXAMPLE"},
                    "request": {
                        "clientIp": "2001:db8::3257:9652",
                        "headers": {
                            "host": [{"key": "Host", "value": "d111111abcdef8.cloudfront.net"}],
                            "user-agent": [{"key": "User-Agent", "value": "a browser"}],
                        },
                        "method": "GET",
                        "uri": "/picture.jpg",
                    },
                    "response": {
                        "headers": {
                            "last-modified": [{"key": "Last-Modified", "value": "2026-01-12"}],
                            "vary": [{"key": "Vary", "value": "*"}],
                            "x-amz-meta-last-modified": [
                                {"key": "X-Amz-Meta-Last-Modified", "value": "2026-01-10"}
                            ],
                        },
                        "status": "200",
                        "statusDescription": "OK",
                    },
                }
            }
        ]
    }
