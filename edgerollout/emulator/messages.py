"""HTTP messages of the sandbox, and a service's errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime

Members: TypeAlias = Mapping[str, Any]
"""A structure's members as boto3 shows them. Only botocore's model knows their types, the type checker does
not.
"""


@dataclass(frozen=True)
class Request:
    """One HTTP request, its body read to the end.

    `path` is raw (still percent-encoded, no query); header names are lower-case.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    query_string: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Response:
    """One HTTP response. The server adds Content-Length."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    slowly: float = 0.0
    """Seconds that pass before each byte of the body; 0: all of it at once."""


@dataclass(frozen=True)
class Call:
    """A requested operation: caller, region, time, and its input parsed by botocore's model.

    `body` is the request's payload as sent: CloudFront's documents may have fields that the model does not
    know. `base_url` is the URL by which the caller reached the server.
    """

    operation: str
    account: str
    region: str
    now: datetime
    inputs: Members
    body: bytes = b""
    base_url: str = ""


class ServiceError(Exception):
    """An AWS error: what a client finds in `response["Error"]` and the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True)
class RawXml:
    """A serialised element, passed through the serialiser unchanged."""

    text: str = field(repr=False)
