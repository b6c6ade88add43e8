"""Kill a run anywhere and run it again: it ends as if nothing had happened.

The AWS calls of an undisturbed run over the real adapter are taken in turn. The process dies just
before it, or after AWS carried it out and before the answer was read; nothing goes out from it after
that. Then the same command is run again.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from edgerollout.errors import ExitCode
from edgerollout.release.events import RunResult
from tests.samples import calls_to_try

from .account import Account, Place
from .desk import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .account import Ended

pytestmark = pytest.mark.sandbox


class Killed(BaseException):
    """The process is gone: nothing in the run may catch this."""


class Death:
    """Ends a run at one call: no other thread of it gets anything out afterwards."""

    def __init__(self, operation: str, nth: int, *, after_commit: bool) -> None:
        self._at = (operation, nth)
        self._after_commit = after_commit
        self.came = False
        self.wire = Wire(before=self._sending, after=self._received)

    def _sending(self, operation: str, nth: int) -> None:
        if self.came or (not self._after_commit and (operation, nth) == self._at):
            self.came = True
            raise Killed

    def _received(self, operation: str, nth: int) -> None:
        if self.came or (self._after_commit and (operation, nth) == self._at):
            self.came = True
            raise Killed


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with Place.opened() as opened:
        yield opened


READS = ("Get", "List")


def points(log: list[str]) -> list[tuple[str, int]]:
    """The calls to be killed at, as (operation, n-th of its kind): one of each kind, or every single one,
    polls included.
    """
    seen = Counter[str]()
    found = []
    for operation in log:
        seen[operation] += 1
        found.append((operation, seen[operation]))
    return calls_to_try(found)


def killed_and_run_again(
    command: Callable[[Wire], Ended], operation: str, nth: int, *, after_commit: bool
) -> bool:
    """Whether the run died at that call; the run after it succeeded."""
    death = Death(operation, nth, after_commit=after_commit)
    try:
        command(death.wire)
    except Killed:
        again = command(Wire())
        assert again.code is ExitCode.DONE, (operation, nth, again)
    return death.came


def nothing_to_do(account: Account) -> bool:
    outcome = account.publish().outcome
    return outcome is not None and outcome.result is RunResult.NOTHING_TO_DO


@pytest.mark.parametrize("after_commit", [False, True], ids=["before the call", "after AWS did it"])
def test_a_first_publish_killed_anywhere_converges_when_it_is_run_again(
    place: Place, after_commit: bool
) -> None:
    account, wire = Account(place), Wire()
    assert account.publish(wire).code is ExitCode.DONE
    assert account.ending() == account.released(1)
    killed, calls = 0, points(wire.log)
    for operation, nth in calls:
        account = Account(place, number=account.number)
        killed += killed_and_run_again(account.publish, operation, nth, after_commit=after_commit)
        assert account.ending() == account.released(1), f"killed at {operation} #{nth}"
    assert nothing_to_do(account)
    assert killed >= len(calls) - 2


@pytest.mark.parametrize("after_commit", [False, True], ids=["before the call", "after AWS did it"])
def test_another_policy_killed_anywhere_converges_when_it_is_run_again(
    place: Place, after_commit: bool
) -> None:
    account, wire = Account(place), Wire()
    account.published()
    account.wants("https://undisturbed.example")
    assert account.publish(wire).code is ExitCode.DONE
    release, killed, calls = 2, 0, points(wire.log)
    for operation, nth in calls:
        release += 1
        account.wants(f"https://{release}.example")
        killed += killed_and_run_again(account.publish, operation, nth, after_commit=after_commit)
        assert account.ending() == account.released(*range(1, release + 1)), f"killed at {operation} #{nth}"
    assert nothing_to_do(account)
    assert not set(account.ids) & {one for one, _ in place.visitors.went_bare}
    assert killed >= len(calls) - 2


@pytest.mark.parametrize("after_commit", [False, True], ids=["before the call", "after AWS did it"])
def test_a_rollback_killed_anywhere_converges_when_it_is_run_again(place: Place, after_commit: bool) -> None:
    account, wire = Account(place), Wire()
    account.published()
    account.published("https://undisturbed.example")
    assert account.rollback(wire, to=1).code is ExitCode.DONE
    lives, killed, calls = [1, 2, 1], 0, points(wire.log)
    assert account.ending() == account.released(*lives)
    for operation, nth in calls:
        account.published(f"https://{len(lives)}.example")
        lives += [max(lives) + 1, 1]
        killed += killed_and_run_again(
            lambda wire: account.rollback(wire, to=1), operation, nth, after_commit=after_commit
        )
        at = f"killed at {operation} #{nth}"
        assert account.ending() == account.released(*lives), at
        assert {f"edgerollout:withdrawn:{n}" for n in lives if n > 1} == set(account.tags()), at
    outcome = account.rollback(to=1).outcome
    assert outcome is not None
    assert outcome.result is RunResult.NOTHING_TO_DO
    assert not set(account.ids) & {one for one, _ in place.visitors.went_bare}
    assert killed >= len(calls) - 2


@pytest.mark.parametrize("after_commit", [False, True], ids=["before the call", "after AWS did it"])
def test_an_enforcing_promotion_killed_anywhere_converges_when_it_is_run_again(
    place: Place, after_commit: bool
) -> None:
    account, wire = Account(place), Wire()
    account.published()
    assert account.promote(wire).code is ExitCode.DONE
    release, killed, calls = 2, 0, points(wire.log)
    assert account.ending() == account.released(1, 2)
    for operation, nth in calls:
        account.settle()
        account.published(f"https://{release}.example")
        release += 2
        killed += killed_and_run_again(account.promote, operation, nth, after_commit=after_commit)
        assert account.ending() == account.released(*range(1, release + 1)), f"killed at {operation} #{nth}"
    outcome = account.promote().outcome
    assert outcome is not None
    assert outcome.result is RunResult.NOTHING_TO_DO
    assert not set(account.ids) & {one for one, _ in place.visitors.went_bare}
    assert killed >= len(calls) - 2


@pytest.mark.parametrize("after_commit", [False, True], ids=["before the call", "after AWS did it"])
def test_a_detach_killed_anywhere_converges_when_it_is_run_again(place: Place, after_commit: bool) -> None:
    account, wire = Account(place), Wire()
    account.published()
    assert account.detach(wire).code is ExitCode.DONE
    lives, killed, calls = [1, 0], 0, points(wire.log)
    assert account.ending() == account.detached(*lives)
    for operation, nth in calls:
        account.published()
        lives += [max(lives) + 1, 0]
        killed += killed_and_run_again(account.detach, operation, nth, after_commit=after_commit)
        at = f"killed at {operation} #{nth}"
        assert account.ending() == account.detached(*lives), at
        assert dict(account.tags()) == {"edgerollout:detached": str(max(lives))}, at
    outcome = account.detach().outcome
    assert outcome is not None
    assert outcome.result is RunResult.NOTHING_TO_DO
    assert killed >= len(calls) - 2


@pytest.mark.parametrize("after_commit", [False, True], ids=["before the call", "after AWS did it"])
def test_a_prune_killed_anywhere_is_finished_by_the_same_command(place: Place, after_commit: bool) -> None:
    account, wire = Account(place), Wire()

    def publish_and_roll_back() -> int:
        """Two releases, of which one is withdrawn; and one that is live over it. Its number."""
        live = max(account.versions(), default=0)
        account.published(f"https://{live + 1}.example")
        if live:
            assert account.rollback().code is ExitCode.DONE
            account.settle()
        account.published(f"https://{live + 2}.example")
        account.replicas_go()
        return live + 2

    publish_and_roll_back()
    live = publish_and_roll_back()
    assert account.prune(wire).code is ExitCode.DONE
    assert account.versions() == (live - 2, live)
    killed, calls = 0, points(wire.log)
    for operation, nth in calls:
        before, live = live, publish_and_roll_back()
        killed += killed_and_run_again(account.prune, operation, nth, after_commit=after_commit)
        assert account.versions() == (before, live), f"killed at {operation} #{nth}"
        assert account.prune().code is ExitCode.DONE
        assert not account.tags(), f"killed at {operation} #{nth}"
    assert account.everywhere(live) == {one: account.triggers(one) for one in account.ids}
    assert killed >= len(calls) - 2


def test_a_rollback_to_the_release_before_goes_no_further_back_when_it_was_cut_off(place: Place) -> None:
    account, wire = Account(place), Wire()
    account.published()
    account.published("https://undisturbed.example")
    assert account.rollback(wire).code is ExitCode.DONE
    lives = [1, 2, 1]
    # The tags that say "not through yet" go last, by two writers at a time: once both are gone, nothing is
    # left to be cut off, and another run is the wish for one more step back.
    calls = [
        one
        for one in points(wire.log)
        if not one[0].partition(":")[2].startswith(READS) and one[0] != "lambda:UntagResource"
    ]
    for operation, nth in calls:
        account.published(f"https://{len(lives)}.example")
        lives += [max(lives) + 1, 1]
        killed_and_run_again(account.rollback, operation, nth, after_commit=True)
        assert account.ending() == account.released(*lives), f"killed at {operation} #{nth}"
