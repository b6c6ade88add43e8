"""The next commands, spelled the way the user called this one."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgerollout.cli.options import Options
    from edgerollout.rollout.next_step import Wording


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
    words = ["edgerollout", name, *(() if environment is None else ("-e", environment)), *more]
    if options.config is not None:
        words += ["-C", str(options.config)]
    if options.sandbox:
        words.append("--sandbox")
    if options.profile is not None:
        words += ["--profile", options.profile]
    if options.endpoint_url is not None:
        words += ["--endpoint-url", options.endpoint_url]
    return shlex.join(words)
