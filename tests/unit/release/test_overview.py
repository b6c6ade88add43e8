"""Every environment at once: how each policy stands against the environment before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgerollout.release.status.overview import Seen, Standing, Unseen, overview_of, seen
from edgerollout.release.status.status import status_of
from tests.unit.release.builders import (
    NO_CSP,
    P1,
    P2,
    P3,
    csp,
    make_behavior,
    make_distribution,
    make_environment,
    make_release,
    make_snapshot,
)

TESTING = make_environment()
STAGING = replace(make_environment(), name="staging", after="testing")
UNSEEN = Unseen("sts:GetCallerIdentity failed", "sign in again")


def looked_at(live: int | None, **releases: object) -> Seen:
    """An environment that has these releases (r1, r2…), the `live` one attached."""
    found = {int(name[1:]): release for name, release in releases.items()}
    distribution = make_distribution("E1", make_behavior(version=live))
    snapshot = make_snapshot(distribution, releases=found)  # type: ignore[arg-type]
    return seen(status_of(TESTING, snapshot), snapshot)


BEFORE = looked_at(
    3,
    r1=make_release(enforced=P1),
    r2=make_release(enforced=P2, previous=1),
    r3=make_release(enforced=P3, previous=2),
)


def standing(own: Seen | Unseen, before: Seen | Unseen) -> Standing | None:
    first, second = overview_of((TESTING, STAGING), {"testing": before, "staging": own}).rows
    assert first.standing is None, "nothing is before the first one"
    return second.standing


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (P3, Standing.SAME),
        (P2, Standing.OLDER),
        (P1, Standing.OLDER),
        (csp("https://four.example"), Standing.OTHER),
        (NO_CSP, Standing.OTHER),
    ],
)
def test_a_policy_is_compared_with_those_the_environment_before_has_and_had(
    policy: object, expected: Standing
) -> None:
    own = looked_at(1, r1=make_release(enforced=policy))  # type: ignore[arg-type]
    assert standing(own, BEFORE) is expected


def test_an_overlay_of_its_own_does_not_make_a_policy_another_one() -> None:
    layered = csp("https://three.example", overlay={"connect-src": ["https://api.staging.example"]})
    assert standing(looked_at(1, r1=make_release(enforced=layered)), BEFORE) is Standing.SAME


def test_the_enforced_policy_counts_and_not_the_one_that_is_observed_beside_it() -> None:
    own = looked_at(1, r1=make_release(enforced=P2, report_only=P3))
    assert standing(own, BEFORE) is Standing.OLDER


def test_a_release_taken_back_is_no_earlier_one() -> None:
    back = looked_at(1, r1=make_release(enforced=P1), r2=make_release(enforced=P2, previous=1))
    assert standing(looked_at(1, r1=make_release(enforced=P2)), back) is Standing.OTHER


def test_without_a_policy_there_is_none_to_compare() -> None:
    assert standing(looked_at(1, r1=make_release()), BEFORE) is Standing.NONE


def test_nothing_live_on_either_side_says_nothing() -> None:
    nothing = looked_at(None, r1=make_release(enforced=P3))
    assert standing(nothing, BEFORE) is None
    assert standing(looked_at(1, r1=make_release(enforced=P3)), nothing) is None


def test_what_could_not_be_read_is_not_known() -> None:
    by_hand = looked_at(1, r1=None)
    assert standing(looked_at(1, r1=make_release(enforced=P3)), UNSEEN) is Standing.UNKNOWN
    assert standing(by_hand, BEFORE) is Standing.UNKNOWN
    assert standing(looked_at(1, r1=make_release(enforced=P3)), by_hand) is Standing.UNKNOWN
    assert standing(UNSEEN, BEFORE) is None


def test_one_environment_that_could_not_be_read_leaves_the_others() -> None:
    overview = overview_of((TESTING, STAGING), {"testing": BEFORE, "staging": UNSEEN})
    assert [row.environment for row in overview.rows] == ["testing", "staging"]
    assert [row.environment for row in overview.unseen] == ["staging"]
    assert not overview.drift
