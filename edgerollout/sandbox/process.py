"""The sandbox's background process: start it independently of its parent, recognise it, end it."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from edgerollout.advice import from_json
from edgerollout.errors import EdgerolloutError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import IO

    from edgerollout.clock import Clock

_POLL_SECONDS = 0.02

_children: list[subprocess.Popen[bytes]] = []
"""Kept, so that a process that ends before its parent is waited for (`is_alive`)."""


class Background:
    """A process in its own session, so that it outlives the command and the terminal.

    It reports on its stdout, one JSON object on each line: `{"say": "…"}` while it starts, at the end
    `{"ready": true}` or `{"failed": {"summary", "why", "hint"}}`; everything else goes to the log.
    """

    def __init__(self, module: str, arguments: Sequence[str], *, folder: Path, log: Path) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                # -P: a file in the project's folder must not replace one of our modules.
                (sys.executable, "-P", "-m", module, *arguments),
                cwd=folder,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=output,
                start_new_session=True,
            )
        _children.append(self._process)
        self._log = log
        self._lines: queue.Queue[bytes | None] = queue.Queue()
        if self._process.stdout is None:
            raise AssertionError("stdout was asked to be a pipe")
        threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True).start()

    def wait_ready(self, clock: Clock, seconds: float, say: Callable[[str], None]) -> None:
        """Return when it is ready. Raises EdgerolloutError when it does not become ready; it may keep running
        then.
        """
        deadline = clock.monotonic() + seconds
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - clock.monotonic()))
            except queue.Empty:
                raise EdgerolloutError(
                    "the sandbox did not start",
                    why=f"it was not ready after {seconds:g} seconds",
                    hint=f"see {self._log}",
                ) from None
            if line is None:
                raise EdgerolloutError(
                    "the sandbox did not start", why=self._last_words(), hint=f"see {self._log}"
                )
            message = json.loads(line)
            match message:
                case {"say": str(text)}:
                    say(text)
                case {"failed": {"summary": str(summary), "why": why, "hint": hint}}:
                    raise EdgerolloutError(summary, why=why, hint=None if hint is None else from_json(hint))
                case _:
                    return

    def kill(self) -> None:
        """End it by force."""
        self._process.kill()
        self._process.wait()

    def _read(self, output: IO[bytes]) -> None:
        with output:
            for line in output:
                self._lines.put(line)
        self._lines.put(None)

    def _last_words(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return lines[-1] if lines else "the process ended without a message"


def is_alive(pid: int) -> bool:
    """Whether a process with this id runs. An ended process that nobody waited for does not."""
    for child in _children:
        child.poll()
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    # In a container whose first process does not wait for others, ended processes stay in the table.
    with contextlib.suppress(OSError):
        return not Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].startswith(" Z")
    return True


def mentions(pid: int, token: str) -> bool:
    """Whether this process has `token` among its arguments. Process ids are reused, so the id alone is not
    enough.
    """
    arguments = Path(f"/proc/{pid}/cmdline")
    if arguments.exists():
        with contextlib.suppress(OSError):
            return token.encode() in arguments.read_bytes().split(b"\0")
        return False
    listed = subprocess.run(
        ("ps", "-o", "command=", "-p", str(pid)), capture_output=True, text=True, check=False
    )
    return token in listed.stdout.split()


def end(pid: int, token: str, clock: Clock, *, patience: float = 3.0) -> None:
    """End the process if it is the one with `token`: first with SIGTERM, then with SIGKILL.

    `patience` is in seconds, for each signal. Returns when the process is gone, or after that time.
    """
    # The process leads its group: SIGKILL takes its handlers with it.
    for send, number in ((os.kill, signal.SIGTERM), (os.killpg, signal.SIGKILL)):
        if not is_alive(pid) or not mentions(pid, token):
            return
        with contextlib.suppress(ProcessLookupError):
            send(pid, number)
        if wait_gone(pid, clock, patience):
            return


def wait_gone(pid: int, clock: Clock, seconds: float) -> bool:
    """Wait until the process is gone; False when it is still there after `seconds`."""
    deadline = clock.monotonic() + seconds
    while is_alive(pid):
        if clock.monotonic() > deadline:
            return False
        clock.sleep(_POLL_SECONDS)
    return True


def _environment() -> dict[str, str]:
    """The user's environment without AWS's variables: the sandbox never calls AWS."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
