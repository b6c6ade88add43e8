"""Views in a process of their own, whose streams fail as real ones do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

FULL = Path("/dev/full")
_HEADING = 'Heading("publish", "testing", "123456789012", None, "new")'


_VIEWS = pytest.mark.parametrize(
    "view",
    [
        f"LiveView(streams, {_HEADING}, SystemClock(), speller(Options()))",
        f"LogView(streams, {_HEADING}, SystemClock(), speller(Options()))",
        "JsonLinesView(streams.stdout, speller(Options()))",
        "GithubView(streams, SystemClock(), Job(), 'publish', speller(Options()))",
    ],
    ids=["live", "log", "json", "github"],
)


def _watched_run(view: str) -> str:
    """A program with a view whose streams are the process's own; it ends with 7."""
    return f"""
import sys
from pathlib import Path
from edgerollout.policy.severity import Severity
from edgerollout.cli.options import Options
from edgerollout.cli.words import speller
from edgerollout.clock import SystemClock
from edgerollout.release.facts.events import Noticed
from edgerollout.views.github import GithubView, Job
from edgerollout.views.heading import Heading
from edgerollout.views.jsonl import JsonLinesView
from edgerollout.views.live import LiveView
from edgerollout.views.log import LogView
from edgerollout.views.streams import Streams

streams = Streams(stdout=sys.stdout, stderr=sys.stderr)
sys.stdin.read()
view = {view}
view.start()
for number in range(2000):
    view.handle(Noticed(Severity.NOTE, "x" * 100))
view.stop()
sys.exit(7)
"""


@_VIEWS
def test_a_reader_that_leaves_ends_no_run(view: str) -> None:
    """The view goes quiet; the process goes on, ends by itself, and says nothing about the pipe."""
    process = subprocess.Popen(
        [sys.executable, "-c", _watched_run(view)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    process.stdout.close()
    process.stdin.close()

    assert process.wait(timeout=600) == 7


@_VIEWS
def test_a_terminal_that_hangs_up_ends_no_run(view: str) -> None:
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _watched_run(view)], stdin=subprocess.PIPE, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    os.close(ours)
    assert process.stdin is not None
    process.stdin.close()

    assert process.wait(timeout=600) == 7


@pytest.mark.skipif(not FULL.exists(), reason="a device that is always full")
@_VIEWS
def test_a_full_disk_ends_no_run(view: str) -> None:
    with FULL.open("w") as full:
        code = subprocess.run(
            [sys.executable, "-c", _watched_run(view)],
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=full,
            timeout=600,
            check=False,
        ).returncode

    assert code == 7
