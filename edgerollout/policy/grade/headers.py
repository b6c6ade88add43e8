"""Observatory's tests of single headers. Every function returns the name of a result."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edgerollout.policy.grade.csp import names_frame_ancestors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.policy.grade.observation import Observation

PRIVATE_REFERRERS = frozenset(
    {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
)
UNSAFE_REFERRERS = frozenset(
    {"origin", "origin-when-cross-origin", "unsafe-url", "no-referrer-when-downgrade"}
)

_TOKEN_ITEM = re.compile(
    r"""([A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*)(?:[ ]*;[ ]*[a-z*][a-z0-9_.*-]*(?:=[^;]*)?)*"""
)
"""A token with parameters (RFC 9651 §3.3): `same-origin; report-to="here"`."""

_COOP = {
    "same-origin": "coop-implemented-with-same-origin",
    "same-origin-allow-popups": "coop-implemented-with-same-origin-allow-popups",
    "noopener-allow-popups": "coop-implemented-with-noopener-allow-popups",
    "unsafe-none": "coop-implemented-with-unsafe-none",
}
_COEP = {
    "require-corp": "coep-implemented-with-require-corp",
    "credentialless": "coep-implemented-with-credentialless",
    "unsafe-none": "coep-implemented-with-unsafe-none",
}
_CORP = {
    "same-origin": "corp-implemented-with-same-origin",
    "same-site": "corp-implemented-with-same-site",
    "cross-origin": "corp-implemented-with-cross-origin",
}


def referrer_policy_of(seen: Observation) -> str | None:
    """The referrer policy that counts: the last known one, <meta> after the header.

    None if none is sent, empty if no sent policy is known.
    """
    meta = seen.page.page.referrer
    sent = (*seen.page.values("referrer-policy"), *(() if meta is None else (meta,)))
    if not sent:
        return None
    tokens = [token.strip().lower() for token in ",".join(sent).split(",")]
    return next((token for token in reversed(tokens) if token in PRIVATE_REFERRERS | UNSAFE_REFERRERS), "")


def referrer_result(seen: Observation) -> str:
    policy = referrer_policy_of(seen)
    if policy is None:
        return "referrer-policy-not-implemented"
    if policy in PRIVATE_REFERRERS:
        return "referrer-policy-private"
    return "referrer-policy-unsafe" if policy else "referrer-policy-header-invalid"


def content_type_options_result(seen: Observation) -> str:
    sent = seen.page.joined("x-content-type-options")
    if not sent:
        return "x-content-type-options-not-implemented"
    if sent.strip().lower() == "nosniff":
        return "x-content-type-options-nosniff"
    return "x-content-type-options-header-invalid"


def frame_options_result(seen: Observation) -> str:
    """X-Frame-Options; the CSP's frame-ancestors overrides it."""
    if names_frame_ancestors(seen):
        return "x-frame-options-implemented-via-csp"
    sent = (seen.page.joined("x-frame-options") or "").strip().lower()
    if not sent:
        return "x-frame-options-not-implemented"
    if sent in ("deny", "sameorigin"):
        return "x-frame-options-sameorigin-or-deny"
    if sent.startswith("allow-from"):
        return "x-frame-options-allow-from-origin"
    return "x-frame-options-header-invalid"


def resource_policy_result(seen: Observation) -> str:
    sent = (seen.page.joined("cross-origin-resource-policy") or "").strip().lower()
    return _CORP.get(sent, "corp-header-invalid") if sent else "corp-not-implemented"


def opener_policy_result(seen: Observation) -> str:
    return _token_result(seen.page.joined("cross-origin-opener-policy"), _COOP, "coop")


def embedder_policy_result(seen: Observation) -> str:
    return _token_result(seen.page.joined("cross-origin-embedder-policy"), _COEP, "coep")


def _token_result(sent: str | None, known: Mapping[str, str], test: str) -> str:
    """The result of a structured field that is one token; case counts in it, as it does for browsers."""
    if not sent:
        return f"{test}-not-implemented"
    item = _TOKEN_ITEM.fullmatch(sent.strip())
    return f"{test}-header-invalid" if item is None else known.get(item[1], f"{test}-header-invalid")


def cors_result(seen: Observation) -> str:
    """What the response to a request from another origin allows."""
    answer = seen.cors
    if answer is None or not answer.allow_origin:
        return "cross-origin-resource-sharing-not-implemented"
    if answer.allow_origin.strip() == "*":
        return "cross-origin-resource-sharing-implemented-with-public-access"
    credentials = (answer.allow_credentials or "").strip().lower() == "true"
    if credentials and answer.allow_origin == answer.origin:
        return "cross-origin-resource-sharing-implemented-with-universal-access"
    return "cross-origin-resource-sharing-implemented-with-restricted-access"
