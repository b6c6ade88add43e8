"""`sandbox demo`: the story comes out as it is told, also where there is no browser to tell all of it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from edgerollout.sandbox.demo_browser import NoBrowser, browser_for_demo
from edgerollout.sandbox.mended_page import PAGE, SCRIPT, mended
from edgerollout.sandbox.sample_site import PageSurroundings

if TYPE_CHECKING:
    from pathlib import Path


def _program(folder: Path, script: str) -> str:
    path = folder / "browser"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.sandbox
@pytest.mark.thorough
def test_without_a_browser_the_rest_of_the_story_is_told_and_what_is_left_out_is_named(
    tmp_path: Path,
) -> None:
    done = subprocess.run(
        (sys.executable, "-m", "edgerollout", "sandbox", "demo"),
        env={
            **os.environ,
            "EDGEROLLOUT_BROWSER": _program(tmp_path, "exit 1"),
            "TMPDIR": str(tmp_path),
            "PYTHONUTF8": "1",
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=1200,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "the cached page: stale, still the old policy" in done.stdout
    assert "once enforced: Observatory A+" in done.stdout
    assert "rolled back: release 2 is live in testing again" in done.stdout
    assert "release 1 is live in staging" in done.stdout
    assert "Left out, because there is no browser: the tours" in done.stdout
    assert "which does not start" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["browser"]


def test_the_browser_that_is_named_is_taken_when_it_starts(tmp_path: Path) -> None:
    named = _program(tmp_path, "echo Chromium 1.0")

    found = browser_for_demo(_silent, install=False, variables={"EDGEROLLOUT_BROWSER": named})

    assert str(found) == named


@pytest.mark.parametrize("script", ["exit 127", "kill -9 $$"])
def test_a_browser_that_is_named_and_does_not_start_is_said_and_none_is_fetched(
    script: str, tmp_path: Path
) -> None:
    named = _program(tmp_path, script)

    with pytest.raises(NoBrowser, match="which does not start"):
        browser_for_demo(_silent, install=True, variables={"EDGEROLLOUT_BROWSER": named})


def test_the_mended_page_runs_nothing_that_a_strict_policy_refuses() -> None:
    made = mended(PageSurroundings("testing", "testing.example.com", "api.testing.example.com"))
    text = made.files[PAGE].body.decode()

    assert f'<script src="/{SCRIPT}"></script>' in text
    assert text.count("<script") == 1
    assert not any(found in text for found in ("onclick", "javascript:", "Function("))
    # As Chromium tells them of the page as it was.
    assert made.gone == (
        "'sha256-2zn6z+NMc4K8GeUhXn9TFhS4bLQ22rmD8WAk6VNINOw='",
        "'sha256-bOrbh/C5Tdg/KJ0Np3S+ezFFY8UBD5nH+LYWJ1iw3Z8='",
    )


def _silent(text: str) -> None:
    assert text
