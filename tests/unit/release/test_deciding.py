"""`deliver = "auto"`: which means an environment gets, by what speaks against a response headers policy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edgerollout.policy.headers import Header
from edgerollout.policy.policy import EnvironmentPolicy
from edgerollout.release.delivery.deciding import (
    MeansCircumstances,
    about_decision,
    decided,
    kept,
    live_means,
)
from edgerollout.release.facts.environment import LAMBDA_EDGE, RESPONSE_HEADERS_POLICY
from edgerollout.release.facts.headers_policies import StandingPolicy
from edgerollout.release.facts.unreadable import Unreadable

from .builders import (
    FOREIGN_ARN,
    HEADERS,
    P1,
    VIEWER,
    csp,
    make_behavior,
    make_distribution,
    make_environment,
    make_function,
    make_release,
)

BY_EDGE = make_release(report_only=P1)
BY_POLICY = replace(BY_EDGE, deliver=RESPONSE_HEADERS_POLICY)
FREE = MeansCircumstances(
    EnvironmentPolicy(P1, HEADERS),
    as_written=True,
    distributions=(make_distribution(),),
    policies=(),
    flat_rate=frozenset(),
)
LONG = csp(*(f"https://host-{number}.example.com" for number in range(80)))
STRANGE = EnvironmentPolicy(P1, (Header("x-frame-options", "ALLOW-FROM https://a.example"),))


def site(**behavior: Any) -> tuple[Any, ...]:
    return (make_distribution("E1", make_behavior(**behavior)),)


def test_where_everything_fits_it_is_the_policy_and_the_line_says_what_a_function_would_cost() -> None:
    decision = decided(make_environment(), FREE)
    assert (decision.deliver, decision.cannot) == (RESPONSE_HEADERS_POLICY, ())
    assert "about $3 a month for 100 million requests" in decision.why
    assert "$61" in decided(make_environment(event=VIEWER), FREE).why


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"as_written": False}, "the handler is not the one that init writes"),
        ({"policy": EnvironmentPolicy(LONG, ())}, "the limit is 1783"),
        ({"policy": STRANGE}, "ALLOW-FROM"),
        ({"distributions": site(version=FOREIGN_ARN, event=VIEWER)}, "could override it"),
        ({"distributions": site(cloudfront_functions=(VIEWER,))}, "could override it"),
        ({"distributions": site(response_headers_policy="P1")}, "has a response headers policy of its own"),
        ({"policies": tuple(StandingPolicy(f"P{n}", f"team-{n}", "") for n in range(18))}, "18 of 20"),
        ({"policies": Unreadable("policies", "AccessDenied")}, "AccessDenied"),
    ],
)
def test_what_speaks_against_a_policy_makes_it_the_function_and_is_told(
    changes: dict[str, Any], why: str
) -> None:
    decision = decided(make_environment(), replace(FREE, **changes))
    assert decision.deliver == LAMBDA_EDGE
    assert why in decision.why


def test_where_terraform_attaches_the_releases_it_is_the_function() -> None:
    assert decided(replace(make_environment(), triggers="terraform"), FREE).deliver == LAMBDA_EDGE


def test_a_distribution_on_a_flat_rate_plan_cannot_have_a_function_whatever_else_there_is() -> None:
    (distribution,) = FREE.distributions
    found = replace(FREE, flat_rate=frozenset({distribution.arn}), as_written=False)
    decision = decided(make_environment(), found)
    assert decision.deliver == RESPONSE_HEADERS_POLICY
    assert "flat-rate" in decision.why


def test_what_is_excluded_speaks_against_nothing() -> None:
    behaviors = (make_behavior("/api/*", FOREIGN_ARN, event=VIEWER), make_behavior())
    found = replace(FREE, distributions=(make_distribution("E1", *behaviors),))
    assert decided(make_environment(exclude=("/api/*",)), found).deliver == RESPONSE_HEADERS_POLICY


@pytest.mark.parametrize(
    ("releases", "tags", "live"),
    [
        ({}, {}, None),
        ({1: BY_EDGE}, {}, LAMBDA_EDGE),
        ({1: BY_POLICY}, {}, RESPONSE_HEADERS_POLICY),
        ({1: BY_EDGE, 2: BY_POLICY}, {}, RESPONSE_HEADERS_POLICY),
        ({1: BY_EDGE, 2: BY_POLICY}, {"edgerollout:withdrawn:2": ""}, LAMBDA_EDGE),
        ({1: BY_POLICY}, {"edgerollout:withdrawn:1": ""}, None),
        ({1: BY_POLICY}, {"edgerollout:detached": "1"}, None),
        ({1: None}, {}, LAMBDA_EDGE),
    ],
)
def test_the_newest_release_that_nobody_took_back_says_what_is_live(
    releases: dict[int, Any], tags: dict[str, str], live: str | None
) -> None:
    assert live_means(make_function(releases, tags=tags)) == live
    assert live_means(None) is None


def test_a_live_environment_keeps_its_means_and_another_is_only_proposed() -> None:
    environment = make_environment()
    decision = kept(LAMBDA_EDGE, decided(environment, FREE))
    assert (decision.deliver, decision.proposes) == (LAMBDA_EDGE, RESPONSE_HEADERS_POLICY)
    (finding,) = about_decision(replace(environment, decision=decision))
    assert 'deliver = "response-headers-policy"' in str(finding.hint)
    same = kept(RESPONSE_HEADERS_POLICY, decided(environment, FREE))
    assert same.proposes is None
    assert list(about_decision(environment)) == []
