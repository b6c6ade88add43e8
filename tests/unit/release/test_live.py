"""What is live, and what that means, on snapshots small enough to see at a glance."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import pytest

from edgerollout.errors import Refused
from edgerollout.release.delivery.lambda_edge import LambdaEdge
from edgerollout.release.facts.live import (
    brings_again,
    caller_reference,
    introduced,
    invalidated_for,
    live_release,
    live_since,
    strays,
    unfinished,
    withdrawn,
)
from edgerollout.release.facts.snapshot import Distribution, Invalidation, Snapshot, Trigger
from edgerollout.release.facts.standing import Stray
from edgerollout.release.facts.unreadable import Unreadable
from tests.unit.release.builders import (
    FOREIGN_ARN,
    FUNCTION_ARN,
    HEADERS,
    ORIGIN,
    P1,
    P2,
    VIEWER,
    arn,
    at,
    make_behavior,
    make_distribution,
    make_function,
    make_invalidation,
    make_release,
    make_snapshot,
    make_version,
)

CACHED = LambdaEdge().cached

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from edgerollout.release.facts.release import Release

R1 = make_release(report_only=P1)
R2 = make_release(report_only=P2, previous=1)
R3 = make_release(enforced=P1, previous=2)
RELEASES = {1: R1, 2: R2, 3: R3}
OTHERS_ARN = f"arn:aws:lambda:us-east-1:210987654321:function:{FUNCTION_ARN.rpartition(':')[2]}:9"


class Live(NamedTuple):
    distributions: tuple[Distribution, ...]
    number: int | None
    mixed: bool = False
    excluded: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(Live((make_distribution(),), None), id="nothing attached: nothing is live"),
        pytest.param(
            Live((make_distribution("E1", make_behavior(version=2)),), 2), id="one behavior carries it"
        ),
        pytest.param(
            Live((make_distribution("E1", make_behavior("/a", 1), make_behavior(version=3)),), 3, mixed=True),
            id="of two releases on one distribution the newer is live, and it is mixed",
        ),
        pytest.param(
            Live(
                (
                    make_distribution("E1", make_behavior(version=1)),
                    make_distribution("E2", make_behavior(version=2)),
                ),
                2,
                mixed=True,
            ),
            id="two distributions on two releases are mixed",
        ),
        pytest.param(
            Live((make_distribution("E1", make_behavior("/new"), make_behavior(version=2)),), 2),
            id="a behavior without a trigger does not make it mixed",
        ),
        pytest.param(
            Live((make_distribution("E1", make_behavior(version=2, event=VIEWER)),), 2),
            id="at whichever event it sits",
        ),
        pytest.param(
            Live(
                (make_distribution("E1", make_behavior("/old", 3), make_behavior(version=2)),),
                2,
                excluded=frozenset({"/old"}),
            ),
            id="an excluded path does not count",
        ),
        pytest.param(
            Live((make_distribution("E1", make_behavior(version=FOREIGN_ARN)),), None),
            id="another function is not ours",
        ),
        pytest.param(
            Live((make_distribution("E1", make_behavior(version=OTHERS_ARN)),), None),
            id="a function of the same name in another account is not ours",
        ),
    ],
)
def test_the_live_release_is_the_newest_one_attached_anywhere(case: Live) -> None:
    live = live_release(make_snapshot(*case.distributions, releases=RELEASES), case.excluded)
    assert (None if live is None else live.number) == case.number
    assert live is None or live.mixed == case.mixed


def test_a_newer_version_that_is_published_and_not_attached_is_not_live() -> None:
    snapshot = make_snapshot(make_distribution("E1", make_behavior(version=1)), releases=RELEASES)
    live = live_release(snapshot)
    assert live is not None
    assert live.number == 1


def test_digests_come_from_the_ledger_and_the_release_from_its_document() -> None:
    snapshot = make_snapshot(make_distribution("E1", make_behavior(version=3)), releases=RELEASES)
    live = live_release(snapshot)
    assert live is not None
    assert (live.digest, live.enforced, live.report_only) == (R3.digest()[:16], P1.digest[:16], None)
    assert live.release == R3


def test_without_its_document_the_live_release_is_known_by_digest_only() -> None:
    snapshot = make_snapshot(
        make_distribution("E1", make_behavior(version=3)),
        releases=RELEASES,
        documents={3: Unreadable("release.json", "AccessDenied")},
    )
    live = live_release(snapshot)
    assert live is not None
    assert live.release is None
    assert live.digest == R3.digest()[:16]


@pytest.mark.parametrize("releases", [{3: None}, {}], ids=["not published by edgerollout", "deleted"])
def test_an_attached_version_without_ledger_line_is_live_with_an_unknown_digest(
    releases: dict[int, Release | None],
) -> None:
    snapshot = make_snapshot(make_distribution("E1", make_behavior(version=3)), releases=releases)
    live = live_release(snapshot)
    assert live is not None
    assert live.number == 3
    assert live.digest is None


def test_counts_tell_how_many_behaviors_carry_each_release() -> None:
    snapshot = make_snapshot(
        make_distribution("E1", make_behavior("/a", 1), make_behavior("/b", 2), make_behavior(version=2)),
        releases=RELEASES,
    )
    live = live_release(snapshot)
    assert live is not None
    assert live.counts == ((1, 1), (2, 2))


def test_without_the_function_nothing_is_live() -> None:
    snapshot = make_snapshot(make_distribution("E1", make_behavior(version=3)), no_function=True)
    assert live_release(snapshot) is None


def test_a_live_version_of_a_later_schema_is_refused() -> None:
    version = replace(make_version(1, R1), description="edgerollout/3 env=testing release=0")
    function = replace(make_function(), versions=(version,))
    snapshot = make_snapshot(make_distribution("E1", make_behavior(version=1)), function=function)
    with pytest.raises(Refused, match="schema 3"):
        live_release(snapshot)


# --- unfinished releases -----------------------------------------------------------------------------


class Resumable(NamedTuple):
    """Version 2 was published at minute 20 over 1; the digest and predecessor looked for are its own."""

    snapshot: Snapshot
    resumable: bool


CASES = {
    "published and attached nowhere, nothing changed since": Resumable(
        make_snapshot(make_distribution("E1", make_behavior(version=1), minute=15), releases={1: R1, 2: R2}),
        resumable=True,
    ),
    "the distribution was changed after it was published: it counts as rolled back": Resumable(
        make_snapshot(make_distribution("E1", make_behavior(version=1), minute=25), releases={1: R1, 2: R2}),
        resumable=False,
    ),
    "one of two distributions carries it, the other is as old as before": Resumable(
        make_snapshot(
            make_distribution("E1", make_behavior(version=2), minute=25),
            make_distribution("E2", make_behavior(version=1), minute=15),
            releases={1: R1, 2: R2},
        ),
        resumable=True,
    ),
    "one of two distributions carries it, the other was changed since": Resumable(
        make_snapshot(
            make_distribution("E1", make_behavior(version=2), minute=25),
            make_distribution("E2", make_behavior(version=1), minute=30),
            releases={1: R1, 2: R2},
        ),
        resumable=False,
    ),
    "the other distribution was never ours: it is new in the configuration": Resumable(
        make_snapshot(
            make_distribution("E1", make_behavior(version=2), minute=25),
            make_distribution("E2", minute=30),
            releases={1: R1, 2: R2},
        ),
        resumable=True,
    ),
    "the other distribution has an invalidation of ours: triggers were taken off there": Resumable(
        make_snapshot(
            make_distribution("E1", make_behavior(version=2), minute=25),
            make_distribution("E2", minute=30),
            releases={1: R1, 2: R2},
            invalidations={"E2": make_invalidation(1)},
        ),
        resumable=False,
    ),
    "a rollback marked it": Resumable(
        make_snapshot(
            make_distribution("E1", make_behavior(version=1), minute=15),
            releases={1: R1, 2: R2},
            withdrawn=[2],
        ),
        resumable=False,
    ),
    "a mark on another release says nothing about it": Resumable(
        make_snapshot(
            make_distribution("E1", make_behavior(version=1), minute=15),
            releases={1: R1, 2: R2},
            withdrawn=[1],
        ),
        resumable=True,
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_an_unfinished_release_is_resumed_only_where_nothing_speaks_of_a_rollback(case: Resumable) -> None:
    found = unfinished(case.snapshot, R2.digest(), previous=1, cached=CACHED)
    assert found is not None
    assert found.version.number == 2
    assert found.resumable is case.resumable


ON_1 = make_distribution("E1", make_behavior(version=1), minute=15)


@pytest.mark.parametrize(
    ("releases", "digest", "previous"),
    [
        pytest.param({1: R1}, R2.digest(), 1, id="nothing was published after the live one"),
        pytest.param({1: R1, 2: R3}, R2.digest(), 1, id="what was published is something else"),
        pytest.param({1: R1, 2: R2}, R2.digest(), None, id="it followed another release"),
        pytest.param({1: R1, 2: R2, 3: R3}, R2.digest(), 2, id="it is older than the live one"),
        pytest.param({1: R1, 2: None}, R2.digest(), 1, id="somebody published by hand"),
    ],
)
def test_no_release_is_unfinished_when(
    releases: Mapping[int, Release | None], digest: str, previous: int | None
) -> None:
    assert unfinished(make_snapshot(ON_1, releases=releases), digest, previous, cached=CACHED) is None


def test_the_first_release_of_all_can_be_unfinished_too() -> None:
    found = unfinished(make_snapshot(make_distribution(), releases={1: R1}), R1.digest(), None, cached=CACHED)
    assert found is not None
    assert found.resumable


def test_of_several_tries_the_newest_is_the_unfinished_one() -> None:
    found = unfinished(make_snapshot(ON_1, releases={1: R1, 2: R2, 3: R2}), R2.digest(), 1, cached=CACHED)
    assert found is not None
    assert found.version.number == 3


# --- withdrawn ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "numbers"),
    [
        ({}, set()),
        ({"edgerollout:withdrawn:42": ""}, {42}),
        ({"edgerollout:withdrawn:42": "", "edgerollout:withdrawn:7": "x", "team": "web"}, {42, 7}),
        ({"edgerollout:withdrawn:": "", "edgerollout:withdrawn:last": ""}, set()),
        (None, set()),
    ],
)
def test_withdrawn_marks_are_read_from_the_functions_tags(
    tags: dict[str, str] | None, numbers: set[int]
) -> None:
    assert withdrawn(replace(make_function(), tags=tags)) == numbers


OTHER_HEADERS = (*HEADERS[:1],)
OTHER_FILES = {"index.py": b"another"}


@pytest.mark.parametrize(
    ("release", "facets"),
    [
        pytest.param(make_release(report_only=P2), {"report-only"}, id="another observed policy"),
        pytest.param(make_release(report_only=P1, enforced=P1), {"enforced"}, id="enforcing it"),
        pytest.param(make_release(report_only=P1, headers=OTHER_HEADERS), {"headers"}, id="other headers"),
        pytest.param(make_release(report_only=P1, files=OTHER_FILES), {"handler"}, id="another handler"),
        pytest.param(make_release(report_only=P1, previous=1, commit="abc"), set(), id="nothing but history"),
        pytest.param(make_release(), set(), id="taking a policy away"),
    ],
)
def test_a_release_introduces_what_it_has_over_the_one_before(release: Release, facets: set[str]) -> None:
    assert {facet for facet, _ in introduced(release, R1)} == facets


def test_the_first_release_introduces_everything_it_has() -> None:
    assert {facet for facet, _ in introduced(R1, None)} == {"report-only", "headers", "handler"}


@pytest.mark.parametrize(
    ("desired", "brought"),
    [
        pytest.param(make_release(report_only=P2), ((2, "report-only"),), id="the withdrawn policy again"),
        pytest.param(
            make_release(report_only=P2, headers=OTHER_HEADERS),
            ((2, "report-only"),),
            id="the withdrawn policy with other headers",
        ),
        pytest.param(make_release(report_only=P1, headers=OTHER_HEADERS), (), id="something else altogether"),
        pytest.param(make_release(enforced=P2), (), id="the policy at another stage is another novelty"),
        pytest.param(make_release(report_only=P1), (), id="what is live already"),
    ],
)
def test_a_publish_may_not_bring_back_what_was_withdrawn(
    desired: Release, brought: tuple[tuple[int, str], ...]
) -> None:
    assert brings_again(desired, R1, {2: (R2, R1)}) == brought


def test_what_a_withdrawn_release_shares_with_its_predecessor_is_not_withdrawn() -> None:
    """Release 2 brought P2; its headers and handler were there before and may be published on."""
    assert brings_again(make_release(report_only=P1), None, {2: (R2, R1)}) == ()


def test_each_withdrawn_release_that_comes_back_is_named() -> None:
    both = make_release(report_only=P2, headers=OTHER_HEADERS)
    r3 = make_release(report_only=P1, headers=OTHER_HEADERS)
    assert brings_again(both, R1, {3: (r3, R1), 2: (R2, R1)}) == ((2, "report-only"), (3, "headers"))


# --- invalidations and ages --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("invalidation", "release", "made"),
    [
        (None, 4, False),
        (make_invalidation(4), 4, True),
        (make_invalidation(42), 4, False),
        (make_invalidation(4), 42, False),
        (Invalidation("I", "by-hand-4-X", at(0), completed=True), 4, False),
        (make_invalidation(4, completed=False), 4, True),
    ],
)
def test_an_invalidation_belongs_to_the_release_its_caller_reference_names(
    invalidation: Invalidation | None, release: int, made: bool
) -> None:
    assert invalidated_for(invalidation, release) is made


def test_the_caller_reference_names_release_and_etag() -> None:
    assert caller_reference(42, "E2QWRUHEXAMPLE") == "edgerollout-42-E2QWRUHEXAMPLE"


@pytest.mark.parametrize(
    ("invalidations", "since"),
    [
        pytest.param({"E1": make_invalidation(3, minute=40)}, at(40), id="from the release's invalidation"),
        pytest.param({"E1": make_invalidation(2, minute=40)}, at(31), id="not from another release's"),
        pytest.param({}, at(31), id="from the last modification where there is none"),
    ],
)
def test_a_release_is_live_since(invalidations: dict[str, Invalidation], since: datetime) -> None:
    snapshot = make_snapshot(
        make_distribution("E1", make_behavior(version=3), minute=31), invalidations=invalidations
    )
    assert live_since(snapshot, 3) == since


def test_live_since_is_the_latest_moment_over_the_distributions() -> None:
    snapshot = make_snapshot(
        make_distribution("E1", minute=31),
        make_distribution("E2", minute=50),
        invalidations={"E1": make_invalidation(3, minute=40), "E2": make_invalidation(3, minute=35)},
    )
    assert live_since(snapshot, 3) == at(40)


# --- strays ------------------------------------------------------------------------------------------


def test_our_versions_on_distributions_of_no_environment_are_strays() -> None:
    snapshot = make_snapshot(
        make_distribution("E1", make_behavior(version=3)),
        others=(
            make_distribution("E8", make_behavior("/api", 1), make_behavior(version=FOREIGN_ARN)),
            make_distribution("E9", make_behavior(version=2)),
        ),
        releases=RELEASES,
    )
    assert strays(snapshot, frozenset({"E1", "E9"})) == (
        Stray("E8", "e8.example.com", "/api", ORIGIN, arn(1)),
    )


def test_a_stray_is_found_at_any_event() -> None:
    behavior = make_behavior(version=FOREIGN_ARN, more=(Trigger(VIEWER, arn(1)),))
    snapshot = make_snapshot(others=(make_distribution("E8", behavior),), releases=RELEASES)
    assert [stray.event for stray in strays(snapshot, frozenset())] == [VIEWER]
