"""The whole life of a policy: adopted, promoted, tightened, enforced, taken back, cleaned up."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from .estate import Estate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.sandbox

CDN = "https://cdn.example.com"


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    made = Estate(tmp_path)
    made.policy(CDN)
    made.start()
    yield made
    made.stop()


def stands(estate: Estate, environment: str) -> tuple[Any, ...]:
    """(release, enforced, report-only) of an environment that does not drift."""
    status = estate.status(environment)
    assert not status["drift"], status
    assert {
        behavior["state"]
        for distribution in status["distributions"]
        for behavior in distribution["behaviors"]
    } <= {"current"}
    return status["release"], status["enforced"], status["report_only"]


def proven(estate: Estate, environment: str) -> None:
    """Tour the environment and enforce what it observes."""
    estate.toured(environment)
    estate.enforced(environment)


def soaked(estate: Estate) -> None:
    """An hour later, as far as anybody has the patience: what is asked for is a second."""
    time.sleep(1)
    estate.soak("1s")


def test_a_policy_lives_from_a_hand_made_function_to_enforcement_in_production_and_back(
    estate: Estate,
) -> None:
    # What is there: a function of the console's, on every behavior of testing.
    by_hand = estate.attach_by_hand("testing")
    status = estate.status("testing")
    assert status["release"] is None
    assert {behavior["state"] for behavior in status["distributions"][0]["behaviors"]} == {"foreign"}

    # Adopted: nothing happens to it unasked; then its policy stays enforced and ours is observed.
    assert "--replace" in estate.refused("publish", "testing", "--create")
    estate.done("publish", "testing", "--create", "--replace", by_hand.rpartition(":")[0])
    first = estate.live("testing")
    assert first.enforced is not None
    assert first.enforced.effective.header_value() == "default-src 'self' https: 'unsafe-inline'"
    assert [trigger.arn for trigger in first.replaced] == [by_hand] * 5
    assert first.report_only is not None
    ours = first.report_only.digest[:16]
    assert stands(estate, "testing") == (1, first.enforced.digest[:16], ours)

    # Enforced in testing when it is proven, not before.
    assert "there is no evidence of a tour" in estate.refused("promote", "testing", "--enforce")
    estate.toured("testing", endpoint="aws")
    assert "gathered on AWS" in estate.refused("promote", "testing", "--enforce")
    estate.toured("testing", self_test_passed=False)
    assert "self-test" in estate.refused("promote", "testing", "--enforce")
    proven(estate, "testing")
    assert stands(estate, "testing") == (2, ours, None)
    assert "enforces its policy already" in estate.nothing_to_do("promote", "testing", "--enforce")

    # Carried to staging, with staging's own overlay, and enforced there.
    estate.done("promote", "staging", "--create")
    carried = estate.live("staging").report_only
    assert carried is not None
    assert carried.base == first.report_only.base
    assert carried.overlay.sources("connect-src") == ("https://api.staging.example.com",)
    assert stands(estate, "staging") == (1, None, carried.digest[:16])
    assert "observes this policy already" in estate.nothing_to_do("promote", "staging")
    proven(estate, "staging")
    assert stands(estate, "staging") == (2, carried.digest[:16], None)

    # Production soaks first.
    estate.done("promote", "production", "--create")
    observed = estate.live("production").report_only
    assert observed is not None
    mine = observed.digest[:16]
    assert stands(estate, "production") == (1, None, mine)
    estate.toured("production")
    assert "1h are required" in estate.refused("promote", "production", "--enforce")
    soaked(estate)
    estate.enforced("production")
    enforced = estate.live("production")
    assert stands(estate, "production") == (2, mine, None)
    assert {gate.name: gate.passed for gate in enforced.gates} == dict.fromkeys(
        ("soak", "tour", "after", "drift", "observable", "reporting", "lint", "headers"), True
    )
    assert any("evidence sha256" in gate.detail for gate in enforced.gates)

    # Tightened: enforced stays what it was, observed is the new one; through every stage again.
    estate.policy(CDN, images=False)
    estate.done("publish", "testing")
    tighter = estate.live("testing").report_only
    assert tighter is not None
    assert stands(estate, "testing") == (3, ours, tighter.digest[:16])
    proven(estate, "testing")
    estate.done("promote", "staging")
    proven(estate, "staging")
    estate.soak("1h")
    estate.done("promote", "production")
    release, kept, next_one = stands(estate, "production")
    assert (release, kept) == (3, mine)
    assert next_one not in (None, mine)
    soaked(estate)
    estate.toured("production")
    estate.enforced("production")
    assert stands(estate, "production") == (4, next_one, None)

    # Taken back, and not enforced again by accident.
    estate.done("rollback", "production")
    assert stands(estate, "production") == (3, mine, next_one)
    soaked(estate)
    estate.toured("production")
    assert "rolled back" in estate.refused("promote", "production", "--enforce")
    estate.enforced("production", "--again")
    assert stands(estate, "production") == (5, next_one, None)
    assert [item["version"] for item in estate.history("production") if item["withdrawn"]] == [4]

    # The replicas are gone after a while, and with them what nobody needs any more.
    assert estate.versions("testing") == [1, 2, 3, 4]
    estate.aws.advance(3 * 3600)
    estate.done("prune", "testing", "--keep", "1")
    assert 4 in estate.versions("testing")
    assert estate.versions("testing") != [1, 2, 3, 4]
    assert stands(estate, "testing")[0] == 4
