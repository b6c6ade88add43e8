"""An UpdateDistribution that answers 200 and keeps no association: never taken for done, and resumable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgerollout.emulator.faults import FaultKind, FaultRule

from .scenarios import SCENARIOS as EVERY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .attack import Undisturbed
    from .scenarios import Scenario

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(0)]
SCENARIOS = [scenario for scenario in EVERY if scenario.name != "prune"]
SAMPLED, PARTS = 2, 1

UPDATE = "cloudfront:UpdateDistribution"
FAILED, NEEDS_PERSON = 1, 8
LEFT_BY_A_LIE = ("responses went bare", "invalidated_for", "tags.edgerollout:observed")
"""Responses without headers are CloudFront's doing; one more invalidation mends what was cached, and the soak
starts over at the gap."""
TAKES_OFF = {"detach", "the means changes to a policy"}
"""What it takes off anyway is what the lie drops: there is nothing to tell."""


def test_what_cloudfront_dropped_behind_a_200_is_told_and_done_by_the_next_command(
    scenario: Scenario,
    undisturbed: Callable[[Scenario], Undisturbed],
    chosen: Callable[[Sequence[int], int], list[int]],
    record_property: Callable[[str, object], None],
) -> None:
    attacked = undisturbed(scenario)
    updates = [call.nth for call in attacked.calls if call.operation == UPDATE]
    failures, told, cases = [], 0, chosen(updates, 1)
    for nth in cases:
        ended = attacked.troubled(FaultRule(UPDATE, FaultKind.LIE, skip=nth - 1))
        assert ended.struck
        wrong = [text for text in ended.wrong if not text.startswith(LEFT_BY_A_LIE)]
        if ended.result.code not in {FAILED, NEEDS_PERSON}:
            done = scenario.name in TAKES_OFF or scenario.code
            wrong += [] if done else [f"ended with {ended.result.code}: {ended.result.err}"]
        else:
            told += 1
            error = ended.result.outcome["error"]
            wrong += [] if "dropped" in error else [f"did not tell it: {error}"]
        failures += [f"update {nth}: {text}" for text in wrong]
    record_property("lies of UpdateDistribution: cases", len(cases))
    record_property("lies of UpdateDistribution: told", told)
    assert not failures, "\n\n".join(failures)
