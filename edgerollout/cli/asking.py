"""Questions to a person at a terminal: asked on stderr, the default shown, asked again until they fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.errors import Interrupted
from edgerollout.views.ink import Line, Style, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from edgerollout.views.streams import Streams


class Asker:
    """Asks. Raises Interrupted when nobody answers any more (Ctrl-D)."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    def ask(self, question: str, default: str | None, wrong: Callable[[str], str | None]) -> str:
        """The answer, blanks around it gone; `wrong` says what is wrong with one, None for nothing."""
        shown = question if default is None else f"{question} [{default}]"
        while True:
            answer = self._read(f"{shown}: ") or default or ""
            problem = wrong(answer) if answer else "an answer is needed"
            if problem is None:
                return answer
            self.say([Line(f"  {visible(problem)}", Style.WARNING, hang=2)])

    def agreed(self, question: str, *, default: bool = False) -> bool:
        """Yes or no; nothing at all is the default, and anything else is asked again."""
        while True:
            answer = self._read(f"{question} [{'Y/n' if default else 'y/N'}] ").lower()
            if answer in {"", "y", "yes", "n", "no"}:
                return default if not answer else answer in {"y", "yes"}
            self.say([Line("  y or n", Style.WARNING)])

    def say(self, lines: Iterable[Line]) -> None:
        self._streams.print_aside(lines)

    def _read(self, prompt: str) -> str:
        stderr = self._streams.stderr
        stderr.write(prompt)
        stderr.flush()
        try:
            return input().strip()
        except EOFError:
            stderr.write("\n")
            raise Interrupted("no answer; nothing was changed") from None
