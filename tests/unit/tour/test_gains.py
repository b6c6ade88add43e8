"""Where in policy.toml the sources of a tour go, as it is shown and as it is written."""

from __future__ import annotations

from dataclasses import replace

from edgerollout.policy.csp import Csp
from edgerollout.policy.policy import Overlay, Policy
from edgerollout.release.facts.environment import DistributionSelector
from edgerollout.tour.gains import Gain, gains
from tests.unit.release.builders import make_environment

TESTING = replace(
    make_environment(),
    name="testing",
    after=None,
    distributions=(DistributionSelector(alias="*.testing.example.com"),),
)
PRODUCTION = replace(TESTING, name="production", after="testing")
POLICY = Policy(Csp.parse("default-src 'self'; img-src 'self'"))
HOST, OWN = "https://cdn.example.net", "https://api.testing.example.com"


def test_what_every_environment_needs_goes_to_the_base() -> None:
    (found,) = gains(POLICY, TESTING, [("img-src", HOST)])
    assert found == Gain(None, "img-src", (HOST,))
    assert found.table == "csp"


def test_a_new_list_keeps_what_the_one_before_it_allowed() -> None:
    (found,) = gains(POLICY, TESTING, [("font-src", HOST)])
    assert found == Gain(None, "font-src", (HOST,), ("'self'",), "default-src")


def test_what_a_new_list_takes_along_is_not_counted_again_though_the_tour_asked_for_it_elsewhere() -> None:
    policy = Policy(Csp.parse("default-src 'self'; script-src 'self'"))
    found = {
        gain.directive: gain
        for gain in gains(policy, TESTING, [("script-src", HOST), ("worker-src", "blob:")])
    }
    assert (found["script-src"].sources, found["worker-src"].sources) == ((HOST,), ("blob:",))
    assert found["worker-src"].copied == ("'self'", HOST)


def test_a_host_under_the_environment_s_alias_is_its_own() -> None:
    base, own = gains(POLICY, TESTING, [("img-src", HOST), ("img-src", OWN)])
    assert base == Gain(None, "img-src", (HOST,))
    assert own == Gain("testing", "img-src", (OWN,), why="as these hosts are under its own alias")
    assert own.table == "environments.testing.csp"


def test_all_of_a_tour_of_a_later_environment_is_its_own() -> None:
    (found,) = gains(POLICY, PRODUCTION, [("img-src", HOST)])
    assert (found.environment, found.why) == ("production", "as it comes after testing")
    (asked,) = gains(POLICY, TESTING, [("img-src", HOST)], overlay=True)
    assert (asked.environment, asked.why) == ("testing", "as you asked")


def test_what_only_the_overlay_forbids_is_added_there() -> None:
    policy = Policy(Csp.parse("img-src 'self'"), overlays={"testing": Overlay(Csp.parse("font-src 'self'"))})
    (found,) = gains(policy, TESTING, [("font-src", HOST)])
    assert (found.environment, found.sources) == ("testing", (HOST,))
    assert found.why == "as the font-src of all the others forbids nothing"


def test_what_is_there_already_is_no_gain() -> None:
    assert gains(POLICY, TESTING, [("img-src", "'self'")]) == ()
