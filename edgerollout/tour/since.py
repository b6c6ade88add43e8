"""What a policy blocks and an earlier one did not: only that is caused by the newer one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.policy.fallback import effective_sources
from edgerollout.policy.source import Hash, parse_source
from edgerollout.policy.widening import widening
from edgerollout.tour.allowance import is_allowed
from edgerollout.tour.cause import UNKNOWN_TARGET

if TYPE_CHECKING:
    from edgerollout.policy.csp import Csp
    from edgerollout.tour.cause import Cause


def blocked_already(cause: Cause, policy: Csp, earlier: Csp) -> bool:
    """Whether `earlier` also blocks what `policy` was seen to block. False where that is unknown.

    A policy that only widens another one blocks nothing that the other one allowed.
    """
    if widening(policy, earlier).only_widens:
        return True
    return not is_allowed(earlier, cause) and not _unknown(cause, earlier)


def _unknown(cause: Cause, policy: Csp) -> bool:
    """Whether the browser reported too little: the target of a redirect, or the hash of an inline script."""
    if cause.kind == "url":
        return any(url == UNKNOWN_TARGET for url, _ in cause.urls)
    sources = effective_sources(policy, cause.directive) or ()
    return (
        cause.kind in ("inline", "attribute", "javascript-url")
        and not cause.hash
        and any(isinstance(parse_source(source), Hash) for source in sources)
    )
