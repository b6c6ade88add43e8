"""What a unit test may not do: use a network, or start a process. Python itself tells of every try.

A `socketpair`, a pipe and a pseudo-terminal lead nowhere, and pass. So does what other threads do that were
there before the test: they belong to tests of other folders, which one interpreter runs as well.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from socket import SocketType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_SOCKETS = ("bind", "connect", "getaddrinfo", "gethostbyaddr", "gethostbyname", "getnameinfo", "sendto")
_PROCESSES = ("exec", "fork", "forkpty", "posix_spawn", "spawn", "system")
_NOT_HERE = frozenset(
    (*(f"socket.{name}" for name in _SOCKETS), *(f"os.{name}" for name in _PROCESSES), "subprocess.Popen")
)
"""Events of https://docs.python.org/3/library/audit_events.html."""


class _Watch:
    """One stretch of a test."""

    def __init__(self) -> None:
        self.tries: list[str] = []
        self._others = {thread.ident for thread in threading.enumerate()} - {threading.get_ident()}

    def see(self, event: str, arguments: tuple[object, ...]) -> None:
        if event not in _NOT_HERE or threading.get_ident() in self._others:
            return
        of_a_socket = bool(arguments) and isinstance(arguments[0], SocketType)
        # After the socket comes its address; after a program and its arguments the environment, a secret.
        subject = arguments[1:] if of_a_socket else arguments[:2]
        self.tries.append(f"{event} {subject!r}")
        pytest.fail(_said(self.tries))


_watches: list[_Watch] = []
"""The innermost comes last, and is the one that sees."""


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if _watches:
        _watches[-1].see(event, arguments)


sys.addaudithook(_hook)  # for good: Python has no way to take one back


@contextlib.contextmanager
def no_io() -> Iterator[None]:
    """Stop every try within, and fail the test at the end although the code under test caught that."""
    watch = _Watch()
    _watches.append(watch)
    try:
        yield
    finally:
        _watches.remove(watch)
    if watch.tries:
        pytest.fail(_said(watch.tries))


def _said(tries: list[str]) -> str:
    return f"a unit test does no I/O, and this one tried {'; '.join(tries)}: it belongs in tests/local"
