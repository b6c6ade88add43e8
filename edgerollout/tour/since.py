"""What a policy blocks that an earlier one let through: only that is the newer one's doing."""

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
    """Whether `earlier` blocks as well what `policy` was seen to block. False where it cannot be told.

    A policy that only widens another blocks nothing that the other let through.
    """
    if widening(policy, earlier).only_widens:
        return True
    return not is_allowed(earlier, cause) and not _unknown(cause, earlier)


def _unknown(cause: Cause, policy: Csp) -> bool:
    """Whether the browser said too little: where a request led, or what an inline script hashes to."""
    if cause.kind == "url":
        return any(url == UNKNOWN_TARGET for url, _ in cause.urls)
    sources = effective_sources(policy, cause.directive) or ()
    return (
        cause.kind in ("inline", "attribute", "javascript-url")
        and not cause.hash
        and any(isinstance(parse_source(source), Hash) for source in sources)
    )
