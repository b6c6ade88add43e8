"""Annotations on the page of a GitHub Actions run: as many as GitHub shows, none twice, the rest counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from edgerollout.views.ink import visible
from edgerollout.views.wording import count_words
from edgerollout.views.workflow_commands import command, harmless

if TYPE_CHECKING:
    from collections.abc import Iterator

AnnotationKind = Literal["error", "warning", "notice"]

SHOWN = 10
"""Annotations of a kind that GitHub shows for a step; it silently drops all others."""


@dataclass(frozen=True)
class Annotation:
    """A finding on the page of the run. With a file (relative to the repository) it is in the diff, too."""

    kind: AnnotationKind
    message: str
    title: str | None = None
    file: str | None = None
    line: int | None = None
    column: int | None = None

    def command(self) -> str:
        """The workflow command, one line."""
        properties = {"file": self.file, "line": self.line, "col": self.column, "title": self.title}
        return command(self.kind, self.message, **properties)

    def plain(self) -> str:
        """The same as plain text, for the log only."""
        title = "" if self.title is None else f"{visible(self.title)}: "
        return harmless(f"{self.kind}: {title}{visible(self.message)}")


@dataclass
class Annotations:
    """Lets as many annotations through as GitHub shows, none twice, and counts the others."""

    _told: Counter[AnnotationKind] = field(default_factory=Counter)
    _seen: set[Annotation] = field(default_factory=set)

    def line(self, annotation: Annotation) -> str | None:
        """The line to write: a command while there is room, then plain text; None if written before."""
        if annotation in self._seen:
            return None
        self._seen.add(annotation)
        self._told[annotation.kind] += 1
        # The last place is for the line that says how many more there are.
        return annotation.command() if self._told[annotation.kind] < SHOWN else annotation.plain()

    def rest(self) -> Iterator[str]:
        """A last annotation for each kind that had too many. The count then starts at zero again."""
        for kind, told in self._told.items():
            if told >= SHOWN:
                left = told - SHOWN + 1
                yield command(kind, f"{count_words(left, f'more {kind}')}: see the log")
        self._told.clear()
