"""A whole sandbox in this process: control plane, edge and sites, on three ports of loopback.

Tests use `running_sandbox`; the background process (`serve`) runs the same thing.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from edgerollout.clock import Clock, SystemClock
from edgerollout.edge.authority import LocalAuthority
from edgerollout.edge.server import LOOPBACK, EdgeServer
from edgerollout.emulator.server import RunningServer, start
from edgerollout.emulator.settings import Windows
from edgerollout.sandbox.blueprint import Blueprint, blueprint
from edgerollout.sandbox.edge_bridge import EdgeBridge
from edgerollout.sandbox.place import Ports
from edgerollout.sandbox.sample_site import third_parties
from edgerollout.sandbox.seed import seed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from edgerollout.edge.message import EdgeRequest, EdgeResponse
    from edgerollout.emulator.admin import AdminOperation
    from edgerollout.emulator.calls import CallLog
    from edgerollout.emulator.faults import Faults
    from edgerollout.emulator.plane import ControlPlane
    from edgerollout.release.facts.environment import Environment

TICK_SECONDS = 0.2
"""Seconds after which the edge learns at the latest what is due, while there are no requests."""

_AT_ONCE = {"deploy_seconds": 0.0, "invalidation_seconds": 0.0, "function_seconds": 0.0, "role_seconds": 0.0}


class RunningSandbox:
    """A sandbox that answers: at `endpoint_url` as AWS, at the two ports as CloudFront's edge."""

    def __init__(
        self,
        authority: LocalAuthority,
        *,
        clock: Clock,
        windows: Windows,
        ports: Ports,
        admin: Mapping[tuple[str, str], AdminOperation],
    ) -> None:
        """Raises OSError when a port is taken."""
        self._bridge = EdgeBridge(clock, authority.permit)
        self._edge_server = EdgeServer(
            self._bridge, http_port=ports.http, https_port=ports.https, authority=authority
        )
        try:
            self.server: RunningServer = start(
                ports.endpoint, clock=clock, windows=windows, sink=self._bridge, admin=admin
            )
        except OSError:
            self._edge_server.close()
            raise
        self._bridge.follow(self.server.plane)
        self._edge_server.start()
        self._seeding = threading.Lock()
        self._seeded: list[str] = []
        self._accounts: dict[str, None] = {}
        self._stopped = threading.Event()
        self._ticker = threading.Thread(target=self._tick, name="sandbox-ticker", daemon=True)
        self._ticker.start()
        self.endpoint_url = self.server.endpoint_url
        self.secret = self.server.secret
        self.http_port = self._edge_server.http_port
        self.https_port = self._edge_server.https_port or 0
        self.ca_file = authority.certificate

    @property
    def plane(self) -> ControlPlane:
        return self.server.plane

    @property
    def faults(self) -> Faults:
        return self.server.faults

    @property
    def calls(self) -> CallLog:
        return self.server.calls

    @property
    def seeded(self) -> tuple[str, ...]:
        """The digests of the blueprints that have been made."""
        return tuple(self._seeded)

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts that were filled, in the configuration's order."""
        return tuple(self._accounts)

    def set_windows(self, windows: Windows) -> None:
        """For what begins from now on."""
        with self.plane.lock:
            self.plane.settings = replace(self.plane.settings, windows=windows)

    def resolver(self) -> dict[str, tuple[str, int]]:
        """The TLS address of each host: host → IP address and port."""
        return dict.fromkeys(self._bridge.edge.hosts(), (LOOPBACK, self.https_port))

    def visit(self, request: EdgeRequest) -> EdgeResponse:
        """What a viewer gets, without the way over a port."""
        return self._bridge.handle(request)

    def seed(self, wanted: Blueprint, say: Callable[[str], None] = lambda _: None) -> None:
        """Make what is missing, at once Deployed. Raises EdgerolloutError as `seed.seed` does."""
        with self._seeding:
            self._bridge.add_surroundings(wanted)
            before = self.plane.settings.windows
            self.set_windows(replace(before, **_AT_ONCE))
            try:
                seed(wanted, self.endpoint_url, self.secret, self.plane.reserve_id, say)
            finally:
                self.set_windows(before)
            self.plane.tick()
            if not self._seeded:
                # Nobody else has called yet, and the log is for the user's calls.
                self.calls.clear()
            self._seeded.append(wanted.digest())
            self._accounts |= dict.fromkeys(wanted.accounts)

    def wait(self) -> None:
        """Return when the control plane has been stopped."""
        self.server.wait()

    def stop(self) -> None:
        """Stop everything: ports, threads and handler processes. A second call does nothing."""
        self._stopped.set()
        self._edge_server.close()
        self.server.stop()
        self._bridge.edge.close()
        self._ticker.join(timeout=5)

    def _tick(self) -> None:
        while not self._stopped.wait(TICK_SECONDS):
            self.plane.tick()


def open_authority(folder: Path, wanted: Blueprint) -> LocalAuthority:
    """The authority for a sandbox of `wanted`, kept in `folder`. Raises UsageError as `open` does."""
    hosts = (*wanted.hosts, *third_parties(wanted.api_hosts))
    # Browsers check certificates with the machine's time.
    return LocalAuthority.open(folder, SystemClock(), hosts)


@contextlib.contextmanager
def running_sandbox(
    environments: Iterable[Environment],
    *,
    folder: Path | None = None,
    clock: Clock | None = None,
    windows: Windows | None = None,
) -> Iterator[RunningSandbox]:
    """A seeded sandbox in threads of this process, until the block ends.

    `folder` keeps the certificate authority; None means a temporary folder. `clock` decides when windows end
    and cached objects expire. `windows` None means `Windows()`.
    """
    with contextlib.ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="edgerollout-sandbox-")))
        wanted = blueprint(environments)
        sandbox = RunningSandbox(
            open_authority(folder, wanted),
            clock=clock or SystemClock(),
            windows=windows or Windows(),
            ports=Ports(),
            admin={},
        )
        stack.callback(sandbox.stop)
        sandbox.seed(wanted)
        yield sandbox
