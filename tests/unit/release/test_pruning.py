"""What a prune may never take, over any history of releases; and what the soak gate makes of what is left."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.release.facts.environment import Gates
from edgerollout.release.facts.ledger import LedgerLine
from edgerollout.release.facts.live import WITHDRAWN_TAG, ledger_of, live_release, withdrawn
from edgerollout.release.facts.release import Release
from edgerollout.release.facts.soak import soaked_since
from edgerollout.release.plans.pruning import PrunePlan, PruneRequest, plan_prune
from tests.unit.release.builders import (
    P1,
    P2,
    at,
    make_behavior,
    make_distribution,
    make_environment,
    make_invalidation,
    make_release,
    make_snapshot,
)

if TYPE_CHECKING:
    from edgerollout.release.facts.snapshot import Snapshot

NO_ALIASES: dict[str, frozenset[int]] = {}


def history(*policies: str | None, live: int, marked: tuple[int, ...] = ()) -> Snapshot:
    """Releases 1, 2… observing policy `1` or `2` (None: not ours), each following the one before it that
    is not marked as withdrawn; published 10 minutes apart, now is an hour after the last.
    """
    releases: dict[int, Release | None] = {}
    previous: int | None = None
    for number, policy in enumerate(policies, start=1):
        releases[number] = None
        if policy is not None:
            observed = P1 if policy == "1" else P2
            releases[number] = make_release(
                report_only=observed, previous=previous, files={"f": str(number).encode()}
            )
            previous = previous if number in marked else number
    return lived(releases, live, marked)


def lived(releases: dict[int, Release | None], live: int, marked: tuple[int, ...]) -> Snapshot:
    """These releases, published 10 minutes apart, with one of them live."""
    minute = 10 * len(releases) + 5
    snapshot = make_snapshot(
        make_distribution("E1", make_behavior(version=live), minute=minute),
        releases=releases,
        withdrawn=marked,
        invalidations={"E1": make_invalidation(live, minute=minute)},
    )
    assert snapshot.function is not None
    newest = snapshot.function.versions[-1].published_at
    return replace(snapshot, taken_at=newest + timedelta(hours=1))


def planned(snapshot: Snapshot, keep: int, soak: float = 0) -> PrunePlan:
    environment = replace(make_environment(), gates=Gates(soak=timedelta(minutes=soak)))
    return plan_prune(PruneRequest(environment, keep), snapshot, NO_ALIASES)


def going(plan: PrunePlan) -> set[int]:
    return {deletion.version.number for deletion in plan.deletions}


def pruned(snapshot: Snapshot, plan: PrunePlan) -> Snapshot:
    """The snapshot once the plan is carried out."""
    function, gone = snapshot.function, going(plan)
    assert function is not None
    tags = {key: value for key, value in (function.tags or {}).items() if key not in _marks(gone)}
    left = tuple(version for version in function.versions if version.number not in gone)
    return replace(snapshot, function=replace(function, versions=left, tags=tags))


def _marks(numbers: set[int]) -> set[str]:
    return {f"{WITHDRAWN_TAG}{number}" for number in numbers}


def test_releases_that_observed_the_same_policy_need_not_stay_while_the_soak_lasts() -> None:
    """The live one carries since when that was."""
    snapshot = history(*"1111111", live=7)

    assert going(planned(snapshot, keep=1)) == {1, 2, 3, 4, 5}
    assert going(planned(snapshot, keep=1, soak=600)) == {1, 2, 3, 4, 5}


def test_a_withdrawn_policy_in_between_goes_on_to_end_the_soaks_count_though_it_is_deleted() -> None:
    snapshot = history(*"1112111", live=7, marked=(4,))
    live = snapshot.documents[7]
    assert isinstance(live, Release)
    snapshot = replace(snapshot, documents={7: replace(live, observed_since=at(15))})
    before = soaked_since(snapshot)
    plan = planned(snapshot, keep=5)

    assert going(plan) == {1, 4}
    assert soaked_since(pruned(snapshot, plan)) == before == at(50)


def test_a_withdrawn_policy_in_between_stays_while_the_count_would_not_end_there_without_it() -> None:
    """The live release may say that its policy was observed before: only the break says that it was not."""
    snapshot = history(*"112111", live=6, marked=(3,))

    assert going(planned(snapshot, keep=1)) == {1}


def test_a_withdrawn_release_of_the_live_policy_stays_by_which_only_the_live_release_counts() -> None:
    marked = history(*"11111", live=5)
    assert marked.function is not None
    snapshot = replace(marked, function=replace(marked.function, tags={f"{WITHDRAWN_TAG}2": ""}))
    plan = planned(snapshot, keep=2)

    assert going(plan) == {1}
    assert soaked_since(pruned(snapshot, plan)) == soaked_since(snapshot) == at(55)


def test_a_withdrawn_policy_from_before_the_count_goes() -> None:
    assert 1 in going(planned(history(*"2111", live=4, marked=(1,)), keep=3))


@st.composite
def histories(draw: st.DrawFn) -> Snapshot:
    count = draw(st.integers(1, 9))
    releases: dict[int, Release | None] = {}
    ours: list[int] = []
    for number in range(1, count + 1):
        releases[number] = None
        if draw(st.integers(0, 9)):
            made = make_release(
                report_only=draw(st.sampled_from((P1, P2, None))),
                previous=draw(st.sampled_from((*ours[-1:], *ours[-3:], None))),
                files={"f": str(number).encode()},
            )
            since = draw(st.none() | st.integers(0, 10 * number))
            releases[number] = replace(made, observed_since=None if since is None else at(since))
            ours.append(number)
    marked = draw(st.sets(st.integers(1, count), max_size=3))
    return lived(releases, draw(st.integers(1, count)), tuple(sorted(marked)))


@given(histories(), st.integers(0, 6), st.sampled_from((0, 30, 85, 90, 600)))
def test_whatever_happened_a_prune_takes_nothing_that_is_wanted(
    snapshot: Snapshot, keep: int, soak: float
) -> None:
    plan, function = planned(snapshot, keep, soak), snapshot.function
    live = live_release(snapshot)
    assert function is not None
    assert live is not None
    gone = going(plan)
    line = ledger_of(function, live.number)
    ours = [
        version.number for version in function.versions if LedgerLine.parse(version.description) is not None
    ]
    standing = [number for number in ours if number not in withdrawn(function)]

    assert live.number not in gone
    assert line is None or line.previous not in gone
    assert gone <= set(ours)
    assert not gone & set(standing[len(standing) - keep :] if keep else ())
    assert not {number for number in gone if number in withdrawn(function) and number > live.number}
    assert going(planned(pruned(snapshot, plan), keep, soak)) == set()


@given(histories(), st.integers(0, 6), st.sampled_from((0, 30, 85, 90, 600)))
def test_a_prune_never_makes_a_policy_look_observed_for_longer_nor_unmakes_a_soak(
    snapshot: Snapshot, keep: int, soak: float
) -> None:
    before, after = soaked_since(snapshot), soaked_since(pruned(snapshot, planned(snapshot, keep, soak)))

    assert (before is None) is (after is None)
    if before is not None and after is not None:
        assert after >= before
        enough = snapshot.taken_at - timedelta(minutes=soak)
        assert soak == 0 or after == before or after <= enough


@pytest.mark.parametrize("keep", [0, 5])
def test_a_function_without_versions_has_nothing_to_prune(keep: int) -> None:
    plan = planned(make_snapshot(make_distribution()), keep)

    assert not plan.changes
    assert plan.freed == 0
