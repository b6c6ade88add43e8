"""Colleagues, lost answers, and distributions that fail: what a run makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgerollout.errors import Conflict, ExitCode, Refused
from edgerollout.release.facts.events import DistributionResult, RunResult, StepKind
from edgerollout.rollout.ports import AwsFailure, Busy, CredentialsExpired, LostAnswer
from edgerollout.rollout.stopping import Stop
from tests.fakes.cloudfront import FakeCloudFront
from tests.spelling import said
from tests.unit.release.builders import FOREIGN_ARN, FUNCTION, P1, P2, P3
from tests.unit.rollout.world import World

if TYPE_CHECKING:
    from edgerollout.release.facts.snapshot import Distribution

UPDATE = "cloudfront:UpdateDistribution"
READ = "cloudfront:GetDistributionConfig"
INVALIDATE = "cloudfront:CreateInvalidation"

DENIED = AwsFailure("UpdateDistribution", "AccessDenied", "not authorized", hint="Allow it.")
EXPIRED = CredentialsExpired("GetDistribution", "ExpiredToken", "the token has expired")


def released(*ids: str) -> World:
    """Release 1 is everywhere; the next publish brings P2 as release 2."""
    world = World(ids or ("E1",))
    assert world.publish().exit_code is ExitCode.DONE
    world.settle()
    world.forget_calls()
    world.wants(P2)
    return world


# --- colleagues --------------------------------------------------------------------------------------


def test_a_colleagues_change_elsewhere_survives_and_ours_goes_in_beside_it() -> None:
    world = released()
    world.aws.faults.before(UPDATE, world.colleague_comments)
    outcome = world.publish()
    assert outcome.exit_code is ExitCode.DONE
    assert b"a colleague's site" in world.aws.cloudfront.xml("E1")
    assert world.triggers() == world.everywhere(2)
    assert (outcome.aws_calls[READ], outcome.aws_calls[UPDATE]) == (2, 2), "one more each for the conflict"


def test_a_colleague_who_is_faster_every_time_is_a_conflict() -> None:
    world = released()
    world.aws.faults.before(UPDATE, world.colleague_comments, times=99)
    outcome = world.publish()
    assert (outcome.result, outcome.exit_code) == (RunResult.CONFLICT, ExitCode.CONFLICT)
    assert world.triggers() == world.everywhere(1)


def test_a_colleague_who_moves_our_triggers_before_the_swap_wins() -> None:
    world = released()
    world.aws.functions.add_version(FUNCTION, b"by hand", "by hand")
    world.aws.faults.before(READ, lambda: world.colleague_attaches(2))
    outcome = world.publish()
    assert (outcome.result, outcome.exit_code) == (RunResult.CONFLICT, ExitCode.CONFLICT)
    assert UPDATE not in outcome.aws_calls, "nothing of theirs was undone"
    assert world.triggers() == world.everywhere(2)
    [failed] = world.failures
    assert (failed.step, failed.distribution) == (StepKind.SWAP_TRIGGERS, "E1")
    assert f"{FUNCTION}:2" in (failed.why or "")


def test_a_colleague_who_moves_our_triggers_between_read_and_update_wins() -> None:
    world = released()
    world.aws.functions.add_version(FUNCTION, b"by hand", "by hand")
    world.aws.faults.before(UPDATE, lambda: world.colleague_attaches(2))
    outcome = world.publish()
    assert outcome.exit_code is ExitCode.CONFLICT
    assert world.triggers() == world.everywhere(2)


def test_a_colleague_who_rolls_back_by_hand_while_we_wait_is_told_and_not_undone() -> None:
    world = released()
    world.aws.faults.after(UPDATE, lambda: world.colleague_attaches(1))
    outcome = world.publish()
    assert outcome.exit_code is ExitCode.CONFLICT
    assert world.triggers() == world.everywhere(1)
    assert INVALIDATE not in outcome.aws_calls


def test_a_colleagues_comment_while_we_wait_is_waited_out_and_ours_is_done() -> None:
    world = released()
    world.clock.after(60, world.colleague_comments)
    outcome = world.publish()
    assert outcome.exit_code is ExitCode.DONE
    assert outcome.aws_calls[UPDATE] == 1
    assert world.references() == {"E1": ["edgerollout-1", "edgerollout-2"]}


def test_a_foreign_function_that_takes_the_slot_meanwhile_is_a_conflict() -> None:
    world = World()
    foreign = FOREIGN_ARN.encode()

    def take(xml: bytes) -> bytes:
        nothing = b"<LambdaFunctionAssociations><Quantity>0</Quantity></LambdaFunctionAssociations>"
        item = (
            b"<LambdaFunctionAssociations><Quantity>1</Quantity><Items><LambdaFunctionAssociation>"
            b"<LambdaFunctionARN>" + foreign + b"</LambdaFunctionARN><EventType>origin-response</EventType>"
            b"<IncludeBody>false</IncludeBody></LambdaFunctionAssociation></Items>"
            b"</LambdaFunctionAssociations>"
        )
        return xml.replace(nothing, item, 1)

    def colleague() -> None:
        world.aws.cloudfront.edit("E1", take)

    world.aws.faults.before(READ, colleague)
    outcome = world.publish()
    assert outcome.exit_code is ExitCode.CONFLICT
    assert UPDATE not in outcome.aws_calls


def test_a_colleague_who_uploads_other_code_meanwhile_is_a_conflict_and_nothing_is_attached() -> None:
    world = released()
    world.aws.faults.before("lambda:PublishVersion", lambda: world.aws.functions.upload(FUNCTION, b"theirs"))
    outcome = world.publish()
    assert outcome.exit_code is ExitCode.CONFLICT
    assert world.triggers() == world.everywhere(1)
    assert UPDATE not in outcome.aws_calls


def test_another_release_in_a_mixed_environment_is_refused_before_any_write() -> None:
    world = released("E1", "E2")
    world.aws.faults.fail(UPDATE, DENIED, times=1)
    assert world.publish().exit_code is ExitCode.FAILED
    world.wants(P3)
    with pytest.raises(Conflict, match="mixed"):
        world.publish()


def test_a_rollback_by_hand_after_a_kill_is_not_undone_by_the_next_run() -> None:
    world = released()
    world.aws.faults.fail(UPDATE, DENIED)
    assert world.publish().exit_code is ExitCode.FAILED
    world.clock.advance(60)
    world.colleague_comments()
    with pytest.raises(Refused, match="rolled back"):
        world.publish()


# --- lost answers and stale ones ---------------------------------------------------------------------

LOST = LostAnswer("UpdateDistribution", "ReadTimeoutError", "no answer")


@pytest.mark.parametrize("committed", [True, False])
def test_a_lost_answer_is_read_back_before_anything_is_judged(committed: bool) -> None:
    world = released()
    world.aws.faults.fail(UPDATE, LOST, after_commit=committed)
    outcome = world.publish()
    assert outcome.exit_code is ExitCode.DONE
    assert world.triggers() == world.everywhere(2)
    assert outcome.aws_calls[READ] == 2
    assert outcome.aws_calls[UPDATE] == (1 if committed else 2)
    assert world.references() == {"E1": ["edgerollout-1", "edgerollout-2"]}


@pytest.mark.parametrize("committed", [True, False])
@pytest.mark.parametrize("operation", ["lambda:CreateFunction", "lambda:UpdateFunctionCode"])
def test_a_lost_answer_about_the_function_is_read_back_too(operation: str, committed: bool) -> None:
    world = World() if operation == "lambda:CreateFunction" else released()
    world.aws.faults.fail(
        operation,
        LostAnswer(operation.partition(":")[2], "ReadTimeoutError", "no answer"),
        after_commit=committed,
    )
    outcome = world.publish()
    if not committed and operation == "lambda:CreateFunction":
        # The fate of the call was read back: it was not carried out. Running it again does it.
        assert outcome.exit_code is ExitCode.FAILED
        outcome = world.publish()
    assert outcome.exit_code is ExitCode.DONE
    assert world.triggers() == world.everywhere(outcome.release or 0)


@pytest.mark.parametrize("committed", [True, False])
def test_a_version_whose_answer_was_lost_is_found_and_never_published_twice(committed: bool) -> None:
    world = released()
    lost = LostAnswer("PublishVersion", "ReadTimeoutError", "no answer")
    world.aws.faults.fail("lambda:PublishVersion", lost, after_commit=committed)
    outcome = world.publish()
    if outcome.exit_code is not ExitCode.DONE:
        assert not committed
        outcome = world.publish()
    assert outcome.exit_code is ExitCode.DONE
    assert world.versions() == (1, 2)
    assert world.triggers() == world.everywhere(2)


class Lagging(FakeCloudFront):
    """Reads that lag behind: the first `behind` GetDistribution calls show the distribution as it was."""

    old: Distribution
    behind = 0

    @classmethod
    def around(cls, world: World, distribution: str, behind: int) -> None:
        real = world.aws.cloudfront
        lagging = cls("123456789012", world.clock, world.aws.faults, world.windows, world.aws.functions)
        lagging._stored = real._stored
        lagging._numbers = real._numbers
        lagging.old = real._view(real._stored[distribution])
        lagging.behind = behind
        world.aws.cloudfront = lagging

    def distribution(self, distribution_id: str) -> Distribution:
        now = super().distribution(distribution_id)
        self.behind -= 1
        return self.old if self.behind >= 0 else now


def test_deployed_with_the_etag_from_before_the_swap_is_not_ours() -> None:
    world = released()
    Lagging.around(world, "E1", behind=3)
    outcome = world.publish()
    assert outcome.exit_code is ExitCode.DONE
    [made] = [
        invalidation
        for invalidation in world.aws.cloudfront.invalidations("E1")
        if "edgerollout-2-" in invalidation.caller_reference
    ]
    changed = world.aws.cloudfront.distribution("E1").last_modified
    assert (made.created_at - changed).total_seconds() >= world.windows.deploy_seconds


def test_deployed_with_a_colleagues_etag_from_before_the_swap_is_not_ours_either() -> None:
    world = released()

    def colleague() -> None:
        world.colleague_comments()
        world.clock.advance(600)
        Lagging.around(world, "E1", behind=3)

    world.aws.faults.before(UPDATE, colleague)
    session = world.session()
    snapshot, plan = world.plan(session)
    outcome = world.carry_out(plan, snapshot, session)
    assert outcome.exit_code is ExitCode.DONE


# --- one of several fails ----------------------------------------------------------------------------


PENDING = Busy(
    UPDATE,
    "InvalidLambdaFunctionAssociation",
    f"The function must be in an Active state. The current state for function {FUNCTION}:2 is Pending",
)


def test_a_version_that_is_still_pending_for_cloudfront_is_waited_for() -> None:
    world = released()
    world.aws.faults.fail(UPDATE, PENDING, times=5)
    outcome = world.publish()
    assert outcome.exit_code is ExitCode.DONE
    assert outcome.aws_calls[UPDATE] == 6
    assert world.triggers() == world.everywhere(2)


def test_a_version_that_stays_pending_for_cloudfront_is_given_up() -> None:
    world = released()
    world.aws.faults.fail(UPDATE, PENDING, times=1000)
    began = world.clock.monotonic()
    outcome = world.publish()
    assert outcome.exit_code is ExitCode.FAILED
    assert world.triggers() == world.everywhere(1)
    assert 100 < world.clock.monotonic() - began < 400


def test_one_failing_distribution_does_not_stop_the_others() -> None:
    world = released("E1", "E2", "E3")
    world.aws.faults.fail(UPDATE, DENIED)
    outcome = world.publish()
    assert (outcome.result, outcome.exit_code) == (RunResult.FAILED, ExitCode.FAILED)
    results = sorted(distribution.result for distribution in outcome.distributions)
    assert results == [DistributionResult.COMPLETED, DistributionResult.COMPLETED, DistributionResult.FAILED]
    [failed] = world.failures
    assert (failed.code, failed.hint) == ("AccessDenied", "Allow it.")


def test_running_again_touches_only_what_is_not_done() -> None:
    world = released("E1", "E2", "E3")
    world.aws.faults.fail(UPDATE, DENIED)
    world.publish()
    world.settle()
    world.forget_calls()
    outcome = world.publish()
    assert outcome.exit_code is ExitCode.DONE
    assert outcome.aws_calls[UPDATE] == 1
    assert outcome.aws_calls[INVALIDATE] == 1
    assert world.triggers() == world.everywhere(2)
    assert sorted(distribution.result for distribution in outcome.distributions) == [
        DistributionResult.COMPLETED,
        DistributionResult.NOTHING_TO_DO,
        DistributionResult.NOTHING_TO_DO,
    ]


def test_credentials_that_expire_after_a_write_leave_a_resumable_run() -> None:
    world = released()
    world.aws.faults.fail("cloudfront:GetDistribution", EXPIRED)
    outcome = world.publish()
    assert (outcome.result, outcome.exit_code) == (RunResult.IN_PROGRESS, ExitCode.IN_PROGRESS)
    assert outcome.distributions[0].result is DistributionResult.IN_PROGRESS
    assert world.publish().exit_code is ExitCode.DONE


def test_fifteen_wildcard_invalidations_in_progress_are_waited_out() -> None:
    world = released()
    world.windows.invalidation_seconds = 600

    def crowd() -> None:
        for number in range(15):
            world.aws.cloudfront.invalidate("E1", (f"/{number}/*",), f"theirs-{number}")

    world.aws.faults.after(UPDATE, lambda: world.clock.after(170, crowd))
    outcome = world.publish()
    assert outcome.exit_code is ExitCode.DONE
    assert world.references()["E1"][-1] == "edgerollout-2"


# --- stopping ----------------------------------------------------------------------------------------


def test_ctrl_c_while_cloudfront_works_says_that_it_goes_on_and_how_to_resume() -> None:
    world = released()
    stop = Stop()
    world.aws.faults.after(UPDATE, stop.ask)
    outcome = world.publish(stop=stop)
    assert (outcome.result, outcome.exit_code) == (RunResult.INTERRUPTED, ExitCode.INTERRUPTED)
    assert outcome.distributions[0].result is DistributionResult.IN_PROGRESS
    assert "CloudFront continues" in said(outcome.next_step)
    assert "edgerollout publish -e testing" in said(outcome.next_step)


def test_ctrl_c_before_any_swap_leaves_the_distributions_as_they_were() -> None:
    world = released("E1", "E2")
    stop = Stop()
    world.aws.faults.after("lambda:UpdateFunctionCode", stop.ask)
    outcome = world.publish(stop=stop)
    assert outcome.exit_code is ExitCode.INTERRUPTED
    assert {distribution.result for distribution in outcome.distributions} == {DistributionResult.NOT_STARTED}
    assert world.triggers() == world.everywhere(1)


def test_a_deadline_during_propagation_is_resumable_and_says_what_goes_on() -> None:
    world = released()
    outcome = world.publish(timeout=60)
    assert (outcome.result, outcome.exit_code) == (RunResult.IN_PROGRESS, ExitCode.IN_PROGRESS)
    assert "edgerollout wait -e testing" in said(outcome.next_step)
    world.forget_calls()
    assert world.publish().exit_code is ExitCode.DONE
    assert UPDATE not in world.calls
    assert world.calls[INVALIDATE] == 1


def test_an_invalidation_that_outlives_the_deadline_is_a_warning_only() -> None:
    world = released()
    world.windows.invalidation_seconds = 3600
    outcome = world.publish(timeout=300)
    assert outcome.exit_code is ExitCode.DONE
    assert any("completes by itself" in message for message in world.notices)
    assert world.publish().result is RunResult.NOTHING_TO_DO


def test_a_policy_as_it_was_before_may_be_published_again_when_nothing_was_withdrawn() -> None:
    world = released()
    assert world.publish().release == 2
    world.settle()
    world.wants(P1)
    outcome = world.publish()
    assert (outcome.exit_code, outcome.release, outcome.previous) == (ExitCode.DONE, 3, 2)
    assert world.triggers() == world.everywhere(3)


def test_a_distribution_that_a_colleague_took_our_triggers_off_is_not_taken_for_a_new_one() -> None:
    world = released("E1", "E2")
    world.wants(P2)
    world.aws.faults.before("cloudfront:UpdateDistribution", lambda: world.colleague_detaches("E2"), at=1)
    assert world.publish().exit_code is ExitCode.CONFLICT
    world.settle()
    assert set(world.triggers()["E2"].values()) == {()}
    with pytest.raises(Refused, match="counts as rolled back"):
        world.plan()


def test_what_a_colleague_published_by_hand_of_our_upload_is_no_release_and_the_next_run_makes_one() -> None:
    world = released()

    def publishes_by_hand() -> None:
        function = world.aws.functions.function(FUNCTION)
        assert function is not None
        world.aws.functions.publish(FUNCTION, function.code_sha256, "by hand")

    world.aws.faults.before("lambda:PublishVersion", publishes_by_hand)
    assert world.publish().exit_code is ExitCode.CONFLICT
    world.settle()
    assert world.publish().exit_code is ExitCode.DONE
    assert world.versions() == (1, 2, 3)
    assert world.triggers() == world.everywhere(3)
