from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from edgerollout.policy.severity import Severity
from edgerollout.release.facts.events import CallRetried, Noticed
from edgerollout.views.jsonl import JsonLinesView
from edgerollout.views.output.events import OutcomeJson, event_json
from tests.spelling import spell

from .sample import FAILING, OUTCOME, RUN, papers

if TYPE_CHECKING:
    from collections.abc import Callable


def _written(events: tuple[tuple[float, object], ...]) -> str:
    out, err, streams = papers()
    view = JsonLinesView(streams.stdout, spell)
    view.start()
    for _, event in events:
        view.handle(event)
    view.stop()
    assert err.text == ""
    return out.text


def test_a_publish_is_json_lines(golden: Callable[[str, str], None]) -> None:
    golden("jsonl", _written(RUN))


def test_a_failing_run_is_json_lines(golden: Callable[[str, str], None]) -> None:
    golden("jsonl-failing", _written(FAILING))


def test_the_version_comes_first_and_the_outcome_last() -> None:
    lines = [json.loads(line) for line in _written(RUN).splitlines()]

    assert lines[0] == {"type": "version", "schema": "1.0", "tool": "edgerollout 0.1.0"}
    assert lines[-1]["type"] == "outcome"
    assert len(lines) == len(RUN) + 1


def test_whole_seconds_are_seconds_too() -> None:
    event = event_json(CallRetried("lambda", "GetFunction", "Throttling", 1, 2), spell)

    assert getattr(event, "wait_s", None) == 2


def test_no_text_can_break_a_line() -> None:
    text = _written(((0.0, Noticed(Severity.NOTE, "a\nb\u2028c\udc80ü")),))

    assert len(text.splitlines()) == 2
    assert json.loads(text.splitlines()[1])["message"] == "a\nb\u2028c\udc80ü"


def test_no_text_is_a_workflow_command() -> None:
    text = _written(((0.0, Noticed(Severity.NOTE, "##[add-mask]e")),))

    assert "##[" not in text
    assert json.loads(text.splitlines()[1])["message"] == "##[add-mask]e"


def test_an_outcome_without_a_release_says_null() -> None:
    document = event_json(replace(OUTCOME, release=None, previous=None, endpoint=None, next_step=None), spell)

    assert isinstance(document, OutcomeJson)
    assert (document.release, document.previous, document.endpoint, document.next_step) == (None,) * 4
