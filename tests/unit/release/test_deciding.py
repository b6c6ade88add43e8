"""By which means releases go: what `deliver = "auto"` comes to, and what is advised else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edgerollout.policy.headers import Header
from edgerollout.policy.policy import EnvironmentPolicy
from edgerollout.release.delivery.deciding import (
    MeansCircumstances,
    about_means,
    advised,
    kept,
    live_means,
)
from edgerollout.release.facts.environment import AUTO, LAMBDA_EDGE, RESPONSE_HEADERS_POLICY
from edgerollout.release.facts.headers_policies import StandingPolicy
from edgerollout.release.facts.means_advice import ChosenBy
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
    live=None,
    distributions=(make_distribution(),),
    policies=(),
    flat_rate=frozenset(),
)
AUTOMATIC = replace(make_environment(), deliver=AUTO)
LONG = csp(*(f"https://host-{number}.example.com" for number in range(80)))
STRANGE = EnvironmentPolicy(P1, (Header("x-frame-options", "ALLOW-FROM https://a.example"),))
OF_THE_TEAM = StandingPolicy("T", "team-cors", "", {"CorsConfig": {"OriginOverride": True}})
_CSP = {"ContentSecurityPolicy": {"ContentSecurityPolicy": "img-src x"}}
ENFORCING = StandingPolicy("C", "team-csp", "", {"SecurityHeadersConfig": _CSP})
_TEN = {"Items": [{"Header": f"x-{number}", "Value": ""} for number in range(10)]}
CROWDED = StandingPolicy("N", "team-many", "", {"CustomHeadersConfig": _TEN})
ANOTHERS = StandingPolicy("A", "edgerollout-other-1", "edgerollout/2 release=1 content=0123456789abcdef")


def site(**behavior: Any) -> tuple[Any, ...]:
    return (make_distribution("E1", make_behavior(**behavior)),)


def carrying(policy: StandingPolicy, *, everywhere: bool = True) -> dict[str, Any]:
    rest = () if everywhere else (make_behavior("/plain/*"),)
    behavior = make_behavior(response_headers_policy=policy.id)
    return {"policies": (policy,), "distributions": (make_distribution("E1", *rest, behavior),)}


def test_where_everything_fits_it_is_the_policy_and_the_line_says_what_a_function_would_cost() -> None:
    advice = advised(AUTOMATIC, FREE)
    assert (advice.deliver, advice.options[1].cannot) == (RESPONSE_HEADERS_POLICY, ())
    assert "about $3 a month for 100 million requests" in advice.why
    assert "$61" in advised(replace(make_environment(event=VIEWER), deliver=AUTO), FREE).why


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"as_written": False}, "the handler is not the one that init writes"),
        ({"policy": EnvironmentPolicy(LONG, ())}, "the limit is 1,783"),
        ({"policy": STRANGE}, "ALLOW-FROM"),
        ({"distributions": site(version=FOREIGN_ARN, event=VIEWER)}, "could override it"),
        ({"distributions": site(cloudfront_functions=(VIEWER,))}, "could override it"),
        (carrying(CROWDED), "together with team-many, which goes along: 11 custom headers, the limit is 10"),
        (carrying(ENFORCING, everywhere=False), "enforce different CSPs"),
        (carrying(ANOTHERS), "a release of another function"),
        ({"policies": tuple(StandingPolicy(f"P{n}", f"team-{n}", "") for n in range(18))}, "18 of 20"),
        ({"policies": Unreadable("policies", "AccessDenied")}, "AccessDenied"),
    ],
)
def test_what_speaks_against_a_policy_makes_it_the_function_and_is_told(
    changes: dict[str, Any], why: str
) -> None:
    advice = advised(AUTOMATIC, replace(FREE, **changes))
    assert advice.deliver == LAMBDA_EDGE
    assert why in advice.why
    by_default = advised(make_environment(), replace(FREE, **changes))
    assert (by_default.deliver, by_default.proposes) == (LAMBDA_EDGE, None)


@pytest.mark.parametrize("policy", [OF_THE_TEAM, ENFORCING])
def test_a_policy_of_the_team_that_goes_along_speaks_against_nothing(policy: StandingPolicy) -> None:
    assert advised(AUTOMATIC, replace(FREE, **carrying(policy))).deliver == RESPONSE_HEADERS_POLICY


def test_where_terraform_attaches_its_files_are_for_a_function_unless_deliver_names_the_policy() -> None:
    by_terraform = replace(AUTOMATIC, triggers="terraform")
    advice = advised(by_terraform, FREE)
    assert (advice.deliver, advice.proposes) == (LAMBDA_EDGE, RESPONSE_HEADERS_POLICY)
    assert advised(by_terraform, replace(FREE, live=LAMBDA_EDGE)).proposes is None
    along = advised(by_terraform, replace(FREE, **carrying(OF_THE_TEAM)))
    assert along.proposes == RESPONSE_HEADERS_POLICY


def test_a_distribution_on_a_flat_rate_plan_cannot_have_a_function_whatever_else_there_is() -> None:
    (distribution,) = FREE.distributions
    found = replace(FREE, flat_rate=frozenset({distribution.arn}), as_written=False)
    advice = advised(AUTOMATIC, found)
    assert advice.deliver == RESPONSE_HEADERS_POLICY
    assert "flat-rate" in advice.why
    assert "flat-rate" in advice.options[0].cannot[0]


def test_what_is_excluded_speaks_against_nothing() -> None:
    behaviors = (make_behavior("/api/*", FOREIGN_ARN, event=VIEWER), make_behavior())
    found = replace(FREE, distributions=(make_distribution("E1", *behaviors),))
    environment = replace(make_environment(exclude=("/api/*",)), deliver=AUTO)
    assert advised(environment, found).deliver == RESPONSE_HEADERS_POLICY


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
    advice = advised(AUTOMATIC, replace(FREE, live=LAMBDA_EDGE))
    assert (advice.deliver, advice.proposes) == (LAMBDA_EDGE, RESPONSE_HEADERS_POLICY)
    (finding,) = about_means(replace(AUTOMATIC, advice=advice))
    assert 'deliver = "response-headers-policy"' in str(finding.hint)
    assert advised(AUTOMATIC, replace(FREE, live=RESPONSE_HEADERS_POLICY)).proposes is None
    assert kept(LAMBDA_EDGE).why == advice.why
    assert list(about_means(AUTOMATIC)) == []


def test_where_nobody_asked_for_auto_the_means_is_the_configured_one_and_a_free_one_is_proposed() -> None:
    default = advised(make_environment(), FREE)
    assert (default.chosen_by, default.proposes) == (ChosenBy.DEFAULT, RESPONSE_HEADERS_POLICY)
    assert [option.month for option in default.options] == [pytest.approx(3.06, abs=0.01), 0]
    named = replace(make_environment(), deliver_named=True)
    assert advised(named, FREE).chosen_by is ChosenBy.CONFIGURATION
    by_policy = advised(replace(named, deliver=RESPONSE_HEADERS_POLICY), FREE)
    assert (by_policy.deliver, by_policy.proposes) == (RESPONSE_HEADERS_POLICY, None)
    assert list(about_means(replace(named, advice=default))) == []


def test_what_is_live_by_another_means_than_the_configured_one_is_told() -> None:
    advice = advised(make_environment(), replace(FREE, live=RESPONSE_HEADERS_POLICY))
    assert (advice.deliver, advice.proposes) == (RESPONSE_HEADERS_POLICY, None)
    assert 'the configuration says "lambda-edge"' in advice.why
