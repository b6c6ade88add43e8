"""docs/output.md against the documents of `test` and `verify`: neither has a field that the other lacks."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from edgerollout.views.handler_test_json import handler_test_json
from edgerollout.views.verify_json import verify_json
from tests.spelling import spell

from .test_handler_test import REPORTS
from .test_verify import RUNS

if TYPE_CHECKING:
    from collections.abc import Iterator

OUTPUT = Path(__file__).parents[3] / "docs" / "output.md"

FREE = frozenset({"expected", "got", "seen"})
"""Fields whose own keys are header names."""

DOCUMENTS = {
    "test": [json.loads(handler_test_json(one, "testing")) for one in REPORTS.values()],
    "verify": [json.loads(verify_json(make(), "testing", spell)) for make in RUNS.values()],
}


def fields(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from fields(one)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            if name not in FREE:
                yield from fields(inner)


@pytest.mark.parametrize("command", DOCUMENTS)
def test_the_documentation_names_every_field_and_no_other(command: str) -> None:
    section = OUTPUT.read_text(encoding="utf-8").split(f"### {command}\n")[1].split("\n### ")[0]
    named = {word for span in re.findall(r"`([^`]+)`", section) for word in re.findall(r"[a-z_]+", span)}
    found = set(fields(DOCUMENTS[command])) - {"schema"}

    assert found - named == set()
    listed = {
        word
        for span in re.findall(r"`\{([a-z_, ]+)\}`", section)
        for word in span.replace(" ", "").split(",")
    }
    assert listed - found == set()
