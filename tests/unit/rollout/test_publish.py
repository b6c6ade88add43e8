"""The loop of publish, end to end over an account in memory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgerollout.errors import ExitCode
from edgerollout.release.facts.events import (
    DistributionResult,
    Outcome,
    RunResult,
    StepFinished,
    StepKind,
    StepStarted,
)
from tests.unit.release.builders import ORIGIN, P1, P2, VIEWER
from tests.unit.rollout.world import World

WRITES = {
    "cloudfront:UpdateDistribution",
    "cloudfront:CreateInvalidation",
    "lambda:CreateFunction",
    "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionConfiguration",
    "lambda:PublishVersion",
    "lambda:TagResource",
    "lambda:UntagResource",
    "iam:CreateRole",
    "iam:AttachRolePolicy",
}


def published(world: World) -> World:
    """`world` after a first publish that is through."""
    assert world.publish().exit_code is ExitCode.DONE
    world.settle()
    world.forget_calls()
    return world


def test_a_first_publish_reaches_every_behavior_and_clears_the_cache() -> None:
    world = World()
    outcome = world.publish()
    assert (outcome.result, outcome.exit_code) == (RunResult.COMPLETED, ExitCode.DONE)
    assert (outcome.release, outcome.previous) == (1, None)
    assert world.triggers() == world.everywhere(1)
    assert world.references() == {"E1": ["edgerollout-1"]}


def test_a_first_publish_tells_its_steps_in_order() -> None:
    world = World()
    world.publish()
    started = [event.step for event in world.events if isinstance(event, StepStarted)]
    assert started == [
        StepKind.CREATE_FUNCTION,
        StepKind.PUBLISH_VERSION,
        StepKind.SWAP_TRIGGERS,
        StepKind.AWAIT_DEPLOYED,
        StepKind.INVALIDATE,
    ]


@pytest.mark.parametrize("ids", [("E1",), ("E1", "E2", "E3")])
def test_every_step_that_starts_finishes_and_the_outcome_comes_last(ids: tuple[str, ...]) -> None:
    world = World(ids)
    outcome = world.publish()
    started = [(event.step, event.distribution) for event in world.events if isinstance(event, StepStarted)]
    finished = [(event.step, event.distribution) for event in world.events if isinstance(event, StepFinished)]
    assert sorted(finished, key=str) == sorted(started, key=str)
    assert world.events[-1] is outcome
    assert sum(isinstance(event, Outcome) for event in world.events) == 1


def test_the_role_is_created_where_it_is_missing() -> None:
    world = World()
    world.aws.roles._stored.clear()
    assert world.publish().exit_code is ExitCode.DONE
    assert world.calls["iam:CreateRole"] == 1


def test_the_invalidation_is_made_only_after_deployed() -> None:
    world = World()
    world.publish()
    done = [event.step for event in world.events if isinstance(event, StepFinished)]
    assert done.index(StepKind.AWAIT_DEPLOYED) < done.index(StepKind.INVALIDATE)


def test_a_second_publish_has_nothing_to_do_and_writes_nothing() -> None:
    world = published(World(("E1", "E2")))
    outcome = world.publish()
    assert (outcome.result, outcome.exit_code) == (RunResult.NOTHING_TO_DO, ExitCode.DONE)
    assert outcome.release == 1
    assert {distribution.result for distribution in outcome.distributions} == {
        DistributionResult.NOTHING_TO_DO
    }
    assert world.calls.keys() & WRITES == set()


def test_nothing_to_do_costs_one_sweep_one_function_its_versions_and_one_invalidation_list_each() -> None:
    world = published(World(("E1", "E2", "E3")))
    world.publish()
    assert world.calls == {
        "sts:GetCallerIdentity": 1,
        "cloudfront:ListDistributions": 1,
        "lambda:GetFunction": 1,
        "lambda:ListVersionsByFunction": 1,
        "cloudfront:ListInvalidations": 3,
        # An invalidation list carries no caller references: the newest entry is looked up.
        "cloudfront:GetInvalidation": 3,
    }


@pytest.mark.parametrize("ids", [("E1",), ("E1", "E2", "E3", "E4", "E5")])
def test_a_publish_costs_one_read_one_update_and_one_invalidation_a_distribution(
    ids: tuple[str, ...],
) -> None:
    world = published(World(ids, behaviors=5))
    world.wants(P2)
    outcome = world.publish()
    assert outcome.exit_code is ExitCode.DONE
    assert outcome.aws_calls["cloudfront:GetDistributionConfig"] == len(ids)
    assert outcome.aws_calls["cloudfront:UpdateDistribution"] == len(ids)
    assert outcome.aws_calls["cloudfront:CreateInvalidation"] == len(ids)
    assert outcome.aws_calls["lambda:PublishVersion"] == 1
    assert world.triggers() == world.everywhere(2)
    assert world.references() == {identity: ["edgerollout-1", "edgerollout-2"] for identity in ids}


def test_viewer_response_invalidates_nothing() -> None:
    world = World(("E1", "E2"))
    world.wants(P1, event=VIEWER)
    assert world.publish().exit_code is ExitCode.DONE
    assert world.triggers() == world.everywhere(1)
    assert "cloudfront:CreateInvalidation" not in world.calls


def test_the_fields_no_sdk_knows_survive_a_publish() -> None:
    world = World()
    before = world.aws.cloudfront.xml("E1").count(b"NewIn2031")
    world.publish()
    assert world.aws.cloudfront.xml("E1").count(b"NewIn2031") == before > 0


def test_changed_memory_is_brought_to_the_function_before_the_version_is_published() -> None:
    world = published(World())
    environment = world.request.environment
    world.request = replace(
        world.request,
        environment=replace(environment, function=replace(environment.function, memory=256)),
    )
    assert world.publish().exit_code is ExitCode.DONE
    log = world.aws.faults.log
    order = [
        log.index(f"lambda:{name}")
        for name in ("UpdateFunctionConfiguration", "UpdateFunctionCode", "PublishVersion")
    ]
    assert order == sorted(order)


def test_the_event_moves_from_viewer_to_origin_without_a_bare_response() -> None:
    world = World()
    world.wants(P1, event=VIEWER)
    published(world)
    world.wants(P1, event=ORIGIN)
    seen: list[set[str]] = []
    world.aws.faults.after(
        "cloudfront:UpdateDistribution",
        lambda: seen.append(
            {trigger.event for triggers in world.triggers()["E1"].values() for trigger in triggers}
        ),
        times=9,
    )
    assert world.publish().exit_code is ExitCode.DONE
    assert seen == [{VIEWER, ORIGIN}, {ORIGIN}]
    log = world.aws.faults.log
    second = len(log) - 1 - log[::-1].index("cloudfront:UpdateDistribution")
    assert log.index("cloudfront:CreateInvalidation") < second
    assert all(invalidation.completed for invalidation in world.aws.cloudfront.invalidations("E1"))
