"""docs/events.md against the code: examples have every field, and every word is listed."""

from __future__ import annotations

import dataclasses
import re
import typing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgerollout.policy.severity import Severity
from edgerollout.release.facts.events import (
    AdvanceChosen,
    AdvanceStep,
    CallRetried,
    DistributionResult,
    Event,
    GateJudged,
    Noticed,
    Pruned,
    RollbackStarted,
    RunResult,
    StepFailed,
    StepFinished,
    StepKind,
    StepProgressed,
    StepStarted,
    TouredPages,
    VersionFate,
    VersionJudged,
)
from edgerollout.views.output.encoder import json_line
from edgerollout.views.output.events import LineJson, event_json
from make_docs.output import hints, members, words
from tests.json_output import parsed
from tests.spelling import spell

from .sample import OUTCOME

if TYPE_CHECKING:
    from edgerollout.views.output.encoder import Output

_EVENTS = (Path(__file__).parents[3] / "docs" / "events.md").read_text(encoding="utf-8")

_RENAMED = {"elapsed": "elapsed_s", "wait": "wait_s", "duration": "duration_s"}
"""Field of an event → field of its line: units are said where no type says them."""

_SAMPLES: tuple[Event, ...] = (
    StepStarted(StepKind.INVALIDATE, "/*", "E1"),
    StepProgressed(StepKind.INVALIDATE, "InProgress", 1.0, "E1"),
    StepFinished(StepKind.INVALIDATE, "I1", 2.0, "E1"),
    StepFailed(StepKind.INVALIDATE, "error", "why", "hint", "code", "E1"),
    CallRetried("cloudfront", "UpdateDistribution", "Throttling", 1, 1.5),
    RollbackStarted("why", 41),
    Noticed(Severity.WARNING, "message", "E1"),
    AdvanceChosen(AdvanceStep.WAIT, "why", "2026-12-04T10:00:00+00:00"),
    GateJudged("soak", passed=False, detail="detail", remedy="remedy", overridden="reason"),
    VersionJudged(31, VersionFate.DELETED, "why", 9120),
    replace(OUTCOME, toured=TouredPages(5, 0, 1), pruned=Pruned((31,), (32,), (33,), 9120)),
)


def test_the_samples_are_all_the_events() -> None:
    assert {type(event) for event in _SAMPLES} == set(typing.get_args(Event))


@pytest.mark.parametrize("event", _SAMPLES, ids=lambda event: type(event).__name__)
def test_every_field_of_an_event_is_written(event: Event) -> None:
    names = {_RENAMED.get(field.name, field.name) for field in dataclasses.fields(event)}

    assert set(parsed(json_line(event_json(event, spell)))) == names | {"type"}


@pytest.mark.parametrize("of", members(LineJson), ids=lambda of: of.__name__)
def test_a_line_has_an_example_with_all_its_fields(of: type[Output]) -> None:
    kind = words(hints(of)["type"])[0]
    example = re.search(rf'^{{"type":"{kind}".*}}$', _EVENTS, flags=re.MULTILINE)

    assert example is not None
    assert list(parsed(example[0])) == list(hints(of))


@pytest.mark.parametrize(
    "word", sorted({*AdvanceStep, *StepKind, *RunResult, *DistributionResult, *VersionFate})
)
def test_every_word_of_the_contract_is_listed(word: str) -> None:
    assert f"`{word}`" in _EVENTS
