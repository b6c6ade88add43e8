from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from edgerollout.errors import ExitCode
from edgerollout.release.facts.events import (
    Outcome,
    Pruned,
    RunResult,
    StepFinished,
    StepKind,
    StepStarted,
    VersionFate,
    VersionJudged,
)
from edgerollout.release.facts.snapshot import Version
from edgerollout.release.plans.pruning import JudgedVersion, PrunePlan
from edgerollout.views.glyphs import TYPOGRAPHIC
from edgerollout.views.heading import Heading
from edgerollout.views.log import LogView
from edgerollout.views.outcome import outcome_lines
from edgerollout.views.output.encoder import json_text
from edgerollout.views.output.pruning import pruning_json
from edgerollout.views.pruning import pruning_document, pruning_summary
from edgerollout.views.run_state import RunState
from edgerollout.views.wording import size_words
from tests.spelling import spell

from .drawing import markdown_of, text_of
from .sample import FUNCTION, HandClock, papers

if TYPE_CHECKING:
    from collections.abc import Callable


def _judged(number: int, why: str, *, deletes: bool = False, size: int = 4879) -> JudgedVersion:
    published = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=number)
    return JudgedVersion(Version(number, "", f"sha-{number}", published, size=size), deletes, why)


PLAN = PrunePlan(
    environment="staging",
    account="123456789012",
    function="security-headers-staging",
    function_arn=FUNCTION,
    keep=2,
    live=12,
    versions=(
        _judged(7, "withdrawn", deletes=True),
        _judged(8, "older than the newest 2", deletes=True, size=1_250_000),
        _judged(9, "not published by edgerollout\x1b[2J"),
        _judged(10, "alias canary", size=812),
        _judged(11, "rollback goes here"),
        _judged(12, "attached on www.staging.example.com and 3 more"),
    ),
    withdrawn=frozenset({7}),
)

HEADING = Heading("prune", "staging", "123456789012", live=12, target=12)


def _outcome(result: RunResult, pruned: Pruned, *, error: str | None = None) -> Outcome:
    code = {RunResult.INTERRUPTED: ExitCode.INTERRUPTED, RunResult.FAILED: ExitCode.FAILED}
    return Outcome(
        result, code.get(result, ExitCode.DONE), "staging", 12, None, (), 0.4, error=error, pruned=pruned
    )


def _words(outcome: Outcome) -> str:
    return "\n".join(line.text for line in outcome_lines(outcome, 100, TYPOGRAPHIC, spell))


@pytest.mark.parametrize("width", [100, 40])
def test_the_versions_are_a_table_for_people(width: int, golden: Callable[[str, str], None]) -> None:
    golden(f"pruning-{width}", text_of(pruning_document(PLAN, against="sandbox"), width))


def test_the_versions_are_markdown(golden: Callable[[str, str], None]) -> None:
    golden("pruning-markdown", markdown_of(pruning_document(PLAN)))


def test_the_versions_are_a_json_document(golden: Callable[[str, str], None]) -> None:
    golden("pruning-json", json_text(pruning_json(PLAN)))


def test_what_cannot_be_deleted_yet_and_what_is_left_are_told_by_number() -> None:
    words = _words(_outcome(RunResult.INTERRUPTED, Pruned((7,), (8,), (9, 10), 4879), error="stopped"))

    assert "interrupted: 1 version deleted, 4.9 KB freed, 1 pending, 2 left" in words
    assert "pending: 8 (replicas still exist" in words
    assert "left: 9, 10" in words


@pytest.mark.parametrize(
    ("result", "pruned", "words"),
    [
        (RunResult.NOTHING_TO_DO, Pruned(), "nothing to do: no version had to be deleted"),
        (RunResult.COMPLETED, Pruned(pending=(7,)), "completed: no version deleted, 1 pending"),
        (RunResult.COMPLETED, Pruned((7, 8), freed=9758), "completed: 2 versions deleted, 9.8 KB freed"),
        (RunResult.FAILED, Pruned(left=(7,)), "failed: no version deleted, 1 left"),
    ],
)
def test_a_prune_ends_in_its_own_words(result: RunResult, pruned: Pruned, words: str) -> None:
    assert words in _words(_outcome(result, pruned))


def test_nothing_to_delete_is_said() -> None:
    plan = PrunePlan("staging", "123456789012", "f", FUNCTION, 5, None, ())

    assert pruning_summary(plan) == "Nothing to do: no version needs to be deleted."
    assert "there are no versions" in text_of(pruning_document(plan))


def test_a_log_has_a_line_for_each_version_that_was_come_to() -> None:
    _, err, streams = papers()
    view = LogView(streams, HEADING, HandClock(), spell)
    view.start()
    for event in (
        VersionJudged(12, VersionFate.SPARED, "attached on www", 1),
        StepStarted(StepKind.DELETE_VERSIONS, "2 of f"),
        VersionJudged(7, VersionFate.DELETED, "withdrawn", 4879),
        VersionJudged(8, VersionFate.PENDING, "replicas still exist", 4879),
        StepFinished(StepKind.DELETE_VERSIONS, "1 of 2 deleted", 0.2),
    ):
        view.handle(event)
    lines = [line.partition("] ")[2] for line in err.text.splitlines()]

    assert "version 12" not in err.text
    assert "✔ version 7 deleted, 4.9 KB: withdrawn" in lines
    assert "· version 8 pending: replicas still exist" in lines
    assert "✔ delete versions done in 0.2s, 1 of 2 deleted" in lines


def test_the_frame_shows_the_version_it_is_at() -> None:
    state = RunState.of(HEADING)
    state.apply(StepStarted(StepKind.DELETE_VERSIONS, "2 of f"), 0.0)
    state.apply(VersionJudged(7, VersionFate.DELETED, "withdrawn", 4879), 0.1)

    assert state.steps[StepKind.DELETE_VERSIONS].status == "version 7 deleted"


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (999_949, "999.9 KB"),
        (999_950, "1.0 MB"),
        (75 * 10**9, "75.0 GB"),
    ],
)
def test_sizes_are_said_in_thousands(count: int, words: str) -> None:
    assert size_words(count) == words
