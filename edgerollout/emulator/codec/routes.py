"""Finds the operation for a method and URI, with the service model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.model import ServiceModel

    from edgerollout.emulator.messages import Request

_PARAMETER = re.compile(r"\{(\w+)(\+?)\}")


@dataclass(frozen=True)
class Route:
    """One operation's address. `query` are the parameters that belong to the address itself, such as
    `?WithTags` or `?Operation=Tag`: with them a URI means another operation."""

    operation: str
    method: str
    pattern: re.Pattern[str]
    query: frozenset[tuple[str, str]]
    literal: int

    @classmethod
    def of(cls, operation: str, method: str, uri: str) -> Route:
        path, _, query = uri.partition("?")
        path = path.rstrip("/")
        pattern, start, literal = "", 0, 0
        for found in _PARAMETER.finditer(path):
            pattern += re.escape(path[start : found.start()])
            literal += found.start() - start
            pattern += f"(?P<{found[1]}>{'.+' if found[2] else '[^/]+'})"
            start = found.end()
        pattern += re.escape(path[start:])
        return cls(
            operation=operation,
            method=method,
            pattern=re.compile(pattern),
            query=frozenset(parse_qsl(query, keep_blank_values=True)),
            literal=literal + len(path) - start,
        )


class Router:
    """All routes of a service; the most specific match wins."""

    def __init__(self, model: ServiceModel) -> None:
        routes: list[Route] = []
        for name in model.operation_names:
            http = model.operation_model(name).http
            routes.append(Route.of(name, http["method"], http["requestUri"]))
        self._routes = sorted(routes, key=lambda route: (len(route.query), route.literal), reverse=True)

    def match(self, request: Request) -> tuple[str, Mapping[str, str]] | None:
        """The operation and its decoded URI parameters, or None when the service has no such URI."""
        path = request.path.rstrip("/")
        query = frozenset(request.query)
        for route in self._routes:
            if route.method != request.method or not route.query <= query:
                continue
            found = route.pattern.fullmatch(path)
            if found is not None:
                return route.operation, {name: unquote(text) for name, text in found.groupdict().items()}
        return None
