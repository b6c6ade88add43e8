"""The one tag about unfinished swaps, while runs go on, are killed, and get in each other's way."""

from __future__ import annotations

import threading

import pytest

from edgerollout.errors import ExitCode
from edgerollout.policy.severity import Severity
from edgerollout.release.facts.swap_marks import UNFINISHED_TAG, Due, read_marks
from edgerollout.rollout.marking import Marking
from edgerollout.rollout.ports import AwsFailure, LostAnswer
from tests.unit.release.builders import FUNCTION, FUNCTION_ARN, P2, VIEWER
from tests.unit.rollout.world import World

TAG, UNTAG = "lambda:TagResource", "lambda:UntagResource"
UPDATE, INVALIDATE = "cloudfront:UpdateDistribution", "cloudfront:CreateInvalidation"
TO_2, BACK_TO_1 = Due(2), Due(1, back=True)


class Killed(BaseException):
    """The process is gone: nothing in the run may catch this."""


def die() -> None:
    raise Killed


def two_releases(*ids: str) -> World:
    world = World(ids or ("E1", "E2"), behaviors=1)
    for wanted in (None, P2):
        if wanted is not None:
            world.wants(wanted)
        world.publish()
        world.settle()
    return world


def tags(world: World) -> dict[str, str]:
    return dict(world.aws.functions.tags(FUNCTION))


def unfinished(world: World) -> list[str]:
    return [key for key in tags(world) if key.startswith(UNFINISHED_TAG)]


def marking(world: World, name: str) -> Marking:
    """A run's marks, as it begins now."""
    names = iter(f"{name}{number:07}" for number in range(99))
    return Marking(world.session(), FUNCTION_ARN, tags(world), world.ids, lambda: next(names))


def test_a_rollback_of_many_distributions_takes_one_tag_written_once_and_removed_once() -> None:
    world = two_releases(*(f"E{number}" for number in range(70)))
    seen: list[int] = []
    world.forget_calls()
    world.aws.faults.before(UPDATE, lambda: seen.append(len(unfinished(world))), times=999)
    assert world.rollback().exit_code is ExitCode.DONE
    assert seen == [1] * 70
    assert unfinished(world) == []
    assert (world.calls[TAG], world.calls[UNTAG]) == (2, 1), "the other one marks release 2 as withdrawn"


@pytest.mark.parametrize("operation", [UPDATE, INVALIDATE])
@pytest.mark.parametrize("count", [5, 65], ids=["which are named", "more than a value holds"])
def test_a_killed_rollback_of_many_is_finished_by_the_same_command(count: int, operation: str) -> None:
    world = two_releases(*(f"E{number}" for number in range(count)))
    world.aws.faults.after(operation, die, at=3)
    with pytest.raises(Killed):
        world.rollback()
    assert len(unfinished(world)) == 1
    world.settle()
    world.rollback()
    world.settle()
    assert world.triggers() == world.everywhere(1)
    assert {tuple(reference) for reference in world.references().values()} == {
        ("edgerollout-1", "edgerollout-2", "edgerollout-1")
    }
    assert unfinished(world) == []


def test_what_is_not_through_stays_marked_and_nothing_else() -> None:
    world = two_releases("E1", "E2", "E3")
    world.aws.faults.fail(INVALIDATE, AwsFailure(INVALIDATE, "AccessDenied", "no"), at=2)
    assert world.rollback().exit_code is ExitCode.FAILED
    marks = read_marks(tags(world))
    [left] = [identity for identity in world.ids if marks.surely(identity, BACK_TO_1)]
    assert [identity for identity in world.ids if marks.may_wait(identity)] == [left]
    world.settle()
    world.rollback()
    assert unfinished(world) == []


def test_of_two_runs_at_the_same_time_none_loses_the_other_s_marks() -> None:
    world = two_releases()
    item, other = marking(world, "a"), marking(world, "b")
    item.note(["E1"], BACK_TO_1)
    other.note(["E2"], TO_2)
    marks = read_marks(tags(world))
    assert marks.surely("E1", BACK_TO_1)
    assert marks.surely("E2", TO_2)
    other.through("E2")
    other.settle()
    assert read_marks(tags(world)).surely("E1", BACK_TO_1)
    item.through("E1")
    item.settle()
    assert unfinished(world) == []


def test_a_run_takes_over_what_a_killed_one_left_and_others_tags_stay() -> None:
    world = two_releases()
    world.aws.functions.tag(FUNCTION_ARN, {"team": "web", f"{UNFINISHED_TAG}E9": "2"})
    killed = marking(world, "a")
    killed.note(["E1"], BACK_TO_1)
    assert len(unfinished(world)) == 1, "the tag of an earlier version went into the new one"
    ours = marking(world, "b")
    ours.note(["E2"], TO_2)
    marks = read_marks(tags(world))
    assert (marks.surely("E1", BACK_TO_1), marks.surely("E2", TO_2), marks.surely("E9", TO_2)) == (True,) * 3
    assert len(marks.keys) == 1
    for name in ("E1", "E2", "E9"):
        ours.through(name)
    ours.settle()
    assert unfinished(world) == []
    assert tags(world)["team"] == "web"


@pytest.mark.parametrize("commit", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", range(1, 5))
def test_killed_at_any_call_at_least_as_much_is_marked_as_is_due(nth: int, commit: bool) -> None:
    world = two_releases()
    marking(world, "a").note(["E1"], BACK_TO_1)
    ours, calls = marking(world, "b"), iter(range(1, 9))

    def count() -> None:
        if next(calls) == nth:
            die()

    for operation in (TAG, UNTAG):
        interfere = world.aws.faults.after if commit else world.aws.faults.before
        interfere(operation, count, times=9)
    done: list[str] = []

    def run() -> None:
        ours.note(["E2"], TO_2)
        done.append("noted")
        ours.through("E1")
        ours.settle()

    with pytest.raises(Killed):
        run()
    marks = read_marks(tags(world))
    assert marks.may_wait("E2") or not done, "nothing was swapped yet"
    assert marks.surely("E1", BACK_TO_1) or done


def test_lanes_that_note_at_the_same_time_all_get_their_mark() -> None:
    world = two_releases(*(f"E{number}" for number in range(40)))
    ours = marking(world, "a")
    lanes = [threading.Thread(target=ours.note, args=([identity], TO_2)) for identity in world.ids]
    for lane in lanes:
        lane.start()
    for item in lanes:
        item.join()
    marks = read_marks(tags(world))
    assert all(marks.surely(identity, TO_2) for identity in world.ids)
    assert len(marks.keys) == 1


def test_a_mark_whose_answer_was_lost_is_removed_in_the_end() -> None:
    world = two_releases()
    ours = marking(world, "a")
    world.aws.faults.fail(TAG, LostAnswer(TAG, "Timeout", "no answer"), after_commit=True)
    ours.note(["E1"], TO_2)
    assert len(unfinished(world)) == 1
    ours.through("E1")
    ours.settle()
    assert unfinished(world) == []


def full(world: World, free: int = 0) -> None:
    """Others take all the tags that Lambda allows, but so many."""
    mine = len(tags(world))
    world.aws.functions.tag(FUNCTION_ARN, {f"team-{number}": "" for number in range(50 - mine - free)})


def test_without_room_for_a_mark_that_is_said_and_a_run_that_is_cut_off_leaves_no_stale_cache() -> None:
    world = two_releases("E1", "E2")
    world.colleague_attaches(1, "E2")
    world.settle()
    full(world)
    _, plan = world.plan_rollback(to=2)
    assert [(finding.rule, finding.severity) for finding in plan.findings if "no-room" in finding.rule] == [
        ("no-room-for-marks", Severity.WARNING)
    ]
    world.aws.faults.after(UPDATE, die)
    with pytest.raises(Killed):
        world.rollback(to=2)
    world.settle()
    made = len(world.references()["E2"])
    assert world.rollback(to=2).exit_code is ExitCode.DONE
    assert world.references()["E2"][made:] == ["edgerollout-2"]
    world.settle()
    world.forget_calls()
    assert world.rollback(to=2).exit_code is ExitCode.DONE
    assert INVALIDATE not in world.calls, "once is enough"


def test_the_newest_of_many_withdrawn_releases_are_marked_and_the_others_are_told() -> None:
    world = two_releases("E1")
    for wanted in (None, P2, None):
        world.wants(*([] if wanted is None else [wanted]))
        world.publish()
        world.settle()
    full(world, free=4)
    _, plan = world.plan_rollback(to=1)
    told = [finding.message for finding in plan.findings if finding.rule == "no-room-for-marks"]
    assert [item.partition(" cannot")[0] for item in told] == ["release 2, 3"]
    assert world.rollback(to=1).exit_code is ExitCode.DONE
    marks = {key for key in tags(world) if key.startswith("edgerollout:withdrawn:")}
    assert marks == {"edgerollout:withdrawn:4", "edgerollout:withdrawn:5"}


def test_a_viewer_release_needs_no_mark() -> None:
    world = World(behaviors=1)
    world.wants(event=VIEWER)
    world.publish()
    assert TAG not in world.calls
