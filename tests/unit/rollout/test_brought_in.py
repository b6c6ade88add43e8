"""What a changed configuration brings in is carried out together with any other change."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from edgerollout.errors import Conflict, ExitCode
from edgerollout.planfile import SavedPlan, check_fresh, intent_of
from edgerollout.release.delivery.distribution_document import edit
from edgerollout.release.delivery.lambda_edge import LambdaEdge
from edgerollout.release.delivery.steps import AwaitDeployed, Slot, TriggerIntent
from edgerollout.release.facts.choices import Choices
from edgerollout.release.facts.snapshot import Trigger
from edgerollout.release.plans.publish import plan_publish
from edgerollout.rollout.ports import AwsFailure
from tests.fakes.answers import read
from tests.spelling import said
from tests.unit.release.builders import FUNCTION, FUNCTION_ARN, ORIGIN, P2, P3, make_environment
from tests.unit.rollout.test_rollback import two_releases
from tests.unit.rollout.world import World

UPDATE = "cloudfront:UpdateDistribution"


def configure(world: World, *ids: str, exclude: tuple[str, ...] = ()) -> None:
    """Edit the environment: its distributions, what is excluded."""
    environment = replace(
        world.request.environment,
        distributions=make_environment(distributions=ids or tuple(world.ids)).distributions,
        exclude=exclude,
    )
    world.request = replace(world.request, environment=environment)


def test_a_path_that_is_no_longer_excluded_comes_along_with_a_new_policy() -> None:
    world = World(("E1",), behaviors=1)
    world.publish()
    world.settle()
    configure(world, exclude=("/p0/*",))
    world.wants(P2)
    configure(world, exclude=("/p0/*",))
    assert world.publish().release == 2
    world.settle()
    world.wants(P3)
    configure(world)

    outcome = world.publish()

    assert (outcome.exit_code, outcome.release) == (ExitCode.DONE, 3)
    assert world.triggers() == world.everywhere(3)


@pytest.mark.parametrize("policy", [P2, P3], ids=["nothing else changes", "and a new policy"])
def test_a_distribution_that_is_named_again_comes_along(policy: object) -> None:
    world = World(("E1", "E2"), behaviors=1)
    world.publish()
    world.settle()
    world.wants(P2)
    configure(world, "E1")
    assert world.publish().release == 2
    world.settle()
    world.colleague_comments("E2")  # changed since, so that nobody can tell by the time
    world.settle()
    world.wants(policy)  # type: ignore[arg-type]
    configure(world, "E1", "E2")

    outcome = world.publish()

    assert outcome.exit_code is ExitCode.DONE
    assert world.triggers() == world.everywhere(2 if policy is P2 else 3)


def test_a_run_that_stopped_between_two_distributions_is_still_to_be_finished_first() -> None:
    world = World(("E1", "E2"), behaviors=1)
    world.publish()
    world.settle()
    world.wants(P2)
    world.aws.faults.fail(UPDATE, AwsFailure(UPDATE, "AccessDenied", "not authorized"), at=2, times=1)
    assert world.publish().exit_code is ExitCode.FAILED
    world.settle()
    world.wants(P3)
    with pytest.raises(Conflict, match="is mixed") as stopped:
        world.plan()
    assert "--from 2" in said(stopped.value.hint)
    world.wants(P2)
    assert world.publish().exit_code is ExitCode.DONE
    assert world.triggers() == world.everywhere(2)


def test_with_every_behavior_excluded_no_version_is_made() -> None:
    world = World(("E1",), behaviors=1)
    configure(world, exclude=("/p0/*", "Default (*)"))
    request = world.request
    reading = read(world.session(), request.environment)
    plan = reading.plan(partial(plan_publish, request))
    assert "all-excluded" in [error.rule for error in plan.errors]


def test_over_a_version_made_by_hand_the_error_names_a_way_that_works() -> None:
    world = two_releases()
    world.aws.functions.add_version(FUNCTION, b"by hand", "")
    slot = Slot("/p0/*", ORIGIN, Trigger(ORIGIN, f"{FUNCTION_ARN}:2"), Trigger(ORIGIN, f"{FUNCTION_ARN}:3"))
    intent = TriggerIntent(LambdaEdge(), FUNCTION_ARN, None, None, slots=(slot,))
    world.aws.cloudfront.edit("E1", lambda xml: edit(xml, intent, None).xml)
    world.settle()
    request = world.request
    reading = read(world.session(), request.environment)
    [error] = [
        error for error in reading.plan(partial(plan_publish, request)).errors if error.rule == "live-unknown"
    ]
    assert said(error.hint) == "Go back to release 2: edgerollout rollback -e testing --to 2."

    assert world.rollback(to=2).exit_code is ExitCode.DONE
    assert world.triggers() == world.everywhere(2)
    world.settle()
    world.wants(P3)
    assert world.publish().exit_code is ExitCode.DONE


def test_a_colleague_s_propagation_is_waited_for_and_is_no_change() -> None:
    world = two_releases()
    world.colleague_comments()
    _, plan = world.plan()
    assert [type(step) for distribution in plan.distributions for step in distribution.steps] == [
        AwaitDeployed
    ]
    assert not plan.changes
    assert world.publish().exit_code is ExitCode.DONE
    assert UPDATE not in world.calls


def test_a_saved_plan_that_was_cut_off_is_finished_by_applying_it_again() -> None:
    world = World(("E1", "E2"), behaviors=1)
    world.publish()
    world.settle()
    world.wants(P2)
    _, plan = world.plan()
    saved = SavedPlan("testing", Choices(), intent_of(plan))
    world.aws.faults.fail(UPDATE, AwsFailure(UPDATE, "AccessDenied", "not authorized"), at=2, times=1)
    assert world.publish().exit_code is ExitCode.FAILED
    _, now = world.plan()
    check_fresh(saved, now)
    assert world.publish().exit_code is ExitCode.DONE
    assert world.versions() == (1, 2)
