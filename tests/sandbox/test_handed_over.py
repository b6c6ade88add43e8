"""Where Terraform owns the triggers: published and written down by us, attached by it, finished by `wait`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgerollout.errors import ExitCode
from edgerollout.policy.stage import Stage
from edgerollout.release.facts.events import DistributionResult, RunResult
from edgerollout.release.facts.tfvars import Tfvars
from tests.samples import a_few, shared_out
from tests.spelling import said

from .account import Place
from .desk import Wire
from .terraforming import Terraformed
from .test_killed import killed_and_run_again, points

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edgerollout.release.facts.events import Outcome

    from .account import Ended

pytestmark = pytest.mark.sandbox

MOMENTS = ("before the call", "after AWS did it")
"""When a run is killed: each at half of some calls, at every call in `make thorough`."""
BOTH = pytest.mark.parametrize("moment", MOMENTS)


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with Place.opened() as opened:
        yield opened


@pytest.fixture
def account(place: Place) -> Terraformed:
    return Terraformed(place)


def ended(command: Ended) -> Outcome:
    assert command.outcome is not None, command
    return command.outcome


def changes(wire: Wire) -> list[str]:
    """The calls that write to a distribution."""
    return [
        text
        for text in wire.log
        if text.startswith("cloudfront:") and ":Get" not in text and ":List" not in text
    ]


def test_publish_makes_the_version_names_it_in_the_tfvars_and_leaves_cloudfront_alone(
    account: Terraformed,
) -> None:
    wire = Wire()
    outcome = ended(account.publish(wire))

    assert (outcome.result, outcome.exit_code, outcome.release) == (RunResult.HANDED_OVER, ExitCode.DONE, 1)
    assert {distribution.result for distribution in outcome.distributions} == {DistributionResult.HANDED_OVER}
    assert account.tfvars == Tfvars(f"{account.function_arn}:1", 1, Stage.REPORT_ONLY)
    assert outcome.handed_over is not None
    assert outcome.handed_over.function_qualified_arn == f"{account.function_arn}:1"
    assert "terraform apply" in said(outcome.next_step)
    assert changes(wire) == []


def test_a_second_publish_before_and_after_the_apply_has_nothing_to_do(account: Terraformed) -> None:
    account.publish()
    for step in (lambda: None, account.apply, account.wait):
        step()
        assert ended(account.publish()).result is RunResult.NOTHING_TO_DO
    assert account.ending() == account.released(1)


def test_tfvars_that_were_lost_are_written_again_for_the_same_version(account: Terraformed) -> None:
    account.publish()
    said, account.tfvars = account.tfvars, None

    assert ended(account.publish()).result is RunResult.HANDED_OVER
    assert (account.tfvars, account.versions()) == (said, (1,))


def test_what_terraform_changes_before_it_attaches_a_release_takes_nothing_back(account: Terraformed) -> None:
    account.handed()
    account.wants("https://two.example")
    account.publish()
    account.applies_something_else()

    assert ended(account.publish()).result is RunResult.NOTHING_TO_DO
    account.apply()
    assert account.wait().code is ExitCode.DONE
    assert account.ending().triggers == account.everywhere(2)
    assert account.versions() == (1, 2)


def test_an_apply_that_came_only_to_one_distribution_is_finished_by_another(account: Terraformed) -> None:
    account.handed()
    account.wants("https://two.example")
    account.publish()
    account.apply(account.ids[:1])
    account.settle()

    waited = account.wait()
    assert waited.code is ExitCode.NOT_RIGHT
    assert "not every behavior carries release 2" in waited.words
    assert ended(account.publish()).result is RunResult.NOTHING_TO_DO
    account.apply()
    assert account.wait().code is ExitCode.DONE
    assert account.ending() == account.released(1, 2)


def test_wait_says_what_is_missing_while_terraform_has_attached_nothing(account: Terraformed) -> None:
    account.publish()

    waited = account.wait()

    assert waited.code is ExitCode.REFUSED
    assert "release 1 is not attached in testing yet" in waited.words
    assert "terraform apply" in (waited.hint or "")


def test_wait_with_a_time_limit_waits_for_terraform_and_gives_up_resumably(account: Terraformed) -> None:
    account.publish()

    waited = account.wait(timeout=60)

    assert waited.code is ExitCode.IN_PROGRESS
    assert "Once Terraform has attached it" in (waited.hint or "")


def test_wait_with_a_time_limit_goes_on_when_terraform_attaches_meanwhile(account: Terraformed) -> None:
    account.publish()
    asked = 0

    def terraform(operation: str, _nth: int) -> None:
        nonlocal asked
        asked += operation in ("cloudfront:ListDistributions", "cloudfront:GetDistribution")
        if asked == 4:
            asked += 1
            account.apply()

    waited = account.wait(Wire(before=terraform), timeout=600)

    assert waited.code is ExitCode.DONE
    assert account.ending() == account.released(1)


def test_an_enforcing_promotion_goes_by_tfvars_too(account: Terraformed) -> None:
    account.handed()

    assert ended(account.promote()).result is RunResult.HANDED_OVER
    assert account.tfvars == Tfvars(f"{account.function_arn}:2", 2, Stage.ENFORCED)
    assert ended(account.promote()).result is RunResult.NOTHING_TO_DO
    account.apply()
    assert account.wait().code is ExitCode.DONE
    assert account.ending() == account.released(1, 2)


def test_a_promotion_with_nothing_to_move_leaves_a_newer_release_to_terraform(account: Terraformed) -> None:
    account.handed()
    account.promote()
    account.apply()
    account.wait()
    account.settle()
    account.wants("https://newer.example")
    account.publish()
    told = account.tfvars

    promoted = ended(account.promote())

    assert promoted.result is RunResult.NOTHING_TO_DO
    assert "terraform apply" in said(promoted.next_step)
    assert account.tfvars == told


def test_a_rollback_names_the_release_before_and_its_headers_leave_the_cache(account: Terraformed) -> None:
    account.handed()
    account.handed("https://two.example")

    wire = Wire()
    assert ended(account.rollback(wire)).result is RunResult.HANDED_OVER
    assert changes(wire) == []
    assert account.tfvars == Tfvars(f"{account.function_arn}:1", 1, Stage.REPORT_ONLY)
    assert ended(account.rollback()).result is RunResult.NOTHING_TO_DO
    account.apply()
    assert account.wait().code is ExitCode.DONE
    assert account.ending() == account.released(1, 2, 1)
    assert account.publish().code is ExitCode.REFUSED  # what was rolled back does not come again by itself


def test_a_rollback_that_waits_for_terraform_is_undone_by_no_publish_and_no_promotion(
    account: Terraformed,
) -> None:
    account.handed()
    account.handed("https://two.example")
    account.rollback()
    told = account.tfvars

    for again in (account.publish, account.promote):
        refused = again()
        assert refused.code is ExitCode.REFUSED
        assert "release 2 counts as rolled back" in refused.words
        assert "terraform apply" in (refused.hint or "")
    assert (account.tfvars, account.versions()) == (told, (1, 2))

    account.apply()
    assert account.wait().code is ExitCode.DONE
    assert account.ending().triggers == account.everywhere(1)


def promoted(account: Terraformed) -> None:
    account.handed()
    account.promote()


def rolled_back(account: Terraformed) -> None:
    account.handed()
    account.handed("https://two.example")
    account.rollback()


def rolled_forward(account: Terraformed) -> None:
    """Back to release 1, then to release 2 again."""
    rolled_back(account)
    account.apply()
    account.wait()
    account.settle()
    assert ended(account.rollback(to=2)).result is RunResult.HANDED_OVER


def taken_off(account: Terraformed) -> None:
    account.handed()
    account.rollback()


def detached(account: Terraformed) -> None:
    account.handed()
    account.detach()


WAITING = ((promoted, 1), (rolled_back, 2), (rolled_forward, 1), (taken_off, 1), (detached, 1))
"""What Terraform has yet to do, and the release that is live until then."""
FILES = ("file there", "file lost")


@pytest.mark.parametrize(
    ("begin", "live", "file"),
    [(*item, file) for file in FILES for item in shared_out(WAITING, FILES, to=file)],
)
def test_what_waits_for_terraform_is_rewritten_by_no_publish(
    account: Terraformed, begin: Callable[[Terraformed], None], live: int, file: str
) -> None:
    begin(account)
    told, versions = account.tfvars, account.versions()
    if file == "file lost":
        account.tfvars = None
    kept = account.tfvars

    for source in (None, "https://three.example"):
        if source is not None:
            account.wants(source)
        for again in (False, True):
            tried = account.publish(again=again)
            if tried.outcome is None:
                assert tried.code is ExitCode.REFUSED
                assert "edgerollout " in (tried.hint or "")
            else:
                handed = tried.outcome.handed_over
                assert handed is not None
                assert told is not None
                assert (tried.outcome.result, handed.live) == (RunResult.NOTHING_TO_DO, live)
                assert (handed.release, handed.waits) == (told.release, True)
            assert (account.tfvars, account.versions()) == (kept, versions), tried

    # The way on that the file itself gives: Terraform does as it was told.
    account.tfvars = told
    account.apply()
    assert account.wait().code is ExitCode.DONE
    assert told is not None
    attached = account.everywhere(told.release) if told.release else account.detached(1, 0).triggers
    assert account.ending().triggers == attached


def test_a_lost_file_is_written_anew_by_the_commands_that_are_named(account: Terraformed) -> None:
    promoted(account)
    told, account.tfvars = account.tfvars, None

    hint = account.publish().hint or ""

    assert "rollback -e testing --to 2 for that release, --to 1 for the live one" in hint
    account.rollback(to=2)
    assert account.tfvars == told
    account.tfvars = None
    account.rollback(to=1)
    assert account.tfvars is not None
    assert account.tfvars.release == 1
    account.wants("https://three.example")
    assert ended(account.publish()).release == 3


def test_where_the_file_is_another_runs_nothing_counts_as_handed_over(account: Terraformed) -> None:
    account.handed()
    account.wants("https://two.example")
    account.written_by_others = True

    outcome = ended(account.publish())

    assert (outcome.result, outcome.release, outcome.previous) == (RunResult.CONFLICT, 2, 1)
    assert outcome.handed_over is None
    assert {distribution.result for distribution in outcome.distributions} == {DistributionResult.NOT_STARTED}
    account.written_by_others = False
    assert ended(account.publish()).release == 2


def test_a_publish_takes_the_place_of_one_that_was_not_applied(account: Terraformed) -> None:
    account.handed()
    account.wants("https://two.example")
    account.publish()

    account.wants("https://three.example")
    outcome = ended(account.publish())

    assert outcome.handed_over is not None
    assert (outcome.handed_over.live, outcome.handed_over.release, outcome.previous) == (1, 3, 1)


def test_an_enforcement_that_was_rolled_back_does_not_come_with_the_next_policy(account: Terraformed) -> None:
    account.handed()
    account.promote()
    account.apply()
    account.wait()
    account.settle()
    account.rollback()

    account.wants("https://three.example")
    assert "release 2 counts as rolled back" in account.publish().words
    assert account.promote().code is ExitCode.REFUSED


def test_a_release_that_was_never_applied_is_what_a_rollback_takes_back(account: Terraformed) -> None:
    account.handed()
    account.wants("https://two.example")
    account.publish()

    assert ended(account.rollback()).result is RunResult.HANDED_OVER

    assert account.tfvars == Tfvars(f"{account.function_arn}:1", 1, Stage.REPORT_ONLY)
    assert set(account.tags()) == {"edgerollout:withdrawn:2"}
    assert account.publish().code is ExitCode.REFUSED


def test_the_first_releases_rollback_has_terraform_take_the_triggers_off(account: Terraformed) -> None:
    account.handed()

    assert ended(account.rollback()).result is RunResult.HANDED_OVER
    assert account.tfvars == Tfvars()
    assert account.wait().code is ExitCode.REFUSED
    account.apply()
    assert account.wait().code is ExitCode.DONE
    assert account.ending() == account.detached(1, 0)
    assert ended(account.wait()).result is RunResult.NOTHING_TO_DO


def test_detach_has_terraform_take_the_triggers_off_and_withdraws_nothing(account: Terraformed) -> None:
    account.handed()

    wire = Wire()
    assert ended(account.detach(wire)).result is RunResult.HANDED_OVER
    assert (changes(wire), account.tfvars) == ([], Tfvars())
    account.apply()
    assert account.wait().code is ExitCode.DONE
    assert account.ending() == account.detached(1, 0)
    assert ended(account.publish()).release == 2


def test_a_release_that_git_and_terraform_brought_back_leaves_no_headers_of_the_newer_one_in_caches(
    account: Terraformed,
) -> None:
    account.handed()
    before = account.tfvars
    account.handed("https://two.example")

    account.tfvars = before  # `git revert`, without a word to us
    account.apply()

    assert account.wait().code is ExitCode.DONE
    assert account.ending() == account.released(1, 2, 1)
    assert ended(account.wait()).result is RunResult.NOTHING_TO_DO


@BOTH
def test_a_publish_for_terraform_killed_anywhere_makes_no_second_version(place: Place, moment: str) -> None:
    account, wire = Terraformed(place), Wire()
    account.handed()
    account.wants("https://undisturbed.example")
    assert account.publish(wire).code is ExitCode.DONE
    release, killed, calls = 2, 0, shared_out(a_few(points(wire.log), 6), MOMENTS, to=moment)
    for operation, nth in calls:
        account.apply()
        assert account.wait().code is ExitCode.DONE
        account.settle()
        release += 1
        account.wants(f"https://{release}.example")
        killed += killed_and_run_again(account.publish, operation, nth, after_commit=moment == MOMENTS[1])
        assert account.versions() == tuple(range(1, release + 1)), f"killed at {operation} #{nth}"
        assert account.tfvars is not None
        assert account.tfvars.release == release, f"killed at {operation} #{nth}"
    account.apply()
    assert account.wait().code is ExitCode.DONE
    assert account.ending() == account.released(*range(1, release + 1))
    assert killed >= len(calls) - 2


@BOTH
def test_a_wait_for_terraforms_apply_killed_anywhere_converges_when_it_is_run_again(
    place: Place, moment: str
) -> None:
    account, wire = Terraformed(place), Wire()
    account.publish()
    account.apply()
    assert account.wait(wire).code is ExitCode.DONE
    release, killed, calls = 1, 0, shared_out(a_few(points(wire.log), 6), MOMENTS, to=moment)
    for operation, nth in calls:
        account.settle()
        release += 1
        account.wants(f"https://{release}.example")
        account.publish()
        account.apply()
        killed += killed_and_run_again(account.wait, operation, nth, after_commit=moment == MOMENTS[1])
        at = f"killed at {operation} #{nth}"
        assert account.ending() == account.released(*range(1, release + 1)), at
    assert ended(account.wait()).result is RunResult.NOTHING_TO_DO
    assert killed >= len(calls) - 2


@BOTH
def test_a_rollback_for_terraform_killed_anywhere_converges_when_it_is_run_again(
    place: Place, moment: str
) -> None:
    account, wire = Terraformed(place), Wire()
    account.handed()
    account.handed("https://undisturbed.example")
    assert account.rollback(wire).code is ExitCode.DONE
    lives, killed, calls = [1, 2, 1], 0, shared_out(a_few(points(wire.log), 6), MOMENTS, to=moment)
    for operation, nth in calls:
        account.apply()
        assert account.wait().code is ExitCode.DONE
        account.settle()
        account.handed(f"https://{len(lives)}.example")
        lives += [max(lives) + 1, 1]
        killed += killed_and_run_again(account.rollback, operation, nth, after_commit=moment == MOMENTS[1])
        at = f"killed at {operation} #{nth}"
        assert account.tfvars == Tfvars(f"{account.function_arn}:1", 1, Stage.REPORT_ONLY), at
        assert {f"edgerollout:withdrawn:{n}" for n in lives if n > 1} == set(account.tags()), at
    account.apply()
    assert account.wait().code is ExitCode.DONE
    assert account.ending() == account.released(*lives)
    assert killed >= len(calls) - 2
