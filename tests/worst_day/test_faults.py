"""Every operation of every command, with every trouble: it ends in words, leaks nothing, and converges."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.samples import some_of_each

from .faults import Trouble
from .scenarios import SCENARIOS as EVERY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edgerollout.emulator.faults import FaultRule

    from .attack import Undisturbed
    from .scenarios import Scenario

    Case = tuple[Trouble, FaultRule]

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(0)]
SCENARIOS = EVERY
SAMPLED, PARTS = 3, 4


def test_whatever_an_operation_suffers_the_same_command_ends_as_if_nothing_had_happened(
    scenario: Scenario,
    undisturbed: Callable[[Scenario], Undisturbed],
    chosen: Callable[[Sequence[Case], int], list[Case]],
    record_property: Callable[[str, object], None],
) -> None:
    attacked = undisturbed(scenario)
    every = [
        (trouble, rule)
        for operation in attacked.operations
        for trouble in Trouble
        for rule in trouble.rules(operation)
    ]
    tried, failures = Counter[str](), []
    for trouble, rule in chosen(some_of_each(every, lambda case: case[0]), 3):
        ended = attacked.troubled(rule)
        what = f"{rule.operation} is {trouble.value}{rule.member and f' ({rule.member})'}"
        assert ended.struck, f"{what}: was never called"
        tried[f"{trouble.value}: cases"] += 1
        tried[f"{trouble.value}: survived without another command"] += ended.result.code == scenario.code
        failures += [f"{what}: {text}" for text in ended.wrong]
    for name, count in tried.items():
        record_property(name, count)
    assert not failures, "\n\n".join(failures)
