"""A folder in a real repository."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from edgerollout.clock import SystemClock
from edgerollout.edge.authority import LocalAuthority
from edgerollout.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def test_one_that_git_tracks_is_refused_and_one_that_it_does_not_is_taken(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(("git", "-C", str(tmp_path), *words), check=True, capture_output=True)

    git("init")
    LocalAuthority.open(tmp_path / "home" / "a", SystemClock())
    LocalAuthority.open(tmp_path / "home" / "a", SystemClock())
    git("add", "-f", "home/a")
    with pytest.raises(UsageError, match="not used") as refused:
        LocalAuthority.open(tmp_path / "home" / "a", SystemClock())
    assert "git" in (refused.value.why or "")
