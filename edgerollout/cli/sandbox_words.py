"""What `sandbox status` and `sandbox up` print."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine
from edgerollout.views.ink import Line, Style
from edgerollout.views.output.encoder import json_text
from edgerollout.views.output.sandbox import (
    NoSandboxJson,
    SandboxDistributionJson,
    SandboxFunctionJson,
    SandboxJson,
    WindowsJson,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.advice import Spell
    from edgerollout.sandbox.daemon import SandboxStatus


def sandbox_lines(status: SandboxStatus) -> tuple[Line, ...]:
    """A running sandbox for people."""
    return tuple(_lines(status))


def absent_lines(spell: Spell) -> tuple[Line, ...]:
    """No sandbox, for people."""
    up = spell(CommandLine("sandbox", None, "up"))
    return (Line("no sandbox is running"), Line(f"next: {up}", Style.STRONG))


def sandbox_json(status: SandboxStatus) -> str:
    """A running sandbox as one JSON document."""
    address = status.address
    return json_text(
        SandboxJson(
            pid=address.pid,
            started_at=address.started_at.isoformat(),
            endpoint=address.endpoint_url,
            credentials_file=str(address.credentials_file),
            http_port=address.http_port,
            https_port=address.https_port,
            ca_file=str(address.ca_file),
            windows=WindowsJson(**vars(status.windows)),
            distributions=[
                SandboxDistributionJson(**vars(distribution)) for distribution in status.distributions
            ],
            functions=[SandboxFunctionJson(**vars(function)) for function in status.functions],
            faults=len(status.faults),
            calls=dict(sorted(status.calls.items())),
        )
    )


def absent_json() -> str:
    """No sandbox, as one JSON document."""
    return json_text(NoSandboxJson())


def _lines(status: SandboxStatus) -> Iterator[Line]:
    address, windows = status.address, status.windows
    yield Line(f"the sandbox is running (process {address.pid})", Style.STRONG)
    yield Line(f"  AWS endpoint  {address.endpoint_url}")
    yield Line(
        f"  its key       export AWS_SHARED_CREDENTIALS_FILE={quote(str(address.credentials_file))}",
        whole=True,
    )
    yield Line(
        f"  sites         https://ALIAS.localhost:{address.https_port}/ (CA: {address.ca_file})", hang=16
    )
    yield Line(
        f"  windows       Deployed after {windows.deploy_seconds:g}s,"
        f" invalidated after {windows.invalidation_seconds:g}s",
        hang=16,
    )
    yield Line("")
    width = max(
        (len(_name(distribution.aliases, distribution.domain_name)) for distribution in status.distributions),
        default=0,
    )
    for item in status.distributions:
        busy = f", {item.invalidations_in_progress} invalidating" if item.invalidations_in_progress else ""
        yield Line(f"  {item.id}  {_name(item.aliases, item.domain_name).ljust(width)}  {item.status}{busy}")
    for function in status.functions:
        versions = ", ".join(map(str, function.versions)) or "none"
        yield Line(f"  function {function.name}: versions {versions}")
    if status.faults:
        yield Line(f"  {len(status.faults)} fault rules are waiting", Style.WARNING)


def _name(aliases: tuple[str, ...], domain_name: str) -> str:
    return aliases[0] if aliases else domain_name
