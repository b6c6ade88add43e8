"""The next commands, spelled the way the user called this one."""

from __future__ import annotations

import shlex
from functools import cache
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine
from edgerollout.errors import EdgerolloutError

if TYPE_CHECKING:
    from edgerollout.advice import Spell, Verb
    from edgerollout.cli.options import Options
    from edgerollout.rollout.next_step import Wording

_HANDING_OVER = frozenset({"plan", "publish", "promote", "rollback", "wait"})
"""The commands that can be told of Terraform's file; `wait` needs no --no-swap for that."""


def wording(
    options: Options,
    environment: str | None,
    command: Verb,
    own: tuple[str, ...] = (),
    *,
    wait: tuple[str, ...] = (),
) -> Wording:
    """How to resume, finish and look, with the user's own -C, --sandbox, --profile and endpoint.

    `own` are the options of the command itself that resuming it needs, `wait` those of a later `wait` for
    Terraform, where the configuration does not name it.
    """
    from edgerollout.rollout.next_step import Wording

    return Wording(
        again=spelled(options, environment, command, *own),
        wait=spelled(options, environment, "wait", *wait),
        publish=spelled(options, environment, "publish"),
        status=spelled(options, environment, "status"),
        rollback=spelled(options, environment, "rollback", *(("--no-swap", *wait) if wait else ())),
    )


def speller(options: Options) -> Spell:
    """Writes commands with the user's own -C, --sandbox, --profile and endpoint.

    Where this run was told to leave the triggers to Terraform, so is every command on its environment.
    """
    own, told = _own(options), cache(lambda: _told(options))

    def spell(command: CommandLine) -> str:
        named = () if command.environment is None else ("-e", command.environment)
        handing = told() if command.verb in _HANDING_OVER and (options.no_swap or options.tfvars) else None
        more: tuple[str, ...] = ()
        if handing is not None and handing[0] == command.environment and "--tfvars" not in command.options:
            swaps = command.verb != "wait" and "--no-swap" not in command.options
            more = (*(("--no-swap",) if swaps else ()), *handing[1])
        words = ("edgerollout", command.verb, *named, *command.options, *more)
        return shlex.join((*words, *(own[:2] if command.verb == "sandbox" and own[:1] == ("-C",) else own)))

    return spell


def spelled(options: Options, environment: str | None, name: Verb, *more: str) -> str:
    """A command line of the command `name`, with the user's own -C, --sandbox, --profile and endpoint."""
    return speller(options)(CommandLine(name, environment, *more))


def _told(options: Options) -> tuple[str, tuple[str, ...]] | None:
    """The environment of a run that was told of Terraform, and the file; None: its configuration says it."""
    from edgerollout.cli.handing_over import wait_options, with_terraform
    from edgerollout.cli.invocation import Invocation

    invocation = Invocation(options)
    try:
        configured = invocation.environment()
        chosen = with_terraform(invocation, configured, options.tfvars, no_swap=True, writes=False)
    except EdgerolloutError:
        return None
    told = wait_options(configured.environment, chosen.environment)
    return (configured.environment.name, told) if told else None


def _own(options: Options) -> tuple[str, ...]:
    """The options that say which configuration, and where AWS is."""
    words: list[str] = []
    if options.config is not None:
        words += ["-C", str(options.config)]
    if options.sandbox:
        words.append("--sandbox")
    if options.profile is not None:
        words += ["--profile", options.profile]
    if options.endpoint_url is not None:
        words += ["--endpoint-url", options.endpoint_url]
    return tuple(words)
