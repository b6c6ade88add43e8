"""What to do next, as a value: words, and the commands among them.

Who advises knows which command helps; how the user calls it (-C, --sandbox, --profile…) `cli` alone knows.
So an `Advice` cannot be printed as it is: who shows it is given a `Spell`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal, NoReturn, TypeAlias, overload

Verb = Literal[
    "init", "lint", "build", "test", "preview", "plan", "publish", "promote", "tour", "wait", "verify",
    "scan", "status", "history", "rollback", "prune", "detach", "doctor", "terraform", "sandbox",
]  # fmt: skip
"""The commands there are; a test compares them with `cli/commands.py`."""


@dataclass(frozen=True, init=False)
class CommandLine:
    """A command to call: on which environment (None: it needs none, or the one at hand), with which words."""

    verb: Verb
    environment: str | None
    options: tuple[str, ...]

    def __init__(self, verb: Verb, environment: str | None = None, *options: str) -> None:
        object.__setattr__(self, "verb", verb)
        object.__setattr__(self, "environment", environment)
        object.__setattr__(self, "options", options)

    def __str__(self) -> NoReturn:
        raise TypeError("a command line is shown as `spell` has it")

    def plus(self, *options: str) -> CommandLine:
        """The same with more words."""
        return CommandLine(self.verb, self.environment, *self.options, *options)


@dataclass(frozen=True)
class Advice:
    """Words with commands among them; `advise` makes it."""

    parts: tuple[str | CommandLine, ...]

    def __str__(self) -> NoReturn:
        raise TypeError("advice is shown as `spell` has it")


Hint: TypeAlias = str | Advice
"""What to do next, with a command in it or without one."""

Spell: TypeAlias = Callable[[CommandLine], str]
"""Writes a command the way the user calls it."""


def advise(*parts: Hint | CommandLine) -> Advice:
    """What to do next: words, commands, and other advice, in one piece."""
    flat = [
        one for part in parts for one in (part.parts if isinstance(part, Advice) else (part,)) if one != ""
    ]
    runs = groupby(flat, key=lambda one: isinstance(one, str))
    joined = (("".join(map(str, run)),) if words else tuple(run) for words, run in runs)
    return Advice(tuple(one for run in joined for one in run))


@overload
def spelled(hint: Hint | CommandLine, spell: Spell) -> str: ...
@overload
def spelled(hint: None, spell: Spell) -> None: ...
@overload
def spelled(hint: Hint | CommandLine | None, spell: Spell) -> str | None: ...


def spelled(hint: Hint | CommandLine | None, spell: Spell) -> str | None:
    """The words of a hint, with the commands in it as `spell` writes them."""
    match hint:
        case Advice():
            return "".join(one if isinstance(one, str) else spell(one) for one in hint.parts)
        case CommandLine():
            return spell(hint)
        case _:
            return hint


def to_json(hint: Hint) -> list[object]:
    """A hint for another process of ours: its words, and its commands as lists."""
    parts = (hint,) if isinstance(hint, str) else hint.parts
    return [one if isinstance(one, str) else [one.verb, one.environment, *one.options] for one in parts]


def from_json(parts: list[Any]) -> Advice:
    """What `to_json` made of a hint."""
    return advise(*(one if isinstance(one, str) else CommandLine(*one) for one in parts))
