"""The path from `main` to the one write that matters is short enough to be read on one screen."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import edgerollout

if TYPE_CHECKING:
    from types import FrameType

    from .project import Project

OURS = Path(edgerollout.__file__).parent
MOST = 16
"""Frames of our own, from the command on: those of the main thread, then those of the writer."""


class Listener:
    """Listens to every call of this process, and keeps who called whom on the way to UpdateDistribution."""

    def __init__(self) -> None:
        self._submitting: list[str] = []
        self.frames: list[str] = []

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        if event != "call":
            return
        code = frame.f_code
        if code.co_name == "submit" and code.co_filename.endswith("thread.py"):
            self._submitting = _own(frame)
        elif code.co_name == "update" and Path(code.co_filename) == OURS / "aws" / "cloudfront.py":
            self.frames = [*self._submitting, *_own(frame)]


def _own(frame: FrameType | None) -> list[str]:
    found = []
    while frame is not None:
        file = Path(frame.f_code.co_filename)
        if file.is_relative_to(OURS):
            found.append(f"{file.relative_to(OURS)}: {frame.f_code.co_qualname}")
        frame = frame.f_back
    return found[::-1]


def test_the_path_from_the_command_to_the_update_is_short(project: Project) -> None:
    project.distribution()
    heard = Listener()
    threading.setprofile(heard)
    sys.setprofile(heard)
    try:
        project.publish_here()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]
    assert 0 < len(heard.frames) <= MOST, "\n".join(heard.frames)
