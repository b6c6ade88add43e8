"""What CloudFront and HTTP say about headers that an edge function may set, keep or remove.

Lists: CloudFront Developer Guide, "Restrictions on edge functions". A function that breaks one of
them is answered with a 502 on every request, so they are checked before anything is published.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, get_args

from edgerollout.policy.wording import spelled

if TYPE_CHECKING:
    from collections.abc import Mapping

ResponseEvent = Literal["origin-response", "viewer-response"]
"""The events at which response headers can be set."""

RESPONSE_EVENTS: tuple[str, ...] = get_args(ResponseEvent)

DISALLOWED: frozenset[str] = frozenset(
    {
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "trailer",
        "upgrade",
        "x-accel-buffering",
        "x-accel-charset",
        "x-accel-limit-rate",
        "x-accel-redirect",
        "x-amzn-auth",
        "x-amzn-cf-billing",
        "x-amzn-cf-id",
        "x-amzn-cf-xff",
        "x-amzn-errortype",
        "x-amzn-fle-profile",
        "x-amzn-header-count",
        "x-amzn-header-order",
        "x-amzn-lambda-integration-tag",
        "x-amzn-requestid",
        "x-cache",
        "x-forwarded-proto",
        "x-real-ip",
    }
)
"""Headers that no edge function may add, at any event."""

DISALLOWED_PREFIXES: tuple[str, ...] = ("x-amz-cf-", "x-edge-")

READ_ONLY: Mapping[str, frozenset[str]] = {
    "viewer-request": frozenset({"cdn-loop", "content-length", "host", "transfer-encoding", "via"}),
    "origin-request": frozenset(
        {
            "accept-encoding",
            "cdn-loop",
            "content-length",
            "if-modified-since",
            "if-none-match",
            "if-range",
            "if-unmodified-since",
            "transfer-encoding",
            "via",
        }
    ),
    "origin-response": frozenset({"transfer-encoding", "via"}),
    "viewer-response": frozenset(
        {"content-encoding", "content-length", "transfer-encoding", "via", "warning"}
    ),
}
"""Headers a function sees but may not add, change or delete, by event type."""

FRAMING: frozenset[str] = frozenset({"content-encoding", "content-length", "content-range"})
"""Headers that describe the body's bytes: one fixed value would break every response."""

CSP_HEADERS: frozenset[str] = frozenset({"content-security-policy", "content-security-policy-report-only"})

MAX_TOTAL_BYTES = 20_480
"""CloudFront's limit for a response's whole header block."""

CSP_WARNING_BYTES = 1_783
"""The longest CSP that a CloudFront response headers policy accepts; some proxies refuse longer ones."""

REFERRER_POLICIES = frozenset(
    {
        "no-referrer",
        "no-referrer-when-downgrade",
        "origin",
        "origin-when-cross-origin",
        "same-origin",
        "strict-origin",
        "strict-origin-when-cross-origin",
        "unsafe-url",
    }
)
"""The values of Referrer-Policy (Referrer Policy §3)."""

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_MAX_AGE = re.compile(r'max-age\s*=\s*"?(\d+)"?', re.IGNORECASE)
_DAY = 86_400


def is_token(name: str) -> bool:
    """Whether `name` is a valid header name (`token`, RFC 9110 §5.6.2)."""
    return _TOKEN.fullmatch(name) is not None


def bad_character(value: str) -> str | None:
    """The first character of `value` that a header value may not have, in words, or None.

    RFC 9110 §5.5 allows visible ASCII, space and tab; Lambda@Edge answers 502 to the rest.
    """
    for character in value:
        if character == "\t" or " " <= character <= "~":
            continue
        return spelled(character)
    return None


def is_disallowed(name: str) -> bool:
    """Whether CloudFront forbids functions this header at every event."""
    return name.lower() in DISALLOWED or name.lower().startswith(DISALLOWED_PREFIXES)


def irreversible(name: str, value: str) -> tuple[str, ...]:
    """Why browsers still follow this header after a rollback, in words; () if they do not.

    HSTS (RFC 6797 §6.1) stays with every browser that saw it until max-age has passed; COEP
    require-corp stops cross-origin resources of pages that stay open.
    """
    match name.lower():
        case "strict-transport-security":
            return tuple(_lasting_hsts(value))
        case "cross-origin-embedder-policy":
            policy, _, _ = value.partition(";")
            return ("require-corp",) if policy.strip().lower() == "require-corp" else ()
        case _:
            return ()


def _lasting_hsts(value: str) -> list[str]:
    directives = [part.strip() for part in value.split(";")]
    names = {directive.lower() for directive in directives}
    age = next((found for directive in directives if (found := _MAX_AGE.fullmatch(directive))), None)
    reasons = ["max-age over one day"] if age is not None and int(age[1]) > _DAY else []
    if "includesubdomains" in names:
        reasons.append("includeSubDomains")
    if "preload" in names:
        reasons.append("preload")
    return reasons
