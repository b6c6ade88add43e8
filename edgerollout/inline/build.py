"""A site's build: the folder of files that is copied to the bucket, and the inline code of its pages."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgerollout.errors import UsageError
from edgerollout.inline.page import read_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.policy.inline_code import InlineKind

_HTML_NAMES = frozenset({".html", ".htm", ".xhtml"})
_LEFT_OUT = frozenset({".git", "node_modules"})
_SIGNATURES = (b"<!doctype html", b"<html")


@dataclass(frozen=True)
class BuildCode:
    """A piece of inline code and all places where the build has it, in order."""

    kind: InlineKind
    source: str
    text: str
    places: tuple[tuple[str, int], ...]
    """File (relative to the build, with `/`) and line, from 1."""


@dataclass(frozen=True)
class SiteBuild:
    """The inline code of a build, each piece once; `pages` counts its HTML files."""

    folder: Path
    pages: int
    found: tuple[BuildCode, ...]
    unread: tuple[tuple[str, int], ...] = ()
    """Frames in frames that were not read: file and line."""


def read_build(folder: Path) -> SiteBuild:
    """Read all HTML files under `folder`: by their names, and those without an extension by their beginning.

    Raises UsageError when the folder or a file cannot be read, and when there is no HTML: the hashes of
    no page would block every script.
    """
    places: dict[tuple[InlineKind, str], list[tuple[str, int]]] = {}
    texts: dict[tuple[InlineKind, str], str] = {}
    unread: list[tuple[str, int]] = []
    pages = 0
    for path in html_files(folder):
        name = path.relative_to(folder).as_posix()
        page = read_page(_bytes_of(path))
        pages += 1
        unread += [(name, line) for line in page.unread]
        for code in page.codes:
            key = (code.kind, code.source)
            texts.setdefault(key, code.text)
            places.setdefault(key, []).append((name, code.line))
    if not pages:
        raise UsageError(
            f"{folder} has no HTML file",
            why="without pages there are no hashes, and a policy without them blocks every inline script",
            hint="Name the folder that your build writes, such as dist/ or out/.",
        )
    found = (BuildCode(kind, source, texts[kind, source], tuple(at)) for (kind, source), at in places.items())
    return SiteBuild(folder, pages, tuple(found), tuple(unread))


def html_files(folder: Path) -> Iterator[Path]:
    """The HTML files under `folder`, sorted by path. Raises UsageError for one that cannot be read."""
    if not folder.is_dir():
        problem = "is not a folder" if folder.exists() else "does not exist"
        raise UsageError(f"{folder} {problem}", hint="Name the folder that your build writes, such as dist/.")
    for parent, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT)
        for name in sorted(names):
            path = Path(parent, name)
            if path.suffix.lower() in _HTML_NAMES or (not path.suffix and _begins_as_html(path)):
                yield path


def _begins_as_html(path: Path) -> bool:
    """Whether a file without an extension is a page: sites with addresses without .html upload such files."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            start = file.read(512)
    except OSError as error:
        raise _unreadable(error) from error
    return start.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_SIGNATURES)


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(error) from error


def _refuse(error: OSError) -> None:
    raise _unreadable(error) from error


def _unreadable(error: OSError) -> UsageError:
    return UsageError(
        f"{error.filename} cannot be read",
        why=error.strerror or str(error),
        hint="Make the whole build readable: a page that is left out would be blocked.",
    )
