"""Questions to a person at a terminal: on stderr, with the default, and again until the answer is valid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.errors import Interrupted
from edgerollout.views.ink import Line, Style, visible
from edgerollout.waiting import Working, waits_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from edgerollout.cli.invocation import Invocation
    from edgerollout.views.streams import Streams


_SHOWN = 20
"""The most files that are listed before they are written."""


def asker_of(invocation: Invocation) -> Asker | None:
    """Asks the person at the terminal; None where there is no terminal, and with --yes."""
    asks = invocation.streams.stdin_is_terminal and not invocation.options.yes
    return Asker(invocation.streams) if asks else None


class Asker:
    """Asks questions. Raises Interrupted when nobody answers (Ctrl-D)."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    def ask(self, question: str, default: str | None, wrong: Callable[[str], str | None]) -> str:
        """The answer without surrounding spaces; `wrong` says what is wrong with an answer, None for a valid
        one.
        """
        shown = question if default is None else f"{question} [{default}]"
        while True:
            answer = self._read(f"{shown}: ") or default or ""
            problem = wrong(answer) if answer else "an answer is needed"
            if problem is None:
                return answer
            self.say([Line(f"  {visible(problem)}", Style.WARNING, hang=2)])

    def agreed(self, question: str, *, default: bool = False) -> bool:
        """Yes or no; an empty answer means the default, and any other answer is asked again."""
        while True:
            answer = self._read(f"{question} [{'Y/n' if default else 'y/N'}] ").lower()
            if answer in {"", "y", "yes", "n", "no"}:
                return default if not answer else answer in {"y", "yes"}
            self.say([Line("  y or n", Style.WARNING)])

    def agree_to_write(self, files: Sequence[str]) -> None:
        """List the files and ask before the first is written. Raises Interrupted when the answer is no."""
        if not files:
            return
        shown = [*files[:_SHOWN], *([f"and {len(files) - _SHOWN} more"] if len(files) > _SHOWN else [])]
        self.say(Line(f"  {visible(file)}", Style.MUTED, hang=4) for file in shown)
        question = "Write this file?" if len(files) == 1 else f"Write these {len(files)} files?"
        if not self.agreed(question, default=True):
            raise Interrupted("nothing was changed")

    def say(self, lines: Iterable[Line]) -> None:
        self._streams.print_aside(lines)

    def _read(self, prompt: str) -> str:
        stderr = self._streams.stderr
        waits_for(None)
        stderr.write(prompt)
        stderr.flush()
        try:
            return input().strip()
        except EOFError:
            stderr.write("\n")
            raise Interrupted("no answer; nothing was changed") from None
        finally:
            waits_for(Working("working"))
