"""A publish whose release somebody else replaces before it looks at the site."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from .ground import Wanted
from .together import COMMANDS
from .truth import Truth

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from edgerollout.emulator.front import Arrival
    from edgerollout.emulator.messages import Response
    from tests.functional.project import Result

    from .ground import Ground

pytestmark = pytest.mark.sandbox

LAST = "cloudfront:CreateInvalidation"


class Between:
    """Has something happen once, before the first call of an operation is carried out."""

    def __init__(self, operation: str, happen: Callable[[], Result]) -> None:
        self._operation, self._happen = operation, happen
        self._taken = threading.Lock()
        self.other: Result | None = None

    def known(self, pid: int) -> None:
        """Its calls say whose they are."""

    def call(self, arrival: Arrival, carry_out: Callable[[], Response]) -> Response:
        if arrival.operation == self._operation and self._taken.acquire(blocking=False):
            self.other = self._happen()
        return carry_out()


def test_a_publish_that_was_superseded_before_it_looked_at_the_site_is_a_conflict_and_takes_nothing_back(
    ground_of: Callable[[str], Ground], tmp_path: Path
) -> None:
    ground = ground_of("enforced")
    desk = ground.desk(tmp_path / "desk", Wanted(csp=2, headers=1))
    ground.edit(Wanted(csp=1, event="viewer-response"))
    between = Between(LAST, lambda: ground.go(*COMMANDS["publish"], folder=desk))

    ended = ground.go(*COMMANDS["publish"], turn=between)

    assert between.other is not None
    assert between.other.code == 0, between.other.err
    assert (ended.code, ended.outcome["result"]) == (4, "conflict"), ended.out
    assert "nothing was taken back" in ended.outcome["error"]
    assert Truth.of(ground, "testing").attached == {between.other.outcome["release"]}
