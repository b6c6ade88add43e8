"""Writes several files, all of them or none."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edgerollout.errors import EdgerolloutError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def present(path: Path) -> bytes | None:
    """The content of the file at `path`, None when nothing is there. Raises UsageError if it is not a
    readable file.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        if not path.is_symlink():
            return None
        reason = "it is a broken link"
    except OSError as error:
        reason = error.strerror or str(error)
    raise UsageError(
        f"{path} cannot be written",
        why=reason,
        hint="Nothing was changed. Move it away, or use another folder.",
    )


def write_all(files: Mapping[Path, bytes]) -> None:
    """Write the files, and make missing folders. Existing files are replaced.

    Each file is first written next to its place, and then renamed. After a failure or an interruption
    everything is undone, replaced files included. Raises EdgerolloutError when a write fails.
    """
    writing = _Writing()
    try:
        for path, content in files.items():
            writing.prepare(path, content)
        writing.put()
    except OSError as error:
        writing.undo()
        raise EdgerolloutError(
            f"{error.filename or 'a file'} cannot be written",
            why=error.strerror or str(error),
            hint="Nothing was changed.",
        ) from error
    except BaseException:
        # Also for Ctrl-C: half a project is worse than none.
        writing.undo()
        raise
    writing.forget()


@dataclass
class _Writing:
    """What is on the disk so far. `saved` maps a place to the copy of its old file, None for no file."""

    new: dict[Path, Path] = field(default_factory=dict)
    folders: list[Path] = field(default_factory=list)
    saved: dict[Path, Path | None] = field(default_factory=dict)

    def prepare(self, path: Path, content: bytes) -> None:
        # A link stays a link: its target is replaced.
        place = path.resolve()
        self._make_folder(place.parent)
        new = _beside(place, "new")
        self.new[place] = new
        with new.open("xb") as file:
            file.write(content)
        if place.exists():
            shutil.copymode(place, new)

    def put(self) -> None:
        for place, new in self.new.items():
            old = None
            if place.exists():
                old = _beside(place, "old")
                self.saved[place] = old
                shutil.copy2(place, old)
            else:
                self.saved[place] = None
            new.replace(place)

    def undo(self) -> None:
        """Restore the old state. Files that cannot be restored stay for a person to see."""
        for place, old in reversed(self.saved.items()):
            with contextlib.suppress(OSError):
                # It is not renamed yet: the new file is still next to it, and the place is unchanged.
                if not self.new[place].exists():
                    if old is None:
                        place.unlink()
                    else:
                        old.replace(place)
        self.forget()
        for folder in reversed(self.folders):
            with contextlib.suppress(OSError):
                folder.rmdir()

    def forget(self) -> None:
        """Remove the files next to the places."""
        for beside in (*self.new.values(), *(old for old in self.saved.values() if old is not None)):
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)

    def _make_folder(self, folder: Path) -> None:
        missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
        for path in reversed(missing):
            path.mkdir()
            self.folders.append(path)


def _beside(place: Path, suffix: str) -> Path:
    return place.with_name(f".{place.name}.{secrets.token_hex(4)}.{suffix}")
