"""`advance` makes the tour that a gate asks for by itself, in a real browser."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.outside import chromium

from .estate import Estate

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.sandbox, pytest.mark.thorough]


def test_a_tour_that_finds_something_needs_a_person_and_is_told_in_the_job(tmp_path: Path) -> None:
    estate = Estate(tmp_path)
    estate.policy("https://cdn.example.com")
    estate.start()
    try:
        estate.extra = {
            "EDGEROLLOUT_BROWSER": str(chromium()),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        }
        estate.done("advance", "testing", "--create", "--no-verify")

        unproven = estate.run("--sandbox", "advance", "-e", "testing", "--yes", "-o", "github")

        assert unproven.code == 6, unproven.err
        assert "touring testing: a gate needs its evidence" in unproven.err
        assert "gate tour is not met" in unproven.err
        assert "https://metrics.example.com" in (tmp_path / "summary").read_text()
        evidence = json.loads((tmp_path / ".edgerollout/evidence/testing.json").read_text())
        assert evidence["mode"] == "deployed"
    finally:
        estate.stop()
