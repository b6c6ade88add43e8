"""What the process's own streams may be: closed, full, or nobody's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]

_COMMANDS = pytest.mark.parametrize(
    ("arguments", "usual"),
    [
        ("--version", 0),
        ("--help", 0),
        ("build -e testing", 0),
        ("build -e testing -o json", 0),
        ("build -e nowhere", 2),
        ("build -e nowhere -o json", 2),
        ("no-such-command", 2),
    ],
)


def _run(arguments: str, streams: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ("/bin/sh", "-c", f"exec {sys.executable} -m edgerollout {arguments} {streams}"),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
@_COMMANDS
def test_a_full_disk_is_told_and_what_was_wanted_from_it_is_not_called_done(
    arguments: str, usual: int
) -> None:
    result = _run(arguments, ">/dev/full")

    assert result.returncode == (usual or 1)
    assert "Traceback" not in result.stderr
    assert "Exception ignored" not in result.stderr
    if not usual:
        assert "error: the output could not be written\nwhy:   No space left on device\n" in result.stderr


@_COMMANDS
def test_without_any_stream_a_command_ends_as_it_would(arguments: str, usual: int) -> None:
    result = _run(arguments, "<&- >&- 2>&-")

    assert (result.returncode, result.stdout, result.stderr) == (usual, "", "")
