"""A proxy on this machine that speaks CONNECT, and TLS sites behind it."""

from __future__ import annotations

import contextlib
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def tunnel(port: int, *, answer: bytes = b"HTTP/1.1 200 OK\r\n\r\n") -> Iterator[tuple[str, list[str]]]:
    """A proxy that leads to a port of this machine, whatever host it is asked for; its URL, what it heard.

    Another `answer` than 200 leads nowhere.
    """
    heard: list[str] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def lead(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            heard.append(connection.recv(65536).decode())
            connection.sendall(answer)
            if b" 200 " not in answer:
                return
            with socket.create_connection(("127.0.0.1", port)) as behind:
                back = threading.Thread(target=_copy, args=(behind, connection), daemon=True)
                back.start()
                _copy(connection, behind)
                back.join()

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=lead, args=(connection,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", heard
    finally:
        listening.close()


@contextmanager
def secure_site(context: ssl.SSLContext, answer: bytes) -> Iterator[tuple[int, list[str]]]:
    """A TLS site that gives every request one answer; its port, and the requests."""
    heard: list[str] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def talk(plain: socket.socket) -> None:
        with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as connection:
            heard.append(connection.recv(65536).decode())
            connection.sendall(answer)

    def serve() -> None:
        while True:
            try:
                plain, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(plain,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listening.getsockname()[1], heard
    finally:
        listening.close()
