"""Programs from outside that some tests need. Where one cannot be had, the run says so at its end, loudly."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from edgerollout.tour.fetched import fetched_chromium
from tests.samples import THOROUGH

NODE_FOLDER = Path(__file__).parent / "node"

LEFT_OUT = "LEFT OUT: "
"""How the reason of a skipped test starts that a complete machine would have run."""

_FULL = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SHELL = "chromium-headless-shell"
"""The same engine without a browser's window, which costs a page three quarters of its processor time."""


def chromium(*, full: bool = THOROUGH) -> Path:
    """A Chromium of this machine; skips the test, loudly, where there is none.

    Its headless shell where that is installed, or, `full`, the browser that people have.
    `EDGEROLLOUT_TEST_CHROMIUM` names another one.
    """
    named = os.environ.get("EDGEROLLOUT_TEST_CHROMIUM")
    names = (*_FULL, _SHELL) if full else (_SHELL, *_FULL)
    found = named or next((path for name in names if (path := shutil.which(name))), None)
    if found is None and fetched_chromium().is_file():
        return fetched_chromium()  # `make demo` was here
    if found is None:
        pytest.skip(f"{LEFT_OUT}no Chromium on this machine (apt install chromium, or make demo)")
    return Path(found)


def terraform() -> str:
    """The terraform of this machine; skips the test, loudly, where there is none."""
    found = shutil.which("terraform")
    if found is None:
        pytest.skip(f"{LEFT_OUT}no terraform on this machine")
    return found


def ask_node(script: str, question: object, timeout: float = 1200) -> Any:
    """What a script of tests/node answers: JSON on its stdin, JSON on its stdout.

    Skips the test, loudly, where Node or the packages are missing.
    """
    node = shutil.which("node")
    if node is None:
        pytest.skip(f"{LEFT_OUT}no Node.js on this machine")
    if not (NODE_FOLDER / "node_modules" / ".ready").exists():
        pytest.skip(f"{LEFT_OUT}the packages of tests/node are not installed (make test installs them)")
    done = subprocess.run(
        [node, str(NODE_FOLDER / script)],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        cwd=NODE_FOLDER,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
