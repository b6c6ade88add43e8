"""The next commands, spelled the way the user called this one."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edgerollout.advice import CommandLine, Spell, Verb
    from edgerollout.cli.options import Options

_HANDING_OVER = frozenset({"plan", "publish", "promote", "advance", "rollback", "detach", "wait"})
"""The commands that can be told of Terraform's file; `wait` needs no --no-swap for that."""


@dataclass(frozen=True)
class Told:
    """That a run leaves an environment's triggers to Terraform, and in `words` the file that it reads."""

    environment: str
    words: tuple[str, ...]


def speller(options: Options, told: Callable[[], Told | None] = lambda: None) -> Spell:
    """Writes commands with the user's own -C, --sandbox, --profile and endpoint.

    `told` is what this run was told of Terraform; every command on its environment is told the same.
    """

    def spell(command: CommandLine) -> str:
        environment = command.environment or (options.env if _at_hand(command) else None)
        named = () if environment is None else ("-e", environment)
        words = ("edgerollout", command.verb, *named, *command.options, *_handing(command, told))
        return shlex.join((*words, *_own(options, command.verb)))

    return spell


def _at_hand(command: CommandLine) -> bool:
    """Whether a command that names no environment is about the one of this run."""
    return command.verb not in ("init", "sandbox", "scan") and "--function" not in command.options


def _handing(command: CommandLine, told: Callable[[], Told | None]) -> Iterator[str]:
    """The options with which a command leaves the triggers to Terraform, where this run did."""
    if command.verb not in _HANDING_OVER or {"--tfvars", "--function"} & {*command.options}:
        return
    known = told()
    if known is not None and (command.environment or known.environment) == known.environment:
        if command.verb != "wait" and "--no-swap" not in command.options:
            yield "--no-swap"
        yield from known.words


def _own(options: Options, verb: Verb) -> Iterator[str]:
    """The options that say which configuration, and where AWS is. A new project has neither."""
    if options.config is not None and verb != "init":
        yield from ("-C", str(options.config))
    if verb in ("init", "sandbox"):
        return
    if options.sandbox:
        yield "--sandbox"
    if options.profile is not None:
        yield from ("--profile", options.profile)
    if options.endpoint_url is not None:
        yield from ("--endpoint-url", options.endpoint_url)
