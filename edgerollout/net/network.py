"""How hosts are reached, as a value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Network:
    """How hosts are reached, and how long to wait. All times are in seconds.

    `resolve` maps a host (lower case), or `host:port`, to an address and port to use instead of DNS's and
    the URL's; the name in TLS and Host stays the URL's. A host mapped only by `host:port` is
    not asked at other ports, unless `other_ports`: then DNS is used there. `ca_file` is trusted instead of
    the system's CAs and the SDK's, `ca_bundle` in addition to them. `read` is for connecting and for each
    read, `whole` until all headers are there, `body` for what follows them.
    """

    resolve: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    ca_file: Path | None = None
    ca_bundle: Path | None = None
    other_ports: bool = False
    read: float = 10.0
    whole: float = 30.0
    body: float = 3.0

    def named(self, host: str, port: int) -> tuple[str, int] | None:
        """The address and port given for a host; None to ask DNS.

        Raises ValueError for a host with an address for other ports only: DNS may lead to
        a different site.
        """
        found = self.resolve.get(f"{host}:{port}") or self.resolve.get(host)
        if found is None and not self.other_ports and any(k.startswith(f"{host}:") for k in self.resolve):
            raise ValueError(f"no address was given for {host} at port {port}")
        return found
