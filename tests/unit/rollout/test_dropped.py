"""A 200 and an ETag prove nothing: what is Deployed is compared with what was sent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.errors import ExitCode
from edgerollout.release.delivery.distribution_document import edit
from edgerollout.release.delivery.lambda_edge import LambdaEdge
from edgerollout.release.delivery.steps import TriggerIntent
from edgerollout.release.facts.arn import version_arn
from edgerollout.release.facts.events import DistributionResult, RunResult
from edgerollout.release.facts.release import Release, ReplacedTrigger
from edgerollout.release.facts.replaced_tags import replaced_tags
from edgerollout.release.facts.snapshot import Trigger
from edgerollout.release.facts.swap_marks import UNFINISHED_TAG
from edgerollout.release.plans.rollback import RollbackRequest, plan_rollback
from edgerollout.rollout.ports import PreconditionFailed
from tests.fakes.answers import planned
from tests.fakes.documents import document
from tests.unit.release.builders import FUNCTION, FUNCTION_ARN, ORIGIN, P1, P2, VIEWER
from tests.unit.rollout.test_rollback import a_foreign_function
from tests.unit.rollout.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.policy.header_rules import ResponseEvent

UPDATE = "cloudfront:UpdateDistribution"
INVALIDATE = "cloudfront:CreateInvalidation"
SAID = "CloudFront answered 200 but dropped"


def bare(xml: bytes) -> bytes:
    return edit(xml, TriggerIntent(LambdaEdge(), FUNCTION_ARN, None, None), None).xml


def with_release_1(xml: bytes) -> bytes:
    arn = version_arn(FUNCTION_ARN, 1)
    return edit(xml, TriggerIntent(LambdaEdge(), FUNCTION_ARN, ORIGIN, 1), arn).xml


def live(*ids: str, event: ResponseEvent = ORIGIN) -> World:
    """Release 1 is everywhere; the next publish brings P2 as release 2."""
    world = World(ids or ("E1",))
    world.wants(P1, event=event)
    assert world.publish().exit_code is ExitCode.DONE
    world.settle()
    world.forget_calls()
    world.wants(P2, event=event)
    return world


def lies(world: World, change: Callable[[bytes], bytes] = bare, times: int = 1) -> None:
    """The next updates of E1 are answered as ever, and something else is kept of them."""
    world.aws.faults.after(UPDATE, lambda: world.aws.cloudfront.keep("E1", change), times=times)


@pytest.mark.parametrize("change", [bare, with_release_1], ids=["dropped", "as before"])
@pytest.mark.parametrize("event", [ORIGIN, VIEWER])
def test_an_update_that_was_not_kept_is_no_release_that_is_live_and_the_next_run_finishes_it(
    change: Callable[[bytes], bytes], event: ResponseEvent
) -> None:
    world = live(event=event)
    lies(world, change)
    outcome = world.publish()
    assert (outcome.result, outcome.exit_code) == (RunResult.FAILED, ExitCode.FAILED)
    assert SAID in (outcome.error or "")
    assert f"{FUNCTION}:2" in (outcome.error or "")
    assert INVALIDATE not in outcome.aws_calls

    world.settle()
    outcome = world.publish()
    assert (outcome.result, outcome.release) == (RunResult.COMPLETED, 2)
    assert world.triggers() == world.everywhere(2)
    assert world.versions() == (1, 2), "no second version"
    assert not any(key.startswith(UNFINISHED_TAG) for key in world.aws.functions.tags(FUNCTION))
    assert world.publish().result is RunResult.NOTHING_TO_DO


def test_a_first_release_that_was_dropped_is_resumed() -> None:
    world = World()
    lies(world)
    assert world.publish().exit_code is ExitCode.FAILED
    world.settle()
    assert world.publish().exit_code is ExitCode.DONE
    assert world.versions() == (1,)
    assert world.triggers() == world.everywhere(1)


def test_what_never_keeps_associations_is_never_reported_as_live() -> None:
    world = World()
    lies(world, times=99)
    for _ in range(3):
        outcome = world.publish()
        assert outcome.exit_code is ExitCode.FAILED
        assert SAID in (outcome.error or "")
        world.settle()
    assert world.versions() == (1,)


def test_where_one_distribution_s_update_was_dropped_the_others_are_done() -> None:
    world = live("E1", "E2")
    # Either of the two may be updated first.
    lies(world, lambda xml: bare(xml) if f"{FUNCTION_ARN}:2<".encode() in xml else xml, times=2)
    outcome = world.publish()
    assert {distribution.id: distribution.result for distribution in outcome.distributions} == {
        "E1": DistributionResult.FAILED,
        "E2": DistributionResult.COMPLETED,
    }
    world.settle()
    assert world.publish().exit_code is ExitCode.DONE
    assert world.triggers() == world.everywhere(2)


def test_a_rollback_is_compared_too() -> None:
    world = live()
    world.publish()
    world.settle()
    lies(world)
    outcome = world.rollback()
    assert outcome.exit_code is ExitCode.FAILED
    assert SAID in (outcome.error or "")
    assert f"{FUNCTION}:1" in (outcome.error or "")


def test_a_rollback_that_was_dropped_is_finished_by_naming_the_release_again() -> None:
    world = live("E1", "E2")
    world.publish()
    world.settle()
    # Of the two updates, whichever comes first, E1's is the one that is not kept.
    lies(world, lambda xml: bare(xml) if f"{FUNCTION_ARN}:1<".encode() in xml else xml, times=2)
    assert world.rollback(back_from=2).exit_code is ExitCode.FAILED
    world.settle()
    assert world.rollback(back_from=2).exit_code is ExitCode.DONE
    assert world.triggers() == world.everywhere(1)
    world.settle()
    assert world.rollback(back_from=2).result is RunResult.NOTHING_TO_DO


def test_where_all_of_a_rollback_was_dropped_it_is_attached_again() -> None:
    world = live()
    world.publish()
    world.settle()
    lies(world)
    world.rollback()
    world.settle()
    assert set(world.triggers()["E1"].values()) == {()}
    assert world.rollback(back_from=2).exit_code is ExitCode.DONE
    assert world.triggers() == world.everywhere(1)


def test_a_foreign_trigger_that_was_dropped_on_its_way_back_comes_back_with_the_next_run() -> None:
    world = World(behaviors=1)
    world.publish()
    world.settle()
    foreign = a_foreign_function(world)
    took = (ReplacedTrigger("E1", "/p0/*", ORIGIN, foreign),)
    world.aws.functions.tag(FUNCTION_ARN, replaced_tags(1, took))
    snapshot, _ = world.plan_rollback()
    release = snapshot.documents[1]
    assert isinstance(release, Release)
    snapshot = replace(snapshot, documents={1: replace(release, replaced=took)})
    plan = planned(plan_rollback, RollbackRequest(world.request.environment), snapshot)
    lies(
        world,
        lambda xml: edit(xml, TriggerIntent(LambdaEdge(), foreign.rpartition(":")[0], None, None), None).xml,
    )
    assert world.carry_out(plan, snapshot).exit_code is ExitCode.FAILED
    world.settle()

    assert world.rollback(back_from=1).exit_code is ExitCode.DONE
    assert world.triggers()["E1"]["/p0/*"] == (Trigger(ORIGIN, foreign),)
    world.settle()
    assert world.rollback(back_from=1).result is RunResult.NOTHING_TO_DO


def test_a_foreign_trigger_that_shall_come_back_is_compared_too() -> None:
    world = World(behaviors=1)
    world.publish()
    world.settle()
    foreign = a_foreign_function(world)
    snapshot, _ = world.plan_rollback()
    release = snapshot.documents[1]
    assert isinstance(release, Release)
    remembered = replace(release, replaced=(ReplacedTrigger("E1", "/p0/*", ORIGIN, foreign),))
    snapshot = replace(snapshot, documents={1: remembered})
    plan = planned(plan_rollback, RollbackRequest(world.request.environment), snapshot)

    def without_theirs(xml: bytes) -> bytes:
        return edit(xml, TriggerIntent(LambdaEdge(), foreign.rpartition(":")[0], None, None), None).xml

    lies(world, without_theirs)
    outcome = world.carry_out(plan, snapshot)
    assert outcome.exit_code is ExitCode.FAILED
    assert foreign.rpartition(":function:")[2] in (outcome.error or "")


def test_a_foreign_trigger_that_an_update_of_ours_lost_is_told() -> None:
    world = live()
    foreign = a_foreign_function(world)
    theirs = TriggerIntent(LambdaEdge(), foreign.rpartition(":")[0], "viewer-request", 1)
    world.aws.cloudfront.edit("E1", lambda xml: edit(xml, theirs, foreign).xml)
    world.settle()
    lies(world, lambda xml: edit(xml, replace(theirs, event=None), None).xml)
    outcome = world.publish()
    assert outcome.exit_code is ExitCode.FAILED
    assert foreign.rpartition(":function:")[2] in (outcome.error or "")


def test_behaviors_that_a_colleague_adds_or_removes_meanwhile_are_no_failure() -> None:
    world = World(behaviors=2)
    world.publish()
    world.settle()
    world.wants(P2)
    world.aws.faults.after(
        UPDATE,
        lambda: world.aws.cloudfront.edit(
            "E1", lambda _: with_release_2(document(["/p1/*", "/new/*"], alias="e1.example.com"))
        ),
    )
    assert world.publish().exit_code is ExitCode.DONE


def with_release_2(xml: bytes) -> bytes:
    """On the behaviors of the update, and not on the new one."""
    intent = TriggerIntent(LambdaEdge(), FUNCTION_ARN, ORIGIN, 2, frozenset({"/new/*"}))
    return edit(xml, intent, version_arn(FUNCTION_ARN, 2)).xml


def test_under_another_etag_it_was_somebody_else() -> None:
    world = live()
    world.aws.faults.after(UPDATE, world.colleague_detaches)
    outcome = world.publish()
    assert outcome.exit_code is ExitCode.CONFLICT
    assert SAID not in (outcome.error or "")


def test_a_stale_etag_is_still_a_conflict_and_no_drop() -> None:
    world = live()
    world.aws.faults.fail(UPDATE, PreconditionFailed(UPDATE, "PreconditionFailed", "stale"), times=99)
    assert world.publish().exit_code is ExitCode.CONFLICT
