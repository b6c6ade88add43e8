"""The next commands, with the same options as the user's."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edgerollout.advice import CommandLine, Spell, Verb
    from edgerollout.cli.options import Options

_HANDING_OVER = frozenset({"plan", "publish", "promote", "advance", "rollback", "detach", "wait"})
"""The commands with an option for Terraform's file; `wait` needs no --no-swap for it."""


@dataclass(frozen=True)
class Told:
    """A run leaves an environment's triggers to Terraform; `words` are the options that name its file."""

    environment: str
    words: tuple[str, ...]


def speller(options: Options, told: Callable[[], Told | None] = lambda: None) -> Spell:
    """Writes commands with the user's own -C, --sandbox, --profile and endpoint.

    `told` are this run's options about Terraform; every command on its environment gets the same.
    """

    def spell(command: CommandLine) -> str:
        environment = command.environment or (options.env if _at_hand(command) else None)
        named = () if environment is None else ("-e", environment)
        words = ("edgerollout", command.verb, *named, *command.options, *_handing(command, told))
        return shlex.join((*words, *_own(options, command.verb)))

    return spell


def _at_hand(command: CommandLine) -> bool:
    """Whether a command that names no environment is for the environment of this run."""
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
    """The options that name the configuration and the endpoint of AWS. A new project has neither."""
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
