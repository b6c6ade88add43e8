"""That unit tests do no I/O is held by code, and this holds the code (with tests/local/test_no_io.py)."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from tests.unit.no_io import no_io

if TYPE_CHECKING:
    from collections.abc import Callable


def _connect() -> None:
    with socket.socket() as item:
        item.connect(("127.0.0.1", 9))


def _bind() -> None:
    socket.create_server(("127.0.0.1", 0)).close()


def _bind_unix() -> None:
    with socket.socket(socket.AF_UNIX) as item:
        item.bind("\0edgerollout-unit")


def _datagram() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as item:
        item.sendto(b"", ("127.0.0.1", 9))


def _process() -> None:
    subprocess.run((sys.executable, "-c", ""), check=True)


def _spawn() -> None:
    os.waitpid(os.posix_spawn(sys.executable, (sys.executable, "-c", ""), os.environ), 0)


def _fork() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


@pytest.mark.parametrize(
    ("does", "event"),
    [
        (_connect, "socket.connect"),
        (_bind, "socket.bind"),
        (_bind_unix, "socket.bind"),
        (_datagram, "socket.sendto"),
        (lambda: socket.getaddrinfo("localhost", 80), "socket.getaddrinfo"),
        (_process, "subprocess.Popen"),
        (_spawn, "os.posix_spawn"),
        (_fork, "os.fork"),
        (lambda: os.system("true"), "os.system"),
    ],
    ids=["connect", "bind", "unix", "datagram", "lookup", "process", "spawn", "fork", "shell"],
)
def test_what_leaves_the_interpreter_is_stopped_and_named(does: Callable[[], object], event: str) -> None:
    with pytest.raises(pytest.fail.Exception, match=f"tried {event} "), no_io():
        does()


def test_what_leads_nowhere_passes() -> None:
    with no_io():
        for item in socket.socketpair():
            item.close()
        for end in (*os.pipe(), *os.openpty()):
            os.close(end)


def _thread(does: Callable[[], object]) -> tuple[threading.Thread, list[BaseException]]:
    """A thread that is not started, and what it will have raised."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            does()
        except BaseException as error:
            raised.append(error)

    return threading.Thread(target=run), raised


def test_a_thread_that_a_test_starts_is_seen_as_the_test_itself() -> None:
    thread, raised = _thread(_bind)

    def run() -> None:
        thread.start()
        thread.join()

    with pytest.raises(pytest.fail.Exception, match=r"tried socket\.bind "), no_io():
        run()
    assert len(raised) == 1


def test_a_thread_of_before_is_left_alone() -> None:
    begin = threading.Event()
    thread, raised = _thread(lambda: begin.wait() and sys.audit("socket.bind", None, ("127.0.0.1", 0)))
    thread.start()
    with no_io():
        begin.set()
        thread.join()
    assert raised == []
