from __future__ import annotations

import http.client
import socket
import ssl
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from edgerollout.clock import SystemClock
from edgerollout.edge.authority import LocalAuthority, client_context
from edgerollout.edge.message import EdgeRequest, EdgeResponse
from edgerollout.edge.origins import HttpOrigin, OriginRequest, OriginUnreachable
from edgerollout.edge.server import EdgeServer
from tests.unit.edge.world import World, behavior

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from edgerollout.handlers.code import FunctionCode


HOSTS = ("www.example.com", "d111.cloudfront.net", "*.example.org")


@pytest.fixture
def authority(tmp_path: Path) -> LocalAuthority:
    return LocalAuthority.open(tmp_path / "authority", SystemClock(), HOSTS)


@pytest.fixture
def server(world: World, authority: LocalAuthority) -> Iterator[EdgeServer]:
    with EdgeServer(world.edge, authority=authority) as running:
        yield running


def over_tls(server: EdgeServer, authority: LocalAuthority, host: str) -> http.client.HTTPSConnection:
    """A connection to the edge that checks the certificate for `host`, as after the tool's own resolver."""
    assert server.https_port is not None
    plain = socket.create_connection(("127.0.0.1", server.https_port), timeout=120)
    connection = http.client.HTTPSConnection(host, timeout=120)
    connection.sock = client_context(authority.certificate).wrap_socket(plain, server_hostname=host)
    return connection


@pytest.mark.parametrize(
    "host", ["www.example.com", "www.example.com.localhost", "d111.cloudfront.net", "WWW.example.com"]
)
def test_each_host_is_served_over_tls_with_a_certificate_of_its_own(
    server: EdgeServer, authority: LocalAuthority, host: str
) -> None:
    connection = over_tls(server, authority, host)
    connection.request("GET", "/a.html")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"<p>a</p>")
    connection.close()


def test_a_client_that_does_not_trust_the_authority_is_not_served(server: EdgeServer) -> None:
    assert server.https_port is not None
    with (
        socket.create_connection(("127.0.0.1", server.https_port), timeout=120) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        ssl.create_default_context().wrap_socket(plain, server_hostname="www.example.com")


def test_the_authority_survives_a_restart_and_keeps_its_key_to_itself(
    tmp_path: Path, authority: LocalAuthority
) -> None:
    before = authority.certificate.read_bytes()
    again = LocalAuthority.open(tmp_path / "authority", SystemClock(), HOSTS)
    again.context_for("a.example")
    assert again.certificate.read_bytes() == before
    assert stat.S_IMODE((tmp_path / "authority" / "ca-key.pem").stat().st_mode) == 0o600
    assert sorted(path.name for path in (tmp_path / "authority").iterdir()) == ["ca-key.pem", "ca.pem"]


@pytest.mark.parametrize("damage", [b"", b"not a key"])
def test_a_damaged_authority_is_replaced(tmp_path: Path, authority: LocalAuthority, damage: bytes) -> None:
    before = authority.certificate.read_bytes()
    (tmp_path / "authority" / "ca-key.pem").write_bytes(damage)
    assert (
        LocalAuthority.open(tmp_path / "authority", SystemClock(), HOSTS).certificate.read_bytes() != before
    )


def test_headers_of_the_function_arrive_and_http_leads_to_https(
    world: World, server: EdgeServer, authority: LocalAuthority, sets: Callable[[str], FunctionCode]
) -> None:
    world.deploy(
        behavior(functions={"origin-response": sets("7")}, viewer_protocol_policy="redirect-to-https")
    )
    plain = http.client.HTTPConnection("127.0.0.1", server.http_port, timeout=120)
    plain.request("GET", "/", headers={"Host": f"www.example.com.localhost:{server.http_port}"})
    redirect = plain.getresponse()
    redirect.read()
    assert redirect.status == 301
    assert redirect.getheader("location") == f"https://www.example.com.localhost:{server.https_port}/"
    assert redirect.getheader("x-release") is None
    secure = over_tls(server, authority, "www.example.com")
    secure.request("GET", "/")
    assert secure.getresponse().getheader("X-Release") == "7"
    plain.close()
    secure.close()


def test_one_connection_carries_many_requests_of_all_kinds(server: EdgeServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.http_port, timeout=120)
    host = {"Host": "www.example.com"}
    seen = []
    requests: list[tuple[str, str, bytes | None]] = [
        ("GET", "/a.html", None),
        ("HEAD", "/a.html", None),
        ("POST", "/a.html", b"x" * 10),
        ("BREW", "/", None),
        ("GET", "/no", None),
        ("GET", "/", None),
    ]
    for method, path, body in requests:
        connection.request(method, path, body, host)
        answer = connection.getresponse()
        seen.append((answer.status, len(answer.read()) > 0))
    assert seen == [(200, True), (200, False), (403, True), (403, True), (403, True), (200, True)]
    connection.close()


def test_a_wrong_length_from_the_origin_does_not_break_the_connection(
    world: World, server: EdgeServer
) -> None:
    wrong = EdgeResponse(200, "OK", (("Content-Length", "999"),), b"short")
    world.site.responses["/wrong"] = wrong
    connection = http.client.HTTPConnection("127.0.0.1", server.http_port, timeout=120)
    connection.request("GET", "/wrong", headers={"Host": "www.example.com"})
    assert connection.getresponse().read() == b"short"
    connection.close()


def test_many_viewers_at_once_are_served(
    world: World, server: EdgeServer, sets: Callable[[str], FunctionCode]
) -> None:
    world.deploy(behavior(functions={"viewer-response": sets("7")}))

    def visit(_: int) -> str | None:
        connection = http.client.HTTPConnection("127.0.0.1", server.http_port, timeout=120)
        connection.request("GET", "/a.html", headers={"Host": "www.example.com"})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.getheader("x-release")

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(visit, range(100))) == {"7"}


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n", b" 413 "),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", b" 411 "),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", b" 411 "),
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET /a.html HTTP/1.0\r\nHost: www.example.com\r\n\r\n", b" 200 "),
    ],
)
def test_odd_requests_are_answered_and_the_connection_ends(
    server: EdgeServer, head: bytes, status: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", server.http_port), timeout=120) as connection:
        connection.sendall(head)
        received = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert status in received.splitlines()[0] or status in received


def test_a_viewer_that_never_finishes_its_handshake_holds_up_nobody(
    server: EdgeServer, authority: LocalAuthority
) -> None:
    assert server.https_port is not None
    with socket.create_connection(("127.0.0.1", server.https_port), timeout=120):
        connection = over_tls(server, authority, "www.example.com")
        connection.request("GET", "/a.html")
        assert connection.getresponse().status == 200
        connection.close()


def test_a_closed_server_frees_its_port_and_ends_its_connections(world: World) -> None:
    server = EdgeServer(world.edge)
    server.start()
    connection = http.client.HTTPConnection("127.0.0.1", server.http_port, timeout=120)
    connection.request("GET", "/a.html", headers={"Host": "www.example.com"})
    connection.getresponse().read()
    assert connection.sock is not None
    server.close()
    assert connection.sock.recv(1) == b""
    again = EdgeServer(world.edge, http_port=server.http_port)
    again.close()


class Echo:
    """Stands for a bucket's endpoint: answers with what it was asked."""

    def __init__(self) -> None:
        self.seen: list[EdgeRequest] = []
        self.lock = threading.Lock()

    def handle(self, request: EdgeRequest) -> EdgeResponse:
        with self.lock:
            self.seen.append(request)
        return EdgeResponse(404, "Not Found", (("ETag", '"1"'), ("X-A", "1"), ("X-A", "2")), b"no such key")


def test_an_http_origin_passes_the_answer_on_as_it_is() -> None:
    echo = Echo()
    with EdgeServer(echo) as server:
        origin = HttpOrigin(f"http://127.0.0.1:{server.http_port}/bucket", host="bucket.s3.example")
        request = OriginRequest(
            "GET", "/dir/a%20b.html", "x=1", (("Host", "ignored"), ("If-None-Match", '"1"'))
        )
        answer = origin.fetch(request)
    assert (answer.status, answer.reason, answer.body) == (404, "Not Found", b"no such key")
    assert [value for name, value in answer.headers if name == "X-A"] == ["1", "2"]
    seen = echo.seen[0]
    assert (seen.path, seen.querystring, seen.host) == ("/bucket/dir/a%20b.html", "x=1", "bucket.s3.example")
    assert seen.header("if-none-match") == '"1"'


def test_an_http_origin_that_is_not_there_is_unreachable() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        with pytest.raises(OriginUnreachable):
            HttpOrigin(f"http://127.0.0.1:{port}").fetch(OriginRequest("GET", "/"))
