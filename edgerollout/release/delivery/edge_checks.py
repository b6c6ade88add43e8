"""The checks of a distribution whose headers come from Lambda@Edge."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edgerollout.release.delivery.edge_rules import (
    INSTEAD_OF_FLAT_RATE,
    UNREAD_POLICY,
    check_event,
    check_headers_policies,
    check_slots,
)
from edgerollout.release.facts.arn import function_arn, is_ours
from edgerollout.release.facts.check import Check, CheckState, of_findings, shortened, unknown
from edgerollout.release.facts.path_pattern import matches
from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR
from edgerollout.release.facts.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.release.facts.account_facts import Facts
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.snapshot import Behavior, Distribution


def checks_of(
    environment: Environment, distribution: Distribution, facts: Facts, event: str
) -> Iterator[Check]:
    """Check its pricing plan, its slots, the headers policies of others, and its error pages."""
    yield _check_plan(distribution, facts)
    yield from _check_behaviors(environment, distribution, facts, event)
    yield from _check_error_pages(environment, distribution, event)


def _check_plan(distribution: Distribution, facts: Facts) -> Check:
    """Check whether a flat-rate pricing plan forbids functions."""
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
            CheckState.ERROR,
            distribution.name,
            "is on a flat-rate pricing plan",
            why,
            INSTEAD_OF_FLAT_RATE,
        )
    return Check("pricing-plan", CheckState.OK, distribution.name, "pay as you go")


def _check_behaviors(
    environment: Environment, distribution: Distribution, facts: Facts, event: str
) -> Iterator[Check]:
    """Find taken slots, and response headers policies that replace our headers."""
    excluded = frozenset(environment.exclude)
    ours = function_arn(environment.account, environment.function.name)
    side = (
        finding
        for finding in check_event(distribution, event, excluded)
        if finding.rule == "viewer-side-taken"
    )
    yield from of_findings(
        "slots",
        distribution.name,
        (*check_slots(distribution, ours, event, excluded), *side),
        fine=f"no other function is at {event} on any behavior",
        why="CloudFront runs one function per event, and one kind of function on a behavior's viewer side.",
    )
    if not any(behavior.response_headers_policy for behavior in distribution.behaviors):
        yield Check("headers-policies", CheckState.OK, distribution.name, "no response headers policy")
        return
    found = tuple(check_headers_policies(distribution, event, facts.wins, facts.headers_policies, excluded))
    checks = of_findings(
        "headers-policies",
        distribution.name,
        found,
        fine="no response headers policy sets a header of ours",
        why="CloudFront applies such a policy after the function: visitors get its value, not the release's.",
    )
    rules: list[str | None] = [finding.rule for finding in found]
    for check, rule in zip(checks, rules or [None], strict=True):
        yield replace(check, state=CheckState.UNKNOWN) if rule == UNREAD_POLICY else check


def _check_error_pages(environment: Environment, distribution: Distribution, event: str) -> Iterator[Check]:
    """Find the error responses that visitors get without our headers."""
    pages = [custom_error for custom_error in distribution.custom_errors if custom_error.page is not None]
    if event.startswith("viewer-"):
        message = "viewer-response does not run for errors of the origin (400 and up)"
        if pages:
            message += f", nor for the pages in their place: {_codes(distribution)}"
        yield Check(
            "error-pages",
            CheckState.WARNING,
            distribution.name,
            message,
            "An error page without a policy can be attacked like any other page.",
            'Use event = "origin-response": it runs for every answer of the origin, also for errors.',
        )
        return
    ours = function_arn(environment.account, environment.function.name)
    excluded = frozenset(environment.exclude)
    published = any(_carries(behavior, event, ours) for behavior in distribution.behaviors)
    bare: dict[str, list[str]] = {}
    for page in pages:
        behavior = _behavior_of(distribution, str(page.page))
        free = behavior.path not in excluded and behavior.at(event) is None
        if not _carries(behavior, event, ours) and (published or not free):
            bare.setdefault(behavior.path, []).append(f"{page.status} ({page.page})")
    for path, answers in bare.items():
        yield Check(
            "error-pages",
            CheckState.WARNING,
            distribution.name,
            f"{shortened(answers)} come from behavior {path}, which does not get our function",
            "CloudFront fetches an error page through the behavior that its path matches; that behavior sets"
            " the headers.",
            f"Take {path} out of exclude; publish again where its trigger is gone; or move the page.",
        )
    if not bare:
        said = "no custom error pages" if not pages else f"get the function's headers: {_codes(distribution)}"
        yield Check(
            "error-pages",
            CheckState.OK,
            distribution.name,
            f"{said}; only CloudFront's own answers (redirects to HTTPS, its 5xx) do not",
        )


def _carries(behavior: Behavior, event: str, ours: str) -> bool:
    trigger = behavior.at(event)
    return trigger is not None and is_ours(trigger.arn, ours)


def _behavior_of(distribution: Distribution, path: str) -> Behavior:
    """The behavior that serves a path: the first that matches, otherwise the default one."""
    return next(
        (
            behavior
            for behavior in distribution.behaviors
            if behavior.path != DEFAULT_BEHAVIOR and matches(behavior.path, path)
        ),
        distribution.behaviors[-1],
    )


def _codes(distribution: Distribution) -> str:
    return shortened(
        f"{custom_error.status} ({custom_error.page})"
        for custom_error in distribution.custom_errors
        if custom_error.page
    )
