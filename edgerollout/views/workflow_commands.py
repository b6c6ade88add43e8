"""What GitHub Actions reads out of a job's log: workflow commands, and how other text is kept from being one.

The runner looks at every line of stdout and of stderr (actions/runner, ScriptHandler and ActionCommand).
A line that begins with `::`, white space aside, is a command; so is `##[name]` anywhere in a line, an
older form that it still obeys. Groups fold; annotations stand on the page of the run.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from edgerollout.views.ink import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal["error", "warning", "notice"]

SHOWN = 10
"""Annotations of one kind that GitHub shows for a step; it drops the others without a word."""

_NOUNS: dict[Kind, str] = {"error": "error", "warning": "warning", "notice": "notice"}


@dataclass(frozen=True)
class Annotation:
    """A finding on the page of the run; with a file (relative to the repository) also in its diff."""

    kind: Kind
    message: str
    title: str | None = None
    file: str | None = None
    line: int | None = None

    def command(self) -> str:
        """The workflow command, one line."""
        properties = {"file": self.file, "line": self.line, "title": self.title}
        return command(self.kind, self.message, **properties)

    def plain(self) -> str:
        """The same for the log alone."""
        title = "" if self.title is None else f"{visible(self.title)}: "
        return harmless(f"{self.kind}: {title}{visible(self.message)}")


@dataclass
class Annotations:
    """Lets through as many annotations as GitHub shows, each once, and counts the others."""

    _told: Counter[Kind] = field(default_factory=Counter)
    _seen: set[Annotation] = field(default_factory=set)

    def line(self, annotation: Annotation) -> str | None:
        """The line to write: a command while there is room, the words after that, None the second time."""
        if annotation in self._seen:
            return None
        self._seen.add(annotation)
        self._told[annotation.kind] += 1
        # The last place belongs to the line that says how many there were.
        return annotation.command() if self._told[annotation.kind] < SHOWN else annotation.plain()

    def rest(self) -> Iterator[str]:
        """A last annotation of each kind that had too many, and the count starts anew."""
        for kind, told in self._told.items():
            if told >= SHOWN:
                left = told - SHOWN + 1
                noun = _NOUNS[kind] if left == 1 else f"{_NOUNS[kind]}s"
                yield command(kind, f"{left} more {noun}: see the log")
        self._told.clear()


def command(name: str, message: str = "", **properties: str | int | None) -> str:
    """`::name key=value,…::message` with both parts escaped as the runner unescapes them.

    Line ends in the message become spaces: the web page would take a further line for one of the log.
    """
    given = ",".join(
        f"{key}={_escaped_property(visible(str(value)))}"
        for key, value in properties.items()
        if value is not None
    )
    return f"::{name}{' ' if given else ''}{given}::{_escaped(visible(message))}"


def harmless(text: str) -> str:
    """`text`, one line of a log, so that the runner takes nothing in it for a command."""
    broken = text.replace("##[", "## [")
    body = broken.lstrip()
    if not body.startswith("::"):
        return broken
    return f"{broken[: len(broken) - len(body)]}: :{body[2:]}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped_property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
