"""The edge's cache: whole responses, kept for a time, until they are invalidated."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from edgerollout.edge.patterns import invalidates

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgerollout.edge.message import EdgeRequest, EdgeResponse
    from edgerollout.edge.model import CacheRules


@dataclass(frozen=True)
class CacheKey:
    """The cache key of a response, within one distribution.

    Host and behavior are not part of it unless the cache rules say so: all aliases of a distribution
    share its objects, and so does a new behavior over the same path.
    """

    distribution_id: str
    method: str
    path: str
    querystring: str
    headers: tuple[tuple[str, str], ...]

    @property
    def location(self) -> str:
        """The path as in an invalidation."""
        return f"{self.path}?{self.querystring}" if self.querystring else self.path


@dataclass(frozen=True)
class CachedObject:
    """A response after origin-response has run, headers and all. Times are of the monotonic clock."""

    response: EdgeResponse
    stored_at: float
    fresh_until: float
    is_error_page: bool = False
    """A custom error page: viewer-response functions never see it."""


def cache_key(
    distribution_id: str, rules: CacheRules, request: EdgeRequest, *, method: str | None = None
) -> CacheKey:
    """The key of a request by a behavior's cache rules, as if it had `method`."""
    values = {"host": request.host.lower()}
    headers = ((name, values.get(name) or request.header(name) or "") for name in rules.headers_in_key)
    return CacheKey(
        distribution_id,
        method or request.method,
        request.path,
        request.querystring if rules.query_in_key else "",
        tuple(headers),
    )


def lifetime(response: EdgeResponse, rules: CacheRules, error_ttl: float) -> float:
    """Seconds a response may be kept; 0 is not at all.

    Successes: what Cache-Control or Expires says, between the behavior's minimum and maximum, else
    the default (Developer Guide, "Manage how long content stays in the cache"). Errors: at least
    `error_ttl` (ErrorCachingMinTTL), longer where the origin says so.
    """
    said = _said(response)
    if response.status >= 400:
        return max(error_ttl, min(said or 0.0, rules.max_ttl))
    if said is None:
        return max(rules.min_ttl, min(rules.default_ttl, rules.max_ttl))
    return max(rules.min_ttl, min(said, rules.max_ttl))


def _said(response: EdgeResponse) -> float | None:
    """The time by the origin, in seconds; None if it says nothing."""
    directives: dict[str, str] = {}
    for part in (response.header("cache-control") or "").lower().split(","):
        name, _, value = part.strip().partition("=")
        directives[name] = value.strip('" ')
    if directives.keys() & {"no-store", "no-cache", "private"}:
        return 0.0
    for name in ("s-maxage", "max-age"):
        if directives.get(name, "").isdecimal():
            return float(directives[name])
    expires, date = response.header("expires"), response.header("date")
    if expires is None or date is None:
        return None
    try:
        return max(0.0, (parsedate_to_datetime(expires) - parsedate_to_datetime(date)).total_seconds())
    except (TypeError, ValueError):
        # An invalid Expires ("0", "-1") means: already expired (RFC 9111 §5.3).
        return 0.0


class Cache:
    """Cached objects of all distributions; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._objects: dict[CacheKey, CachedObject] = {}
        self._generation = 0

    def get(self, key: CacheKey) -> CachedObject | None:
        """The object, fresh or expired."""
        with self._lock:
            return self._objects.get(key)

    def generation(self) -> int:
        """The number of invalidations. Read before a request is routed; `put` gets it with the response."""
        with self._lock:
            return self._generation

    def put(self, key: CacheKey, cached: CachedObject, generation: int) -> None:
        """Keep an object, unless something was invalidated since its request arrived: it may be stale."""
        with self._lock:
            if self._generation == generation:
                self._objects[key] = cached

    def invalidate(self, distribution_id: str, patterns: Iterable[str]) -> int:
        """Forget the objects that match the patterns; returns how many."""
        wanted = tuple(patterns)
        with self._lock:
            self._generation += 1
            gone = [
                key
                for key in self._objects
                if key.distribution_id == distribution_id
                and any(invalidates(pattern, key.location) for pattern in wanted)
            ]
            for key in gone:
                del self._objects[key]
            return len(gone)
