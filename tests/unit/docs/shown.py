"""The commands that README and docs/ show: lines of blocks, and those in the text that are more than a name.

`edgerollout wait` in the text names a command; `edgerollout wait -e testing` shows one.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGES = (*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md")))
FENCED = re.compile(r"^ *```.*?^ *```", flags=re.DOTALL | re.MULTILINE)

_LINE = re.compile(r"^ *(?:\$ |next: |(?:- )?run: |- )? *(edgerollout .*)$", flags=re.MULTILINE)


def commands_of(page: Path) -> list[str]:
    """Every `edgerollout …` of a page: lines of its blocks, and what stands between backticks."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    found = re.findall(r"`(edgerollout [^`]+)`", FENCED.sub("", text))
    return [_command(line) for line in found] + _of_blocks(text)


def shown_by(page: Path) -> list[str]:
    """Those of them that somebody could type as they stand; usage lines are none."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    inline = map(_command, re.findall(r"`(edgerollout [^`]+)`", FENCED.sub("", text)))
    typed = [line for line in inline if " -" in line or "/" in line]
    return [line for line in (*typed, *_of_blocks(text)) if "[" not in line]


def _of_blocks(text: str) -> list[str]:
    found: list[str] = []
    for block in FENCED.findall(text):
        found += re.findall(
            r"^ *(?:\$ |next: |(?:- )?run: |- )? *(edgerollout .*)$", block, flags=re.MULTILINE
        )
    return [_command(line) for line in found]


def _command(line: str) -> str:
    """The command alone: without a comment, a pipe, or the column beside it."""
    return " ".join(re.split(r"\s[#>|&]|\s{2,}(?![\s-])", line.replace("\n", " "))[0].split())
