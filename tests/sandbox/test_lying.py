"""An API that answers 200 and drops associations, through the adapter: told, and finished by the next run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgerollout.emulator.faults import FaultKind, FaultRule
from edgerollout.errors import ExitCode

from .account import Account, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.sandbox

SAID = "CloudFront answered 200 but dropped"


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with Place.opened() as opened:
        yield opened


@pytest.fixture(autouse=True)
def no_faults_left(place: Place) -> Iterator[None]:
    yield
    place.server.faults.clear()


def lie(place: Place, distribution: str, times: int = 1) -> None:
    place.server.faults.add(
        FaultRule("UpdateDistribution", FaultKind.LIE, times=times, path_contains=distribution)
    )


@pytest.mark.parametrize("distributions", [1, 2])
def test_what_was_dropped_is_told_and_the_same_command_finishes_it(place: Place, distributions: int) -> None:
    account = Account(place, distributions)
    account.published()
    account.wants("https://two.example")
    lie(place, account.ids[0])
    ended = account.publish()
    assert ended.code is ExitCode.FAILED
    assert SAID in ended.words
    assert account.ids[0] in ended.words
    assert account.publish().code is ExitCode.DONE
    assert account.ending() == account.released(1, 2)


def test_an_api_that_keeps_no_associations_is_never_said_to_carry_a_release(place: Place) -> None:
    account = Account(place, 1)
    lie(place, account.ids[0], times=99)
    for _ in range(2):
        ended = account.publish()
        assert ended.code is ExitCode.FAILED
        assert SAID in ended.words
    assert account.versions() == (1,)
    place.server.faults.clear()
    assert account.publish().code is ExitCode.DONE
    assert account.ending() == account.released(1)


def test_a_rollback_whose_update_was_dropped_is_no_success(place: Place) -> None:
    account = Account(place, 1)
    account.published()
    account.published("https://two.example")
    lie(place, account.ids[0])
    ended = account.rollback()
    assert ended.code is ExitCode.FAILED
    assert SAID in ended.words
