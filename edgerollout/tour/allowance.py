"""Whether a policy allows what a cause is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.policy.csp import canonical_source
from edgerollout.policy.effective import allows, in_force
from edgerollout.policy.fallback import SOURCE_LISTS, effective_sources
from edgerollout.policy.source import Hash, Keyword
from edgerollout.tour.cause import ALLOWING, UNKNOWN_TARGET

if TYPE_CHECKING:
    from edgerollout.policy.csp import Csp
    from edgerollout.tour.cause import Cause

_INLINE = Keyword("'unsafe-inline'")
_HASHES = Keyword("'unsafe-hashes'")


def is_allowed(policy: Csp, cause: Cause) -> bool:
    """Whether pages with `policy` may do what `cause` says. False where that is unknown."""
    match cause.kind:
        case "url":
            return all(
                url != UNKNOWN_TARGET and allows_url(policy, cause, url, redirected=redirected)
                for url, redirected in cause.urls
            )
        case "inline" | "attribute" | "javascript-url":
            return _allows_inline(policy, cause)
        case "trusted-types":
            return _allows_text(policy, cause)
        case _:
            sources = effective_sources(policy, cause.directive)
            return sources is None or any(source.lower() in ALLOWING[cause.kind] for source in sources)


def allows_url(policy: Csp, cause: Cause, url: str, *, redirected: bool) -> bool:
    """Whether documents of the cause's origin may request `url`."""
    if cause.directive not in SOURCE_LISTS:
        return policy.sources(cause.directive) is None
    return allows(policy, cause.directive, url, self_origin=cause.origin, redirected=redirected)


def _allows_inline(policy: Csp, cause: Cause) -> bool:
    sources = effective_sources(policy, cause.directive)
    if sources is None:
        return True
    in_effect = in_force(sources, strict=cause.directive.startswith("script"))
    if _INLINE in in_effect:
        return True
    if not cause.hash:
        return False
    algorithm, _, digest = cause.hash.partition("-")
    if Hash(algorithm, digest) not in in_effect:
        return False
    # A hash is for an element's text; attributes and javascript: URLs also need the keyword (CSP3 §8.3).
    return cause.kind == "inline" or _HASHES in in_effect


def _allows_text(policy: Csp, cause: Cause) -> bool:
    found = policy.sources(cause.directive)
    if found is None:
        return True
    if cause.directive != "trusted-types":
        return False
    name = cause.sample.partition("|")[0]
    return "*" in found or (bool(name) and canonical_source("trusted-types", name) in found)
