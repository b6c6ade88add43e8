"""The numbers of the releases that `history` showed last, kept for completion, which does not call AWS."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from edgerollout.private_file import own_folder, write_private

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_MOST = 100
"""The most releases that are kept. Nobody reads more after Tab."""


def remember_releases(root: Path, environment: str, numbers: Iterable[int], *, sandbox: bool) -> None:
    """Keep the newest of `numbers` (newest first) for the project in `root`. A failure is ignored."""
    file = _file(root, environment, sandbox=sandbox)
    with contextlib.suppress(OSError):
        own_folder(file.parent)
        write_private(file, "".join(f"{number}\n" for number in list(numbers)[:_MOST]).encode())


def seen_releases(root: Path, environment: str, *, sandbox: bool) -> tuple[int, ...]:
    """The kept numbers, newest first; () where there are none."""
    try:
        words = _file(root, environment, sandbox=sandbox).read_text(encoding="utf-8").split()
    except (OSError, ValueError):
        return ()
    return tuple(int(word) for word in words[:_MOST] if word.isdecimal() and len(word) < 10)


def _file(root: Path, environment: str, *, sandbox: bool) -> Path:
    return root / ".edgerollout" / "releases" / f"{environment}{'.sandbox' if sandbox else ''}.txt"
