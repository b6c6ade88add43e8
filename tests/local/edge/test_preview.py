"""A preview follows what is edited, keeps nothing, and answers on one loopback port."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.clock import SystemClock
from edgerollout.edge.authority import LocalAuthority, client_context
from edgerollout.edge.layout import Layout, PreviewBehavior
from edgerollout.edge.message import EdgeRequest, EdgeResponse
from edgerollout.edge.model import CustomErrorResponse
from edgerollout.edge.preview import (
    Answered,
    Broken,
    HandlerPrinted,
    HandlerTrouble,
    Preview,
    PreviewContent,
    PreviewRelease,
    Reloaded,
    preview_server,
)
from edgerollout.edge.upstream import Upstream
from edgerollout.errors import EdgerolloutError, UsageError
from edgerollout.policy.headers import Header
from edgerollout.release.facts.release import HandlerFacts, Release

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from edgerollout.edge.preview import PreviewEvent
    from edgerollout.handlers.code import FunctionCode

_RELEASE = Release("testing", HandlerFacts({}, "python3.13", "index.handler", 128, 3, "role"))


@dataclass
class Source:
    """What a test says is saved: a release, or what is wrong with it."""

    saved: PreviewRelease | EdgerolloutError
    saves: int = 0
    loads: int = 0

    def save(self, saved: PreviewRelease | EdgerolloutError) -> None:
        self.saved = saved
        self.saves += 1

    def stamp(self) -> int:
        return self.saves

    def load(self) -> PreviewRelease:
        self.loads += 1
        if isinstance(self.saved, EdgerolloutError):
            raise self.saved
        return self.saved


@dataclass
class Desk:
    """A site's folder, a source, and the preview over both."""

    site: Path
    source: Source
    sets: Callable[[str], FunctionCode]
    events: list[PreviewEvent] = field(default_factory=list)
    opened: list[Preview] = field(default_factory=list)

    def release(self, value: str, *excluded: str) -> PreviewRelease:
        """A release whose function sets X-Release to a value."""
        return PreviewRelease(_RELEASE, self.sets(value), "origin-response", frozenset(excluded))

    def open(self, **content: object) -> Preview:
        shown = replace(PreviewContent(self.site), **content)  # type: ignore[arg-type]
        preview = Preview(self.source, shown, SystemClock(), self.events.append)
        self.opened.append(preview)
        return preview

    def told(self, kind: type[PreviewEvent]) -> list[PreviewEvent]:
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def desk(tmp_path: Path, sets: Callable[[str], FunctionCode]) -> Iterator[Desk]:
    site = tmp_path / "dist"
    site.mkdir()
    (site / "index.html").write_text("home")
    source = Source(PreviewRelease(_RELEASE, sets("1"), "origin-response"))
    made = Desk(site, source, sets)
    yield made
    for preview in made.opened:
        preview.close()


def get(preview: Preview, path: str = "/", host: str = "localhost:8443", **fields: object) -> EdgeResponse:
    request = EdgeRequest("GET", host, path)
    return preview.handle(replace(request, **fields))  # type: ignore[arg-type]


def test_what_was_saved_before_a_request_is_in_its_response(desk: Desk) -> None:
    preview = desk.open()
    assert get(preview).header("x-release") == "1"
    desk.source.save(desk.release("2"))
    assert get(preview).header("x-release") == "2"
    assert len(desk.told(Reloaded)) == 1


def test_nothing_is_loaded_while_nothing_is_saved(desk: Desk) -> None:
    preview = desk.open()
    for _ in range(3):
        get(preview)
    assert desk.source.loads == 1


def test_a_save_without_a_change_is_not_told(desk: Desk) -> None:
    preview = desk.open()
    desk.source.save(desk.source.saved)
    get(preview)
    assert desk.told(Reloaded) == []


def test_a_broken_edit_is_told_once_and_the_last_good_release_goes_on(desk: Desk) -> None:
    preview = desk.open()
    good = desk.source.saved
    desk.source.save(UsageError("not TOML"))
    assert [get(preview).header("x-release") for _ in range(3)] == ["1", "1", "1"]
    assert len(desk.told(Broken)) == 1
    desk.source.save(good)
    get(preview)
    assert len(desk.told(Reloaded)) == 1, "that it is well again is worth a word"


def test_a_preview_that_is_broken_from_the_start_does_not_start(desk: Desk) -> None:
    desk.source.save(UsageError("not TOML"))
    with pytest.raises(UsageError, match="not TOML"):
        desk.open()


def test_neither_pages_nor_errors_are_kept(desk: Desk) -> None:
    preview = desk.open(spa=False)
    assert get(preview, "/new.html").status == 404
    (desk.site / "new.html").write_text("new")
    assert get(preview, "/new.html").body == b"new"
    (desk.site / "new.html").write_text("newer")
    assert get(preview, "/new.html").body == b"newer"


@pytest.mark.parametrize("host", ["localhost:8443", "127.0.0.1:8443", "shop.localhost:8443", "localhost"])
def test_every_name_of_this_machine_is_answered(desk: Desk, host: str) -> None:
    assert get(desk.open(), host=host).status == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:8443", ""])
def test_a_foreign_name_that_was_pointed_here_is_not_answered(desk: Desk, host: str) -> None:
    assert get(desk.open(), host=host).status == 403


def test_hsts_stays_behind(desk: Desk, function: Callable[..., FunctionCode]) -> None:
    code = function(
        "response['headers']['strict-transport-security'] = [{'key': 'Strict-Transport-Security', "
        "'value': 'max-age=300'}]\nreturn response"
    )
    desk.source.save(PreviewRelease(_RELEASE, code, "origin-response"))
    assert get(desk.open()).header("strict-transport-security") is None


def test_paths_left_alone_are_bare(desk: Desk) -> None:
    desk.source.save(desk.release("1", "/api/*"))
    preview = desk.open()
    assert get(preview, "/api/x").header("x-release") is None
    assert get(preview, "/").header("x-release") == "1"
    desk.source.save(desk.release("1", "Default (*)"))
    assert get(preview, "/").header("x-release") is None


def test_a_distributions_error_page_and_root_object_are_served(desk: Desk) -> None:
    (desk.site / "start.html").write_text("start")
    layout = Layout(
        (PreviewBehavior("/assets/*", frozenset({"GET"})), PreviewBehavior("Default (*)")),
        "start.html",
        (CustomErrorResponse(403, "/start.html", 200, 0),),
        "www.example.com",
        rewrites=False,
    )
    preview = desk.open(layout=layout, spa=False)
    assert get(preview, "/").body == b"start"
    unknown = get(preview, "/tickets")
    assert (unknown.status, unknown.body, unknown.header("x-release")) == (200, b"start", "1")
    assert get(preview, "/assets/x", method="POST").status == 403


def test_with_both_the_buckets_paths_show_the_folder_and_the_rest_the_server(desk: Desk) -> None:
    behaviors = (PreviewBehavior("/api/*", from_bucket=False), PreviewBehavior("Default (*)"))
    layout = Layout(behaviors, distribution="www.example.com")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        upstream = Upstream("127.0.0.1", taken.getsockname()[1])
    preview = desk.open(layout=layout, upstream=upstream)
    assert get(preview, "/").body == b"home"
    assert b"Nothing answers at" in get(preview, "/api/x").body


def test_a_handler_that_fails_is_told_once_with_its_trace(
    desk: Desk, function: Callable[..., FunctionCode]
) -> None:
    desk.source.save(PreviewRelease(_RELEASE, function("raise ValueError('no')"), "origin-response"))
    preview = desk.open()
    assert [get(preview).status, get(preview).status] == [503, 503]
    (trouble,) = desk.told(HandlerTrouble)
    assert isinstance(trouble, HandlerTrouble)
    assert "no" in trouble.message
    assert trouble.trace


def test_a_result_that_cloudfront_refuses_is_a_502_and_told(
    desk: Desk, function: Callable[..., FunctionCode]
) -> None:
    code = function("response['headers']['via'] = [{'key': 'Via', 'value': 'me'}]\nreturn response")
    desk.source.save(PreviewRelease(_RELEASE, code, "origin-response"))
    assert get(desk.open()).status == 502
    assert len(desk.told(HandlerTrouble)) == 1


def test_what_a_handler_prints_is_passed_on(desk: Desk, function: Callable[..., FunctionCode]) -> None:
    code = function("print('looked')\nreturn response")
    desk.source.save(PreviewRelease(_RELEASE, code, "origin-response"))
    get(desk.open())
    assert desk.told(HandlerPrinted) == [HandlerPrinted(("looked",))]


def test_each_answer_is_told(desk: Desk) -> None:
    get(desk.open(), "/gone.js")
    (answered,) = desk.told(Answered)
    assert isinstance(answered, Answered)
    assert (answered.method, answered.path, answered.status) == ("GET", "/gone.js", 404)
    assert answered.seconds >= 0


def test_headers_of_the_release_that_an_answer_lacks_are_named(
    desk: Desk, function: Callable[..., FunctionCode]
) -> None:
    headers = (
        Header("x-a", "1"),
        Header("x-b", "1"),
        Header("x-c", "1", "keep"),
        Header("x-d", "", "remove"),
    )
    code = function("response['headers']['x-a'] = [{'key': 'X-A', 'value': '1'}]\nreturn response")
    release = replace(_RELEASE, headers=headers)
    desk.source.save(PreviewRelease(release, code, "origin-response", frozenset({"/api/*"})))
    preview = desk.open()
    get(preview, "/")
    get(preview, "/api/x")
    told = [(event.without, event.bare) for event in desk.events if isinstance(event, Answered)]
    assert told == [(("x-b",), False), (("x-a", "x-b"), True)]


# --- over loopback ---------------------------------------------------------------------------------------


def test_it_answers_over_tls_by_the_authority_it_names(desk: Desk, tmp_path: Path) -> None:
    authority = LocalAuthority.open(tmp_path / "ca", SystemClock())
    with preview_server(desk.open(), authority=authority) as running:
        assert running.ca_file is not None
        assert running.url == f"https://localhost:{running.port}/"
        context = client_context(running.ca_file)
        connection = http.client.HTTPSConnection("localhost", running.port, timeout=120, context=context)
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"home"
        connection.close()


def test_http_on_the_port_of_tls_is_sent_to_https(desk: Desk, tmp_path: Path) -> None:
    authority = LocalAuthority.open(tmp_path / "ca", SystemClock())
    with preview_server(desk.open(), authority=authority) as running:
        connection = http.client.HTTPConnection("localhost", running.port, timeout=120)
        connection.request("GET", "/a?b=c")
        answer = connection.getresponse()
        assert (answer.status, answer.headers["location"]) == (307, f"https://localhost:{running.port}/a?b=c")
        connection.close()


@pytest.mark.parametrize(
    "sent", [b"GET /\x7f HTTP/1.1\r\nHost: x\r\n\r\n", b"\x00\x01", b"GET / HTTP/1.1\r\nHost: a b/c\r\n\r\n"]
)
def test_what_is_neither_tls_nor_proper_http_is_hung_up_on(desk: Desk, tmp_path: Path, sent: bytes) -> None:
    authority = LocalAuthority.open(tmp_path / "ca", SystemClock())
    with (
        preview_server(desk.open(), authority=authority) as running,
        socket.create_connection(("127.0.0.1", running.port), timeout=120) as viewer,
    ):
        viewer.sendall(sent)
        assert viewer.recv(100) == b""


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_port_in_use_gives_way_to_the_next(desk: Desk, address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        taken = socket.create_server((address, 0), family=family)
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    with taken, preview_server(desk.open(), port=taken.getsockname()[1]) as running:
        assert taken.getsockname()[1] < running.port <= taken.getsockname()[1] + 50


def test_afterwards_the_port_is_free_again(desk: Desk) -> None:
    with preview_server(desk.open()) as running:
        pass
    with socket.create_server(("127.0.0.1", running.port)):
        pass


def test_only_loopback_listens(desk: Desk) -> None:
    with preview_server(desk.open()) as running:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            # Connecting a datagram socket sends nothing; it only picks the address of the way out.
            try:
                probe.connect(("192.0.2.1", 9))
            except OSError:
                pytest.skip("this machine has no other address")
            own = probe.getsockname()[0]
        if own.startswith("127."):
            pytest.skip("this machine has no other address")
        with pytest.raises(OSError), socket.create_connection((own, running.port), timeout=2):  # noqa: PT011
            pass


# --- what is passed through --------------------------------------------------------------------------------


@pytest.fixture
def echo() -> Iterator[Upstream]:
    """A server that takes any upgrade and sends back, in capitals, whatever comes."""
    import threading

    def serve(connection: socket.socket) -> None:
        with connection:
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(4096)
            head, _, data = head.partition(b"\r\n\r\n")
            host = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"host:"))
            connection.sendall(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"X-Saw: " + json.dumps(host.decode()).encode() + b"\r\n\r\n"
            )
            connection.sendall(data.upper())
            while data := connection.recv(65_536):
                connection.sendall(data.upper())

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield Upstream("127.0.0.1", listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)


def _upgrade(viewer: socket.socket, early: bytes = b"") -> bytes:
    viewer.sendall(
        b"GET /hmr HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" + early
    )
    head = b""
    while b"\r\n\r\n" not in head:
        head += viewer.recv(1)
    return head


def _exactly(viewer: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count and (piece := viewer.recv(65_536)):
        data += piece
    return data


@pytest.mark.parametrize("tls", [False, True])
def test_a_web_socket_reaches_the_development_server_both_ways(
    desk: Desk, echo: Upstream, tmp_path: Path, tls: bool
) -> None:
    authority = LocalAuthority.open(tmp_path / "ca", SystemClock()) if tls else None
    preview = desk.open(site=None, upstream=echo)
    with preview_server(preview, authority=authority) as running:
        viewer: socket.socket = socket.create_connection(("127.0.0.1", running.port), timeout=120)
        if running.ca_file is not None:
            viewer = client_context(running.ca_file).wrap_socket(viewer, server_hostname="localhost")
        with viewer:
            head = _upgrade(viewer, early=b"early")
            assert head.startswith(b"HTTP/1.1 101 ")
            assert f"Host: {echo.authority}".encode() in head
            assert _exactly(viewer, 5) == b"EARLY"
            for _ in range(3):
                viewer.sendall(b"x" * 100_000)
                assert _exactly(viewer, 100_000) == b"X" * 100_000


def test_an_open_web_socket_does_not_hold_up_the_end(desk: Desk, echo: Upstream) -> None:
    with preview_server(desk.open(site=None, upstream=echo)) as running:
        viewer = socket.create_connection(("127.0.0.1", running.port), timeout=120)
        _upgrade(viewer)
    with viewer:
        assert viewer.recv(1) == b""


def test_a_web_socket_to_a_server_that_is_down_is_a_502(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        upstream = Upstream("127.0.0.1", taken.getsockname()[1])
    with (
        preview_server(desk.open(site=None, upstream=upstream)) as running,
        socket.create_connection(("127.0.0.1", running.port), timeout=120) as viewer,
    ):
        assert _upgrade(viewer).startswith(b"HTTP/1.1 502 ")


@pytest.mark.parametrize(("host", "wanted"), [("localhost:8443", True), ("evil.example:8443", False)])
def test_a_foreign_name_reaches_no_web_socket_of_the_server(desk: Desk, host: str, wanted: bool) -> None:
    request = EdgeRequest("GET", host, "/hmr", headers=(("Connection", "Upgrade"), ("Upgrade", "websocket")))
    assert desk.open(site=None, upstream=Upstream("127.0.0.1", 1)).wants(request) is wanted


def test_a_folder_has_no_web_sockets(desk: Desk) -> None:
    with (
        preview_server(desk.open()) as running,
        socket.create_connection(("127.0.0.1", running.port), timeout=120) as viewer,
    ):
        assert _upgrade(viewer).startswith(b"HTTP/1.1 200 ")


def test_a_certificate_is_refused_by_who_does_not_trust_the_authority(desk: Desk, tmp_path: Path) -> None:
    authority = LocalAuthority.open(tmp_path / "ca", SystemClock())
    with preview_server(desk.open(), authority=authority) as running:
        connection = http.client.HTTPSConnection("localhost", running.port, timeout=120)
        with pytest.raises(ssl.SSLCertVerificationError):
            connection.request("GET", "/")
