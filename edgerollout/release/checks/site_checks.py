"""Checks of the distributions, and of the cache headers of the site's documents."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from edgerollout.release.delivery.rules import check_distribution
from edgerollout.release.facts.check import Check, CheckState, of_findings, shortened, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edgerollout.net.answer import HttpAnswer
    from edgerollout.release.facts.account_facts import Facts
    from edgerollout.release.facts.snapshot import Distribution

OUTLIVES = 600
"""Seconds. A rollback takes CloudFront some minutes; a browser that keeps a document longer may still have
the old headers after it.
"""

_HEURISTIC = 0.1
"""The share of a document's age for which a cache may keep it without asking (RFC 9111 §4.2.2)."""


def check_kind(distribution: Distribution) -> tuple[Check, ...]:
    """Check the kind of distribution: multi-tenant, disabled."""
    count = len(distribution.behaviors)
    return of_findings(
        "distributions",
        distribution.name,
        check_distribution(distribution),
        fine=f"{distribution.id}, {count} {'behavior' if count == 1 else 'behaviors'}, {distribution.status}",
        why="A release goes to every behavior of an ordinary distribution.",
    )


def check_cached_documents(facts: Facts) -> Iterator[Check]:
    """Find documents that browsers keep for longer than a rollback takes."""
    why = "An invalidation or a rollback does not change what a browser has cached, headers included."
    kept: dict[str, list[str]] = {}
    looked = 0
    for answer in facts.site:
        if answer.error is not None:
            yield unknown("cached-documents", answer.url, f"did not answer: {answer.error}", why)
            continue
        if answer.by_cloudfront or not _is_document(answer):
            continue
        looked += 1
        found = _kept_for(answer)
        if found is not None:
            kept.setdefault(found, []).append(answer.url)
    for words, urls in kept.items():
        yield Check(
            "cached-documents",
            CheckState.WARNING,
            shortened(urls),
            words,
            why,
            "Serve documents with Cache-Control: no-cache (each use then asks, and is answered with 304),"
            " or with a max-age of some minutes.",
        )
    if looked and not kept:
        yield Check(
            "cached-documents", CheckState.OK, f"{looked} of the URLs", "browsers request them again in time"
        )
    if not facts.site:
        yield unknown(
            "cached-documents",
            "urls",
            "no URL is configured",
            why,
            fix="Name some under environments.NAME.urls; verify looks at them, too.",
        )


def _is_document(answer: HttpAnswer) -> bool:
    kind = next(iter(answer.values("content-type")), "")
    return answer.status == 200 and kind.lower().startswith(("text/html", "application/xhtml+xml"))


def _kept_for(answer: HttpAnswer) -> str | None:
    """How long a browser keeps it, in words; None when a rollback takes at least as long."""
    said = _directives(answer)
    if "no-store" in said or "no-cache" in said:
        return None
    if "max-age" in said:
        seconds = int(said["max-age"]) if said["max-age"].isdecimal() else 0
        also = ", immutable" if "immutable" in said else ""
        return (
            f"Cache-Control lets browsers keep it for {_span(seconds)}{also}" if seconds > OUTLIVES else None
        )
    now, changed = _time(answer, "date"), _time(answer, "last-modified")
    if now is not None and (expires := _time(answer, "expires")) is not None:
        seconds = int(expires - now)
        return f"Expires lets browsers keep it for {_span(seconds)}" if seconds > OUTLIVES else None
    if answer.values("expires") or now is None or changed is None:
        return None
    # No exact time: it would differ at every check, while the cause stays the same.
    guess = (now - changed) * _HEURISTIC
    return "has no Cache-Control: browsers may keep it for a tenth of its age" if guess > OUTLIVES else None


def _directives(answer: HttpAnswer) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for part in ",".join(answer.values("cache-control")).split(","):
        name, _, value = part.strip().partition("=")
        found.setdefault(name.lower(), value.strip('" '))
    return found


def _time(answer: HttpAnswer, name: str) -> float | None:
    try:
        return parsedate_to_datetime(next(iter(answer.values(name)))).timestamp()
    except (StopIteration, ValueError):
        return None


def _span(seconds: int) -> str:
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} seconds"
