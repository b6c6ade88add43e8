"""The background process: `python -m edgerollout.sandbox.serve …`, started by `daemon.up`.

It runs a sandbox until it is asked to end, gets a signal, or its state file is gone or belongs to another
process. So a deleted project folder leaves nothing running.
"""

from __future__ import annotations

import argparse
import errno
import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgerollout.advice import to_json
from edgerollout.clock import SystemClock
from edgerollout.config import load
from edgerollout.emulator.settings import Windows
from edgerollout.errors import ConfigError, EdgerolloutError
from edgerollout.sandbox.blueprint import blueprint
from edgerollout.sandbox.place import Ports, SandboxFolder, StateFile
from edgerollout.sandbox.running import RunningSandbox, open_authority

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgerollout.sandbox.blueprint import Blueprint

_WATCH_SECONDS = 1.0
_PORTS = "choose another port, or none to get a free one"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until the end; returns the exit status."""
    given = _arguments().parse_args(arguments)
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    place = SandboxFolder(given.place)
    server = _Server(place, given.identity)
    try:
        server.run(
            given.config,
            windows=Windows(**json.loads(given.windows)),
            ports=Ports(given.port, given.http_port, given.https_port),
        )
    except EdgerolloutError as error:
        _report({"failed": _words(error)})
        return 1
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        _report(
            {
                "failed": {
                    "summary": "the sandbox did not start",
                    "why": str(error),
                    "hint": [_PORTS] if taken else None,
                }
            }
        )
        return 1
    return 0


class _Server:
    """The process's sandbox and its state file."""

    def __init__(self, place: SandboxFolder, identity: str) -> None:
        self._place = place
        self._identity = identity
        self._sandbox: RunningSandbox | None = None

    def run(self, config: Path, *, windows: Windows, ports: Ports) -> None:
        clock = SystemClock()
        wanted = _blueprint(config)
        with self._place.usable():
            authority = open_authority(self._place.authority, wanted)
        sandbox = RunningSandbox(
            authority,
            clock=clock,
            windows=windows,
            ports=ports,
            admin={("GET", "identity"): self._who, ("POST", "seed"): self._seed},
        )
        self._sandbox = sandbox
        ended = threading.Event()

        def end_soon(*_: object) -> None:
            # A signal interrupts the thread that waits for the end of the server.
            threading.Thread(target=sandbox.server.stop).start()

        try:
            sandbox.seed(wanted, say=lambda text: _report({"say": text}))
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, end_soon)
            # Write it before the state: who finds the running sandbox must also find its key.
            self._write_key(sandbox)
            self._place.write_state(
                StateFile(
                    identity=self._identity,
                    pid=os.getpid(),
                    endpoint_url=sandbox.endpoint_url,
                    http_port=sandbox.http_port,
                    https_port=sandbox.https_port,
                    ca_file=str(sandbox.ca_file),
                    started_at=clock.now().isoformat(),
                )
            )
            threading.Thread(target=self._watch, args=(sandbox, ended), daemon=True).start()
            _report({"ready": True})
            _leave_parent()
            sandbox.wait()
        finally:
            ended.set()
            sandbox.stop()
            self._place.forget(self._identity)

    def _watch(self, sandbox: RunningSandbox, ended: threading.Event) -> None:
        while not ended.wait(_WATCH_SECONDS):
            state = self._place.read_state()
            if state is None or state.identity != self._identity:
                sandbox.server.stop()
                return

    def _write_key(self, sandbox: RunningSandbox) -> None:
        self._place.write_credentials(sandbox.secret, sandbox.accounts)

    def _who(self, _: dict[str, Any]) -> object:
        seeded = () if self._sandbox is None else self._sandbox.seeded
        return {"identity": self._identity, "pid": os.getpid(), "seeded": seeded}

    def _seed(self, document: dict[str, Any]) -> object:
        if self._sandbox is None or not isinstance(document.get("config"), str):
            raise ValueError("seeding needs the folder of a configuration")
        try:
            self._sandbox.seed(_blueprint(Path(document["config"])))
        except EdgerolloutError as error:
            raise ValueError(str(error)) from error
        self._write_key(self._sandbox)
        return {"seeded": self._sandbox.seeded}


def _blueprint(config: Path) -> Blueprint:
    return blueprint(load(config).environments.values())


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m edgerollout.sandbox.serve")
    parser.add_argument("--config", type=Path, required=True, help="the project's configuration folder")
    parser.add_argument("--place", type=Path, required=True, help="where state, log and certificates go")
    parser.add_argument("--identity", required=True, help="the token this process is known by")
    parser.add_argument("--windows", required=True, help="seconds by name, as JSON")
    for name in ("--port", "--http-port", "--https-port"):
        parser.add_argument(name, type=int, default=0)
    return parser


def _report(message: dict[str, object]) -> None:
    """Report to the parent.

    Raises BrokenPipeError when the parent has ended: then nobody needs the sandbox.
    """
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _leave_parent() -> None:
    """From here on stdout goes to the log, too: the parent's pipe must not stay open."""
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())


def _words(error: EdgerolloutError) -> dict[str, object]:
    why = error.why
    if isinstance(error, ConfigError):
        why = "; ".join(str(problem) for problem in error.problems)
    return {"summary": error.summary, "why": why, "hint": None if error.hint is None else to_json(error.hint)}


if __name__ == "__main__":
    sys.exit(main())
