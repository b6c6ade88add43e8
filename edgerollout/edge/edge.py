"""The edge: routes a request to a distribution, answers it from the cache or through its functions."""

from __future__ import annotations

import random
import re
import secrets
import threading
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Self

from edgerollout.edge import pages
from edgerollout.edge.cache import Cache, CachedObject, cache_key, lifetime
from edgerollout.edge.functions import (
    EdgeCall,
    EdgeFunctions,
    FunctionFailed,
    event_request,
    event_response,
    request_after,
    response_after,
)
from edgerollout.edge.message import EdgeRequest, EdgeResponse, phrase, without
from edgerollout.edge.model import ERROR_TTL, MissingFunction
from edgerollout.edge.origin_side import EdgeVisit, OriginSide
from edgerollout.edge.origins import http_date, is_unchanged
from edgerollout.handlers.events import EventConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from edgerollout.clock import Clock
    from edgerollout.edge.cache import CacheKey
    from edgerollout.edge.model import EdgeBehavior, EdgeDistribution, OriginSettings
    from edgerollout.edge.origins import Origin

POP = "SBX1-P1"
"""The name of this edge's point of presence: not one of CloudFront's."""

WAYS = (("location 1", "region 1"), ("location 2", "region 2"))
"""Where a request may go: to a location, and from there to the regional cache behind it."""

PLACES = ("location 1", "region 2", "region 1", "location 2")
"""In the order in which they learn of a change. So on one way the location is the first to know, on the
other the regional cache.
"""

_PORT = re.compile(r":\d+$")
_BODY_HEADERS = frozenset({"content-type", "content-length", "content-encoding", "content-language"})


@dataclass(frozen=True)
class _Answer:
    """A response on its way to the viewer, and facts for its later steps."""

    response: EdgeResponse
    x_cache: str
    age: int | None = None
    is_own_page: bool = False
    """Made by CloudFront, or an error page: no viewer-response function sees it."""


class Edge:
    """Serves distributions as CloudFront does; thread-safe.

    A distribution is served as it was last deployed: the caller decides when a change has arrived, and may
    let single places have it before (`reach`).
    Cached objects stay across deployments until they expire or are invalidated, with their headers.
    """

    def __init__(
        self,
        clock: Clock,
        connect: Callable[[OriginSettings], Origin],
        on_run: Callable[[EdgeCall], None] | None = None,
    ) -> None:
        """`connect` finds the origin for an origin's settings; `on_run` is called for each function call."""
        self._clock = clock
        self._lock = threading.Lock()
        self._distributions: dict[str, EdgeDistribution] = {}
        self._early: dict[tuple[str, str], EdgeDistribution] = {}
        """(id, place) → what that place serves already."""
        self._cache = Cache()
        self._functions = EdgeFunctions(on_run)
        self._origins = OriginSide(self._functions, connect)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def deploy(self, distribution: EdgeDistribution) -> None:
        """Serve this from now on, instead of the earlier version with its id."""
        with self._lock:
            self._distributions[distribution.id] = distribution
            for key in [key for key, early in self._early.items() if early is distribution]:
                del self._early[key]
        self._end_unused_functions()

    def reach(self, distribution: EdgeDistribution, place: str) -> None:
        """Serve this at one of the `PLACES`, until the same object, or a later one, is deployed."""
        with self._lock:
            self._early[distribution.id, place] = distribution

    def remove(self, distribution_id: str) -> None:
        """Stop serving a distribution and forget its cache."""
        with self._lock:
            self._distributions.pop(distribution_id, None)
            self._early = {key: early for key, early in self._early.items() if key[0] != distribution_id}
        self._cache.invalidate(distribution_id, ("/*",))
        self._end_unused_functions()

    def invalidate(self, distribution_id: str, patterns: Iterable[str]) -> int:
        """Forget cached objects, at once; returns how many. Patterns as in an invalidation batch."""
        wanted = list(patterns)
        with self._lock:
            distribution = self._distributions.get(distribution_id)
        if "/" in wanted and distribution is not None and distribution.default_root_object:
            wanted.append(f"/{distribution.default_root_object}")
        return self._cache.invalidate(distribution_id, wanted)

    def hosts(self) -> tuple[str, ...]:
        """Every served host name: aliases first, then CloudFront's own names."""
        with self._lock:
            deployed = tuple(self._distributions.values())
        aliases = [alias for distribution in deployed for alias in distribution.aliases]
        return (*aliases, *(distribution.domain_name for distribution in deployed))

    def close(self) -> None:
        """End all functions. They start again when needed."""
        self._functions.keep_only(())

    def handle(self, request: EdgeRequest) -> EdgeResponse:
        """Answer one request. Never raises for errors of a viewer, an origin or a function."""
        request_id = secrets.token_urlsafe(40) + "=="
        # Read before the distribution: an object fetched by an older one must not outlive an invalidation.
        generation = self._cache.generation()
        deployed = self._route(request.host)
        location, region = random.choice(WAYS)
        distribution = None if deployed is None else self._known_at(location, deployed)
        if deployed is None or distribution is None or not distribution.enabled:
            page = pages.error_page(403, pages.NO_DISTRIBUTION, request_id)
            answer = _Answer(page, "Error from cloudfront", is_own_page=True)
            return self._finish(answer, request, request_id)
        asked = request
        if request.path == "/" and distribution.default_root_object:
            asked = replace(request, path=f"/{distribution.default_root_object}")
        config = EventConfig(distribution.id, distribution.domain_name, request_id)
        behavior, behind = distribution.behavior_for(asked.path), self._known_at(region, deployed)
        visit = EdgeVisit(distribution, behavior, config, generation, behind)
        try:
            answer = _refused(visit.behavior, request, request_id) or self._answer(visit, asked)
        except FunctionFailed as failure:
            page = pages.error_page(failure.status, failure.text, request_id)
            answer = _Answer(page, failure.x_cache, is_own_page=True)
        return self._finish(answer, request, request_id)

    def _route(self, host: str) -> EdgeDistribution | None:
        name = _PORT.sub("", host.lower())
        names = (name, name.removesuffix(".localhost"))
        with self._lock:
            deployed = tuple(self._distributions.values())
        exact = (d for d in deployed for own in (d.domain_name, *d.aliases) if own.lower() in names)
        wildcard = (d for d in deployed if any(d.serves(name) for name in names))
        return next(exact, None) or next(wildcard, None)

    def _known_at(self, place: str, deployed: EdgeDistribution) -> EdgeDistribution:
        """The distribution as the place knows it."""
        with self._lock:
            return self._early.get((deployed.id, place), deployed)

    def _answer(self, visit: EdgeVisit, request: EdgeRequest) -> _Answer:
        function = visit.behavior.functions.get("viewer-request")
        if function is not None:
            shown = event_request(request, with_body="viewer-request" in visit.behavior.include_body)
            result = self._functions.run("viewer-request", function, visit.config, shown)
            if "status" in result:
                generated = response_after(result, None)
                return _Answer(generated, "LambdaGeneratedResponse from cloudfront", is_own_page=True)
            request = request_after(result, request)
        if request.method in ("GET", "HEAD"):
            answer = _conditional(self._stored_or_fetched(visit, request), request)
        else:
            answer = _missed(self._origins.fetch(visit, request))
        policy = visit.behavior.response_policy
        if policy is not None:
            answer = replace(answer, response=policy.applied(request, answer.response, answer.x_cache))
        return self._viewer_response(visit, request, answer)

    def _stored_or_fetched(self, visit: EdgeVisit, request: EdgeRequest) -> _Answer:
        rules, distribution_id = visit.behavior.cache, visit.distribution.id
        # A HEAD is answered from a stored GET; the stored answer of a HEAD would have no body.
        keys = [cache_key(distribution_id, rules, request, method="GET")]
        if request.method == "HEAD":
            keys.append(cache_key(distribution_id, rules, request))
        now = self._clock.monotonic()
        asked = replace(request, headers=_forwarded(visit.behavior, request))
        for key in keys:
            cached = self._cache.get(key)
            if cached is None:
                continue
            if now < cached.fresh_until:
                return _hit(cached, "Hit", now)
            if conditions := _revalidation(cached):
                response = self._origins.fetch(visit, asked, conditions)
                if response.status == HTTPStatus.NOT_MODIFIED:
                    return self._renew(visit, cached, key)
                return self._store(visit, asked, response, keys[-1])
        return self._store(visit, asked, self._origins.fetch(visit, asked), keys[-1])

    def _store(
        self, visit: EdgeVisit, request: EdgeRequest, response: EdgeResponse, key: CacheKey
    ) -> _Answer:
        """Use a custom error page if there is one for the status, and cache what may be cached."""
        customs = visit.distribution.custom_error_responses
        custom = next((item for item in customs if item.error_code == response.status), None)
        error_ttl = ERROR_TTL if custom is None else custom.min_ttl
        seconds = lifetime(response, visit.behavior.cache, error_ttl)
        is_error_page = custom is not None and custom.page_path is not None
        if custom is not None and custom.page_path is not None:
            response = self._error_page(visit, request, custom.page_path, custom.response_code)
        if seconds > 0:
            now = self._clock.monotonic()
            cached = CachedObject(response, now, now + seconds, is_error_page=is_error_page)
            self._cache.put(key, cached, visit.generation)
        return _missed(response, is_own_page=is_error_page)

    def _error_page(
        self, visit: EdgeVisit, request: EdgeRequest, path: str, response_code: int | None
    ) -> EdgeResponse:
        """The custom page for an origin's error, fetched through the behavior of its own path.

        It comes from an origin, so the origin functions of that behavior run for it; viewer-response
        does not. If it cannot be fetched, its own error is the answer (Developer Guide, "Generate
        custom error responses").
        """
        behavior = visit.distribution.behavior_for(path)
        asked = replace(request, path=path, querystring="")
        page = self._origins.fetch(replace(visit, behavior=behavior), asked)
        if page.status >= 400 or response_code is None:
            return page
        return replace(page, status=response_code, reason=phrase(response_code))

    def _renew(self, visit: EdgeVisit, cached: CachedObject, key: CacheKey) -> _Answer:
        """Keep an object that is still valid, by the origin's 304.

        Which headers of a 304 replace stored ones is not documented. The worst is assumed,
        none: old headers stay until they are invalidated.
        """
        now = self._clock.monotonic()
        until = now + lifetime(cached.response, visit.behavior.cache, ERROR_TTL)
        self._cache.put(key, replace(cached, fresh_until=until), visit.generation)
        return _hit(cached, "RefreshHit", now)

    def _viewer_response(self, visit: EdgeVisit, request: EdgeRequest, answer: _Answer) -> _Answer:
        function = visit.behavior.functions.get("viewer-response")
        if function is None or answer.is_own_page or answer.response.status >= 400:
            return answer
        shown = event_request(request, with_body=False)
        before = event_response(answer.response)
        result = self._functions.run("viewer-response", function, visit.config, shown, before)
        return replace(answer, response=response_after(result, answer.response))

    def _finish(self, answer: _Answer, request: EdgeRequest, request_id: str) -> EdgeResponse:
        """Add what CloudFront adds to every response."""
        response = answer.response
        node = f"{secrets.token_hex(16)}.cloudfront.net (CloudFront)"
        via = response.header("via")
        added = [
            ("X-Cache", answer.x_cache),
            ("Via", f"1.1 {node}" if via is None else f"{via}, 1.1 {node}"),
            ("X-Amz-Cf-Pop", POP),
            ("X-Amz-Cf-Id", request_id),
        ]
        if answer.age is not None:
            added.append(("Age", str(answer.age)))
        if response.header("date") is None:
            added.append(("Date", http_date(self._clock.now())))
        # The body is whole here, however it came from the origin.
        whole = replace(response, headers=without(response.headers, {"transfer-encoding"}))
        finished = whole.with_headers(added)
        return replace(finished, body=b"") if request.method == "HEAD" else finished

    def _end_unused_functions(self) -> None:
        with self._lock:
            used = [
                function
                for distribution in (*self._distributions.values(), *self._early.values())
                for behavior in distribution.behaviors
                for function in behavior.functions.values()
                if not isinstance(function, MissingFunction)
            ]
        self._functions.keep_only(used)


def _refused(behavior: EdgeBehavior, request: EdgeRequest, request_id: str) -> _Answer | None:
    """CloudFront's own answer before any other step; no function runs for it."""
    if request.scheme == "http" and behavior.viewer_protocol_policy == "redirect-to-https":
        page = pages.redirect_page(_https_location(request), request.method)
        return _Answer(page, "Redirect from cloudfront", is_own_page=True)
    text = None
    if request.scheme == "http" and behavior.viewer_protocol_policy == "https-only":
        text = pages.HTTPS_ONLY
    elif request.method not in behavior.methods:
        text = pages.METHOD_REFUSED
    if text is None:
        return None
    return _Answer(pages.error_page(403, text, request_id), "Error from cloudfront", is_own_page=True)


def _https_location(request: EdgeRequest) -> str:
    query = f"?{request.querystring}" if request.querystring else ""
    host = request.host
    if _PORT.search(host) and request.https_port is not None:
        host = _PORT.sub(f":{request.https_port}", host)
    return f"https://{host}{request.path}{query}"


def _forwarded(behavior: EdgeBehavior, request: EdgeRequest) -> tuple[tuple[str, str], ...]:
    """The viewer's headers an origin sees: those in the cache key, and CloudFront's."""
    if behavior.forwards_viewer:
        return (*without(request.headers, {"x-forwarded-for"}), ("X-Forwarded-For", request.client_ip))
    kept = tuple(
        (name, value) for name, value in request.headers if name.lower() in behavior.cache.headers_in_key
    )
    return (*kept, ("User-Agent", "Amazon CloudFront"), ("X-Forwarded-For", request.client_ip))


def _revalidation(cached: CachedObject) -> tuple[tuple[str, str], ...]:
    """The headers that ask an origin whether an expired object is still valid; empty without a validator."""
    if cached.response.status != HTTPStatus.OK or cached.is_error_page:
        return ()
    etag, modified = cached.response.header("etag"), cached.response.header("last-modified")
    asked = (("If-None-Match", etag), ("If-Modified-Since", modified))
    return tuple((name, value) for name, value in asked if value is not None)


def _missed(response: EdgeResponse, *, is_own_page: bool = False) -> _Answer:
    x_cache = "Error from cloudfront" if response.status >= 400 else "Miss from cloudfront"
    return _Answer(response, x_cache, is_own_page=is_own_page)


def _hit(cached: CachedObject, word: str, now: float) -> _Answer:
    x_cache = "Error from cloudfront" if cached.response.status >= 400 else f"{word} from cloudfront"
    return _Answer(cached.response, x_cache, int(now - cached.stored_at), is_own_page=cached.is_error_page)


def _conditional(answer: _Answer, request: EdgeRequest) -> _Answer:
    """A 304 instead of a body that the viewer already has."""
    response = answer.response
    if response.status != HTTPStatus.OK or request.method not in ("GET", "HEAD"):
        return answer
    if not is_unchanged(request.headers, response.headers):
        return answer
    unchanged = EdgeResponse(304, "Not Modified", without(response.headers, _BODY_HEADERS))
    return replace(answer, response=unchanged)
