"""Downloads that break off or hardly come: tried again for seconds by the run's clock, then done without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgerollout.emulator.faults import FaultKind, FaultRule
from edgerollout.errors import ExitCode
from edgerollout.release.facts.events import CallRetried

from .account import Account, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 60.0
"""More than is spent on the two releases that a rollback looks at."""


@pytest.fixture
def account() -> Iterator[Account]:
    with Place.opened(pauses_by_clock=True) as place:
        account = Account(place, distributions=1)
        account.published("https://one.example")
        account.published("https://two.example")
        yield account


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(FaultRule("DownloadCode", kind=FaultKind.RESET, times=1000), id="reset"),
        pytest.param(FaultRule("DownloadCode", kind=FaultKind.CUT, times=1000), id="cut"),
        pytest.param(FaultRule("DownloadCode", kind=FaultKind.ERROR, status=503, times=1000), id="503"),
        pytest.param(FaultRule("DownloadCode", kind=FaultKind.TRICKLE, seconds=5, times=1000), id="trickle"),
        pytest.param(FaultRule("GetFunction", kind=FaultKind.RESET, times=1000, skip=1), id="GetFunction"),
    ],
)
@pytest.mark.parametrize("command", ["rollback", "detach"])
def test_the_way_back_waits_for_seconds_and_goes_on(account: Account, rule: FaultRule, command: str) -> None:
    account.place.server.faults.add(rule)
    before = account.clock.monotonic()

    ended = account.rollback() if command == "rollback" else account.detach()

    assert ended.code is ExitCode.DONE, ended
    retried = [event for event in ended.events if isinstance(event, CallRetried)]
    if rule.kind is not FaultKind.TRICKLE:
        # One that trickles takes all its seconds at once; the server lets more of them pass meanwhile.
        assert len(retried) >= 2
        assert account.clock.monotonic() - before < SECONDS
    account.settle()
    there = account.triggers(account.ids[0])
    assert there == (
        account.everywhere(1)[account.ids[0]] if command == "rollback" else {p: {} for p in there}
    )
