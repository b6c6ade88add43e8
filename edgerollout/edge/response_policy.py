"""A response headers policy, applied to a response on its way to the viewer.

CloudFront applies it after the cache, to hits and misses, before a function
at viewer-response (Developer Guide, "Add or remove HTTP headers in CloudFront responses with a policy").
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgerollout.edge.message import without

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from edgerollout.edge.message import EdgeRequest, EdgeResponse
    from edgerollout.handlers.events import Lines

    # A ResponseHeadersPolicyConfig is AWS's document: only the keys read below are relied on.
    Document = Mapping[str, Any]


@dataclass(frozen=True)
class PolicyHeader:
    """A header to set. Without `override` the origin's header of that name stays."""

    name: str
    value: str
    override: bool


@dataclass(frozen=True)
class CrossOrigin:
    """CorsConfig: `origins` may contain `*`; `preflight` are additional headers of answers to OPTIONS."""

    origins: tuple[str, ...]
    always: Lines
    preflight: Lines
    override: bool

    def headers(self, request: EdgeRequest) -> tuple[PolicyHeader, ...]:
        """The headers for a request of another origin; none without an Origin."""
        origin = request.header("origin")
        if origin is None:
            return ()
        allowed = "*" if "*" in self.origins else next((o for o in self.origins if _covers(o, origin)), None)
        if allowed is None:
            return ()
        first = ("Access-Control-Allow-Origin", "*" if allowed == "*" else origin)
        lines = (first, *self.always, *(self.preflight if request.method == "OPTIONS" else ()))
        return tuple(PolicyHeader(name, value, self.override) for name, value in lines)


@dataclass(frozen=True)
class ResponsePolicy:
    """A behavior's policy. `removed` are names in lower case; `timing_rate` is a percentage."""

    headers: tuple[PolicyHeader, ...] = ()
    removed: frozenset[str] = frozenset()
    cors: CrossOrigin | None = None
    timing_rate: float = 0.0

    def applied(self, request: EdgeRequest, response: EdgeResponse, x_cache: str) -> EdgeResponse:
        """The response without the `removed` headers, then with the policy's."""
        kept = without(response.headers, self.removed)
        cors = () if self.cors is None else self.cors.headers(request)
        there = {name.lower() for name, _ in kept}
        wanted = [
            header for header in (*self.headers, *cors) if header.override or header.name.lower() not in there
        ]
        named = frozenset(header.name.lower() for header in wanted)
        lines = (*without(kept, named), *((header.name, header.value) for header in wanted))
        if random.random() * 100 < self.timing_rate:
            lines = (*lines, ("Server-Timing", _timing(x_cache)))
        return replace(response, headers=lines)


def _timing(x_cache: str) -> str:
    return "cdn-cache-hit" if "Hit" in x_cache else "cdn-cache-miss"


def response_policy(config: Document) -> ResponsePolicy:
    """Read a ResponseHeadersPolicyConfig as boto3 returns it."""
    timing = config.get("ServerTimingHeadersConfig") or {}
    return ResponsePolicy(
        headers=(*_security(config.get("SecurityHeadersConfig") or {}), *_custom(config)),
        removed=frozenset(item["Header"].lower() for item in _items(config.get("RemoveHeadersConfig"))),
        cors=_cors(config["CorsConfig"]) if config.get("CorsConfig") else None,
        timing_rate=float(timing.get("SamplingRate", 0)) if timing.get("Enabled") else 0.0,
    )


def _items(container: Document | None) -> tuple[Any, ...]:
    return tuple((container or {}).get("Items") or ())


def _custom(config: Document) -> Iterator[PolicyHeader]:
    for item in _items(config.get("CustomHeadersConfig")):
        yield PolicyHeader(item["Header"], item["Value"], item["Override"])


def _security(config: Document) -> Iterator[PolicyHeader]:
    for member, name, value in (
        ("ContentSecurityPolicy", "Content-Security-Policy", lambda part: part["ContentSecurityPolicy"]),
        ("ContentTypeOptions", "X-Content-Type-Options", lambda _: "nosniff"),
        ("FrameOptions", "X-Frame-Options", lambda part: part["FrameOption"]),
        ("ReferrerPolicy", "Referrer-Policy", lambda part: part["ReferrerPolicy"]),
        ("StrictTransportSecurity", "Strict-Transport-Security", _hsts),
        ("XSSProtection", "X-XSS-Protection", _xss),
    ):
        if part := config.get(member):
            yield PolicyHeader(name, value(part), part["Override"])


def _hsts(part: Document) -> str:
    pieces = [f"max-age={part['AccessControlMaxAgeSec']}"]
    pieces += ["includeSubDomains"] if part.get("IncludeSubdomains") else []
    pieces += ["preload"] if part.get("Preload") else []
    return "; ".join(pieces)


def _xss(part: Document) -> str:
    if not part["Protection"]:
        return "0"
    if part.get("ModeBlock"):
        return "1; mode=block"
    return f"1; report={part['ReportUri']}" if part.get("ReportUri") else "1"


def _cors(config: Document) -> CrossOrigin:
    always: list[tuple[str, str]] = []
    if config["AccessControlAllowCredentials"]:
        always.append(("Access-Control-Allow-Credentials", "true"))
    if exposed := _items(config.get("AccessControlExposeHeaders")):
        always.append(("Access-Control-Expose-Headers", ",".join(exposed)))
    preflight = [
        ("Access-Control-Allow-Headers", ",".join(_items(config["AccessControlAllowHeaders"]))),
        ("Access-Control-Allow-Methods", ",".join(_items(config["AccessControlAllowMethods"]))),
    ]
    if "AccessControlMaxAgeSec" in config:
        preflight.append(("Access-Control-Max-Age", str(config["AccessControlMaxAgeSec"])))
    return CrossOrigin(
        origins=_items(config["AccessControlAllowOrigins"]),
        always=tuple(always),
        preflight=tuple(preflight),
        override=config["OriginOverride"],
    )


def _covers(allowed: str, origin: str) -> bool:
    """`https://*.example.com` matches every subdomain; an entry without scheme matches any scheme."""
    scheme, _, host = origin.rpartition("://")
    wanted_scheme, _, wanted = allowed.rpartition("://")
    if wanted_scheme and wanted_scheme != scheme:
        return False
    return host.endswith(wanted[1:]) if wanted.startswith("*.") else host == wanted
