"""The next commands, spelled the way the user called this one."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from edgerollout.cli.commands import COMMANDS

if TYPE_CHECKING:
    from edgerollout.cli.options import Options
    from edgerollout.release.plans.plan import Plan
    from edgerollout.rollout.next_step import Wording

_COMMAND = re.compile(rf"\bedgerollout (?=(?:{'|'.join(one.name for one in COMMANDS)})\b)")


def wording(
    options: Options,
    environment: str | None,
    command: str,
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


def spelled(options: Options, environment: str | None, name: str, *more: str) -> str:
    """A command line of the command `name`, with the user's own -C, --sandbox, --profile and endpoint."""
    named = () if environment is None else ("-e", environment)
    return shlex.join(("edgerollout", name, *named, *more, *_own(options)))


def respelled(options: Options, text: str | None) -> str | None:
    """A hint whose commands were written without knowing how the user called this one.

    The user's own options go before the command's name, as where it ends cannot be told in a sentence.
    """
    own = _own(options)
    if text is None or not own:
        return text
    first, *rest = _COMMAND.split(text)
    return first + "".join(
        f"edgerollout {one if own[0] in one.split() else f'{shlex.join(own)} {one}'}" for one in rest
    )


def respelled_plan(options: Options, plan: Plan) -> Plan:
    """The plan with the hints of its findings and gates so."""
    if not _own(options):
        return plan
    return replace(
        plan,
        findings=tuple(replace(one, hint=respelled(options, one.hint)) for one in plan.findings),
        gates=tuple(replace(one, remedy=respelled(options, one.remedy)) for one in plan.gates),
    )


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
