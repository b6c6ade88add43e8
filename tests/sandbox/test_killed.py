"""A plain `rollback`, cut off and run again, is no wish for one more step back.

What every command comes to when it is killed at any call is in tests/worst_day; there a rollback that was cut
off is finished by the command that it printed. Here a run dies within the test's process: nothing goes out
from it after that.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from edgerollout.errors import ExitCode
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


def test_a_rollback_to_the_release_before_goes_no_further_back_when_it_was_cut_off(place: Place) -> None:
    account, wire = Account(place), Wire()
    account.published()
    account.published("https://undisturbed.example")
    assert account.rollback(wire).code is ExitCode.DONE
    lives = [1, 2, 1]
    # The tags that say "not through yet" go last, by two writers at a time: once both are gone, nothing is
    # left to be cut off, and another run is the wish for one more step back.
    calls = [
        point
        for point in points(wire.log)
        if not point[0].partition(":")[2].startswith(READS) and point[0] != "lambda:UntagResource"
    ]
    for operation, nth in calls:
        account.published(f"https://{len(lives)}.example")
        lives += [max(lives) + 1, 1]
        killed_and_run_again(account.rollback, operation, nth, after_commit=True)
        assert account.ending() == account.released(*lives), f"killed at {operation} #{nth}"
