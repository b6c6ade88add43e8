"""Confirmation: by a person at a terminal, or by `--yes` together with the environment's name."""

from __future__ import annotations

import os
import select
import signal
import sys
from typing import TYPE_CHECKING

from edgerollout.errors import Interrupted, UsageError
from edgerollout.waiting import Working, waits_for

if TYPE_CHECKING:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.config import ChosenEnvironment


def check_may_act(invocation: Invocation, chosen: ChosenEnvironment) -> None:
    """Raise UsageError when the command line does not allow a change of this environment.

    A `confirm` environment must be named by -e, not by a variable or a default. Where nobody can be asked,
    --yes is needed, and the environment must be named.
    """
    check_named(chosen)
    name = chosen.environment.name
    if invocation.streams.stdin_is_terminal:
        return
    if not invocation.options.yes:
        raise UsageError("nobody can be asked here (no terminal)", hint=f"Add: --yes -e {name}")
    if chosen.source in ("default", "only"):
        raise UsageError(
            "--yes without a terminal needs the environment's name",
            hint=f"Add -e {name}, or set EDGEROLLOUT_ENV.",
        )


def check_named(chosen: ChosenEnvironment) -> None:
    """Raise UsageError when a `confirm` environment was not named on the command line."""
    name = chosen.environment.name
    if chosen.environment.confirm and not chosen.by_flag:
        raise UsageError(
            f"{name} has confirm = true: name it on the command line",
            why="a variable or a default is not a decision to change it",
            hint=f"-e {name}",
        )


def confirm(invocation: Invocation, chosen: ChosenEnvironment) -> None:
    """Ask, unless --yes was given. Raises Interrupted when the answer is no."""
    if invocation.options.yes:
        return
    environment = chosen.environment
    if environment.confirm:
        answer = _ask(invocation, f"Type the environment's name to continue ({environment.name}): ")
        agreed = answer.strip() == environment.name
    else:
        answer = _ask(invocation, f"Continue in {environment.name}? [y/N] ")
        agreed = answer.strip().lower() in {"y", "yes"}
    if not agreed:
        raise Interrupted("not confirmed; nothing was changed")


def _ask(invocation: Invocation, question: str) -> str:
    stderr = invocation.streams.stderr
    waits_for(None)
    stderr.write(question)
    stderr.flush()
    try:
        _until_typed()
        return input()
    except EOFError:
        stderr.write("\n")
        return ""
    finally:
        waits_for(Working("working"))


def _until_typed() -> None:
    """Return when there is something to read, or a signal came.

    A Ctrl-C between the last check for signals and the read of `input` would not be noticed before the next
    key.
    """
    if sys.platform == "win32" or not sys.stdin.isatty():
        return
    read, write = os.pipe()
    os.set_blocking(write, False)
    before = signal.set_wakeup_fd(write)
    try:
        select.select([sys.stdin, read], [], [])
    finally:
        signal.set_wakeup_fd(before)
        os.close(read)
        os.close(write)
