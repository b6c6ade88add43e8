"""The handler's source folder, as the bytes that go into the bundle."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from edgerollout.errors import ConfigError, Place, Problem

if TYPE_CHECKING:
    from pathlib import Path

_TEXT = frozenset({".py", ".js", ".mjs", ".cjs", ".json", ".txt", ".md", ".ts"})
_SKIPPED = frozenset({"__pycache__", "node_modules", ".git"})
_WRITTEN_BY_US = "release.json"
_COPY = "replace it by a copy of its target, or remove it"

MAX_UNZIPPED = 250 * 1024 * 1024
"""Bytes of all files together: Lambda's limit on unzipped code (Lambda Developer Guide, quotas)."""


def read_handler(folder: Path) -> dict[str, bytes]:
    """Every file of the handler folder, by its path inside the bundle (with `/`), sorted.

    Line ends of text files become LF: a checkout on Windows makes the same bundle. Hidden files and
    caches stay out. A link to a file of the folder is that file; files outside are never packed, since
    a bundle is published. Raises ConfigError, with all problems at once, for an empty folder, for a
    release.json in it, for links to other places, for more than MAX_UNZIPPED bytes (before they are
    read), and for files that cannot be read or whose name a zip cannot hold.
    """
    files: dict[str, bytes] = {}
    problems: list[Problem] = []
    room = MAX_UNZIPPED
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if _left_out(inside.parts):
            continue
        read = _read(path, folder, room)
        if isinstance(read, Problem):
            problems.append(read)
        elif read is not None:
            files[inside.as_posix()] = read
            room -= len(read)
    if _WRITTEN_BY_US in files:
        problems.append(
            Problem(
                Place(str(folder / _WRITTEN_BY_US)),
                "release.json is written into the bundle by edgerollout",
                "remove the file from the handler folder",
            )
        )
    if not files and not problems:
        problems.append(Problem(Place(str(folder)), "the handler folder is empty"))
    if problems:
        raise ConfigError(tuple(problems))
    return files


def _read(path: Path, folder: Path, room: int) -> bytes | Problem | None:
    """The bytes for the bundle; None for a folder, a problem for what may not or cannot go in."""
    place = Place(str(path))
    try:
        if path.is_symlink() and (problem := _link_problem(path, folder)) is not None:
            return problem
        kind = path.stat().st_mode
        if stat.S_ISDIR(kind):
            return None if os.access(path, os.R_OK | os.X_OK) else Problem(place, "the folder cannot be read")
        if not stat.S_ISREG(kind):
            return Problem(place, "a pipe or a device cannot go into the bundle", "remove it from the folder")
        path.name.encode("utf-8")
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            # One byte more than the limit shows that a file grows while it is read.
            content = b"" if size > room else file.read(room + 1)
    except UnicodeEncodeError:
        return Problem(place, "the file's name is not UTF-8", "rename it, or remove it from the folder")
    except OSError as error:
        return Problem(place, f"cannot be read: {error.strerror or error}")
    if max(size, len(content)) > room:
        message = (
            f"has {size:,} bytes: with it the handler is larger than the {MAX_UNZIPPED:,} bytes that"
            " Lambda allows"
        )
        return Problem(place, message, "remove it from the folder")
    return content.replace(b"\r\n", b"\n") if path.suffix in _TEXT else content


def _link_problem(path: Path, folder: Path) -> Problem | None:
    """Why a link cannot go into the bundle. Raises OSError for a broken link or a circle."""
    target = _target(path)
    place = Place(str(path))
    if not target.is_relative_to(folder.resolve()):
        return Problem(place, f"a link that leads outside the handler folder, to {target}", _COPY)
    if _left_out(target.relative_to(folder.resolve()).parts or ("",)):
        return Problem(place, f"a link to {target}, which stays out of the bundle", _COPY)
    if target.is_dir():
        return Problem(place, "a link to a folder cannot go into the bundle", _COPY)
    return None


def _target(path: Path) -> Path:
    try:
        return path.resolve(strict=True)
    except RuntimeError as error:  # Python before 3.13 reports a circle so
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from error


def _left_out(parts: tuple[str, ...]) -> bool:
    return any(part in _SKIPPED or part.startswith(".") for part in parts) or parts[-1].endswith(".pyc")
