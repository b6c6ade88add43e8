"""The two files through which a GitHub Actions step speaks to its job: its summary and its outputs."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SUMMARY_LIMIT = 1024 * 1024
"""Bytes of a step's summary; GitHub refuses all of a larger one."""

_CUT = "\n\n(cut here: a job summary takes no more)\n"


@dataclass(frozen=True)
class JobFiles:
    """Where summary and outputs go: None where the runner offers no file, and then nothing is written."""

    summary: Path | None = None
    output: Path | None = None

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> JobFiles:
        """The files that GITHUB_STEP_SUMMARY and GITHUB_OUTPUT name."""
        summary, output = variables.get("GITHUB_STEP_SUMMARY"), variables.get("GITHUB_OUTPUT")
        return cls(Path(summary) if summary else None, Path(output) if output else None)

    def summary_room(self) -> int:
        """Bytes that the step's summary still takes. Raises OSError."""
        if self.summary is None or not self.summary.exists():
            return SUMMARY_LIMIT
        return max(0, SUMMARY_LIMIT - self.summary.stat().st_size)

    def append_summary(self, markdown: str) -> None:
        """Append Markdown, cut at the end of a line where the limit would be passed. Raises OSError."""
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
        """Append outputs of the step, values of several lines behind a delimiter. Raises OSError."""
        if self.output is None:
            return
        text = "".join(_assignment(name, value) for name, value in outputs.items())
        with self.output.open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)


def _assignment(name: str, value: str) -> str:
    if not any(end in value for end in "\r\n"):
        return f"{name}={value}\n"
    # Random, so that no value can end itself and set an output of its own.
    delimiter = f"end_{secrets.token_hex(16)}"
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"
