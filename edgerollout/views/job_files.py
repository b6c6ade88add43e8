"""The two files that a GitHub Actions step writes for its job: its summary and its outputs."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SUMMARY_LIMIT = 1024 * 1024
"""Largest size of a step's summary, in bytes. GitHub refuses a larger summary completely."""

_CUT = "\n\n(cut here: a job summary cannot be longer)\n"


@dataclass(frozen=True)
class JobFiles:
    """The files for summary and outputs. None if the runner gives no file: then nothing is written."""

    summary: Path | None = None
    output: Path | None = None

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> JobFiles:
        """The files named in GITHUB_STEP_SUMMARY and GITHUB_OUTPUT."""
        summary, output = variables.get("GITHUB_STEP_SUMMARY"), variables.get("GITHUB_OUTPUT")
        return cls(Path(summary) if summary else None, Path(output) if output else None)

    def summary_room(self) -> int:
        """How many more bytes the step's summary may have. Raises OSError."""
        if self.summary is None or not self.summary.exists():
            return SUMMARY_LIMIT
        return max(0, SUMMARY_LIMIT - self.summary.stat().st_size)

    def append_summary(self, markdown: str) -> None:
        """Append Markdown, cut at the end of a line if it is too long. Raises OSError."""
        if self.summary is None:
            return
        data, room = markdown.encode(), self.summary_room()
        if len(data) > room:
            kept = data[: max(0, room - len(_CUT.encode()))]
            data = kept[: kept.rfind(b"\n") + 1]
            data = data.rstrip(b"\n") + _CUT.encode() if data else b""
        with self.summary.open("ab") as file:
            file.write(data)

    def append_outputs(self, outputs: Mapping[str, str]) -> None:
        """Append outputs of the step. A value of several lines gets a delimiter. Raises OSError."""
        if self.output is None:
            return
        text = "".join(_assignment(name, value) for name, value in outputs.items())
        with self.output.open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)


def _assignment(name: str, value: str) -> str:
    if not any(end in value for end in "\r\n"):
        return f"{name}={value}\n"
    # Random: otherwise a value could contain the delimiter and set other outputs.
    delimiter = f"end_{secrets.token_hex(16)}"
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"
