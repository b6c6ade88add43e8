"""A run that takes itself back undoes what it changed, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.errors import Conflict, ExitCode
from edgerollout.release.facts.events import DistributionResult, RollbackStarted, RunResult
from edgerollout.release.facts.snapshot import Trigger
from edgerollout.rollout.ports import AwsFailure
from tests.fakes.probe import FakeProbe, answer
from tests.fakes.windows import Windows
from tests.spelling import said
from tests.unit.release.builders import FUNCTION_ARN, ORIGIN, P2, P3, VIEWER
from tests.unit.rollout.test_rollback import (
    a_foreign_function,
    two_releases,
    unfinished_marks,
    withdrawn_marks,
)
from tests.unit.rollout.world import URL, World

if TYPE_CHECKING:
    from edgerollout.net.answer import HttpAnswer

UPDATE, INVALIDATE = "cloudfront:UpdateDistribution", "cloudfront:CreateInvalidation"
FAILS = answer(URL, status=502)


def failing_after_the_swap(world: World) -> World:
    """Its URL answers, until the next run has swapped."""
    environment = replace(world.request.environment, urls=(URL,), on_failure="rollback")
    world.request = replace(world.request, environment=environment)
    world.probe = FakeProbe()
    world.probe.script(URL, answer(URL), FAILS)
    return world


@pytest.mark.parametrize("releases", [1, 2])
def test_a_mend_of_one_behavior_is_undone_there_and_the_release_stays(releases: int) -> None:
    world = two_releases("E1", "E2") if releases == 2 else World(("E1", "E2"), behaviors=1)
    if releases == 1:
        world.publish()
        world.settle()
    path = "/p0/*"
    world.aws.cloudfront.edit("E1", lambda xml: bare(xml, path))
    world.settle()
    before = world.triggers()
    failing_after_the_swap(world)

    outcome = world.publish()

    assert (outcome.result, outcome.exit_code) == (RunResult.ROLLED_BACK, ExitCode.ROLLED_BACK)
    assert world.triggers() == before
    assert withdrawn_marks(world) == set()
    assert [distribution.result for distribution in outcome.distributions] == [
        DistributionResult.ROLLED_BACK,
        DistributionResult.NOTHING_TO_DO,
    ]
    assert outcome.previous == releases
    [started] = [event for event in world.events if isinstance(event, RollbackStarted)]
    assert (started.to_release, said(started.resume)) == (releases, "edgerollout publish -e testing")


@pytest.mark.parametrize(("old", "new"), [(ORIGIN, VIEWER), (VIEWER, ORIGIN)])
def test_a_changed_event_comes_back_and_no_response_goes_bare_meanwhile(old: str, new: str) -> None:
    world = two_releases(event=old)
    before = world.triggers()
    world.wants(P2, event=new)
    failing_after_the_swap(world)
    world.forget_calls()

    outcome = world.publish()

    assert outcome.exit_code is ExitCode.ROLLED_BACK
    assert world.triggers() == before
    assert withdrawn_marks(world) == set()
    if old == ORIGIN:
        # One update: the viewer trigger goes as the origin trigger comes, and the cache has no headers.
        order = [text for text in world.aws.faults.log if text in (UPDATE, INVALIDATE)]
        assert order[-3:] == [UPDATE, INVALIDATE, UPDATE]
    assert "cloudfront:CreateInvalidation" in world.calls


def test_a_new_release_and_a_changed_event_go_back_to_the_release_before_at_its_event() -> None:
    world = two_releases("E1", "E2", event=ORIGIN)
    before = world.triggers()
    world.wants(P3, event=VIEWER)
    failing_after_the_swap(world)

    outcome = world.publish()

    assert (outcome.exit_code, outcome.release, outcome.previous) == (ExitCode.ROLLED_BACK, 3, 2)
    assert world.triggers() == before
    assert withdrawn_marks(world) == {"3"}
    assert unfinished_marks(world) == set()


def test_a_release_that_finishes_what_stopped_half_way_is_taken_back_everywhere() -> None:
    world = World(("E1", "E2"), behaviors=1)
    world.publish()
    world.settle()
    world.wants(P2)
    denied = AwsFailure(UPDATE, "AccessDenied", "not authorized")
    world.aws.faults.fail(UPDATE, denied, at=2, times=1)
    assert world.publish().exit_code is ExitCode.FAILED
    world.settle()
    failing_after_the_swap(world)

    outcome = world.publish()

    assert (outcome.exit_code, outcome.previous) == (ExitCode.ROLLED_BACK, 1)
    assert world.triggers() == world.everywhere(1)
    assert withdrawn_marks(world) == {"2"}
    assert [distribution.result for distribution in outcome.distributions] == [
        DistributionResult.ROLLED_BACK
    ] * 2


def test_what_others_moved_since_is_left_and_told() -> None:
    world = two_releases("E1")
    world.aws.cloudfront.edit("E1", lambda xml: bare(xml, "/p0/*"))
    world.settle()
    foreign = a_foreign_function(world)
    failing_after_the_swap(world)

    def somebody_takes_the_slot(url: str) -> HttpAnswer:
        ours = f"{FUNCTION_ARN}:2".encode()
        world.aws.cloudfront.edit("E1", lambda xml: foreign.encode().join(xml.rsplit(ours, 1)))
        return FAILS

    assert world.probe is not None
    world.probe.script(URL, answer(URL), somebody_takes_the_slot, FAILS)

    outcome = world.publish()

    assert outcome.exit_code is ExitCode.CONFLICT, "nothing of it was left to take back"
    assert world.triggers()["E1"]["/p0/*"] == (Trigger(ORIGIN, foreign),)
    assert any("changed by others since and is left" in notice for notice in world.notices)


def test_an_outage_of_the_origin_is_told_apart_from_a_failed_way_back() -> None:
    """The site fails without the release as well: the way back is complete, and not to be repeated."""
    world = two_releases()
    world.wants(P3)
    failing_after_the_swap(world)

    outcome = world.publish()

    assert outcome.exit_code is ExitCode.ROLLED_BACK
    assert outcome.error is not None
    assert "the site also fails without it" in outcome.error
    assert world.triggers() == world.everywhere(2)
    assert "rollback" not in said(outcome.next_step)


def test_a_manual_rollback_that_is_complete_on_a_failing_site_advises_no_further_step_back() -> None:
    world = failing_after_the_swap(two_releases())

    outcome = world.rollback()

    assert (outcome.result, outcome.exit_code) == (RunResult.NOT_RIGHT, ExitCode.NOT_RIGHT)
    assert world.triggers() == world.everywhere(1)
    assert [distribution.result for distribution in outcome.distributions] == [DistributionResult.NOT_RIGHT]
    assert "rollback" not in said(outcome.next_step)


# --- `rollback --from N` -----------------------------------------------------------------------------


def test_a_named_release_is_taken_back_once_however_often_it_is_asked() -> None:
    world = two_releases()
    world.wants(P3)
    world.publish()
    world.settle()

    first, again = world.rollback(back_from=3), world.rollback(back_from=3)

    assert (first.result, first.release) == (RunResult.COMPLETED, 2)
    world.settle()
    assert again.result in (RunResult.COMPLETED, RunResult.NOTHING_TO_DO)
    assert world.rollback(back_from=3).result is RunResult.NOTHING_TO_DO
    assert world.triggers() == world.everywhere(2)
    assert withdrawn_marks(world) == {"3"}


def test_a_newer_release_is_left_alone() -> None:
    world = two_releases()
    with pytest.raises(Conflict, match="superseded by 2"):
        world.plan_rollback(back_from=1)


def test_the_first_release_taken_back_is_taken_back_once() -> None:
    world = World(behaviors=1, windows=Windows(deploy_seconds=20, invalidation_seconds=8))
    world.publish()
    world.settle()
    assert world.rollback(back_from=1).result is RunResult.COMPLETED
    world.settle()
    assert world.rollback(back_from=1).result is RunResult.NOTHING_TO_DO
    assert set(world.triggers()["E1"].values()) == {()}


def bare(xml: bytes, path: str) -> bytes:
    """The document without any function on one behavior."""
    from edgerollout.release.delivery.distribution_document import edit
    from edgerollout.release.delivery.lambda_edge import LambdaEdge
    from edgerollout.release.delivery.steps import Slot, TriggerIntent

    for number in (1, 2, 3):
        slot = Slot(path, ORIGIN, Trigger(ORIGIN, f"{FUNCTION_ARN}:{number}"), None)
        xml = edit(xml, TriggerIntent(LambdaEdge(), FUNCTION_ARN, None, None, slots=(slot,)), None).xml
    return xml


def test_a_run_that_only_finishes_takes_nothing_back_and_does_not_say_so() -> None:
    world = two_releases("E1")
    world.wants(P3)
    world.aws.faults.fail(INVALIDATE, AwsFailure(INVALIDATE, "AccessDenied", "not authorized"), at=1, times=1)
    assert world.publish().exit_code is ExitCode.FAILED
    world.settle()
    environment = replace(world.request.environment, urls=(URL,), on_failure="rollback")
    world.request = replace(world.request, environment=environment)
    world.probe = FakeProbe()
    third = answer(URL, headers={"Content-Security-Policy-Report-Only": "default-src *"})
    world.probe.script(URL, answer(URL), third)

    outcome = world.publish()

    assert (outcome.result, outcome.exit_code) == (RunResult.NOT_RIGHT, ExitCode.NOT_RIGHT)
    assert said(outcome.undo) == "edgerollout rollback -e testing --from 3"
    assert world.triggers() == world.everywhere(3)
    assert not [event for event in world.events if isinstance(event, RollbackStarted)]
