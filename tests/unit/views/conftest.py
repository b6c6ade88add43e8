from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.json_output import parsed, parsed_lines

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDENS = Path(__file__).parents[2] / "goldens" / "views"


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compares a text with tests/goldens/views/NAME.txt; EDGEROLLOUT_UPDATE_GOLDENS=1 writes it instead.

    JSON is checked against its schema.
    """

    def compare(name: str, text: str) -> None:
        if name.endswith("-json"):
            parsed(text)
        elif name.startswith("jsonl"):
            parsed_lines(text)
        path = GOLDENS / f"{name}.txt"
        if os.environ.get("EDGEROLLOUT_UPDATE_GOLDENS") == "1":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare
