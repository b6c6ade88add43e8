"""Draws an error: what happened, why, every wrong place in a file, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.errors import ConfigError, Interrupted
from edgerollout.views.excerpt import excerpt_lines
from edgerollout.views.glyphs import TYPOGRAPHIC, Glyphs
from edgerollout.views.hint_lines import hint_lines
from edgerollout.views.ink import Line, Style, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from edgerollout.advice import Spell
    from edgerollout.errors import EdgerolloutError, Problem


_SHOWN = 100
"""Most problems that are shown to people."""


def problem_lines(
    error: EdgerolloutError, spell: Spell, columns: int = 80, glyphs: Glyphs = TYPOGRAPHIC
) -> tuple[Line, ...]:
    """The error for people, on stderr: `error:`, its problems with their lines, `why:`, `next:`."""
    return tuple(_lines(error, spell, columns, glyphs))


def warning_lines(problems: Iterable[Problem], columns: int, glyphs: Glyphs) -> Iterator[Line]:
    """The warnings about the configuration, each `warning:` with its line."""
    for problem in problems:
        yield Line(f"warning: {_told(problem)}", Style.WARNING, hang=9)
        yield from _details(problem, columns, glyphs)


def _lines(error: EdgerolloutError, spell: Spell, columns: int, glyphs: Glyphs) -> Iterator[Line]:
    if isinstance(error, Interrupted):
        # A decision of the user is not an error.
        yield Line(visible(error.summary), Style.WARNING)
    else:
        yield Line(f"error: {visible(error.summary)}", Style.BAD, hang=7)
    if isinstance(error, ConfigError):
        for problem in error.problems[:_SHOWN]:
            yield Line("")
            yield Line(_told(problem), Style.STRONG, hang=4)
            yield from _details(problem, columns, glyphs)
        yield Line("")
        if len(error.problems) > _SHOWN:
            yield Line(f"and {len(error.problems) - _SHOWN} more; -o json has all of them", Style.MUTED)
    if error.why is not None:
        yield Line(f"why:   {visible(error.why)}", hang=7)
    if error.hint is not None:
        yield from hint_lines("next: ", error.hint, spell)


def _told(problem: Problem) -> str:
    return f"{visible(str(problem.place))}: {visible(problem.message)}"


def _details(problem: Problem, columns: int, glyphs: Glyphs) -> Iterator[Line]:
    if problem.excerpt is not None and problem.place.line is not None:
        yield from excerpt_lines(problem.excerpt, problem.place.line, columns, glyphs)
    if problem.suggestion is not None:
        yield Line(f"  help: {visible(problem.suggestion)}", Style.ADDED, hang=8)
