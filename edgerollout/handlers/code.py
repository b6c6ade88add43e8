"""A function version at the edge: its code and its settings at run time."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, assert_never

Language = Literal["python", "nodejs"]


@dataclass(frozen=True)
class FunctionCode:
    """One function version.

    `code` is the bytes of a zip, or a folder that is used in place. `handler` is Lambda's
    own notation, `file.function`. `timeout` is in seconds, `memory` in MB; `arn` is the version's
    ARN, or any unique name.
    """

    code: bytes | Path
    handler: str
    runtime: str
    timeout: float = 3.0
    memory: int = 128
    arn: str = "arn:aws:lambda:us-east-1:000000000000:function:local:1"

    @property
    def language(self) -> Language | None:
        """The family of the runtime; None if Lambda@Edge does not have it."""
        if self.runtime.startswith("python"):
            return "python"
        if self.runtime.startswith("nodejs"):
            return "nodejs"
        return None

    @property
    def name(self) -> str:
        """The function's name, from the ARN."""
        return self.arn.split(":")[6] if self.arn.count(":") >= 6 else self.arn

    @property
    def version(self) -> str:
        """The version's number as text, from the ARN; `$LATEST` when the ARN names none."""
        return self.arn.split(":")[7] if self.arn.count(":") >= 7 else "$LATEST"


class UnusableCode(Exception):
    """The code cannot be unpacked as in Lambda: not a zip, unsafe names, unreadable mode bits."""


def unpack(code: bytes | Path, folder: Path) -> Path:
    """Unpack the code as Lambda does in /var/task, and return its folder.

    A folder is returned as it is. Raises UnusableCode. Mode bits count: Lambda runs the code as
    another user, so the function can only read files that others may read.
    """
    match code:
        case Path():
            if not code.is_dir():
                raise UnusableCode(f"{code} is not a folder")
            return code.resolve()
        case bytes():
            try:
                with zipfile.ZipFile(io.BytesIO(code)) as archive:
                    for entry in archive.infolist():
                        _check(entry)
                    folder.mkdir(exist_ok=True)
                    archive.extractall(folder)
            except zipfile.BadZipFile as error:
                raise UnusableCode(f"the code is not a zip file: {error}") from error
            return folder.resolve()
        case _:
            assert_never(code)


def _check(entry: zipfile.ZipInfo) -> None:
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts:
        raise UnusableCode(f"the zip holds a file outside its own folder: {entry.filename}")
    mode = (entry.external_attr >> 16) & 0o777
    if mode and not entry.is_dir() and not mode & 0o004:
        raise UnusableCode(
            f"[Errno 13] Permission denied: '/var/task/{entry.filename}' (mode {mode:04o} in the zip; "
            "others must be allowed to read it)"
        )
