"""The parts of a distribution's configuration that the edge uses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from edgerollout.release.facts.path_pattern import matches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.edge.response_policy import ResponsePolicy
    from edgerollout.handlers.code import FunctionCode
    from edgerollout.handlers.events import EventType, Lines

ViewerProtocolPolicy = Literal["allow-all", "https-only", "redirect-to-https"]

ERROR_TTL = 10.0
"""Seconds an error is cached by default (Developer Guide, ErrorCachingMinTTL)."""


@dataclass(frozen=True)
class MissingFunction:
    """A trigger whose function version the edge does not have: every request that runs it fails."""

    arn: str


@dataclass(frozen=True)
class CacheRules:
    """How long responses are kept (seconds), and their cache key besides the path."""

    min_ttl: float = 0.0
    default_ttl: float = 86_400.0
    max_ttl: float = 31_536_000.0
    query_in_key: bool = False
    headers_in_key: tuple[str, ...] = ()


@dataclass(frozen=True)
class EdgeBehavior:
    """One cache behavior. `path_pattern` is `*` for the default one; `target` is an origin or a group."""

    path_pattern: str
    target: str
    viewer_protocol_policy: ViewerProtocolPolicy = "allow-all"
    functions: Mapping[EventType, FunctionCode | MissingFunction] = field(default_factory=dict)
    include_body: frozenset[EventType] = frozenset()
    methods: frozenset[str] = frozenset({"GET", "HEAD"})
    cache: CacheRules = CacheRules()
    forwards_viewer: bool = False
    """Whether origins see all of a viewer's headers but Host, cookies too (AllViewerExceptHostHeader)."""
    response_policy: ResponsePolicy | None = None


@dataclass(frozen=True)
class OriginSettings:
    """One origin: its domain, the folder its paths start at, and the headers CloudFront adds."""

    id: str
    domain_name: str
    path: str = ""
    headers: Lines = ()
    is_s3: bool = False

    @property
    def bucket(self) -> str | None:
        """The bucket's name, if this is a bucket (also as a website endpoint)."""
        for mark in (".s3.", ".s3-"):
            name, found, rest = self.domain_name.partition(mark)
            if found and rest.endswith(("amazonaws.com", "amazonaws.com.cn")):
                return name
        return None


@dataclass(frozen=True)
class OriginGroup:
    """A first origin, the one to fail over to, and the statuses that cause it."""

    id: str
    members: tuple[str, ...]
    statuses: frozenset[int]


@dataclass(frozen=True)
class CustomErrorResponse:
    """The page that viewers get instead of an origin's error; without a page only the caching time
    changes."""

    error_code: int
    page_path: str | None = None
    response_code: int | None = None
    min_ttl: float = ERROR_TTL


@dataclass(frozen=True)
class EdgeDistribution:
    """A distribution as it is served. `behaviors` are in order of precedence, the default one last."""

    id: str
    domain_name: str
    behaviors: tuple[EdgeBehavior, ...]
    origins: tuple[OriginSettings, ...]
    aliases: tuple[str, ...] = ()
    enabled: bool = True
    default_root_object: str = ""
    origin_groups: tuple[OriginGroup, ...] = ()
    custom_error_responses: tuple[CustomErrorResponse, ...] = ()

    def behavior_for(self, path: str) -> EdgeBehavior:
        """The first behavior whose pattern matches; the default one matches everything."""
        return next(behavior for behavior in self.behaviors if matches(behavior.path_pattern, path))

    def origins_of(self, target: str) -> tuple[tuple[OriginSettings, ...], frozenset[int]]:
        """The origins to try in order, and the statuses at which the next is tried."""
        by_id = {origin.id: origin for origin in self.origins}
        for group in self.origin_groups:
            if group.id == target:
                return tuple(by_id[member] for member in group.members), group.statuses
        return (by_id[target],), frozenset()

    def serves(self, host: str) -> bool:
        """Whether a host name (lower case, without port) is one of this distribution's."""
        return any(_covers(name.lower(), host) for name in (self.domain_name, *self.aliases))


def _covers(name: str, host: str) -> bool:
    """A wildcard alias (`*.example.com`) covers one label or more, as CloudFront's do."""
    return host == name or (name.startswith("*.") and host.endswith(name[1:]))
