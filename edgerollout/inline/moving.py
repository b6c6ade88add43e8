"""A copy of a build whose inline code has been moved into files."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.errors import EdgerolloutError, UsageError
from edgerollout.inline.build import html_files
from edgerollout.inline.externalise import FOLDER, externalise_page

if TYPE_CHECKING:
    from pathlib import Path

    from edgerollout.inline.externalise import LeftCode


@dataclass(frozen=True)
class MovedBuild:
    """What became of a build: how many pieces moved, into how many files, and what stays, by page."""

    site: Path
    out: Path
    pages: int
    moved: int
    files: int
    left: tuple[tuple[str, LeftCode], ...]


def externalise_build(site: Path, out: Path, base: str) -> MovedBuild:
    """Copy the build to `out`, its inline scripts and styles in files under `base` + `_inline/`.

    Raises UsageError before anything is written: for a folder that cannot be read or has no HTML, and an
    `out` that is not new or lies within the build. EdgerolloutError where writing fails.
    """
    pages = list(html_files(site))
    if not pages:
        raise UsageError(f"{site} has no HTML file", hint="Name the folder that your build writes.")
    _check_out(site, out)
    if (site / FOLDER).exists():
        raise UsageError(
            f"{site / FOLDER} exists",
            why=f"{FOLDER}/ is where the files would go",
            hint="Name the folder as the build wrote it, not a copy that has been through this.",
        )
    try:
        shutil.copytree(site, out, dirs_exist_ok=True)
        return _moved(site, out, pages, base)
    except OSError as error:
        raise EdgerolloutError(
            f"{out} was not written whole",
            why=error.strerror or str(error),
            hint=f"Remove {out} and run this again.",
        ) from error


def _check_out(site: Path, out: Path) -> None:
    if out.resolve().is_relative_to(site.resolve()) or site.resolve().is_relative_to(out.resolve()):
        raise UsageError(
            f"--out {out} and --site {site} lie within each other", hint="Name a folder beside it."
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"--out {out} is not empty", hint="Name a new folder, or remove this one.")


def _moved(site: Path, out: Path, pages: list[Path], base: str) -> MovedBuild:
    moved, files = 0, set[str]()
    left: list[tuple[str, LeftCode]] = []
    for page in pages:
        name = page.relative_to(site)
        result = externalise_page(page.read_bytes(), base)
        left += [(name.as_posix(), code) for code in result.left]
        moved += result.moved
        for file, content in result.files.items():
            if file not in files:
                (out / file).parent.mkdir(exist_ok=True)
                (out / file).write_bytes(content)
                files.add(file)
        if result.moved:
            (out / name).write_bytes(result.content)
    return MovedBuild(site, out, len(pages), moved, len(files), tuple(left))
