from __future__ import annotations

from dataclasses import replace

import pytest

from edgerollout.release.plans.publish import plan_publish
from edgerollout.release.status.reverted import check_reverted, reverted
from tests.fakes.answers import planned
from tests.spelling import said

from .builders import (
    P1,
    P2,
    make_behavior,
    make_distribution,
    make_environment,
    make_invalidation,
    make_release,
    make_request,
    make_snapshot,
)

TERRAFORM = {"ManagedBy": "terraform"}
RELEASES = {1: make_release(report_only=P1), 2: make_release(report_only=P2, previous=1)}
"""Published at minutes 10 and 20."""


def found(
    *versions: int | None,
    minute: float = 30,
    tags: dict[str, str] = TERRAFORM,
    withdrawn: tuple[int, ...] = (),
    invalidated: int | None = None,
) -> list[tuple[str, int, tuple[int, ...]]]:
    """What is told of one distribution, last changed at that minute, whose behaviors carry these versions."""
    behaviors = [make_behavior(f"/p{n}/*", version=version) for n, version in enumerate(versions)]
    made = None if invalidated is None else make_invalidation(2, minute=invalidated)
    snapshot = make_snapshot(
        make_distribution("E1", *behaviors, minute=minute),
        releases=RELEASES,
        invalidations={"E1": made},
        withdrawn=withdrawn,
    )
    snapshot = replace(snapshot, tags={"E1": tags})
    return [(item.id, item.release, item.carries) for item in reverted(make_environment(), snapshot)]


@pytest.mark.parametrize(
    ("versions", "carries"), [((1, 1), (1,)), ((None, None), ()), ((1, None), (1,))], ids=str
)
def test_an_older_release_or_none_after_a_change_of_an_owned_distribution_is_told(
    versions: tuple[int | None, ...], carries: tuple[int, ...]
) -> None:
    assert found(*versions) == [("E1", 2, carries)]


def test_a_behavior_that_lost_the_release_after_its_invalidation_is_told() -> None:
    assert found(2, 1, minute=30, invalidated=25) == [("E1", 2, (1, 2))]
    assert found(2, 1, minute=24, invalidated=25) == []


def test_nothing_is_told_of_a_run_that_is_not_through_yet() -> None:
    assert found(1, 1, minute=15) == []


def test_nothing_is_told_where_the_release_is_everywhere_or_was_taken_back_by_us() -> None:
    assert found(2, 2) == []
    assert found(1, 1, withdrawn=(2,)) == []


def test_nothing_is_told_where_no_other_tool_is_known() -> None:
    assert found(1, 1, tags={}) == []


def test_a_plan_over_a_reverted_release_warns_and_says_how_to_end_it() -> None:
    snapshot = make_snapshot(
        make_distribution("E1", make_behavior(version=1), minute=30),
        releases=RELEASES,
        invalidations={"E1": make_invalidation(1)},
    )
    third = make_request(P1, again=True)
    plan = planned(plan_publish, third, replace(snapshot, tags={"E1": TERRAFORM}))

    (warning,) = (finding for finding in plan.findings if finding.rule == "reverted")
    assert warning.message.startswith("e1.example.com carries 1 again, not 2")
    assert "ignore_changes" in said(warning.hint)
    assert 'triggers = "terraform"' in said(warning.hint)


def test_behaviors_that_were_put_back_alone_are_named() -> None:
    behaviors = [make_behavior("/api/*", version=1), make_behavior("/app/*"), make_behavior(version=2)]
    snapshot = make_snapshot(
        make_distribution("E1", *behaviors, minute=30),
        releases=RELEASES,
        invalidations={"E1": make_invalidation(2, minute=25)},
    )
    snapshot = replace(snapshot, tags={"E1": TERRAFORM})

    (warning,) = check_reverted(make_environment(), snapshot)

    assert warning.message.startswith("/api/*, /app/* of e1.example.com carry 1 again, not 2")
    assert "such as ordered_cache_behavior[0] it still manages the other behaviors" in said(warning.hint)
