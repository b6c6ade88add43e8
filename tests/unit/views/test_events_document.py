"""docs/events.md and docs/output.md against the code: a field that one has and the other lacks fails."""

from __future__ import annotations

import dataclasses
import json
import re
import typing
from dataclasses import replace
from pathlib import Path

import pytest

from edgerollout.errors import UsageError
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
from edgerollout.views.jsonl import JsonLinesView, event_json
from edgerollout.views.plan_json import plan_json
from edgerollout.views.problems import problem_json
from tests.spelling import spell

from .sample import OUTCOME, PLAN, papers

_DOCS = Path(__file__).parents[3] / "docs"
_EVENTS = (_DOCS / "events.md").read_text(encoding="utf-8")
_OUTPUT = (_DOCS / "output.md").read_text(encoding="utf-8")

_RENAMED = {"elapsed": "elapsed_s", "wait": "wait_s", "duration": "duration_s"}
"""Dataclass field → JSON field: units are said where no type says them."""

_SAMPLES: tuple[Event, ...] = (
    StepStarted(StepKind.INVALIDATE, "/*", "E1"),
    StepProgressed(StepKind.INVALIDATE, "InProgress", 1.0, "E1"),
    StepFinished(StepKind.INVALIDATE, "I1", 2.0, "E1"),
    StepFailed(StepKind.INVALIDATE, "what", "why", "hint", "code", "E1"),
    CallRetried("cloudfront", "UpdateDistribution", "Throttling", 1, 1.5),
    RollbackStarted("why", 41),
    Noticed("warning", "message", "E1"),
    AdvanceChosen(AdvanceStep.WAIT, "why", "2026-12-04T10:00:00+00:00"),
    GateJudged("soak", passed=False, detail="detail", remedy="remedy", overridden="reason"),
    VersionJudged(31, VersionFate.DELETED, "why", 9120),
    replace(OUTCOME, toured=TouredPages(5, 0, 1), pruned=Pruned((31,), (32,), (33,), 9120)),
)


def _sections() -> dict[str, str]:
    parts = re.split(r"^## (\w+)$", _EVENTS, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _fields(section: str) -> dict[str, str]:
    return dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", section, flags=re.MULTILINE))


def _example(section: str) -> dict[str, object]:
    found = re.search(r"```json\n(.*)\n```", section)
    assert found is not None
    document = json.loads(found[1])
    assert isinstance(document, dict)
    return document


def _type_of(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case str():
            return "string"
        case int():
            return "integer"
        case float():
            return "number"
        case list():
            return "array"
        case _:
            return "object"


def _version() -> dict[str, object]:
    out, _, streams = papers()
    JsonLinesView(streams.stdout, spell).start()
    document = json.loads(out.text)
    assert isinstance(document, dict)
    return document


def _written() -> dict[str, dict[str, object]]:
    """Every object the tool writes, by type."""
    documents = (
        _version(),
        *(event_json(event, spell) for event in _SAMPLES),
        problem_json(UsageError("what"), spell),
    )
    return {str(document["type"]): document for document in documents}


def test_the_samples_are_all_the_events() -> None:
    assert {type(event) for event in _SAMPLES} == set(typing.get_args(Event))


@pytest.mark.parametrize("event", _SAMPLES, ids=lambda event: type(event).__name__)
def test_every_field_of_an_event_is_written(event: Event) -> None:
    names = {_RENAMED.get(field.name, field.name) for field in dataclasses.fields(event)}

    assert set(event_json(event, spell)) == names | {"type"}


def test_every_type_has_a_section_and_no_section_is_left_over() -> None:
    assert set(_sections()) == set(_written())


@pytest.mark.parametrize("kind", _sections())
def test_a_section_lists_exactly_the_fields_written_with_their_types(kind: str) -> None:
    fields, written = _fields(_sections()[kind]), _written()[kind]

    assert set(fields) == set(written) - {"type"}
    for name, types in fields.items():
        assert _type_of(written[name]) in types.split(" or "), name


@pytest.mark.parametrize("kind", _sections())
def test_a_section_has_an_example_with_all_its_fields(kind: str) -> None:
    example, written = _example(_sections()[kind]), _written()[kind]

    assert example["type"] == kind
    assert list(example) == list(written)


def test_a_field_that_may_be_none_is_documented_as_nullable() -> None:
    for event in _SAMPLES:
        hints = typing.get_type_hints(type(event), localns={"ExitCode": int, "Hint": str})
        fields = _fields(_sections()[str(event_json(event, spell)["type"])])
        for name, hint in hints.items():
            nullable = type(None) in typing.get_args(hint)
            assert ("null" in fields[_RENAMED.get(name, name)]) is nullable, name


@pytest.mark.parametrize(
    "word", sorted({*AdvanceStep, *StepKind, *RunResult, *DistributionResult, *VersionFate})
)
def test_every_word_of_the_contract_is_listed(word: str) -> None:
    assert f"`{word}`" in _EVENTS


def test_the_fields_of_a_distribution_and_of_a_problem_are_listed() -> None:
    distributions = event_json(OUTCOME, spell)["distributions"]
    assert isinstance(distributions, list)

    for name in distributions[0]:
        assert f"`{name}`" in _fields_line("distributions")
    for name in ("file", "line", "column", "key", "message", "suggestion"):
        assert f"`{name}`" in _fields_line("problems")


def _fields_line(field: str) -> str:
    return next(line for line in _EVENTS.splitlines() if line.startswith(f"| `{field}` |"))


def test_the_plan_document_is_described_field_by_field() -> None:
    section = _OUTPUT.partition("### plan")[2].partition("###")[0]

    assert set(re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE)) == set(plan_json(PLAN, spell)) - {
        "schema"
    }
