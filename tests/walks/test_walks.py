"""Whatever is done in whatever order: edits, commands, colleagues, faults and kills."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.samples import SEED, THOROUGH

from .conftest import BEGINNINGS
from .walk import Walk, shortest, steps_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .ground import Ground
    from .walk import Step, Wrong

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(0)]

WALKS = int(os.environ.get("EDGEROLLOUT_TEST_WALKS") or (240 if THOROUGH else 2))
LENGTH = 20 if THOROUGH else 6
PATIENCE = 600 if THOROUGH else 60
"""Seconds for which a walk that failed is made shorter."""


@pytest.mark.parametrize("number", range(WALKS))
def test_a_walk_of_edits_commands_colleagues_faults_and_kills_breaks_nothing(
    number: int,
    ground_of: Callable[[str], Ground],
    record_property: Callable[[str, object], None],
) -> None:
    ground, tried = ground_of(BEGINNINGS[-1 - number % 3]), Counter[str]()

    def go(steps: Sequence[Step]) -> Wrong | None:
        return Walk(ground, tried).wrong_in(steps)

    steps = steps_of(f"{SEED} {number}", LENGTH)
    wrong = go(steps)
    tried["walks"] += 1
    for name, count in tried.items():
        record_property(name, count)
    if wrong is not None:
        steps, wrong = shortest(steps, wrong, go, PATIENCE)
        pytest.fail(
            f"seed {SEED}, walk {number} from {BEGINNINGS[-1 - number % 3]!r}: "
            f"{wrong.invariant}: {wrong.words}\nThe walk: {steps}",
            pytrace=False,
        )
