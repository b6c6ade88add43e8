"""What AWS asks for each means, as quoted on a date. The pages on cost and means are tested against it."""

from __future__ import annotations

import datetime as dt

QUOTED = dt.date(2026, 9, 6)
"""When AWS's pricing pages were quoted."""

MILLION_CALLS = 0.60
"""US dollars for a million calls of a Lambda@Edge function; nothing is free."""
GB_SECOND = 0.00005001
"""US dollars for a GB-second of it."""

REQUESTS = 100_000_000
"""A month's requests, of which the figures speak."""
MISSES = 0.05
"""The share of them that is not answered by the cache."""
SECONDS_A_CALL = 0.002


def edge_cost(event: str, memory: int = 128) -> float:
    """US dollars a month for a function of `memory` MB at this event: at origin-response it runs for cache
    misses only. A response headers policy costs nothing.
    """
    calls = REQUESTS * (1 if event.startswith("viewer-") else MISSES)
    return calls / 1_000_000 * MILLION_CALLS + calls * SECONDS_A_CALL * memory / 1024 * GB_SECOND
