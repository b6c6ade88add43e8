"""What is live where, from a snapshot: states of behaviors, marks of the live release, other owners."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.release.facts.release import Override
from edgerollout.release.facts.unreadable import Unreadable
from edgerollout.release.status.status import MOST_TAGGED, BehaviorState, status_of, tags_worth_reading
from tests.unit.release.builders import (
    FOREIGN_ARN,
    P1,
    P2,
    P3,
    make_behavior,
    make_distribution,
    make_environment,
    make_function,
    make_invalidation,
    make_release,
    make_snapshot,
)

if TYPE_CHECKING:
    from edgerollout.policy.csp import LayeredCsp
    from edgerollout.release.facts.release import Release
    from edgerollout.release.facts.snapshot import Snapshot

ENVIRONMENT = make_environment(exclude=("/left/*",))
RELEASES = {
    1: make_release(report_only=P1),
    2: replace(make_release(enforced=P1, previous=1), overrides=(Override("tour", "by hand"),)),
    3: make_release(enforced=P2, previous=2),
    4: make_release(enforced=P1, report_only=P2, previous=2),
}


def enforcing(policy: LayeredCsp, previous: int | None = None) -> Release:
    return make_release(enforced=policy, previous=previous)


def snapshot(*paths: tuple[str, int | str | None], withdrawn: tuple[int, ...] = ()) -> Snapshot:
    behaviors = [make_behavior(path, version) for path, version in paths]
    return make_snapshot(
        make_distribution("E1", *behaviors),
        releases=RELEASES,
        withdrawn=withdrawn,
        invalidations={"E1": make_invalidation(2)},
    )


def test_every_behavior_is_told_against_the_live_release() -> None:
    found = status_of(
        ENVIRONMENT, snapshot(("/a", 2), ("/b", 1), ("/c", None), ("/d", FOREIGN_ARN), ("/left/*", 1))
    )
    assert [behavior.state for behavior in found.distributions[0].behaviors] == [
        BehaviorState.CURRENT,
        BehaviorState.OLD,
        BehaviorState.MISSING,
        BehaviorState.FOREIGN,
        BehaviorState.EXCLUDED,
    ]
    assert found.drift


def test_the_live_release_brings_the_names_of_what_was_overridden() -> None:
    assert status_of(ENVIRONMENT, snapshot(("/a", 2))).overrides == ("tour",)
    assert status_of(ENVIRONMENT, snapshot(("/a", 1))).overrides == ()


def test_a_live_release_that_is_marked_as_withdrawn_is_said_to_be() -> None:
    assert status_of(ENVIRONMENT, snapshot(("/a", 2), withdrawn=(2,))).withdrawn
    assert not status_of(ENVIRONMENT, snapshot(("/a", 2), withdrawn=(3,))).withdrawn


def test_of_the_releases_attached_nowhere_those_rolled_back_are_told_apart() -> None:
    found = status_of(ENVIRONMENT, snapshot(("/a", 2), withdrawn=(3,)))
    assert found.unattached == (3, 4)
    assert found.taken_back == {3}


@pytest.mark.parametrize("tags", [None, {"ManagedBy": "team web"}])
def test_without_readable_telling_tags_nobody_else_owns_the_function(tags: dict[str, str] | None) -> None:
    taken = replace(snapshot(("/a", 2)), function=replace(make_function(RELEASES), tags=tags))
    assert status_of(ENVIRONMENT, taken).owner is None


def test_owners_of_the_function_and_of_a_distribution_come_from_their_tags() -> None:
    function = make_function(RELEASES, tags={"aws:cloudformation:stack-name": "edge"})
    taken = replace(snapshot(("/a", 2)), function=function, tags={"E1": {"Terraform": "yes"}})
    found = status_of(ENVIRONMENT, taken)
    assert str(found.owner) == "CloudFormation stack edge"
    assert str(found.distributions[0].owner) == "Terraform"
    unreadable = replace(taken, tags={"E1": Unreadable("tags", "AccessDenied")})
    assert status_of(ENVIRONMENT, unreadable).distributions[0].owner is None


def test_tags_are_only_worth_their_calls_where_distributions_are_few() -> None:
    def having(count: int) -> Snapshot:
        return make_snapshot(*(make_distribution(f"E{number}") for number in range(count)))

    assert len(tags_worth_reading(having(MOST_TAGGED))) == MOST_TAGGED
    assert tags_worth_reading(having(MOST_TAGGED + 1)) == frozenset()


@pytest.mark.parametrize(
    ("releases", "withdrawn", "tags_unknown", "proven"),
    [
        pytest.param({1: enforcing(P1), 2: enforcing(P2, 1)}, (), False, (P1, P2), id="one after another"),
        pytest.param({1: enforcing(P1), 2: enforcing(P2, 1)}, (1,), False, (P2,), id="withdrawn"),
        pytest.param({1: enforcing(P1), 2: enforcing(P2, 1)}, (), True, (P2,), id="tags unknown"),
        pytest.param(
            {1: enforcing(P1), 2: enforcing(P2, 1), 3: enforcing(P1, 1)}, (), False, (P1,),
            id="cut off before it was ever attached",
        ),
        pytest.param(
            {1: enforcing(P1), 2: make_release(report_only=P2, previous=1), 3: enforcing(P3, 2)}, (), False,
            (P1, P3), id="observed between",
        ),
        pytest.param({2: enforcing(P2, 2)}, (), False, (P2,), id="a release that follows itself"),
    ],
)  # fmt: skip
def test_proven_is_what_the_live_release_and_those_it_follows_enforced(
    releases: dict[int, Release],
    withdrawn: tuple[int, ...],
    tags_unknown: bool,
    proven: tuple[LayeredCsp, ...],
) -> None:
    found = make_snapshot(
        make_distribution("E1", make_behavior(version=max(releases))), releases=releases, withdrawn=withdrawn
    )
    if tags_unknown and found.function is not None:
        found = replace(found, function=replace(found.function, tags=None))

    assert status_of(make_environment(), found).proven == tuple(csp.base_digest[:16] for csp in proven)
