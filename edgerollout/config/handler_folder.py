"""The handler's source folder, as the bytes that go into the bundle."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from edgerollout.errors import ConfigError, Place, Problem

if TYPE_CHECKING:
    from pathlib import Path

_TEXT = frozenset({".py", ".js", ".mjs", ".cjs", ".json", ".txt", ".md", ".ts"})
_SKIPPED = frozenset({"__pycache__", "node_modules", ".git"})
_WRITTEN_BY_US = "release.json"


def read_handler(folder: Path) -> dict[str, bytes]:
    """Every file of the handler folder, by its path inside the bundle (with `/`), sorted.

    Line ends of text files become LF: a checkout on Windows makes the same bundle. Hidden files and
    caches stay out. Raises ConfigError for an empty folder, for a release.json lying there, and for what
    cannot be read or has a name that a zip cannot carry, all of it at once.
    """
    files: dict[str, bytes] = {}
    problems: list[Problem] = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if _left_out(inside.parts):
            continue
        read = _read(path)
        if isinstance(read, Problem):
            problems.append(read)
        elif read is not None:
            files[inside.as_posix()] = read
    if _WRITTEN_BY_US in files:
        problems.append(
            Problem(
                Place(str(folder / _WRITTEN_BY_US)),
                "release.json is written into the bundle by edgerollout",
                "take the file out of the handler folder",
            )
        )
    if not files and not problems:
        problems.append(Problem(Place(str(folder)), "the handler folder is empty"))
    if problems:
        raise ConfigError(tuple(problems))
    return files


def _read(path: Path) -> bytes | Problem | None:
    """What goes into the bundle from there: None for a folder, a problem for what is no readable file."""
    place = Place(str(path))
    try:
        kind = path.stat().st_mode
        if stat.S_ISDIR(kind):
            return None if os.access(path, os.R_OK | os.X_OK) else Problem(place, "the folder cannot be read")
        if not stat.S_ISREG(kind):
            return Problem(place, "a pipe or a device cannot go into the bundle", "take it out of the folder")
        path.name.encode("utf-8")
        content = path.read_bytes()
    except UnicodeEncodeError:
        return Problem(place, "the file's name is not UTF-8", "rename it, or take it out of the folder")
    except OSError as error:
        return Problem(place, f"cannot be read: {error.strerror or error}")
    return content.replace(b"\r\n", b"\n") if path.suffix in _TEXT else content


def _left_out(parts: tuple[str, ...]) -> bool:
    return any(part in _SKIPPED or part.startswith(".") for part in parts) or parts[-1].endswith(".pyc")
