"""Draws what went wrong: what happened, why, every place that is wrong, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.advice import spelled
from edgerollout.errors import ConfigError
from edgerollout.views.ink import Line, Style, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.advice import Spell
    from edgerollout.errors import EdgerolloutError, Problem


def problem_lines(error: EdgerolloutError, spell: Spell) -> tuple[Line, ...]:
    """The error for people, on stderr: `error:`, its problems with file and line, `why:`, `next:`."""
    return tuple(_lines(error, spell))


def problem_json(error: EdgerolloutError, spell: Spell) -> dict[str, object]:
    """The error as an object: what `-o json` says in place of a document or an outcome."""
    problems = error.problems if isinstance(error, ConfigError) else ()
    return {
        "type": "error",
        "exit_code": int(error.exit_code),
        "error": error.what,
        "why": error.why,
        "hint": spelled(error.hint, spell),
        "problems": [
            {
                "file": problem.place.file,
                "line": problem.place.line,
                "key": problem.place.key,
                "message": problem.message,
                "suggestion": problem.suggestion,
            }
            for problem in problems
        ],
    }


def _lines(error: EdgerolloutError, spell: Spell) -> Iterator[Line]:
    yield Line(f"error: {visible(error.what)}", Style.BAD, hang=7)
    if isinstance(error, ConfigError):
        for problem in error.problems:
            yield from _problem(problem)
    if error.why is not None:
        yield Line(f"why:   {visible(error.why)}", hang=7)
    if error.hint is not None:
        yield Line(f"next:  {visible(spelled(error.hint, spell))}", Style.STRONG, hang=7)


def _problem(problem: Problem) -> Iterator[Line]:
    yield Line(f"  {visible(str(problem.place))}: {visible(problem.message)}", hang=4)
    if problem.suggestion is not None:
        yield Line(f"      {visible(problem.suggestion)}", Style.ADDED, hang=6)
