"""Requests and responses as the edge passes them along."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgerollout.handlers.events import Lines

UrlScheme = Literal["http", "https"]


@dataclass(frozen=True)
class EdgeRequest:
    """A viewer's request. `host` is the Host header as sent, `path` and `querystring` are raw."""

    method: str
    host: str
    path: str
    querystring: str = ""
    scheme: UrlScheme = "https"
    headers: Lines = ()
    body: bytes = b""
    client_ip: str = "127.0.0.1"
    https_port: int | None = None
    """The port where this edge serves HTTPS, for redirects of hosts with a port."""

    def header(self, name: str) -> str | None:
        return first(self.headers, name)


@dataclass(frozen=True)
class EdgeResponse:
    """A response, of an origin or to a viewer. The body of a HEAD's response is empty."""

    status: int
    reason: str
    headers: Lines
    body: bytes = b""

    def header(self, name: str) -> str | None:
        return first(self.headers, name)

    def with_headers(self, lines: Iterable[tuple[str, str]]) -> EdgeResponse:
        """The same response with these lines; they replace lines of the same names."""
        added = tuple(lines)
        kept = without(self.headers, {name.lower() for name, _ in added})
        return replace(self, headers=kept + added)


def first(lines: Lines, name: str) -> str | None:
    """The value of the first line of that name, in any casing."""
    return next((value for own, value in lines if own.lower() == name.lower()), None)


def without(lines: Lines, names: set[str] | frozenset[str]) -> Lines:
    """The lines whose names, in lower case, are not among `names`."""
    return tuple((name, value) for name, value in lines if name.lower() not in names)


def phrase(status: int) -> str:
    """The standard words for a status; empty for an unknown one."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
