from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

import pytest

SETTINGS = """\
[function]
name = "headers-{environment}"
runtime = "python3.13"
handler = "handler/python"
role = "edge-{environment}"

[environments.testing]
account = "123456789012"
distributions = [{ alias = "testing.example.com" }]
"""
POLICY = """\
[csp]
default-src = ["'self'"]
"""


class Write(Protocol):
    """Writes a project and returns its configuration folder; None leaves a file out."""

    def __call__(self, settings: str | None = SETTINGS, policy: str | None = POLICY) -> Path: ...


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Projects in a fresh folder that is also the current one, with a handler for each runtime."""
    monkeypatch.chdir(tmp_path)
    for name in ("python/index.py", "nodejs/index.mjs"):
        file = tmp_path / "handler" / name
        file.parent.mkdir(parents=True)
        file.write_text("", encoding="utf-8")

    def write(settings: str | None = SETTINGS, policy: str | None = POLICY) -> Path:
        directory = Path("config")
        directory.mkdir(exist_ok=True)
        for name, text in (("edgerollout.toml", settings), ("policy.toml", policy)):
            if text is not None:
                (directory / name).write_text(text, encoding="utf-8")
        return directory

    return write


@pytest.fixture
def unprivileged(tmp_path: Path) -> None:
    """Skip where permissions bind nobody: root reads what it may not."""
    secret = tmp_path / ".secret"
    secret.touch(mode=0)
    if os.access(secret, os.R_OK):
        pytest.skip("this user may read everything")
