"""Taking a release back: by command, by itself, and however often it is cut off."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.errors import Conflict, ExitCode, Refused, UsageError
from edgerollout.release.facts.choices import Choices
from edgerollout.release.facts.events import DistributionResult, RollbackStarted, RunResult
from edgerollout.release.facts.live import WITHDRAWN_TAG
from edgerollout.release.facts.release import Release, ReplacedTrigger
from edgerollout.release.facts.snapshot import Trigger
from edgerollout.release.facts.swap_marks import UNFINISHED_TAG
from edgerollout.release.plans.plan import CreateFunction
from edgerollout.release.plans.rollback import RollbackRequest, plan_rollback
from edgerollout.rollout.ports import AwsFailure
from tests.fakes.answers import planned
from tests.fakes.probe import FakeProbe, answer
from tests.fakes.windows import Windows
from tests.samples import calls_to_try, shared_out
from tests.spelling import said
from tests.unit.release.builders import ACCOUNT, FUNCTION, ORIGIN, P1, P2, P3, VIEWER
from tests.unit.rollout.world import URL, World

if TYPE_CHECKING:
    from collections.abc import Callable


POLLS = {"cloudfront:ListDistributions", "cloudfront:GetDistribution", "cloudfront:GetInvalidation"}


class Killed(BaseException):
    """The process is gone."""


def _die() -> None:
    raise Killed


def two_releases(*ids: str, event: str = ORIGIN) -> World:
    world = World(ids or ("E1",), behaviors=1, windows=Windows(deploy_seconds=20, invalidation_seconds=8))
    world.wants(P1, event=event)
    assert world.publish().exit_code is ExitCode.DONE
    world.settle()
    world.wants(P2, event=event)
    assert world.publish().exit_code is ExitCode.DONE
    world.settle()
    world.forget_calls()
    return world


def three_releases() -> World:
    world = two_releases()
    world.wants(P3)
    assert world.publish().exit_code is ExitCode.DONE
    world.settle()
    world.forget_calls()
    return world


def a_foreign_function(world: World) -> str:
    """Somebody else's function with one version, by its ARN."""
    role = world.aws.roles.add("theirs")
    step = CreateFunction("redirects", "theirs", "nodejs22.x", "index.handler", 128, 3)
    world.aws.functions.add(step, role, b"zip")
    world.aws.functions.add_version("redirects", b"zip", "")
    return f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:redirects:1"


def withdrawn_marks(world: World) -> set[str]:
    return {
        key.removeprefix(WITHDRAWN_TAG)
        for key in world.aws.functions.tags(FUNCTION)
        if key.startswith(WITHDRAWN_TAG)
    }


def unfinished_marks(world: World) -> set[str]:
    return {key for key in world.aws.functions.tags(FUNCTION) if key.startswith(UNFINISHED_TAG)}


def test_every_trigger_goes_to_the_release_before_in_one_update_and_one_invalidation_each() -> None:
    world = two_releases("E1", "E2")
    outcome = world.rollback()
    assert (outcome.result, outcome.release, outcome.previous) == (RunResult.COMPLETED, 1, 2)
    assert world.triggers() == world.everywhere(1)
    assert world.calls["cloudfront:UpdateDistribution"] == 2
    assert world.calls["cloudfront:CreateInvalidation"] == 2
    assert "lambda:PublishVersion" not in world.calls
    assert "lambda:UpdateFunctionCode" not in world.calls
    assert withdrawn_marks(world) == {"2"}


def test_run_again_it_walks_further_back() -> None:
    world = three_releases()
    assert [world.rollback().release, world.rollback().release] == [2, 1]
    assert withdrawn_marks(world) == {"2", "3"}


def test_a_named_release_is_gone_to_and_its_mark_is_cleared() -> None:
    world = three_releases()
    world.rollback(to=1)
    assert withdrawn_marks(world) == {"2", "3"}
    outcome = world.rollback(to=3)
    assert outcome.release == 3
    assert world.triggers() == world.everywhere(3)
    assert withdrawn_marks(world) == {"2"}


def test_what_is_no_release_is_not_gone_to() -> None:
    world = two_releases()
    with pytest.raises(UsageError, match="99 is not a release"):
        world.rollback(to=99)


def test_the_first_release_s_rollback_takes_our_triggers_off() -> None:
    world = World(behaviors=1)
    world.publish()
    world.settle()
    outcome = world.rollback()
    assert (outcome.result, outcome.release, outcome.previous) == (RunResult.COMPLETED, None, 1)
    assert set(world.triggers()["E1"].values()) == {()}
    assert world.references()["E1"] == ["edgerollout-1", "edgerollout-0"]
    with pytest.raises(Refused, match="nothing to take back"):
        world.rollback()


def test_the_first_release_s_rollback_brings_back_the_functions_it_replaced() -> None:
    world = World(behaviors=1)
    world.publish()
    world.settle()
    foreign = a_foreign_function(world)
    snapshot, _ = world.plan_rollback()
    release = snapshot.documents[1]
    assert isinstance(release, Release)
    remembered = replace(release, replaced=(ReplacedTrigger("E1", "/p0/*", ORIGIN, foreign),))
    plan = planned(
        plan_rollback,
        RollbackRequest(world.request.environment),
        replace(snapshot, documents={1: remembered}),
    )
    assert world.carry_out(plan, snapshot).exit_code is ExitCode.DONE
    triggers = world.triggers()["E1"]
    assert triggers["/p0/*"] == (Trigger(ORIGIN, foreign),)
    assert triggers["Default (*)"] == ()


def test_a_running_propagation_is_not_waited_for() -> None:
    world = two_releases()
    world.colleague_comments()
    world.forget_calls()
    world.rollback()
    order = [text for text in world.aws.faults.log if text.startswith("cloudfront:")]
    assert "cloudfront:GetDistribution" not in order[: order.index("cloudfront:UpdateDistribution")]


def test_viewer_triggers_go_back_where_they_are_without_an_invalidation() -> None:
    world = two_releases(event=VIEWER)
    assert world.rollback().exit_code is ExitCode.DONE
    assert world.triggers() == world.everywhere(1)
    assert "cloudfront:CreateInvalidation" not in world.calls


def test_publishing_again_what_was_taken_back_is_refused_until_it_is_asked_for() -> None:
    world = two_releases()
    world.rollback()
    world.settle()
    with pytest.raises(Refused, match="release 2 counts as rolled back") as refused:
        world.plan()
    assert "edgerollout publish -e testing --again" in said(refused.value.hint)
    world.request = replace(world.request, choices=Choices(again=True, create=True))
    assert world.publish().release == 3
    assert world.triggers() == world.everywhere(3)


def test_a_newer_release_of_somebody_else_is_not_taken_back_by_a_run_that_undoes_its_own() -> None:
    world = two_releases()
    with pytest.raises(Conflict, match="superseded by 2"):
        world.plan_rollback(back_from=1)


def test_a_mixed_environment_comes_together_on_the_release_before() -> None:
    world = two_releases("E1", "E2")
    world.colleague_attaches(1, "E2")
    world.settle()
    assert world.rollback().exit_code is ExitCode.DONE
    assert world.triggers() == world.everywhere(1)


def test_a_release_that_others_delete_at_the_same_moment_is_a_conflict_and_nothing_is_swapped() -> None:
    world = two_releases()
    world.aws.faults.before(
        "cloudfront:UpdateDistribution", lambda: world.aws.functions.delete_version(FUNCTION, 1)
    )
    outcome = world.rollback()
    assert outcome.exit_code is ExitCode.CONFLICT
    assert outcome.error is not None
    assert f"{FUNCTION}:1 was deleted by others" in outcome.error
    assert world.triggers() == world.everywhere(2)


def test_marks_that_may_not_be_written_end_no_rollback() -> None:
    world = two_releases()
    for operation in ("lambda:TagResource", "lambda:UntagResource"):
        denied = AwsFailure(operation, "AccessDeniedException", "not authorized")
        world.aws.faults.fail(operation, denied, times=9)
    outcome = world.rollback()
    assert outcome.exit_code is ExitCode.DONE
    assert world.triggers() == world.everywhere(1)
    assert any("could not be marked" in notice for notice in world.notices)


WAYS = ("to the one before, before the call", "to the one before, after AWS did it")
WAYS += ("--to 1, before the call", "--to 1, after AWS did it")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "situation", [two_releases, lambda: two_releases("E1", "E2")], ids=["one distribution", "two"]
)
def test_a_rollback_killed_anywhere_converges_when_it_is_run_again(
    situation: Callable[[], World], way: str
) -> None:
    to, after_commit = 1 if way.startswith("--to 1") else None, way.endswith("after AWS did it")
    undisturbed = situation()
    undisturbed.rollback(to)
    calls, seen = [], Counter[str]()
    for operation in undisturbed.aws.faults.log:
        seen[operation] += 1
        calls.append((operation, seen[operation]))
    undisturbed.settle()
    for operation, nth in shared_out(calls_to_try(calls), WAYS, to=way):
        world = situation()
        kill = world.aws.faults.after if after_commit else world.aws.faults.before
        kill(operation, _die, at=nth)
        try:
            world.rollback(to)
        except Killed:
            pass
        else:
            # Of polls that are shared by two lanes this run needed fewer.
            assert operation in POLLS, (operation, nth)
            continue
        world.settle()
        if to is None and operation == "lambda:UntagResource" and not unfinished_marks(world):
            # All was done; nobody can tell another run from the wish for one more step back.
            continue
        world.rollback(to)
        world.settle()
        assert world.triggers() == undisturbed.triggers(), (operation, nth)
        assert world.references() == undisturbed.references(), (operation, nth)
        assert withdrawn_marks(world) == withdrawn_marks(undisturbed), (operation, nth)


# --- by itself ---------------------------------------------------------------------------------------


def sends(world: World, number: int) -> dict[str, str]:
    """The headers that release `number` sends."""
    from edgerollout.rollout.reading import read_release

    function = world.aws.functions.function(FUNCTION)
    assert function is not None
    release = read_release(world.aws, function, number)
    assert isinstance(release, Release)
    response = release.response()
    return {name: value for name, (_, value) in response.set.items()}


def watched(*, before: str = "ok") -> tuple[World, FakeProbe]:
    world = World(behaviors=1)
    world.publish()
    world.settle()
    probe = FakeProbe()
    world.probe = probe
    environment = replace(world.request.environment, urls=(URL,))
    world.request = replace(world.request, environment=environment)
    world.wants(P2)
    world.request = replace(
        world.request, environment=replace(world.request.environment, urls=(URL,), on_failure="rollback")
    )
    return world, probe


def test_a_release_that_breaks_the_site_is_taken_back_by_the_run_that_published_it() -> None:
    world, probe = watched()
    fine = answer(URL, headers=sends(world, 1))
    probe.script(URL, fine, *[answer(URL, status=503)] * 12, fine)
    outcome = world.publish()
    assert (outcome.result, outcome.exit_code) == (RunResult.ROLLED_BACK, ExitCode.ROLLED_BACK)
    assert (outcome.release, outcome.previous) == (2, 1)
    assert [distribution.result for distribution in outcome.distributions] == [DistributionResult.ROLLED_BACK]
    assert [event.to_release for event in world.events if isinstance(event, RollbackStarted)] == [1]
    assert world.triggers() == world.everywhere(1)
    assert withdrawn_marks(world) == {"2"}


def test_a_site_that_was_broken_before_is_no_reason_to_take_anything_back() -> None:
    world, probe = watched()
    probe.script(URL, answer(URL, status=503))
    outcome = world.publish()
    assert (outcome.result, outcome.exit_code) == (RunResult.NOT_RIGHT, ExitCode.NOT_RIGHT)
    assert world.triggers() == world.everywhere(2)


def test_when_taking_back_fails_a_person_is_told_exactly_what_to_do() -> None:
    world, probe = watched()
    fine = answer(URL, headers=sends(world, 1))
    probe.script(URL, fine, answer(URL, status=503))
    denied = AwsFailure("cloudfront:UpdateDistribution", "AccessDenied", "not authorized")
    world.aws.faults.fail("cloudfront:UpdateDistribution", denied, at=2, times=9)
    outcome = world.publish()
    assert (outcome.result, outcome.exit_code) == (RunResult.NEEDS_PERSON, ExitCode.NEEDS_PERSON)
    assert "edgerollout rollback -e testing" in said(outcome.next_step)
    assert f"{FUNCTION}:1" in said(outcome.next_step)
