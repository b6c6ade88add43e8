"""Every file that init writes, as values: path below the base folder, and bytes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from edgerollout.scaffold.policy_text import policy_text
from edgerollout.scaffold.settings_text import settings_text
from edgerollout.scaffold.workflow_text import workflow_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edgerollout.scaffold.answers import InitAnswers
    from edgerollout.scaffold.starting_policy import StartingPolicy

IGNORE_FILE = PurePosixPath(".gitignore")
WORKFLOW_FILE = PurePosixPath(".github/workflows/edgerollout.yml")

_IGNORED = ".edgerollout/"
_SAME_AS_IGNORED = frozenset(
    {".edgerollout", ".edgerollout/", "/.edgerollout", "/.edgerollout/", ".edgerollout/*"}
)


@dataclass(frozen=True)
class ScaffoldFile:
    """One file. `path` is relative to the base folder."""

    path: PurePosixPath
    content: bytes


def scaffold_files(
    answers: InitAnswers, policy: StartingPolicy, samples: Path, config: PurePosixPath
) -> tuple[ScaffoldFile, ...]:
    """The files of a new project, without .gitignore and tools/.

    `samples` is the folder with `handler/` and `docs/schema/`, `config` the configuration folder relative to
    the base; the handler is put next to it. Raises OSError when a sample cannot be read.
    """
    return tuple(_files(answers, policy, samples, config))


def _files(
    answers: InitAnswers, policy: StartingPolicy, samples: Path, config: PurePosixPath
) -> Iterator[ScaffoldFile]:
    handler = config.parent / answers.handler
    yield ScaffoldFile(config / "edgerollout.toml", settings_text(answers).encode())
    yield ScaffoldFile(config / "policy.toml", policy_text(policy, answers.names).encode())
    for schema in ("edgerollout.schema.json", "policy.schema.json"):
        yield ScaffoldFile(config / ".schema" / schema, (samples / "docs" / "schema" / schema).read_bytes())
    folder = samples / answers.handler
    for source in sorted(folder.iterdir()):
        if source.suffix in {".py", ".mjs"}:
            yield ScaffoldFile(handler / source.name, source.read_bytes())
    if answers.pipeline == "github":
        text = workflow_text(answers, config=str(config), handler=str(handler))
        yield ScaffoldFile(WORKFLOW_FILE, text.encode())


def with_ignored(present: bytes | None) -> bytes | None:
    """.gitignore with the files that edgerollout keeps on a machine; None when it has them already.

    Lines are only added, with the file's own line endings.
    """
    if present is None:
        return f"{_IGNORED}\n".encode()
    lines = {line.strip().decode("utf-8", "replace") for line in present.splitlines()}
    if lines & _SAME_AS_IGNORED:
        return None
    end = b"\r\n" if b"\r\n" in present else b"\n"
    gap = b"" if not present or present.endswith(b"\n") else end
    return present + gap + _IGNORED.encode() + end
