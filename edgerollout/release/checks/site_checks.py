"""Checks of the distributions and of what the site's documents tell caches."""

from __future__ import annotations

from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from edgerollout.release.delivery.distribution_document import is_ours
from edgerollout.release.delivery.edge_rules import check_distribution, check_headers_policies, check_slots
from edgerollout.release.facts.arn import function_arn
from edgerollout.release.facts.check import Check, State, of_findings, shortened, unknown
from edgerollout.release.facts.path_pattern import matches
from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR
from edgerollout.release.facts.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edgerollout.release.facts.account_facts import Facts
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.snapshot import Behavior, Distribution, SiteAnswer

OUTLIVES = 600
"""Seconds. Whoever keeps a document longer may still have its headers when a rollback is done: that takes
CloudFront some minutes."""

_HEURISTIC = 0.1
"""The share of a document's age for which a cache may keep it unasked (RFC 9111 §4.2.2)."""


def check_kind(environment: Environment, distribution: Distribution) -> Check:
    """What sort of distribution it is: tenants, switched off."""
    findings = tuple(
        one
        for one in check_distribution(
            distribution, environment.function.event, frozenset(environment.exclude)
        )
        if one.rule in ("multi-tenant", "disabled")
    )
    count = len(distribution.behaviors)
    (first, *_) = of_findings(
        "distributions",
        distribution.name,
        findings,
        fine=f"{distribution.id}, {count} {'behavior' if count == 1 else 'behaviors'}, {distribution.status}",
        why="A release goes to every behavior of an ordinary distribution.",
    )
    return first


def check_plan(distribution: Distribution, facts: Facts) -> Check:
    """Whether a flat-rate pricing plan is in the way."""
    why = "A distribution on a flat-rate pricing plan cannot have Lambda@Edge functions."
    if isinstance(facts.flat_rate, Unreadable):
        return unknown(
            "pricing-plan",
            distribution.name,
            f"not known: {facts.flat_rate.why}",
            why,
            fix="Allow pricingplanmanager:ListSubscriptions, or look at the distribution in the console.",
        )
    if distribution.arn in facts.flat_rate:
        return Check(
            "pricing-plan",
            State.ERROR,
            distribution.name,
            "is on a flat-rate pricing plan",
            why,
            "Move it to pay-as-you-go, or send the headers with a response headers policy.",
        )
    return Check("pricing-plan", State.OK, distribution.name, "pay as you go")


def check_behaviors(environment: Environment, distribution: Distribution, facts: Facts) -> Iterator[Check]:
    """Slots that are taken, and response headers policies that win over ours."""
    event, excluded = environment.function.event, frozenset(environment.exclude)
    ours = function_arn(environment.account, environment.function.name)
    side = tuple(
        one for one in check_distribution(distribution, event, excluded) if one.rule == "viewer-side-taken"
    )
    yield from of_findings(
        "slots",
        distribution.name,
        (*check_slots(distribution, ours, event, excluded), *side),
        fine=f"{event} is free, or ours, on every behavior",
        why="CloudFront runs one function per event, and no two kinds on the viewer side of a behavior.",
    )
    if not any(one.response_headers_policy for one in distribution.behaviors):
        yield Check("headers-policies", State.OK, distribution.name, "no response headers policy")
        return
    found = tuple(check_headers_policies(distribution, event, facts.wins, facts.headers_policies, excluded))
    checks = of_findings(
        "headers-policies",
        distribution.name,
        found,
        fine="no response headers policy sets a header of ours",
        why="CloudFront applies such a policy after the function: visitors get its value, not the release's.",
    )
    unread = any(
        isinstance(facts.headers_policies.get(one.response_headers_policy), Unreadable)
        for one in distribution.behaviors
        if one.response_headers_policy is not None and one.path not in excluded
    )
    # The rule tells last of those that could not be read.
    yield from checks[:-1] if unread else checks
    if unread:
        yield replace(checks[-1], state=State.UNKNOWN)


def check_error_pages(environment: Environment, distribution: Distribution) -> Iterator[Check]:
    """Which error responses go out without our headers."""
    event = environment.function.event
    pages = [one for one in distribution.custom_errors if one.page is not None]
    if event.startswith("viewer-"):
        message = "viewer-response does not run for errors of the origin (400 and up)"
        if pages:
            message += f", nor for the pages in their place: {_codes(distribution)}"
        yield Check(
            "error-pages",
            State.WARNING,
            distribution.name,
            message,
            "An error page without a policy is a page to attack as any other.",
            'Use event = "origin-response": it runs for what the origin answers, errors too.',
        )
        return
    ours = function_arn(environment.account, environment.function.name)
    excluded = frozenset(environment.exclude)
    published = any(_carries(one, event, ours) for one in distribution.behaviors)
    bare: dict[str, list[str]] = {}
    for one in pages:
        behavior = _behavior_of(distribution, str(one.page))
        free = behavior.path not in excluded and behavior.at(event) is None
        if not _carries(behavior, event, ours) and (published or not free):
            bare.setdefault(behavior.path, []).append(f"{one.status} ({one.page})")
    for path, answers in bare.items():
        yield Check(
            "error-pages",
            State.WARNING,
            distribution.name,
            f"{shortened(answers)} come from behavior {path}, which does not get our function",
            "CloudFront fetches an error page through the behavior its path matches; the headers are that"
            " one's.",
            f"Take {path} out of exclude; publish again where its trigger is gone; or move the page.",
        )
    if not bare:
        said = "no custom error pages" if not pages else f"come through our function: {_codes(distribution)}"
        yield Check(
            "error-pages",
            State.OK,
            distribution.name,
            f"{said}; only CloudFront's own answers (redirects to HTTPS, its 5xx) have no headers of ours",
        )


def _carries(behavior: Behavior, event: str, ours: str) -> bool:
    trigger = behavior.at(event)
    return trigger is not None and is_ours(trigger.arn, ours)


def check_cached_documents(facts: Facts) -> Iterator[Check]:
    """Documents that browsers keep for longer than a rollback takes."""
    why = "Neither an invalidation nor a rollback reaches what a browser has kept, headers and all."
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
            State.WARNING,
            shortened(urls),
            words,
            why,
            "Serve documents with Cache-Control: no-cache (each use then asks, and is answered with 304),"
            " or with a max-age of some minutes.",
        )
    if looked and not kept:
        yield Check(
            "cached-documents", State.OK, f"{looked} of the URLs", "browsers ask for them anew in time"
        )
    if not facts.site:
        yield unknown(
            "cached-documents",
            "urls",
            "no URL is configured",
            why,
            fix="Name some under environments.NAME.urls; verify looks at them, too.",
        )


def _is_document(answer: SiteAnswer) -> bool:
    kind = next(iter(answer.values("content-type")), "")
    return answer.status == 200 and kind.lower().startswith(("text/html", "application/xhtml+xml"))


def _kept_for(answer: SiteAnswer) -> str | None:
    """How long a browser keeps it, in words; None when that is no longer than a rollback takes."""
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
    # Said in whole: the number moves with every look, the cause does not.
    guess = (now - changed) * _HEURISTIC
    return "has no Cache-Control: browsers may keep it for a tenth of its age" if guess > OUTLIVES else None


def _directives(answer: SiteAnswer) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for part in ",".join(answer.values("cache-control")).split(","):
        name, _, value = part.strip().partition("=")
        found.setdefault(name.lower(), value.strip('" '))
    return found


def _time(answer: SiteAnswer, name: str) -> float | None:
    try:
        return parsedate_to_datetime(next(iter(answer.values(name)))).timestamp()
    except (StopIteration, ValueError):
        return None


def _span(seconds: int) -> str:
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} seconds"


def _behavior_of(distribution: Distribution, path: str) -> Behavior:
    """The behavior a path comes through: the first that matches, else the default one."""
    return next(
        (one for one in distribution.behaviors if one.path != DEFAULT_BEHAVIOR and matches(one.path, path)),
        distribution.behaviors[-1],
    )


def _codes(distribution: Distribution) -> str:
    return shortened(f"{one.status} ({one.page})" for one in distribution.custom_errors if one.page)
