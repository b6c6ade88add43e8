"""Kill a run anywhere and run it again: it ends as if nothing had happened.

Every AWS call of an undisturbed run is taken in turn; the process dies just before it, or after AWS
carried it out and before anyone heard of it. Then the same command is run again.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import pytest

from edgerollout.errors import ExitCode
from edgerollout.release.facts.choices import Choices
from edgerollout.release.facts.environment import LAMBDA_EDGE, RESPONSE_HEADERS_POLICY
from edgerollout.release.facts.events import RunResult
from edgerollout.rollout.stopping import Stop
from tests.fakes.windows import Windows
from tests.samples import a_few, calls_to_try, shared_out
from tests.unit.release.builders import ORIGIN, P1, P2, VIEWER
from tests.unit.rollout.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from edgerollout.release.facts.snapshot import Trigger


class Killed(BaseException):
    """The process is gone: nothing in the run may catch this."""


def _die() -> None:
    raise Killed


class Ending(NamedTuple):
    """All that counts once everything has settled."""

    versions: tuple[int, ...]
    triggers: Mapping[str, Mapping[str, tuple[Trigger, ...]]]
    policies: Mapping[str, Mapping[str, str | None]]
    invalidated_for: Mapping[str, list[str]]


def ending(world: World) -> Ending:
    world.settle()
    return Ending(world.versions(), world.triggers(), world.policies(), world.references())


def quick(*ids: str) -> World:
    """A world whose windows are long enough to be seen and no longer: every call is a case here."""
    return World(ids, behaviors=1, windows=Windows(deploy_seconds=20, invalidation_seconds=8))


def first_publish() -> World:
    world = quick("E1")
    world.aws.roles._stored.clear()
    return world


def second_publish() -> World:
    world = quick("E1", "E2")
    assert world.publish().exit_code is ExitCode.DONE
    world.settle()
    world.wants(P2)
    return world


def from_viewer_to_origin() -> World:
    world = quick("E1")
    world.wants(P1, event=VIEWER)
    assert world.publish().exit_code is ExitCode.DONE
    world.settle()
    world.wants(P2, event=ORIGIN)
    return world


def a_new_distribution() -> World:
    world = quick("E1", "E2")
    both = world.request
    world.request = quick("E1").request
    assert world.publish().exit_code is ExitCode.DONE
    world.settle()
    world.request = both
    return world


def another_memory() -> World:
    world = second_publish()
    environment = world.request.environment
    function = replace(environment.function, memory=256)
    world.request = replace(world.request, environment=replace(environment, function=function))
    return world


def back_to_the_policy_before() -> World:
    world = second_publish()
    assert world.publish().exit_code is ExitCode.DONE
    world.settle()
    world.wants(P1)
    return world


def again_after_a_rollback_by_hand() -> World:
    world = second_publish()
    assert world.publish().exit_code is ExitCode.DONE
    world.settle()
    for identity in world.ids:
        world.colleague_attaches(1, identity)
    world.settle()
    world.request = replace(world.request, choices=Choices(again=True, create=True))
    return world


def a_colleague_took_a_trigger_away() -> World:
    world = World(("E1", "E2"), behaviors=1, windows=Windows(deploy_seconds=20, invalidation_seconds=8))
    assert world.publish().exit_code is ExitCode.DONE
    world.settle()
    world.aws.cloudfront.edit("E1", with_a_bare_behavior)
    world.settle()
    return world


def with_a_bare_behavior(xml: bytes) -> bytes:
    """The document with its trigger gone from the behaviors other than the default one."""
    head, default, tail = xml.partition(b"<CacheBehaviors>")
    assert default
    associations = re.compile(rb"<LambdaFunctionAssociations>.*?</LambdaFunctionAssociations>", re.DOTALL)
    none = b"<LambdaFunctionAssociations><Quantity>0</Quantity></LambdaFunctionAssociations>"
    return head + default + associations.sub(none, tail, count=1)


def from_origin_to_viewer() -> World:
    world = quick("E1")
    world.wants(P1, event=ORIGIN)
    assert world.publish().exit_code is ExitCode.DONE
    world.settle()
    world.wants(P2, event=VIEWER)
    return world


def from_function_to_policy() -> World:
    world = quick("E1", "E2").team_has_a_policy()
    assert world.publish().exit_code is ExitCode.DONE
    world.settle()
    world.delivers(RESPONSE_HEADERS_POLICY)
    return world


def from_policy_to_function() -> World:
    world = quick("E1", "E2").team_has_a_policy()
    world.delivers(RESPONSE_HEADERS_POLICY)
    assert world.publish().exit_code is ExitCode.DONE
    world.settle()
    world.delivers(LAMBDA_EDGE)
    return world


SITUATIONS = {
    "the means changes from function to policy": from_function_to_policy,
    "the means changes from policy to function": from_policy_to_function,
    "drift is mended with the live release": a_colleague_took_a_trigger_away,
    "the event moves from origin to viewer": from_origin_to_viewer,
    "a first publish with --create": first_publish,
    "another policy on two distributions": second_publish,
    "the event moves from viewer to origin": from_viewer_to_origin,
    "a distribution was added": a_new_distribution,
    "memory and policy change": another_memory,
    "back to the policy before": back_to_the_policy_before,
    "--again after a rollback by hand": again_after_a_rollback_by_hand,
}


POLLS = {
    "cloudfront:GetDistribution",
    "cloudfront:GetInvalidation",
    "cloudfront:ListDistributions",
    "lambda:GetFunctionConfiguration",
}


@functools.cache
def undisturbed(situation: Callable[[], World]) -> tuple[Ending, list[tuple[str, int]]]:
    """How it ends without any trouble, and the calls it makes: (operation, n-th of its kind).

    Of the many polls, the first three and the last two of a kind stand for all; of the calls, one of each
    kind unless everything is tried.
    """
    world = situation()
    world.forget_calls()
    assert world.publish().exit_code is ExitCode.DONE
    totals, seen = Counter(world.aws.faults.log), Counter[str]()
    calls: list[tuple[str, int]] = []
    for operation in world.aws.faults.log:
        seen[operation] += 1
        if operation not in POLLS or not 3 < seen[operation] <= totals[operation] - 2:
            calls.append((operation, seen[operation]))
    return ending(world), calls_to_try(calls)


def _is_killed(world: World, operation: str, nth: int, *, turned_away: bool = False) -> bool:
    """Publish with the `nth` call of `operation` deadly; False where there was no such call.

    How many polls there are is up to the threads: two lanes may share one, or ask one after the other.
    And AWS may have turned the call away (a role too new to be assumed): nothing was carried out then.
    """
    try:
        world.publish()
    except Killed:
        return True
    polled_less = operation in POLLS and world.calls.get(operation, 0) < nth
    assert polled_less or turned_away, f"nobody was killed at {operation} #{nth}"
    return False


AT_ONCE, HOURS_LATER = "run again at once", "run again two hours later"
BEFORE, AFTER = "killed before the call", "killed after AWS did it"


@pytest.mark.parametrize("later", [AT_ONCE, HOURS_LATER])
@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize("situation", SITUATIONS.values(), ids=SITUATIONS.keys())
def test_a_run_killed_anywhere_converges_when_it_is_run_again(
    situation: Callable[[], World], when: str, later: str
) -> None:
    expected, every = undisturbed(situation)
    ways = [f"{text}, {another}" for text in (BEFORE, AFTER) for another in (AT_ONCE, HOURS_LATER)]
    calls, killed, after_commit = shared_out(every, ways, to=f"{when}, {later}"), 0, when == AFTER
    for operation, nth in calls:
        world = situation()
        world.forget_calls()
        kill = world.aws.faults.after if after_commit else world.aws.faults.before
        kill(operation, _die, at=nth)
        if not _is_killed(world, operation, nth, turned_away=after_commit):
            continue
        killed += 1
        world.clock.advance(7200 if later == HOURS_LATER else 0)
        outcome = world.publish()
        at = f"killed at {operation} #{nth}"
        assert outcome.exit_code is ExitCode.DONE, (at, outcome)
        assert ending(world) == expected, at
        assert world.publish().result is RunResult.NOTHING_TO_DO, at
        assert world.went_bare() == [], at
    assert killed >= len(calls) // 2


@pytest.mark.parametrize("situation", SITUATIONS.values(), ids=SITUATIONS.keys())
def test_a_run_killed_twice_converges_all_the_same(situation: Callable[[], World]) -> None:
    expected, calls = undisturbed(situation)
    for operation, nth in a_few(calls[:: max(1, len(calls) // 6)], 2):
        for again in (
            "cloudfront:UpdateDistribution",
            "cloudfront:CreateInvalidation",
            "lambda:PublishVersion",
        ):
            world = situation()
            world.forget_calls()
            world.aws.faults.before(operation, _die, at=nth)
            if not _is_killed(world, operation, nth):
                continue
            world.aws.faults.after(again, _die)
            try:
                world.publish()
            except Killed:
                assert world.publish().exit_code is ExitCode.DONE
            assert ending(world) == expected, f"killed at {operation} #{nth}, then at {again}"


@pytest.mark.parametrize("situation", SITUATIONS.values(), ids=SITUATIONS.keys())
def test_a_run_stopped_at_any_safe_point_ends_the_same_when_it_is_run_again(
    situation: Callable[[], World],
) -> None:
    expected, calls = undisturbed(situation)
    for operation, nth in a_few(calls, 4):
        world = situation()
        world.forget_calls()
        stop = Stop()
        world.aws.faults.after(operation, stop.ask, at=nth)
        outcome = world.publish(stop=stop)
        at = f"stopped at {operation} #{nth}"
        assert outcome.exit_code in {ExitCode.INTERRUPTED, ExitCode.DONE}, (at, outcome)
        assert world.publish().exit_code is ExitCode.DONE, at
        assert ending(world) == expected, at


@pytest.mark.parametrize("situation", SITUATIONS.values(), ids=SITUATIONS.keys())
@pytest.mark.parametrize("timeout", a_few([1, 3, 6, 15, 22, 30], 3))
def test_a_run_that_ran_out_of_time_ends_the_same_when_it_is_run_again(
    situation: Callable[[], World], timeout: float
) -> None:
    expected, _ = undisturbed(situation)
    world = situation()
    outcome = world.publish(timeout=timeout)
    assert outcome.exit_code in {ExitCode.IN_PROGRESS, ExitCode.DONE}, outcome
    if outcome.exit_code is ExitCode.IN_PROGRESS:
        assert outcome.result is RunResult.IN_PROGRESS
        assert outcome.next_step
    for _ in range(30):
        world.clock.advance(3)
        again = world.publish(timeout=timeout)
        if again.exit_code is ExitCode.DONE:
            break
    assert again.exit_code is ExitCode.DONE, again
    assert ending(world) == expected


def never_bare(world: World) -> None:
    """Watch every update: headers stay where they were, from a cache that has them."""
    had_late = _after_the_cache(world)
    covered = had_late | _paths_at(world, ORIGIN)

    def check() -> None:
        assert covered <= _after_the_cache(world) | _paths_at(world, ORIGIN)
        for identity in world.ids:
            if any(path[0] == identity for path in had_late - _after_the_cache(world)):
                made = world.aws.cloudfront.invalidations(identity)
                assert made, "the cache was filled without headers"
                assert all(invalidation.completed for invalidation in made), (
                    "the cache still has responses without headers"
                )

    world.aws.faults.after("cloudfront:UpdateDistribution", check, times=99)


def _after_the_cache(world: World) -> set[tuple[str, str]]:
    """What gets its headers by a viewer event or a policy."""
    by_policy = {
        (identity, path)
        for identity, policies in world.policies().items()
        for path, name in policies.items()
        if name is not None and name.startswith("edgerollout-")
    }
    return by_policy | _paths_at(world, VIEWER)


def _paths_at(world: World, event: str) -> set[tuple[str, str]]:
    return {
        (text, path)
        for text, behaviors in world.triggers().items()
        for path, triggers in behaviors.items()
        if any(trigger.event == event for trigger in triggers)
    }


@pytest.mark.parametrize("situation", SITUATIONS.values(), ids=SITUATIONS.keys())
def test_no_response_goes_bare_wherever_the_run_is_killed(situation: Callable[[], World]) -> None:
    _, calls = undisturbed(situation)
    for operation, nth in a_few(calls, 4):
        world = situation()
        world.forget_calls()
        never_bare(world)
        world.aws.faults.before(operation, _die, at=nth)
        if not _is_killed(world, operation, nth):
            continue
        world.publish()
        assert world.went_bare() == []


@pytest.mark.parametrize("timeout", a_few(range(2, 60, 3), 7))
@pytest.mark.parametrize("situation", [from_viewer_to_origin, from_policy_to_function])
def test_no_response_goes_bare_when_time_runs_out(situation: Callable[[], World], timeout: float) -> None:
    world = situation()
    world.forget_calls()
    never_bare(world)
    while world.publish(timeout=timeout).exit_code is not ExitCode.DONE:
        world.clock.advance(1)
    assert world.went_bare() == []


WAYS_BACK = [
    (situation, back)
    for situation in (from_function_to_policy, from_policy_to_function)
    for back in ("rollback", "rollback --from")
]


@pytest.mark.parametrize(("situation", "back"), a_few(WAYS_BACK, 2))
def test_a_way_back_across_a_change_of_means_ends_the_same_wherever_it_is_killed(
    situation: Callable[[], World], back: str
) -> None:
    def changed() -> World:
        world = situation()
        assert world.publish().exit_code is ExitCode.DONE
        world.settle()
        world.forget_calls()
        return world

    back_from = 2 if "--from" in back else None
    world, before = changed(), situation()
    calls: list[tuple[str, int]] = []
    assert world.rollback(back_from=back_from).exit_code is ExitCode.DONE
    for operation in world.aws.faults.log:
        calls.append((operation, 1 + sum(1 for seen, _ in calls if seen == operation)))
    expected = ending(world)
    assert (expected.triggers, expected.policies) == (before.triggers(), before.policies())
    assert world.went_bare() == []
    for operation, nth in calls_to_try(calls):
        for after_commit in (False, True):
            world = changed()
            kill = world.aws.faults.after if after_commit else world.aws.faults.before
            kill(operation, _die, at=nth)
            try:
                world.rollback(back_from=back_from)
            except Killed:
                last = operation == "lambda:UntagResource" and after_commit and back_from is None
                if not last:  # it was through: another one is the wish for one more step back
                    assert world.rollback(back_from=back_from).exit_code is ExitCode.DONE
            at = f"killed {'after' if after_commit else 'before'} {operation} #{nth}"
            world.settle()
            assert (world.triggers(), world.policies()) == (expected.triggers, expected.policies), at
            assert world.went_bare() == [], at


@pytest.mark.parametrize("situation", [from_function_to_policy, from_policy_to_function])
def test_a_change_of_means_that_was_cut_off_anywhere_can_be_taken_back(
    situation: Callable[[], World],
) -> None:
    _, calls = undisturbed(situation)
    for operation, nth in calls:
        world, before = situation(), situation()
        world.forget_calls()
        world.aws.faults.before(operation, _die, at=nth)
        if not _is_killed(world, operation, nth) or 2 not in world.attached_releases():
            continue
        assert world.rollback(back_from=2).exit_code is ExitCode.DONE
        world.settle()
        at = f"killed before {operation} #{nth}"
        assert (world.triggers(), world.policies()) == (before.triggers(), before.policies()), at
        assert world.went_bare() == [], at
