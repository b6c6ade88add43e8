"""The sandbox's server: one process, one port on loopback, one thread for each connection."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import struct
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from edgerollout.clock import Clock, SystemClock
from edgerollout.emulator.admin import Admin
from edgerollout.emulator.calls import CallLog
from edgerollout.emulator.faults import Faults
from edgerollout.emulator.front import Around, ConnectionReset, FrontDoor, at_once
from edgerollout.emulator.messages import Request, Response
from edgerollout.emulator.moto_bridge import Moto
from edgerollout.emulator.plane import ControlPlane
from edgerollout.emulator.schedule import Schedule
from edgerollout.emulator.settings import Quotas, Settings, Switches, Windows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from edgerollout.emulator.account_books import Books
    from edgerollout.emulator.admin import AdminOperation
    from edgerollout.emulator.sink import EdgeSink

LOOPBACK = "127.0.0.1"
_log = logging.getLogger(__name__)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int) -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self.door: FrontDoor
        self.answered = threading.local()
        """`then`, if set during a request, runs after its answer was sent."""
        self._open: set[socket.socket] = set()

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def close_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        if isinstance(request, socket.socket):
            self._open.discard(request)
        super().close_request(request)

    def hang_up(self) -> None:
        """End kept-alive connections: a stopped server must not answer on them."""
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - socketserver's
        """Ignore clients that went away. Anything else is logged: the client saw a lost answer."""
        gone = isinstance(sys.exc_info()[1], ConnectionError)
        _log.log(logging.DEBUG if gone else logging.ERROR, "connection ended", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "edgerollout-sandbox"
    sys_version = ""
    # Without TCP_NODELAY every call takes 40 ms more (Nagle's algorithm with delayed acknowledgements).
    disable_nagle_algorithm = True
    server: _Server

    def __getattr__(self, name: str) -> Callable[[], None]:
        # The base class looks up do_GET, do_PUT…: all methods are answered in the same way.
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("transfer-encoding", "").lower():
            chunks: list[bytes] = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return b"".join(chunks)
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def _request(self) -> Request:
        path, _, query = self.path.partition("?")
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            key = name.lower()
            headers[key] = f"{headers[key]},{value}" if key in headers else value
        return Request(
            method=self.command,
            path=path,
            query=tuple(parse_qsl(query, keep_blank_values=True)),
            query_string=query,
            headers=headers,
            body=self._body(),
        )

    def _serve(self) -> None:
        request = self._request()
        try:
            response = self.server.door.answer(request)
        except ConnectionReset:
            self._reset()
            return
        except Exception:  # Our own bug must look like an AWS failure, not like a hanging connection.
            _log.exception("the sandbox failed to answer %s %s", request.method, request.path)
            response = Response(500, (("content-type", "text/plain"),), b"InternalFailure")
        self._send(response)
        then: Callable[[], None] | None = getattr(self.server.answered, "then", None)
        if then is not None:
            then()

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        length_given = any(name.lower() == "content-length" for name, _ in response.headers)
        if not length_given and response.status not in (204, 304):
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if not response.slowly:
            self.wfile.write(response.body)
            return
        for byte in response.body:
            self.server.door.pause(response.slowly)
            self.wfile.write(bytes((byte,)))
            self.wfile.flush()

    def _reset(self) -> None:
        """Close with a reset, at once, without sending anything."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's names
        """Nothing on stderr: the call log has it."""


@dataclass
class RunningServer:
    """A server for callers that know `secret`, the secret access key of every account.

    `plane`, `faults` and `calls` are its internals, for callers in this process.
    """

    endpoint_url: str
    secret: str = field(repr=False)
    plane: ControlPlane
    faults: Faults
    calls: CallLog
    _server: _Server
    _thread: threading.Thread
    _moto: Moto

    @property
    def books(self) -> Books:
        """Quotas and pricing plans."""
        return self._server.door.books

    def stop(self) -> None:
        """Stop listening and end every connection. A second call does nothing."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.hang_up()
            self._server.server_close()
            self._moto.release()

    def wait(self) -> None:
        """Return when the server has been stopped, by `stop` or over the admin path."""
        self._thread.join()


def new_secret() -> str:
    """A new secret access key of 40 characters, like AWS's."""
    return secrets.token_urlsafe(30)


def start(
    port: int = 0,
    *,
    secret: str | None = None,
    clock: Clock | None = None,
    windows: Windows | None = None,
    switches: Switches | None = None,
    quotas: Quotas | None = None,
    sink: EdgeSink | None = None,
    pause: Callable[[float], None] | None = None,
    around: Around = at_once,
    admin: Mapping[tuple[str, str], AdminOperation] | None = None,
) -> RunningServer:
    """Start the sandbox on 127.0.0.1 (`port` 0: any free one) in threads of this process.

    `secret` is made when None. `clock` decides when windows end; `pause` waits for delay faults, in real
    seconds by default. `around` carries out every call but downloads, and may delay it. `admin` adds
    operations to the admin path, by method and name; they are called without any lock. Raises OSError when
    the port is taken.
    """
    clock = clock or SystemClock()
    secret = secret or new_secret()
    server = _Server(port)
    schedule = Schedule(clock)
    settings = Settings(windows or Windows(), switches or Switches(), quotas or Quotas())
    moto = Moto(schedule.now, lambda: plane.settings.windows.role_seconds)
    moto.acquire()
    plane = ControlPlane(schedule=schedule, identities=moto, settings=settings, sink=sink)
    faults, calls = Faults(schedule.now), CallLog()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="sandbox", daemon=True)
    running = RunningServer(
        endpoint_url=f"http://{LOOPBACK}:{server.server_address[1]}",
        secret=secret,
        plane=plane,
        faults=faults,
        calls=calls,
        _server=server,
        _thread=thread,
        _moto=moto,
    )

    def shut_down() -> None:
        # The caller that asks for the end still gets an answer.
        server.answered.then = threading.Thread(target=running.stop, name="sandbox-stop").start

    server.door = FrontDoor(
        secret=secret,
        plane=plane,
        moto=moto,
        faults=faults,
        calls=calls,
        admin=Admin(secret, plane, faults, calls, shut_down, admin or {}),
        pause=pause or SystemClock().sleep,
        around=around,
    )
    thread.start()
    return running
