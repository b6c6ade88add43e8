"""The releases of a function, as its versions' Descriptions tell them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR, Trigger
from edgerollout.release.status.history import Publisher, history_of
from tests.unit.release.builders import (
    P1,
    P2,
    P3,
    arn,
    make_behavior,
    make_distribution,
    make_environment,
    make_function,
    make_release,
    make_snapshot,
)

ENVIRONMENT = make_environment(distributions=("E1", "E2"))
RELEASES = {
    1: make_release(report_only=P1),
    2: make_release(enforced=P1, report_only=P2, previous=1),
    3: make_release(enforced=P1, report_only=P3, previous=2),
}


def test_releases_come_newest_first_with_what_their_ledger_lines_say() -> None:
    found = history_of(ENVIRONMENT, make_snapshot(releases=RELEASES, withdrawn=[3]))
    assert [release.version for release in found.releases] == [3, 2, 1]
    newest = found.releases[0]
    assert newest.line is not None
    assert newest.line.previous == 2
    assert [release.withdrawn for release in found.releases] == [True, False, False]
    assert not any(release.live for release in found.releases)


def test_a_release_is_live_where_the_environment_carries_it_whatever_others_carry() -> None:
    snapshot = make_snapshot(
        make_distribution("E1", make_behavior("/a", 2), make_behavior(version=2)),
        make_distribution("E2", make_behavior("/a", 1), make_behavior(version=2)),
        releases=RELEASES,
        others=(make_distribution("E9", make_behavior(version=3)),),
    )
    three, two, release = history_of(ENVIRONMENT, snapshot).releases
    assert [(place.distribution, place.behaviors) for place in two.places] == [("E1", 2), ("E2", 1)]
    assert [(place.distribution, place.behaviors) for place in release.places] == [("E2", 1)]
    assert (three.live, two.live, release.live) == (False, True, True)
    assert [(place.distribution, place.own) for place in three.places] == [("E9", False)]


def test_a_behavior_with_two_triggers_of_a_release_counts_once() -> None:
    both = make_behavior(version=1, more=(Trigger("viewer-response", arn(1)),))
    snapshot = make_snapshot(make_distribution("E1", both), releases=RELEASES)
    assert history_of(ENVIRONMENT, snapshot).releases[-1].places[0].behaviors == 1
    assert both.path == DEFAULT_BEHAVIOR


def test_versions_of_other_hands_are_listed_as_such() -> None:
    function = make_function(RELEASES)
    by_hand, later = (
        replace(version, description=words)
        for version, words in zip(function.versions, ("my edge function", "edgerollout/9 x=y"), strict=False)
    )
    function = replace(function, versions=(by_hand, later, function.versions[2]))
    found = history_of(ENVIRONMENT, make_snapshot(function=function))
    assert [release.publisher for release in found.releases] == [
        Publisher.US,
        Publisher.LATER,
        Publisher.OTHER,
    ]
    assert [release.line is None for release in found.releases] == [False, True, True]


@pytest.mark.parametrize(("limit", "shown", "older"), [(None, 3, 0), (3, 3, 0), (2, 2, 1), (1, 1, 2)])
def test_a_limit_leaves_out_the_oldest_and_says_how_many(limit: int | None, shown: int, older: int) -> None:
    found = history_of(ENVIRONMENT, make_snapshot(releases=RELEASES), limit)
    assert (len(found.releases), found.older) == (shown, older)
    assert found.releases[0].version == 3


def test_without_a_function_there_is_no_history() -> None:
    found = history_of(ENVIRONMENT, make_snapshot(no_function=True))
    assert (found.exists, found.releases, found.older) == (False, (), 0)


def test_withdrawn_marks_are_not_known_where_the_tags_are_not() -> None:
    snapshot = make_snapshot(function=replace(make_function(RELEASES), tags=None))
    assert not history_of(ENVIRONMENT, snapshot).marks_known
