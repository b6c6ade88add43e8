"""SIGKILL at any AWS call, then the command that the user runs next: it ends as if nothing had happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .scenarios import SCENARIOS as EVERY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .attack import Undisturbed
    from .scenarios import Scenario
    from .world import Call

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(0)]
SCENARIOS = EVERY
SAMPLED, PARTS = 6, 4


def test_what_was_killed_at_any_call_is_finished_by_the_next_command(
    scenario: Scenario,
    undisturbed: Callable[[Scenario], Undisturbed],
    chosen: Callable[[Sequence[tuple[Call, bool]], int], list[tuple[Call, bool]]],
    record_property: Callable[[str, object], None],
) -> None:
    attacked = undisturbed(scenario)
    deaths, failures = 0, []
    cases = chosen([(call, after) for call in attacked.calls for after in (False, True)], 2)
    for call, after_commit in cases:
        died, wrong = attacked.killed(call, after_commit=after_commit)
        deaths += died
        when = "after" if after_commit else "before"
        failures += [f"killed {when} {call}: {text}" for text in wrong]
    record_property(f"killed: {scenario}", deaths)
    assert not failures, "\n\n".join(failures)
    # How often a run polls, and in which order its lanes call, differs by a call or two.
    assert deaths >= len(cases) - max(2, len(cases) // 10)
