"""The command line as a process of its own, without the start-up of a new interpreter each time.

`start("plan", "-e", "testing", …)` asks an interpreter that has imported everything to fork; the fork becomes
`python -m edgerollout plan -e testing`, with its own pid, session, arguments, folder, environment and
streams. It exits, and dies of signals, as any process does. It inherits modules and the SDK's service models,
nothing of the environment. A test process has one such interpreter.

A test whose subject is start-up itself (what is imported, the entry point, streams that are closed) takes
`subprocess` and `python -m edgerollout`.
"""

from __future__ import annotations

import contextlib
import functools
import io
import json
import os
import pkgutil
import re
import select
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping

_REPOSITORY = Path(__file__).parents[1]
_DEVNULL, _PIPE = subprocess.DEVNULL, subprocess.PIPE


# --- for tests -------------------------------------------------------------------------------------------


def start(
    *arguments: str,
    cwd: Path,
    env: Mapping[str, str],
    stdin: int = _DEVNULL,
    stdout: int = _PIPE,
    stderr: int = _PIPE,
) -> Command:
    """Start a command. A stream is a descriptor, `subprocess.PIPE` or `subprocess.DEVNULL`."""
    read_status, write_status = os.pipe()
    null = os.open(os.devnull, os.O_RDWR)
    theirs, ours, given_away = [], [], [write_status, null]
    for number, wanted in enumerate((stdin, stdout, stderr)):
        if wanted == _PIPE:
            mine, other = os.pipe() if number else reversed(os.pipe())
            given_away.append(other)
            theirs.append(other)
            ours.append(os.fdopen(mine, "r" if number else "w", encoding="utf-8"))
        else:
            theirs.append(null if wanted == _DEVNULL else wanted)
            ours.append(None)
    request = {"arguments": arguments, "cwd": str(cwd), "env": dict(env)}
    try:
        _warm().ask(request, [write_status, *theirs])
    finally:
        for item in given_away:
            os.close(item)
    return Command(("edgerollout", *arguments), *ours, status=os.fdopen(read_status, "rb", buffering=0))


class Command:
    """A running command, handled as `subprocess.Popen` is; its pipes are text."""

    def __init__(
        self,
        args: tuple[str, ...],
        stdin: TextIO | None,
        stdout: TextIO | None,
        stderr: TextIO | None,
        *,
        status: io.RawIOBase,
    ) -> None:
        self.args = args
        self.stdin, self.stdout, self.stderr = stdin, stdout, stderr
        self.returncode: int | None = None
        """As of Popen: negative where a signal ended it."""
        self._status = status
        self.pid = self._number()
        self._output: list[_Output] | None = None

    def poll(self) -> int | None:
        """The exit code, None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has one."""
        code = self._ended(timeout)
        if code is None:
            assert timeout is not None
            raise subprocess.TimeoutExpired(self.args, timeout)
        return code

    def communicate(self, input: str | None = None, timeout: float | None = None) -> tuple[str, str]:  # noqa: A002
        """Everything it still says, to its end; as Popen's, it may be called again after TimeoutExpired."""
        until = None if timeout is None else time.monotonic() + timeout
        if self._output is None:
            self._output = [_Output(io) for io in (self.stdout, self.stderr)]
            if self.stdin is not None:
                with self.stdin:
                    self.stdin.write(input or "")
        for output in self._output:
            output.thread.join(None if until is None else max(0, until - time.monotonic()))
            if output.thread.is_alive():
                assert timeout is not None
                raise subprocess.TimeoutExpired(self.args, timeout)
        self.wait(None if until is None else max(0, until - time.monotonic()))
        out, err = (item.text for item in self._output)
        return out, err

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._status], [], [], timeout)[0]:
            self.returncode = self._number()
            self._status.close()
        return self.returncode

    def _number(self) -> int:
        line = b""
        while not line.endswith(b"\n"):
            more = self._status.read(1)
            assert more, "the warm interpreter of the tests is gone"
            line += more
        return int(line)


class _Output:
    """What comes out of one stream until it is closed."""

    def __init__(self, stream: TextIO | None) -> None:
        self.text = ""
        self._stream = stream
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        if self._stream is not None:
            with self._stream:
                self.text = self._stream.read()


class _Warm:
    """The interpreter that forks. It ends when this process does: its end of the socket closes."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        self._lock = threading.Lock()
        with theirs:
            subprocess.Popen(
                (sys.executable, "-m", "tests.command_line", str(theirs.fileno())),
                cwd=_REPOSITORY,
                env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
                stdin=_DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    def ask(self, request: object, descriptors: list[int]) -> None:
        text = json.dumps(request).encode()
        with self._lock:
            socket.send_fds(self._socket, [len(text).to_bytes(_LENGTH)], descriptors)
            self._socket.sendall(text)


@functools.cache
def _warm() -> _Warm:
    return _Warm()


# --- the warm interpreter --------------------------------------------------------------------------------

_LENGTH = 4
"""Bytes that say how long the request after them is."""


@dataclass(frozen=True)
class _Request:
    arguments: tuple[str, ...]
    cwd: str
    env: dict[str, str]
    status: int
    streams: tuple[int, ...]


_OTHER_PROCESSES = re.compile(
    r"edgerollout\.((sandbox|emulator)($|\.)|__main__|handlers\.(worker|confined)$)"
)
"""Modules that no command imports: of the sandbox's server, of handlers, and the start itself."""

_IMPORTED_WHEN_NEEDED = ("tenacity", "http_sf", "encodings.utf_8_sig", "encodings.cp437")


def _import_what_commands_import() -> None:
    from importlib import import_module

    import botocore.session

    import edgerollout
    from edgerollout.aws.models import service_models

    for info in pkgutil.walk_packages(edgerollout.__path__, "edgerollout."):
        if not _OTHER_PROCESSES.match(info.name):
            import_module(info.name)
    for name in _IMPORTED_WHEN_NEEDED:
        import_module(name)
    session = botocore.session.Session()
    session.register_component("data_loader", service_models(None))
    for service in ("cloudfront", "lambda", "iam", "sts"):
        session.create_client(
            service, region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none"
        )


def _requested(control: socket.socket) -> _Request | None:
    """The next request; None when nobody asks any more."""
    head, descriptors, *_ = socket.recv_fds(control, _LENGTH, 4)
    if not head:
        return None
    with control.makefile("rb", buffering=0) as stream:
        text = b""
        while len(text) < int.from_bytes(head):
            text += stream.read(int.from_bytes(head) - len(text)) or b""
    return _Request(**json.loads(text), status=descriptors[0], streams=tuple(descriptors[1:]))


def _next_fork(control: socket.socket) -> _Request | None:
    """Fork for every request. Returns in each fork with what it has to become; in the server, with None, when
    nobody asks any more.
    """
    running: dict[int, int] = {}
    woken, wake = socket.socketpair()
    for item in (woken, wake):
        item.setblocking(False)  # noqa: FBT003 - so it is called
    signal.set_wakeup_fd(wake.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is woken:
                    woken.recv(4096)
                    _tell_who_ended(running)
                    continue
                request = _requested(control)
                if request is None:
                    for pid in running:
                        os.kill(pid, signal.SIGKILL)
                    return None
                pid = os.fork()
                if pid == 0:
                    return request
                running[pid] = request.status
                os.write(request.status, b"%d\n" % pid)
                for stream in request.streams:
                    os.close(stream)


def _tell_who_ended(running: dict[int, int]) -> None:
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        told = running.pop(pid)
        with contextlib.suppress(BrokenPipeError):  # nobody waits for it
            os.write(told, b"%d\n" % os.waitstatus_to_exitcode(status))
        os.close(told)


def _become(request: _Request) -> None:
    """Be what a new interpreter would be, and run the command line."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    for number, stream in enumerate(request.streams):
        os.dup2(stream, number)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.chdir(request.cwd)
    os.environ.clear()
    os.environ.update(request.env)
    time.tzset()
    sys.stdin = sys.__stdin__ = _stream(0, "r", "surrogateescape")
    sys.stdout = sys.__stdout__ = _stream(1, "w", "surrogateescape")
    sys.stderr = sys.__stderr__ = _stream(2, "w", "backslashreplace", by_line=True)
    sys.path[0] = request.cwd
    sys.argv[1:] = request.arguments
    _run()


def _run() -> None:
    """Run the command line, and end as an interpreter does, but for taking apart all that is imported: the
    fork shares that, and would copy it for nothing, which is two fifths of a short command's processor time.
    """
    import atexit
    import runpy

    try:
        runpy.run_module("edgerollout", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            threading._shutdown()  # waits for threads
            atexit._run_exitfuncs()
            # What cannot be flushed, the interpreter tells in its own way.
            with contextlib.suppress(OSError, ValueError):
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(ended.code or 0)
        raise


def _stream(number: int, mode: str, errors: str, *, by_line: bool = False) -> TextIO:
    raw = os.fdopen(number, mode + "b", closefd=False)
    return io.TextIOWrapper(raw, "utf-8", errors, newline="\n", line_buffering=by_line or raw.isatty())


def _serve(descriptor: int) -> None:
    import gc
    import tempfile

    _import_what_commands_import()
    assert threading.active_count() == 1, "a fork has one thread"
    assert tempfile.tempdir is None, "a fork finds its own temporary folder"
    gc.collect()
    gc.freeze()
    request = _next_fork(socket.socket(fileno=descriptor))
    if request is not None:
        _become(request)


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
