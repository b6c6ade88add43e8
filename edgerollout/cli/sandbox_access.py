"""The project's sandbox for `--sandbox`: found, or started."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgerollout.cli.invocation import Invocation
    from edgerollout.sandbox.daemon import SandboxAddress


def sandbox_address(invocation: Invocation) -> SandboxAddress:
    """Where the project's sandbox answers; it is started when it does not run.

    Raises UsageError when the `sandbox` extra is missing.
    """
    from edgerollout.cli.sandbox import aside, quietly
    from edgerollout.sandbox.daemon import up

    return up(invocation.project, say=quietly if invocation.quiet else aside(invocation))
