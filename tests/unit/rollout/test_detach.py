"""Taking all triggers off: what goes, what stays, what is said, and what comes after."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.errors import ExitCode, Refused
from edgerollout.release.delivery.distribution_document import behaviors
from edgerollout.release.facts.events import RunResult
from edgerollout.release.facts.live import DETACHED_TAG, WITHDRAWN_TAG
from edgerollout.release.facts.release import Release, ReplacedTrigger
from edgerollout.release.facts.swap_marks import UNFINISHED_TAG
from edgerollout.release.plans.detaching import plan_detach
from edgerollout.rollout.ports import AwsFailure
from tests.fakes.answers import planned
from tests.fakes.windows import Windows
from tests.spelling import said
from tests.unit.release.builders import ACCOUNT, FUNCTION, ORIGIN, P1, P2, VIEWER
from tests.unit.rollout.world import World

if TYPE_CHECKING:
    from edgerollout.policy.header_rules import ResponseEvent
    from edgerollout.release.plans.plan import Plan

REDIRECTS = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:redirects:7"


class Killed(BaseException):
    """The process is gone."""


def _die() -> None:
    raise Killed


def live(*ids: str, event: ResponseEvent = ORIGIN) -> World:
    """An environment with release 1 on every behavior."""
    world = World(ids or ("E1",), behaviors=1, windows=Windows(deploy_seconds=20, invalidation_seconds=8))
    world.wants(P1, event=event)
    assert world.publish().exit_code is ExitCode.DONE
    world.settle()
    world.forget_calls()
    return world


def nothing_attached(world: World) -> bool:
    return all(not any(paths.values()) for paths in world.triggers().values())


def rules(plan: Plan) -> set[str]:
    return {finding.rule for finding in plan.findings}


def test_every_trigger_of_ours_goes_in_one_update_and_one_invalidation_each() -> None:
    world = live("E1", "E2")

    outcome = world.detach()

    assert (outcome.exit_code, outcome.result) == (ExitCode.DONE, RunResult.COMPLETED)
    assert (outcome.release, outcome.previous) == (None, 1)
    assert nothing_attached(world)
    assert world.calls["cloudfront:UpdateDistribution"] == 2
    assert world.references() == {name: ["edgerollout-1", "edgerollout-0"] for name in ("E1", "E2")}
    assert world.aws.functions.tags(FUNCTION) == {DETACHED_TAG: "1"}
    assert world.versions() == (1,)


def test_others_triggers_stay() -> None:
    world = live()
    end = b"</LambdaFunctionAssociation></Items>"
    theirs = (
        f"</LambdaFunctionAssociation><LambdaFunctionAssociation><LambdaFunctionARN>{REDIRECTS}"
        "</LambdaFunctionARN><EventType>viewer-request</EventType><IncludeBody>false</IncludeBody>"
    )
    world.aws.cloudfront.edit("E1", lambda xml: xml.replace(end, theirs.encode() + end))
    world.settle()
    before = behaviors(world.aws.cloudfront.xml("E1"))
    assert any(trigger.arn == REDIRECTS for behavior in before for trigger in behavior.triggers)

    world.detach()

    left = [
        trigger.arn for behavior in behaviors(world.aws.cloudfront.xml("E1")) for trigger in behavior.triggers
    ]
    assert set(left) == {REDIRECTS}


def test_viewer_triggers_are_invalidated_for_nobody() -> None:
    world = live(event=VIEWER)
    world.detach()
    assert nothing_attached(world)
    assert "cloudfront:CreateInvalidation" not in world.calls


def test_the_plan_says_what_visitors_lose_and_what_browsers_keep() -> None:
    _, plan = live().plan_detach()

    lost = next(finding.message for finding in plan.findings if finding.rule == "headers-go")
    assert "Content-Security-Policy-Report-Only" in lost
    assert {"headers-go", "browsers-cache"} <= rules(plan)


def test_nothing_attached_is_nothing_to_do() -> None:
    world = live()
    world.detach()
    world.settle()
    world.forget_calls()

    outcome = world.detach()

    assert (outcome.exit_code, outcome.result) == (ExitCode.DONE, RunResult.NOTHING_TO_DO)
    assert not {"lambda:TagResource", "cloudfront:UpdateDistribution"} & set(world.calls)


def test_without_a_function_there_is_nothing_to_detach() -> None:
    with pytest.raises(Refused):
        World().plan_detach()


def test_publishing_the_same_again_afterwards_makes_a_new_release_and_says_so() -> None:
    world = live()
    world.detach()
    world.settle()

    _, plan = world.plan()
    assert "detached" in rules(plan)
    assert world.publish().exit_code is ExitCode.DONE

    assert world.versions() == (1, 2)
    assert world.triggers() == world.everywhere(2)
    world.settle()
    assert "detached" not in rules(world.plan()[1])


def test_a_release_withdrawn_before_the_detach_stays_withdrawn() -> None:
    world = live()
    world.wants(P2)
    world.publish()
    world.settle()
    world.rollback()
    world.settle()

    world.detach()
    world.settle()

    assert f"{WITHDRAWN_TAG}2" in world.aws.functions.tags(FUNCTION)
    with pytest.raises(Refused, match="release 2 counts as rolled back"):
        world.plan()
    world.wants(P1)
    assert world.publish().exit_code is ExitCode.DONE
    assert world.triggers() == world.everywhere(3)


def test_where_tags_may_not_be_written_publishing_the_same_again_stays_refused() -> None:
    """Fail-closed: without the note nobody can tell a detach from a rollback."""
    world = live()
    denied = AwsFailure("lambda:TagResource", "AccessDeniedException", "not authorized")
    world.aws.faults.fail("lambda:TagResource", denied, times=9)

    assert world.detach().exit_code is ExitCode.DONE
    assert any("could not be marked" in notice for notice in world.notices)
    world.settle()

    with pytest.raises(Refused, match="release 1 counts as rolled back"):
        world.plan()


@pytest.mark.parametrize("operation", ["cloudfront:UpdateDistribution", "cloudfront:CreateInvalidation"])
def test_a_detach_that_was_cut_off_is_mended_by_the_same_command(operation: str) -> None:
    world = live("E1", "E2")
    world.aws.faults.after(operation, _die)
    with pytest.raises(Killed):
        world.detach()
    world.settle()

    assert world.detach().exit_code is ExitCode.DONE

    assert nothing_attached(world)
    assert [reference[-1] for reference in world.references().values()] == ["edgerollout-0", "edgerollout-0"]
    assert not [key for key in world.aws.functions.tags(FUNCTION) if key.startswith(UNFINISHED_TAG)]
    world.settle()
    assert world.detach().result is RunResult.NOTHING_TO_DO


def test_what_the_first_release_took_over_does_not_come_back_and_that_is_said() -> None:
    world = live()
    snapshot, _ = world.plan_detach()
    release = snapshot.documents[1]
    assert isinstance(release, Release)
    remembered = replace(release, replaced=(ReplacedTrigger("E1", "/p0/*", ORIGIN, REDIRECTS),))

    plan = planned(plan_detach, world.request.environment, replace(snapshot, documents={1: remembered}))

    finding = next(item for item in plan.findings if item.rule == "replaced-stays-off")
    assert "redirects:7" in finding.message
    assert "rollback" in said(finding.hint)


def test_where_the_function_stays_attached_is_said() -> None:
    world = live()
    world.request = replace(world.request, environment=replace(world.request.environment, exclude=("/p0/*",)))
    world.aws.cloudfront.add(
        "E9", world.aws.cloudfront.xml("E1").replace(b"e1.example.com", b"e9.example.com")
    )

    _, plan = world.plan_detach()

    said = next(finding.message for finding in plan.findings if finding.rule == "attached-elsewhere")
    assert said.endswith("stays attached on e1.example.com /p0/*, e9.example.com")
    world.detach()
    assert world.triggers()["E1"]["/p0/*"] != ()
    assert world.triggers()["E1"]["Default (*)"] == ()
