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
    "init", "lint", "build", "test", "preview", "plan", "publish", "promote", "advance", "tour", "wait",
    "verify", "scan", "status", "history", "rollback", "prune", "detach", "doctor", "terraform", "sandbox",
    "hashes", "externalise",
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
class Typed:
    """A command as it is typed: another program's, or one of ours that is spelled already."""

    text: str


@dataclass(frozen=True)
class Advice:
    """Words with commands among them; `advise` makes it."""

    parts: tuple[str | CommandLine | Typed, ...]

    def __str__(self) -> NoReturn:
        raise TypeError("advice is shown as `spell` has it")


Hint: TypeAlias = str | Advice
"""What to do next, with a command in it or without one."""

Spell: TypeAlias = Callable[[CommandLine], str]
"""Writes a command the way the user calls it."""


def advise(*parts: Hint | CommandLine | Typed) -> Advice:
    """What to do next: words, commands, and other advice, in one piece."""
    flat = [
        piece
        for part in parts
        for piece in (part.parts if isinstance(part, Advice) else (part,))
        if piece != ""
    ]
    runs = groupby(flat, key=lambda piece: isinstance(piece, str))
    joined = (("".join(map(str, run)),) if words else tuple(run) for words, run in runs)
    return Advice(tuple(piece for run in joined for piece in run))


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
            return "".join(
                part if isinstance(part, str) else command_text(part, spell) for part in hint.parts
            )
        case CommandLine():
            return spell(hint)
        case _:
            return hint


def command_text(command: CommandLine | Typed, spell: Spell) -> str:
    """A command of an advice, as it is typed."""
    return command.text if isinstance(command, Typed) else spell(command)


@overload
def settled(hint: Hint, spell: Spell) -> Hint: ...
@overload
def settled(hint: None, spell: Spell) -> None: ...


def settled(hint: Hint | None, spell: Spell) -> Hint | None:
    """The same hint, with commands that whoever shows it writes as `spell` has them."""
    if not isinstance(hint, Advice):
        return hint
    return Advice(tuple(Typed(spell(part)) if isinstance(part, CommandLine) else part for part in hint.parts))


def to_json(hint: Hint) -> list[object]:
    """A hint for another process of ours: its words, and its commands as lists."""
    parts = (hint,) if isinstance(hint, str) else hint.parts
    return [_part_json(part) for part in parts]


def _part_json(part: str | CommandLine | Typed) -> object:
    match part:
        case CommandLine():
            return [part.verb, part.environment, *part.options]
        case Typed():
            return {"typed": part.text}
        case _:
            return part


def from_json(parts: list[Any]) -> Advice:
    """What `to_json` made of a hint."""
    return advise(*map(_part_of_json, parts))


def _part_of_json(part: Any) -> str | CommandLine | Typed:
    match part:
        case {"typed": text}:
            return Typed(text)
        case str():
            return part
        case _:
            return CommandLine(*part)
