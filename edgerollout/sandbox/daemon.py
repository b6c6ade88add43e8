"""The sandbox of a project, in the background.

`from edgerollout.sandbox.daemon import up, down, find, status`:

- `up(project)` starts it, or finds it running and adds what the configuration names now.
- `find(project)` is its address, or None.
- `status(project)` is its content, or None.
- `down(root)` ends it; nothing is left running. It does not need the configuration.

A sandbox belongs to a project's root folder and keeps its files in `.edgerollout/sandbox/` there. Its content
is only in memory and ends with the process. `client(address)` adjusts a running one (windows, faults, call
log, time).
"""

from __future__ import annotations

import importlib.util
import json
import secrets
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edgerollout.advice import CommandLine, advise
from edgerollout.clock import Clock, SystemClock
from edgerollout.emulator.settings import Windows
from edgerollout.errors import UsageError
from edgerollout.sandbox.blueprint import Blueprint, blueprint
from edgerollout.sandbox.client import DistributionState, FunctionState, SandboxClient, SandboxSilent
from edgerollout.sandbox.place import Ports, SandboxFolder, StateFile
from edgerollout.sandbox.process import Background, end, is_alive, mentions, wait_gone
from edgerollout.sandbox.sample_site import third_parties

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from edgerollout.config import Project
    from edgerollout.emulator.faults import FaultRule

DEFAULT_WINDOWS = Windows(deploy_seconds=6.0, invalidation_seconds=2.0, function_seconds=0.5)
"""Long enough to be visible; CloudFront itself takes minutes."""

START_SECONDS = 60.0
STOP_SECONDS = 5.0
_ANSWER_SECONDS = 3.0
_LOOPBACK = "127.0.0.1"
_NEEDED = ("cryptography", "flask", "flask_cors", "moto")


@dataclass(frozen=True)
class SandboxAddress:
    """The address of a project's sandbox: AWS's endpoint, the edge's HTTP and TLS ports on 127.0.0.1, and the
    CA of its certificates. `secret` is the secret access key of every account's key; `credentials_file` has
    it, too.
    """

    endpoint_url: str
    http_port: int
    https_port: int
    ca_file: Path
    credentials_file: Path
    secret: str = field(repr=False)
    pid: int
    started_at: datetime

    def resolver(self, project: Project) -> dict[str, tuple[str, int]]:
        """The address of each host of the project, and of each host from which its sites load: IP address and
        port of TLS, or of HTTP for a host that `urls` names only with http://.
        """
        wanted = _blueprint(project)
        hosts = (*wanted.hosts, *third_parties(wanted.api_hosts))
        found = dict.fromkeys(hosts, (_LOOPBACK, self.https_port))
        urls = [urlsplit(url) for environment in project.environments.values() for url in environment.urls]
        schemes: dict[str, set[str]] = {}
        for url in urls:
            schemes.setdefault((url.hostname or "").lower(), set()).add(url.scheme)
        for host, named in schemes.items():
            found[host] = (_LOOPBACK, self.https_port if "https" in named else self.http_port)
        return found

    def both_ports(self, project: Project) -> dict[str, tuple[str, int]]:
        """The same as `resolver`, and also the TLS and HTTP ports of each host, as `host:port`."""
        found = self.resolver(project)
        secure = {f"{host}:443": (_LOOPBACK, self.https_port) for host in found}
        plain = {f"{host}:80": (_LOOPBACK, self.http_port) for host in found}
        return {**found, **secure, **plain}


@dataclass(frozen=True)
class SandboxStatus:
    """The content of a running sandbox. `faults` are those still to come, `calls` counts the calls so far, by
    `service:Operation`; `now` is its own time.
    """

    address: SandboxAddress
    now: datetime
    windows: Windows
    distributions: tuple[DistributionState, ...]
    functions: tuple[FunctionState, ...]
    faults: tuple[FaultRule, ...]
    calls: Mapping[str, int]


def up(
    project: Project,
    *,
    windows: Windows | None = None,
    ports: Ports | None = None,
    say: Callable[[str], None] = lambda _: None,
    clock: Clock | None = None,
) -> SandboxAddress:
    """The project's running sandbox, started if there is none. Returns when it answers.

    `windows` None means DEFAULT_WINDOWS; given ones also change a running sandbox. `say` gets each action as
    a line. Raises UsageError when packages are missing, when the project's folder is not writable, or when it
    runs on other `ports` than those given; EdgerolloutError when it does not start.
    """
    clock = clock or SystemClock()
    place = SandboxFolder.of(project.root)
    running = _running(place)
    if running is None:
        check_machine()
        with place.usable(), place.lock(clock, START_SECONDS):
            running = _running(place)
            if running is None:
                return _start(project, place, windows or DEFAULT_WINDOWS, ports or Ports(), say, clock)
    return _join(project, running, windows, ports or Ports(), say)


def find(project: Project) -> SandboxAddress | None:
    """The address of the project's sandbox; None when none runs, also when old files exist."""
    return _running(SandboxFolder.of(project.root))


def client(address: SandboxAddress) -> SandboxClient:
    """A client to adjust a running sandbox: windows, faults, call log, time."""
    return SandboxClient(address.endpoint_url, address.secret)


def status(project: Project) -> SandboxStatus | None:
    """The content of the project's sandbox; None when none runs."""
    address = find(project)
    if address is None:
        return None
    asked = client(address)
    state = asked.state()
    return SandboxStatus(
        address=address,
        now=state.now,
        windows=state.windows,
        distributions=state.distributions,
        functions=state.functions,
        faults=asked.faults(),
        calls=Counter(f"{call.service}:{call.operation}" for call in asked.calls()),
    )


def down(root: Path, *, clock: Clock | None = None) -> bool:
    """End the sandbox of the project with this root folder, by force if necessary; False when none ran.

    Its process is gone afterwards and so is state.json; the log and the certificate authority stay.
    """
    clock = clock or SystemClock()
    place = SandboxFolder.of(root)
    if not place.folder.exists():
        return False
    with place.usable(), place.lock(clock, START_SECONDS):
        state = place.read_state()
        return _end(place, state, clock)


def _start(
    project: Project,
    place: SandboxFolder,
    windows: Windows,
    ports: Ports,
    say: Callable[[str], None],
    clock: Clock,
) -> SandboxAddress:
    # A hanging sandbox would keep the ports and the folder that the new one needs.
    _end(place, place.read_state(), clock)
    identity = secrets.token_hex(16)
    arguments = (
        *("--config", str(project.directory.resolve())),
        *("--place", str(place.folder)),
        *("--identity", identity),
        *("--windows", json.dumps(asdict(windows))),
        *("--port", str(ports.endpoint), "--http-port", str(ports.http), "--https-port", str(ports.https)),
    )
    say("starting the sandbox")
    process = Background("edgerollout.sandbox.serve", arguments, folder=project.root, log=place.log_file)
    try:
        process.wait_ready(clock, START_SECONDS, say)
    except BaseException:
        # Also for Ctrl-C: a sandbox that nobody waits for must not stay running.
        process.kill()
        place.forget(identity)
        raise
    address = _running(place)
    if address is None:
        raise SandboxSilent("the sandbox started, but does not answer", hint=f"see {place.log_file}")
    say(f"the sandbox is up at {address.endpoint_url}; its content is only in memory")
    return address


def _join(
    project: Project,
    running: SandboxAddress,
    windows: Windows | None,
    ports: Ports,
    say: Callable[[str], None],
) -> SandboxAddress:
    """Use the running one, with the requested changes."""
    has = Ports(urlsplit(running.endpoint_url).port or 0, running.http_port, running.https_port)
    for asked, own in zip(asdict(ports).values(), asdict(has).values(), strict=True):
        if asked not in (0, own):
            raise UsageError(
                f"the sandbox is already up, on port {own} instead of {asked}",
                hint=advise(
                    "`", CommandLine("sandbox", None, "down"), "` ends it; then start it on the other port"
                ),
            )
    running_client = SandboxClient(running.endpoint_url, running.secret, timeout=START_SECONDS)
    if windows is not None:
        running_client.set_windows(windows)
    if _blueprint(project).digest() not in running_client.identity().seeded:
        say("the configuration has changed: adding what it names")
        running_client.seed(project.directory.resolve())
    return running


def _end(place: SandboxFolder, state: StateFile | None, clock: Clock) -> bool:
    """End the process that a state file names; False when it was gone already."""
    if state is None:
        place.state_file.unlink(missing_ok=True)
        return False
    ran = is_alive(state.pid) and mentions(state.pid, state.identity)
    running = _running(place)
    if running is not None:
        try:
            SandboxClient(running.endpoint_url, running.secret, timeout=_ANSWER_SECONDS).shutdown()
        except SandboxSilent:
            pass  # The signals below end it.
        else:
            wait_gone(state.pid, clock, STOP_SECONDS)
    end(state.pid, state.identity, clock)
    place.forget(state.identity)
    return ran


def _running(place: SandboxFolder) -> SandboxAddress | None:
    """The address of the sandbox, if its process runs and answers with its identity."""
    state, secret = place.read_state(), place.read_secret()
    if state is None or secret is None or not is_alive(state.pid):
        return None
    try:
        who = SandboxClient(state.endpoint_url, secret, timeout=_ANSWER_SECONDS).identity()
    except (SandboxSilent, UsageError, KeyError, TypeError):
        # Another process may have the port now, and may answer anything.
        return None
    if who.identity != state.identity:
        return None
    return SandboxAddress(
        endpoint_url=state.endpoint_url,
        http_port=state.http_port,
        https_port=state.https_port,
        ca_file=Path(state.ca_file),
        credentials_file=place.credentials_file,
        secret=secret,
        pid=state.pid,
        started_at=datetime.fromisoformat(state.started_at),
    )


def _blueprint(project: Project) -> Blueprint:
    return blueprint(project.environments.values())


def check_machine(needed: tuple[str, ...] = _NEEDED) -> None:
    """Raises UsageError when a sandbox cannot run here: packages are missing, or it is Windows."""
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(
            "the sandbox needs packages that are not installed",
            why=f"missing: {', '.join(missing)}",
            hint="pip install 'edgerollout[sandbox]'",
        )
    if sys.platform == "win32":
        raise UsageError(
            "the sandbox's background process is not made for Windows",
            hint="run it in the Windows Subsystem for Linux",
        )
