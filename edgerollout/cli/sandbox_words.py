"""What `sandbox status` and `sandbox up` show."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, Typed, advise
from edgerollout.views.document import (
    Advised,
    Code,
    Doc,
    Item,
    Labelled,
    List,
    Marker,
    Table,
    TableRow,
    Verdict,
)
from edgerollout.views.output.sandbox import (
    NoSandboxJson,
    SandboxDistributionJson,
    SandboxFunctionJson,
    SandboxJson,
    WindowsJson,
)
from edgerollout.views.wording import count_words

if TYPE_CHECKING:
    from edgerollout.sandbox.client import DistributionState
    from edgerollout.sandbox.daemon import SandboxStatus


def sandbox_document(status: SandboxStatus | None) -> Doc:
    """A running sandbox, or none, for people."""
    if status is None:
        up = Advised("next", advise(CommandLine("sandbox", None, "up")))
        return Doc(None, (), Verdict("no sandbox is running"), (up,))
    address, windows = status.address, status.windows
    deployed, invalidated = windows.deploy_seconds, windows.invalidation_seconds
    faults = count_words(len(status.faults), "fault rule")
    others = advise(
        Typed(f"export AWS_ENDPOINT_URL={quote(address.endpoint_url)}"),
        Typed(f"export AWS_SHARED_CREDENTIALS_FILE={quote(str(address.credentials_file))}"),
    )
    return Doc(
        f"the sandbox is running (process {address.pid})",
        (
            Labelled(
                (
                    ("sites", Code(f"https://ALIAS.localhost:{address.https_port}/")),
                    ("their CA", Code(str(address.ca_file))),
                    ("windows", f"Deployed after {deployed:g}s, invalidated after {invalidated:g}s"),
                )
            ),
            Table(
                ("distribution", "id", "status"),
                tuple(
                    TableRow(
                        (
                            Code(item.aliases[0] if item.aliases else item.domain_name),
                            Code(item.id),
                            _now(item),
                        )
                    )
                    for item in status.distributions
                ),
                titled=True,
            ),
            Table(
                ("function", "versions"),
                tuple(
                    TableRow((Code(item.name), ", ".join(map(str, item.versions)) or "none"))
                    for item in status.functions
                ),
                titled=True,
            ),
            List((Item(f"{faults} waiting", Marker.WARNING),) if status.faults else ()),
        ),
        advised=(Advised("shell", others),),
    )


def sandbox_json(status: SandboxStatus | None) -> SandboxJson | NoSandboxJson:
    """A running sandbox, or none, as a JSON document."""
    if status is None:
        return NoSandboxJson()
    address = status.address
    return SandboxJson(
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


def _now(distribution: DistributionState) -> str:
    busy = distribution.invalidations_in_progress
    return distribution.status + (f", {busy} invalidating" if busy else "")
