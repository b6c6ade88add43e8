from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDENS = Path(__file__).parents[2] / "goldens" / "terraform"


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compares a text with tests/goldens/terraform/NAME; EDGEROLLOUT_UPDATE_GOLDENS=1 writes it instead."""

    def compare(name: str, text: str) -> None:
        path = GOLDENS / name
        if os.environ.get("EDGEROLLOUT_UPDATE_GOLDENS") == "1":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture(scope="session")
def live_xml() -> bytes:
    """A grown distribution: three origins with a failover, four behaviors, error pages, a secret header."""
    return (Path(__file__).parent / "distribution.xml").read_bytes()
