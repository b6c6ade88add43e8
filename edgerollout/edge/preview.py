"""Serves a local site through the handler, as CloudFront would, while its policy is edited."""

from __future__ import annotations

import contextlib
import errno
import socket
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from edgerollout.edge.edge import Edge
from edgerollout.edge.folder import SiteFolder
from edgerollout.edge.layout import Layout
from edgerollout.edge.message import without
from edgerollout.edge.model import (
    CacheRules,
    CustomErrorResponse,
    EdgeBehavior,
    EdgeDistribution,
    OriginSettings,
)
from edgerollout.edge.server import EdgeServer
from edgerollout.edge.upstream import UpstreamOrigin, UpstreamTunnel
from edgerollout.errors import EdgerolloutError, UsageError
from edgerollout.handlers.results import HandlerFailure
from edgerollout.loopback import is_local

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator
    from pathlib import Path

    from edgerollout.clock import Clock
    from edgerollout.edge.authority import LocalAuthority
    from edgerollout.edge.functions import EdgeCall
    from edgerollout.edge.layout import PreviewBehavior
    from edgerollout.edge.message import EdgeRequest, EdgeResponse
    from edgerollout.edge.origins import Origin
    from edgerollout.edge.upstream import Upstream
    from edgerollout.handlers.code import FunctionCode
    from edgerollout.policy.header_rules import ResponseEvent
    from edgerollout.release.facts.release import Release

HTTPS_PORT = 8443
HTTP_PORT = 8080

HELD_BACK = frozenset({"strict-transport-security"})
"""A preview never sends it: browsers would force https:// on all ports of localhost, and remember it."""

_ID = "EPREVIEW"
_NAME = "localhost"
_ALIASES = ("127.0.0.1", "*.localhost")
_SITE = OriginSettings("site", "site.s3.us-east-1.amazonaws.com", is_s3=True)
_UPSTREAM = OriginSettings("upstream", "localhost")
_NOT_CACHED = CacheRules(min_ttl=0, default_ttl=0, max_ttl=0)
_CACHED_ERRORS = (400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)
"""The statuses that CloudFront caches for ten seconds by default (Developer Guide)."""

_PORTS_TRIED = 50


@dataclass(frozen=True)
class PreviewRelease:
    """The release as a function, its event, and the excluded paths."""

    release: Release
    function: FunctionCode
    event: ResponseEvent
    excluded: frozenset[str] = frozenset()


class PreviewSource(Protocol):
    """Where the current release comes from."""

    def stamp(self) -> Hashable:
        """Cheap; another value when `load` may return a new release."""
        ...

    def load(self) -> PreviewRelease:
        """The current release. Raises EdgerolloutError while it is broken."""
        ...


@dataclass(frozen=True)
class PreviewContent:
    """What is shown: a built site's folder, a development server, or both.

    With both, the behaviors whose origin is a bucket show the folder, the others the server. Without a
    layout there are the default behavior and the excluded ones.
    """

    site: Path | None = None
    upstream: Upstream | None = None
    layout: Layout | None = None
    spa: bool = True


@dataclass(frozen=True)
class Answered:
    """One request and its answer. `seconds` is how long it took.

    `without` are the release's headers that the answer lacks or changes; `bare`: it has none of them.
    """

    method: str
    path: str
    status: int
    seconds: float
    without: tuple[str, ...] = ()
    bare: bool = False


@dataclass(frozen=True)
class Tunnelled:
    """A connection passed through to the development server; `kind` as in its request."""

    path: str
    kind: str


@dataclass(frozen=True)
class Reloaded:
    """The files changed: every later response has this release."""

    release: PreviewRelease


@dataclass(frozen=True)
class Broken:
    """The changed files cannot be used; the last good release stays."""

    error: EdgerolloutError


@dataclass(frozen=True)
class HandlerTrouble:
    """The visitor got an error page because of the handler; reported once for each message."""

    status: int
    message: str
    trace: tuple[str, ...] = ()


@dataclass(frozen=True)
class HandlerPrinted:
    """The handler wrote to its log."""

    lines: tuple[str, ...]


PreviewEvent = Answered | Tunnelled | Reloaded | Broken | HandlerTrouble | HandlerPrinted


@dataclass(frozen=True)
class RunningPreview:
    """Where a preview answers. `url` ends with a slash; `ca_file` is None over plain HTTP."""

    url: str
    port: int
    ca_file: Path | None


class Preview:
    """Answers as the edge would with the current release; thread-safe.

    Nothing is cached. The source is checked before each answer: a response has everything that was saved
    before its request.
    """

    def __init__(
        self,
        source: PreviewSource,
        content: PreviewContent,
        clock: Clock,
        emit: Callable[[PreviewEvent], None] = lambda _: None,
    ) -> None:
        """Raises EdgerolloutError if the source is broken from the start."""
        self._source = source
        self._content = content
        self._clock = clock
        self._emit = emit
        self._lock = threading.Lock()
        self._told: set[str] = set()
        self._tunnel = None if content.upstream is None else UpstreamTunnel(content.upstream)
        self._origins = _origins(content)
        self._edge = Edge(clock, lambda settings: self._origins[settings.id], self._heard)
        self._stamp = source.stamp()
        self._release = source.load()
        self._broken = False
        self._deploy()

    @property
    def release(self) -> PreviewRelease:
        """The current release."""
        return self._release

    @property
    def has_tunnel(self) -> bool:
        return self._tunnel is not None

    def handle(self, request: EdgeRequest) -> EdgeResponse:
        """The answer to one request, as the edge gives it."""
        started = self._clock.monotonic()
        self._follow()
        response = self._edge.handle(_with_forwarded_headers(request) if self.has_tunnel else request)
        response = replace(response, headers=without(response.headers, HELD_BACK))
        seconds = self._clock.monotonic() - started
        expected = self._expected
        lacking = tuple(name for name, value in expected.items() if response.header(name) != value)
        bare = bool(expected) and len(lacking) == len(expected)
        self._emit(Answered(request.method, request.path, response.status, seconds, lacking, bare))
        return response

    def wants(self, request: EdgeRequest) -> bool:
        """Whether this connection is passed to the development server."""
        # A foreign name that points here must not reach the server: the server sees only its own name, so it
        # cannot check the other.
        return self._tunnel is not None and is_local(request.host) and self._tunnel.wants(request)

    def carry(self, request: EdgeRequest, viewer: socket.socket, early: bytes) -> None:
        """Pass a connection through to the development server."""
        if self._tunnel is None:
            raise AssertionError("there is no development server to pass a connection to")
        self._emit(Tunnelled(request.path, request.header("upgrade") or "event stream"))
        self._tunnel.carry(request, viewer, early)

    def close(self) -> None:
        """End the handler."""
        self._edge.close()

    def _follow(self) -> None:
        with self._lock:
            stamp = self._source.stamp()
            if stamp == self._stamp:
                return
            self._stamp = stamp
            try:
                release = self._source.load()
            except EdgerolloutError as error:
                self._broken = True
                self._emit(Broken(error))
                return
            if release == self._release and not self._broken:
                return
            self._release, self._broken = release, False
            self._told.clear()
            self._deploy()
            self._emit(Reloaded(release))

    def _deploy(self) -> None:
        self._edge.deploy(preview_distribution(self._release, self._content))
        wanted = self._release.release.response().set
        self._expected = {name: value for name, (_, value) in wanted.items() if name not in HELD_BACK}

    def _heard(self, run: EdgeCall) -> None:
        if run.outcome.logs:
            self._emit(HandlerPrinted(run.outcome.logs))
        trouble: HandlerTrouble | None = None
        if isinstance(run.outcome, HandlerFailure):
            trouble = HandlerTrouble(503, run.outcome.message, run.outcome.trace)
        elif run.refusals:
            trouble = HandlerTrouble(502, run.refusals[0].log)
        if trouble is not None and trouble.message not in self._told:
            self._told.add(trouble.message)
            self._emit(trouble)


@contextlib.contextmanager
def preview_server(
    preview: Preview, *, port: int = 0, authority: LocalAuthority | None = None
) -> Iterator[RunningPreview]:
    """Answer on loopback until the block ends: HTTPS with an authority, else HTTP; never both.

    If the port is in use, the next free one is taken; 0 is any. Raises UsageError if none is free.
    """
    try:
        server = _listening(preview, port, authority)
        with server:
            if authority is None:
                yield RunningPreview(f"http://localhost:{server.http_port}/", server.http_port, None)
            else:
                found = server.https_port or 0
                yield RunningPreview(f"https://localhost:{found}/", found, authority.certificate)
    finally:
        preview.close()


def preview_distribution(release: PreviewRelease, content: PreviewContent) -> EdgeDistribution:
    """The distribution that a preview serves: the layout's behaviors over the content."""
    layout = content.layout or Layout.offline(release.excluded)
    prepared = {custom.error_code: custom for custom in layout.custom_errors}
    return EdgeDistribution(
        id=_ID,
        domain_name=_NAME,
        aliases=_ALIASES,
        behaviors=tuple(_behavior(behavior, release, content) for behavior in layout.behaviors),
        origins=(_SITE, _UPSTREAM),
        default_root_object=layout.default_root_object if _shows_site(layout.behaviors[-1], content) else "",
        custom_error_responses=tuple(
            prepared.get(code, CustomErrorResponse(code, min_ttl=0)) for code in _CACHED_ERRORS
        ),
    )


def _behavior(behavior: PreviewBehavior, release: PreviewRelease, content: PreviewContent) -> EdgeBehavior:
    shows_site = _shows_site(behavior, content)
    return EdgeBehavior(
        path_pattern=behavior.pattern,
        target=_SITE.id if shows_site else _UPSTREAM.id,
        functions={} if behavior.path in release.excluded else {release.event: release.function},
        methods=behavior.methods,
        cache=_NOT_CACHED,
        forwards_viewer=not shows_site,
    )


def _shows_site(behavior: PreviewBehavior, content: PreviewContent) -> bool:
    return content.upstream is None or (content.site is not None and behavior.from_bucket)


def _origins(content: PreviewContent) -> dict[str, Origin]:
    origins: dict[str, Origin] = {}
    if content.site is not None:
        layout = content.layout or Layout.offline(())
        origins[_SITE.id] = SiteFolder(content.site, content.spa, layout.rewrites, layout.missing_status)
    if content.upstream is not None:
        origins[_UPSTREAM.id] = UpstreamOrigin(content.upstream)
    return origins


def _with_forwarded_headers(request: EdgeRequest) -> EdgeRequest:
    """With the visitor's host and scheme: servers that make URLs or compare origins need them."""
    added = (("X-Forwarded-Host", request.host), ("X-Forwarded-Proto", request.scheme))
    return replace(request, headers=(*without(request.headers, {name.lower() for name, _ in added}), *added))


def _listening(preview: Preview, port: int, authority: LocalAuthority | None) -> EdgeServer:
    tunnel = preview if preview.has_tunnel else None
    last = min(port + _PORTS_TRIED, 65_536) if port else 1
    for candidate in range(port, last):
        if candidate and _taken_on_ipv6(candidate):
            continue
        try:
            if authority is None:
                return EdgeServer(preview, http_port=candidate, tunnel=tunnel)
            return EdgeServer(preview, https_port=candidate, authority=authority, plain=False, tunnel=tunnel)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise UsageError(
                    f"cannot listen on port {candidate}",
                    why=error.strerror,
                    hint="Choose one above 1023 with --port." if error.errno == errno.EACCES else None,
                ) from error
    raise UsageError(f"no port from {port} to {last - 1} is free", hint="Choose another with --port.")


def _taken_on_ipv6(port: int) -> bool:
    """Whether another server has the port on ::1, where browsers look for `localhost` first."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            # As servers do, so that a connection that just ended does not look like a server.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("::1", port))
    except OSError as error:
        return error.errno == errno.EADDRINUSE
    return False
