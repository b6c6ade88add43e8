"""Deleting old versions: what stays and why, what is pending, at what pace, and however it is cut off."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.advice import CommandLine
from edgerollout.errors import ExitCode, Refused
from edgerollout.release.delivery.distribution_document import edit
from edgerollout.release.delivery.lambda_edge import LambdaEdge
from edgerollout.release.delivery.steps import TriggerIntent
from edgerollout.release.facts.events import (
    Outcome,
    Pruned,
    RunResult,
    StepFailed,
    VersionFate,
    VersionJudged,
)
from edgerollout.release.facts.live import WITHDRAWN_TAG
from edgerollout.release.plans.pruning import PrunePlan, PruneRequest, plan_prune
from edgerollout.rollout.ports import AwsFailure, CredentialsExpired
from edgerollout.rollout.pruning import APART, Pruning
from edgerollout.rollout.reading import Siblings, take_snapshot
from edgerollout.rollout.stopping import Stop
from tests.fakes import documents
from tests.fakes.windows import Windows
from tests.spelling import said, spell
from tests.unit.release.builders import FUNCTION, FUNCTION_ARN, ORIGIN, csp
from tests.unit.rollout.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping

AGAIN = CommandLine("prune", "testing")
A_DAY = 86_400


class Killed(BaseException):
    """The process is gone."""


def _die() -> None:
    raise Killed


def published(count: int) -> World:
    """An environment whose releases 1 to `count` were live one after the other, the last one now."""
    world = World(behaviors=1, windows=Windows(deploy_seconds=20, invalidation_seconds=8))
    for number in range(1, count + 1):
        publish(world, number)
    world.clock.advance(A_DAY)
    world.forget_calls()
    return world


def publish(world: World, number: int) -> None:
    world.wants(csp(f"https://{number}.example"))
    assert world.publish().exit_code is ExitCode.DONE
    world.settle()


def planned(world: World, keep: int = 2, *, aliases: Mapping[str, frozenset[int]] | None = None) -> PrunePlan:
    environment = world.request.environment
    snapshot = take_snapshot(world.session(), environment, Siblings({}))
    known = world.aws.functions.aliases(FUNCTION) if aliases is None else aliases
    return plan_prune(PruneRequest(environment, keep), snapshot, known)


def prune(world: World, keep: int = 2, *, stop: Stop | None = None) -> Outcome:
    """The whole command: read, plan, carry out."""
    return Pruning(world.session(stop=stop), planned(world, keep), AGAIN).run()


def whys(plan: PrunePlan) -> dict[int, str]:
    return {version.version.number: version.why for version in plan.versions if not version.deletes}


def going(plan: PrunePlan) -> list[int]:
    return [deletion.version.number for deletion in plan.deletions]


def fates(world: World) -> dict[int, VersionFate]:
    return {event.version: event.fate for event in world.events if isinstance(event, VersionJudged)}


# --- what stays ------------------------------------------------------------------------------------------


def test_the_live_release_where_a_rollback_goes_and_the_newest_stay() -> None:
    plan = planned(published(6), keep=3)

    assert going(plan) == [1, 2, 3]
    assert whys(plan) == {
        4: "2 rollbacks go here",
        5: "rollback goes here",
        6: "attached on e1.example.com",
    }


@pytest.mark.parametrize(
    ("keep", "gone"), [(0, [1, 2]), (1, [1, 2]), (2, [1, 2]), (3, [1]), (4, []), (9, [])]
)
def test_whatever_is_kept_the_live_release_and_the_one_before_stay(keep: int, gone: list[int]) -> None:
    assert going(planned(published(4), keep=keep)) == gone


def test_a_release_that_a_rollback_brought_back_keeps_its_own_way_back() -> None:
    world = published(4)
    world.rollback(to=2)
    world.clock.advance(A_DAY)

    plan = planned(world, keep=0)

    assert whys(plan)[1] == "rollback goes here"
    assert whys(plan)[2] == "attached on e1.example.com"


def test_a_withdrawn_release_stays_while_it_would_be_published_again_and_goes_then() -> None:
    world = published(3)
    world.rollback()
    world.settle()
    assert whys(planned(world, keep=0))[3].startswith("withdrawn")

    for number in (4, 5):
        publish(world, number)
    plan = planned(world, keep=3)

    assert going(plan) == [1, 3]
    assert {deletion.version.number: deletion.why for deletion in plan.deletions}[3] == "withdrawn"


@pytest.mark.parametrize("staging", [False, True], ids=["another distribution", "a staging distribution"])
def test_what_any_distribution_of_the_account_uses_stays(staging: bool) -> None:
    world = published(5)
    xml = documents.document(1, alias="elsewhere.example.com")
    if staging:
        xml = xml.replace(b"<Staging>false", b"<Staging>true")
        assert b"<Staging>true" in xml
    intent = TriggerIntent(LambdaEdge(), FUNCTION_ARN, "viewer-request", None)
    world.aws.cloudfront.add("E9", edit(xml, intent, f"{FUNCTION_ARN}:1").xml)

    why = whys(planned(world, keep=0))[1]

    assert why == "attached on elsewhere.example.com" + (" (staging)" if staging else "")


def test_what_an_alias_names_stays_also_while_it_shifts_traffic() -> None:
    world = published(5)
    world.aws.functions.add_alias(FUNCTION, "canary", 1, 2)

    assert {1: "alias canary", 2: "alias canary"}.items() <= whys(planned(world, keep=0)).items()


def test_versions_of_others_are_never_touched() -> None:
    world = published(2)
    world.aws.functions.add_version(FUNCTION, b"by hand", "a hot fix")
    for number in (4, 5, 6):
        publish(world, number)

    plan = planned(world, keep=0)

    assert whys(plan)[3] == "not published by edgerollout"
    assert 3 not in going(plan)


def test_a_release_that_is_not_attached_yet_stays() -> None:
    world = published(2)
    world.wants(csp("https://3.example"))
    world.aws.faults.before("cloudfront:UpdateDistribution", _die)
    with pytest.raises(Killed):
        world.publish()

    assert whys(planned(world, keep=0))[3] == "published but not attached yet"


def test_after_a_detach_only_the_newest_stay() -> None:
    world = published(4)
    world.detach()
    world.clock.advance(A_DAY)

    assert going(planned(world, keep=1)) == [1, 2, 3]


def test_without_a_function_there_is_nothing_to_prune() -> None:
    world = World()
    snapshot = take_snapshot(world.session(), world.request.environment, Siblings({}))
    with pytest.raises(Refused):
        plan_prune(PruneRequest(world.request.environment), snapshot, None)


# --- what goes -------------------------------------------------------------------------------------------


def test_the_rest_is_deleted_oldest_first_and_its_bytes_are_counted() -> None:
    world = published(6)
    sizes = {version.version.number: version.version.size for version in planned(world).versions}

    outcome = prune(world)

    assert (outcome.exit_code, outcome.result, outcome.release) == (ExitCode.DONE, RunResult.COMPLETED, 6)
    assert outcome.pruned == Pruned((1, 2, 3, 4), freed=sum(sizes[number] for number in (1, 2, 3, 4)))
    assert world.versions() == (5, 6)
    deleted = [number for number, fate in fates(world).items() if fate is VersionFate.DELETED]
    assert deleted == [1, 2, 3, 4]
    assert fates(world)[6] is VersionFate.SPARED


def test_nothing_to_delete_is_nothing_to_do_and_writes_nothing() -> None:
    world = published(2)

    outcome = prune(world)

    assert (outcome.exit_code, outcome.result) == (ExitCode.DONE, RunResult.NOTHING_TO_DO)
    assert not {"lambda:DeleteFunction", "lambda:UntagResource"} & set(world.calls)


def test_a_replicated_version_is_pending_and_no_error() -> None:
    world = World(
        behaviors=1, windows=Windows(deploy_seconds=20, invalidation_seconds=8, replica_seconds=A_DAY)
    )
    for number in (1, 2, 3, 4):
        publish(world, number)

    outcome = prune(world, keep=0)

    assert (outcome.exit_code, outcome.result) == (ExitCode.DONE, RunResult.COMPLETED)
    assert outcome.pruned is not None
    assert outcome.pruned.pending == (1, 2)
    assert said(outcome.next_step) == f"Run it again in some hours: {spell(AGAIN)}"
    world.clock.advance(A_DAY)
    again = prune(world, keep=0)
    assert again.pruned is not None
    assert again.pruned.deleted == (1, 2)


def test_deletions_keep_below_lambdas_rate() -> None:
    world = published(16)
    began = world.clock.monotonic()

    prune(world)

    assert world.calls["lambda:DeleteFunction"] == 14
    assert world.clock.monotonic() - began >= 13 * APART
    assert APART > 1 / 15


def test_the_marks_of_deleted_releases_go_and_the_others_stay() -> None:
    world = published(2)
    world.rollback()
    world.settle()
    for number in (3, 4, 5):
        publish(world, number)
    world.rollback()
    world.clock.advance(A_DAY)

    prune(world, keep=0)

    marks = [key for key in world.aws.functions.tags(FUNCTION) if key.startswith(WITHDRAWN_TAG)]
    assert marks == [f"{WITHDRAWN_TAG}5"]


# --- races and ends ---------------------------------------------------------------------------------------


def test_a_version_that_was_attached_after_the_plan_is_spared() -> None:
    world = published(5)
    plan = planned(world, keep=0)
    world.colleague_attaches(1)

    outcome = Pruning(world.session(), plan, AGAIN).run()

    assert outcome.exit_code is ExitCode.DONE
    assert fates(world)[1] is VersionFate.SPARED
    assert 1 in world.versions()
    assert any("version 1 is attached on e1.example.com now" in notice for notice in world.notices)


def test_a_version_that_got_an_alias_after_the_plan_is_spared() -> None:
    world = published(5)
    plan = planned(world, keep=0, aliases={})
    world.aws.functions.add_alias(FUNCTION, "canary", 2)

    assert Pruning(world.session(), plan, AGAIN).run().exit_code is ExitCode.DONE

    assert world.versions() == (2, 4, 5)


def test_a_version_that_somebody_else_deleted_meanwhile_is_gone_all_the_same() -> None:
    world = published(5)
    plan = planned(world, keep=0)
    world.aws.functions.lose_version(FUNCTION, 2)

    outcome = Pruning(world.session(), plan, AGAIN).run()

    assert outcome.result is RunResult.COMPLETED
    assert world.versions() == (4, 5)


def test_a_wish_to_stop_is_met_between_two_deletions_and_says_what_is_left() -> None:
    world, stop = published(6), Stop()
    world.aws.faults.after("lambda:DeleteFunction", stop.ask, at=2)

    outcome = prune(world, keep=0, stop=stop)

    assert (outcome.exit_code, outcome.result) == (ExitCode.INTERRUPTED, RunResult.INTERRUPTED)
    assert outcome.pruned is not None
    assert (outcome.pruned.deleted, outcome.pruned.left) == ((1, 2), (3, 4))
    assert said(outcome.next_step) == f"Run it again for the rest: {spell(AGAIN)}"
    assert prune(world, keep=0).exit_code is ExitCode.DONE
    assert world.versions() == (5, 6)


def test_a_right_that_is_missing_ends_the_run_and_names_what_is_left() -> None:
    world = published(5)
    denied = AwsFailure("lambda:DeleteFunction", "AccessDeniedException", "no", hint="ask for it")
    world.aws.faults.fail("lambda:DeleteFunction", denied, at=2, times=9)

    outcome = prune(world, keep=0)

    assert (outcome.exit_code, outcome.result) == (ExitCode.FAILED, RunResult.FAILED)
    assert outcome.pruned is not None
    assert (outcome.pruned.deleted, outcome.pruned.left) == ((1,), (2, 3))
    failed = next(event for event in world.events if isinstance(event, StepFailed))
    assert (failed.code, failed.hint) == ("AccessDeniedException", "ask for it")


def test_credentials_that_run_out_half_way_leave_a_run_that_can_be_resumed() -> None:
    world = published(5)
    world.aws.faults.fail("lambda:DeleteFunction", CredentialsExpired("lambda", "ExpiredToken", ""), at=2)
    assert prune(world, keep=0).exit_code is ExitCode.IN_PROGRESS


def test_marks_that_may_not_be_cleared_are_a_warning() -> None:
    world = published(2)
    world.rollback()
    world.settle()
    for number in (3, 4):
        publish(world, number)
    world.clock.advance(A_DAY)
    denied = AwsFailure("lambda:UntagResource", "AccessDeniedException", "not authorized")
    world.aws.faults.fail("lambda:UntagResource", denied)

    assert prune(world, keep=0).exit_code is ExitCode.DONE

    assert any("could not be cleared" in notice for notice in world.notices)
    assert planned(world, keep=0).marks == (2,)
    assert prune(world, keep=0).result is RunResult.COMPLETED
    assert prune(world, keep=0).result is RunResult.NOTHING_TO_DO


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("operation", ["lambda:DeleteFunction", "lambda:UntagResource"])
def test_a_prune_that_was_killed_is_finished_by_the_same_command(operation: str, nth: int) -> None:
    world = published(2)
    world.rollback()
    world.settle()
    for number in (3, 4, 5):
        publish(world, number)
    world.clock.advance(A_DAY)
    world.aws.faults.after(operation, _die, at=nth)
    try:
        prune(world, keep=0)
    except Killed:
        assert prune(world, keep=0).exit_code is ExitCode.DONE

    assert world.versions() == (4, 5)
    assert not [key for key in world.aws.functions.tags(FUNCTION) if key.startswith(WITHDRAWN_TAG)]


def test_a_release_stays_publishable_over_what_was_pruned() -> None:
    world = published(4)
    prune(world, keep=0)

    publish(world, 5)

    assert world.versions() == (3, 4, 5)
    assert world.rollback().exit_code is ExitCode.DONE
    assert world.triggers() == world.everywhere(4)


def test_excluded_behaviors_keep_their_version() -> None:
    world = published(3)
    world.request = replace(world.request, environment=replace(world.request.environment, exclude=("/p0/*",)))
    for number in (4, 5):
        publish(world, number)

    assert whys(planned(world, keep=0))[3] == "attached on e1.example.com"
    assert world.triggers()["E1"]["/p0/*"][0].event == ORIGIN
