"""What AWS would refuse of a way back is told before anything is marked or changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgerollout.errors import ExitCode, Refused
from edgerollout.policy.severity import Severity
from edgerollout.release.facts.release import ReplacedTrigger
from edgerollout.release.facts.replaced_tags import replaced_tags
from edgerollout.release.facts.snapshot import Function, Snapshot
from edgerollout.release.facts.unreadable import Unreadable
from edgerollout.release.plans.rollback import RollbackRequest, plan_rollback
from tests.fakes.answers import planned
from tests.spelling import said
from tests.unit.release.builders import ACCOUNT, FUNCTION_ARN, ORIGIN, VIEWER
from tests.unit.rollout.test_rollback import three_releases, two_releases, withdrawn_marks
from tests.unit.rollout.world import World

FOREIGN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:redirects:1"


def with_version(snapshot: Snapshot, number: int, **changes: object) -> Snapshot:
    function = snapshot.function
    assert isinstance(function, Function)
    versions = tuple(
        replace(version, **changes) if version.number == number else version  # type: ignore[arg-type]
        for version in function.versions
    )
    return replace(snapshot, function=replace(function, versions=versions))


@pytest.mark.parametrize(
    ("event", "changes", "problem"),
    [
        (VIEWER, {"memory": 512}, "its memory is 512 MB, viewer events allow 128"),
        (VIEWER, {"timeout": 10}, "its timeout is 10 s, viewer events allow 5"),
        (ORIGIN, {"timeout": 60}, "its timeout is 60 s, origin events allow 30"),
    ],
)
def test_a_target_over_the_limits_of_its_event_is_refused_with_the_ways_that_work(
    event: str, changes: dict[str, object], problem: str
) -> None:
    world = two_releases(event=event)
    snapshot, _ = world.plan_rollback()
    plan = planned(
        plan_rollback, RollbackRequest(world.request.environment), with_version(snapshot, 1, **changes)
    )
    [error] = plan.errors
    assert problem in error.message
    assert "--to N" in said(error.hint)
    assert "edgerollout detach -e testing" in said(error.hint)


def test_what_cloudfront_runs_there_now_it_takes_again() -> None:
    world = two_releases(event=VIEWER)
    snapshot, _ = world.plan_rollback()
    snapshot = with_version(with_version(snapshot, 1, timeout=10), 2, timeout=10)
    assert planned(plan_rollback, RollbackRequest(world.request.environment), snapshot).errors == ()


def test_a_retired_runtime_is_a_warning_and_the_rollback_goes_on() -> None:
    world = two_releases()
    snapshot, _ = world.plan_rollback()
    snapshot = with_version(snapshot, 1, runtime="nodejs16.x")
    plan = planned(plan_rollback, RollbackRequest(world.request.environment), snapshot)
    assert plan.errors == ()
    assert "edge-runtime" in [
        finding.rule for finding in plan.findings if finding.severity is Severity.WARNING
    ]
    assert world.carry_out(plan, snapshot).exit_code is ExitCode.DONE


def test_a_version_that_is_gone_is_told_with_the_newest_one_that_is_there() -> None:
    world = three_releases()
    world.aws.functions.delete_version("security-headers-testing", 2)
    with pytest.raises(Refused, match="release 2, the one before 3, no longer exists") as refused:
        world.plan_rollback()
    assert "edgerollout rollback -e testing --to 1" in said(refused.value.hint)
    assert withdrawn_marks(world) == set()


def taken_over() -> World:
    """Release 1 took a slot of somebody else's function, by the function's tags."""
    world = World(behaviors=1)
    world.publish()
    world.settle()
    took = (ReplacedTrigger("E1", "/p0/*", ORIGIN, FOREIGN),)
    world.aws.functions.tag(FUNCTION_ARN, replaced_tags(1, took))
    return world


@pytest.mark.parametrize(
    ("answer", "errors", "warnings"),
    [("Active", 0, 0), (None, 1, 0), (Unreadable(FOREIGN, "AccessDenied"), 0, 1)],
    ids=["it is there", "it is gone", "it may not be read"],
)
def test_a_foreign_function_that_shall_come_back_is_looked_for_first(
    answer: str | Unreadable | None, errors: int, warnings: int
) -> None:
    world = taken_over()
    snapshot, _ = world.plan_rollback()
    plan = planned(
        plan_rollback,
        RollbackRequest(world.request.environment),
        replace(snapshot, foreign={FOREIGN: answer}),
    )
    rules = [finding.rule for finding in plan.findings]
    assert (rules.count("restore-gone"), rules.count("restore-unknown")) == (errors, warnings)
    for error in plan.errors:
        assert "edgerollout detach -e testing" in said(error.hint)
