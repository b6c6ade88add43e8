"""The one place that writes what a run leaves in a file: evidence, reports, saved plans."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from pathlib import Path


def write_private(path: Path, content: bytes) -> None:
    """Write `content` to `path`, for this user's eyes only (0600), whole or not at all.

    A new file takes the place of the one that was there, so that nothing is written through a link, and
    one who had the old file open sees nothing of the new one. Raises OSError, also where a link or
    something else than a file stands there.
    """
    _refuse_other_than_file(path)
    descriptor, name = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name[:40]}.")
    new = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        new.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink()
        raise


def own_folder(path: Path) -> None:
    """Make the folder at `path`, in a folder of our own like `.edgerollout`, where it is missing.

    Raises OSError where it or the one that it is in is a link: a checkout can bring one, and what is
    written would lie elsewhere.
    """
    for folder in (path.parent, path):
        if folder.is_symlink():
            raise OSError(errno.ELOOP, f"{folder} is a link, and nothing is written through one")
        folder.mkdir(exist_ok=True)


def _refuse_other_than_file(path: Path) -> None:
    try:
        kind = path.lstat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISLNK(kind):
        raise OSError(errno.ELOOP, "it is a link, and nothing is written through one")
    if stat.S_ISDIR(kind):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(kind):
        raise OSError(errno.EINVAL, "it is a pipe or a device, not a file")
