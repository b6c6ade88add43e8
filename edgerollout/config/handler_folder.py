"""The handler's source folder, as the bytes that go into the bundle."""

from __future__ import annotations

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
    caches stay out. Raises ConfigError for an empty folder, and for a release.json lying there.
    """
    files: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if not path.is_file() or _left_out(inside.parts):
            continue
        content = path.read_bytes()
        files[inside.as_posix()] = content.replace(b"\r\n", b"\n") if path.suffix in _TEXT else content
    if _WRITTEN_BY_US in files:
        raise ConfigError(
            (
                Problem(
                    Place(str(folder / _WRITTEN_BY_US)),
                    "release.json is written into the bundle by edgerollout",
                    "take the file out of the handler folder",
                ),
            )
        )
    if not files:
        raise ConfigError((Problem(Place(str(folder)), "the handler folder is empty"),))
    return files


def _left_out(parts: tuple[str, ...]) -> bool:
    return any(part in _SKIPPED or part.startswith(".") for part in parts) or parts[-1].endswith(".pyc")
