"""Shuts a connection down when its time is up."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from urllib3.connection import HTTPConnection


class ConnectionWatch:
    """Shuts a connection down when its time is up.

    A socket's time-out starts again with every byte; a slow site would never reach it.
    """

    def __init__(self, seconds: float, connection: HTTPConnection) -> None:
        self._connection = connection
        self._socket: socket.socket | None = None
        self.expired = False
        self._start(seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def hold(self) -> None:
        """Keep its socket: a connection drops it once an answer says that it is the last."""
        # TLS inside a proxy's TLS is not a socket, but has one.
        self._socket = getattr(self._connection.sock, "socket", self._connection.sock)

    def check(self) -> None:
        """Raise TimeoutError if time ran out without a failed read."""
        if self.expired:
            raise TimeoutError

    def again(self, seconds: float) -> None:
        """Set the remaining time to so many seconds from now."""
        self._timer.cancel()
        self._start(seconds)

    def _start(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True
        self._timer.start()

    def _expire(self) -> None:
        self.expired = True
        held = self._socket or self._connection.sock
        if isinstance(held, socket.socket):
            try:
                # Not the TLS socket's own shutdown, which breaks the thread that reads.
                socket.socket.shutdown(held, socket.SHUT_RDWR)
            except OSError:
                return  # closed already
