"""Makes the docs site with Zensical from docs/ and three pages of the root, with correct links between them.

People also read docs/ as files: there a link to CONTRIBUTING.md or to a source file leads out of the folder.
On the site the pages of the root are beside the others, and a file that is not a page has no link.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
STAGED = ROOT / "build" / "docs"
OF_THE_ROOT = ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
_BLOCK = re.compile(r"(^ *```.*?^ *```)", flags=re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"(!?)\[([^]]*)]\(([^)\s]+)\)")


def build() -> None:
    """Build build/site. A broken link stops the build."""
    stage()
    command = [str(Path(sys.executable).with_name("zensical")), "build", "--strict", "--clean"]
    ended = subprocess.run(command, cwd=ROOT, check=False)
    if ended.returncode:
        sys.exit(ended.returncode)


def stage(folder: Path = STAGED) -> None:
    """Copy everything for the site to the folder, and nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    docs = ROOT / "docs"
    places = {ROOT / name: folder / name for name in OF_THE_ROOT}
    places |= {path: folder / path.relative_to(docs) for path in docs.rglob("*") if path.is_file()}
    for source, target in places.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".md":
            target.write_text(_moved(source, places), encoding="utf-8")
        else:
            shutil.copyfile(source, target)


def _moved(source: Path, places: dict[Path, Path]) -> str:
    """The text of a page, with its links corrected for its new place."""

    def link(found: re.Match[str]) -> str:
        image, text, address = found.groups()
        name, mark, anchor = address.partition("#")
        if not name or re.match(r"[a-z]+:", name):
            return found[0]
        to = (source.parent / name).resolve()
        if to == ROOT / "README.md":
            to = ROOT / "docs" / "index.md"
        if to not in places:
            return text
        return f"{image}[{text}]({os.path.relpath(places[to], places[source].parent)}{mark}{anchor})"

    parts = _BLOCK.split(source.read_text(encoding="utf-8"))
    return "".join(part if part.lstrip().startswith("```") else _LINK.sub(link, part) for part in parts)
