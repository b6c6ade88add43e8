"""Proxies, names that cannot be looked up, addresses that may not be asked: whatever is asked for."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from edgerollout.clock import SystemClock
from edgerollout.edge.authority import LocalAuthority
from edgerollout.net.answer import NoAnswer, PrivateAddress
from edgerollout.net.fetch import Fetcher
from edgerollout.net.network import Network
from edgerollout.net.url import NotAUrl
from tests.local.probe.test_hostile import drips, sends, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def proxy(answer: Callable[[bytes], bytes]) -> Iterator[tuple[str, list[bytes]]]:
    """A proxy that answers by what it is asked, and what that was."""
    heard: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                heard.append(connection.recv(65536))
                connection.sendall(answer(heard[-1]))

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", heard
    finally:
        listening.close()


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Without proxies."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


def fetcher(network: Network | None = None) -> Fetcher:
    return Fetcher(network or Network(), SystemClock())


def test_a_proxy_is_told_the_whole_url(environment: pytest.MonkeyPatch) -> None:
    with proxy(lambda _: OK) as (url, heard):
        environment.setenv("http_proxy", url)
        answer = fetcher().ask("http://www.example.test/a?b", largest=10)
    assert (answer.status, answer.body) == (200, b"ok")
    assert heard[0].startswith(b"GET http://www.example.test/a?b HTTP/1.1\r\nHost: www.example.test\r\n")


@contextmanager
def tunnel(port: int) -> Iterator[str]:
    """A proxy that leads to a port of this machine, whatever host it is asked for."""
    listening = socket.create_server(("127.0.0.1", 0))

    def copy(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection, socket.create_connection(("127.0.0.1", port)) as behind:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                back = threading.Thread(target=copy, args=(behind, connection), daemon=True)
                back.start()
                copy(connection, behind)
                back.join()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.close()


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A TLS site for www.example.test, and the CA of its certificate."""
    authority = LocalAuthority.open(tmp_path, SystemClock(), ("www.example.test",))
    context = authority.context_for("www.example.test")
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listening.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as connection:
                connection.recv(65536)
                connection.sendall(OK)

    threading.Thread(target=serve, daemon=True).start()
    yield listening.getsockname()[1], authority.certificate
    listening.close()


def test_through_a_proxy_a_certificate_is_of_the_site_and_of_its_name(
    environment: pytest.MonkeyPatch, secure: tuple[int, Path]
) -> None:
    port, ca_file = secure
    with tunnel(port) as url:
        environment.setenv("https_proxy", url)
        asking = fetcher(Network(ca_file=ca_file))
        assert asking.ask("https://www.example.test/", largest=10).body == b"ok"
        with pytest.raises(NoAnswer, match="certificate not accepted"):
            asking.ask("https://other.example.test/", largest=10)
        with pytest.raises(NoAnswer, match="certificate not accepted"):
            fetcher().ask("https://www.example.test/", largest=10)
        careless = fetcher().ask("https://www.example.test/", largest=10, any_certificate=True)
    assert (careless.status, careless.verified) == (200, False)


def test_a_proxy_that_refuses_is_told_in_words(environment: pytest.MonkeyPatch) -> None:
    with proxy(lambda _: b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n") as (url, heard):
        environment.setenv("https_proxy", url)
        with pytest.raises(NoAnswer, match="the proxy did not let it through"):
            fetcher().ask("https://www.example.test/", largest=10)
    assert heard[0].startswith(b"CONNECT www.example.test:443 HTTP/1.")


def test_a_proxy_that_drips_has_so_much_time_and_no_more(environment: pytest.MonkeyPatch) -> None:
    began = time.monotonic()
    with serving(drips(b"HTTP/1.1 200 OK\r\nX-Drip: ")) as url:
        environment.setenv("https_proxy", url)
        with pytest.raises(NoAnswer, match="no whole answer"):
            fetcher(Network(whole=0.5)).ask("https://www.example.test/", largest=10)
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://[::1", "ftp://127.0.0.1:9"])
def test_a_proxy_that_is_none_is_no_answer(environment: pytest.MonkeyPatch, url: str) -> None:
    environment.setenv("http_proxy", url)
    with pytest.raises(NoAnswer):
        fetcher().ask("http://www.example.test/", largest=10)


def test_what_has_an_address_is_asked_there_and_not_through_a_proxy(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("http_proxy", "http://127.0.0.1:9")
    with serving(sends(OK)) as url:
        port = int(url.rstrip("/").rpartition(":")[2])
        network = Network(resolve={"www.example.test": ("127.0.0.1", port)})
        assert fetcher(network).ask("http://www.example.test/", largest=10).status == 200


def test_where_addresses_are_judged_no_proxy_is_asked(environment: pytest.MonkeyPatch) -> None:
    with proxy(lambda _: OK) as (url, heard):
        environment.setenv("http_proxy", url)
        judging = Fetcher(Network(), SystemClock(), may_ask=lambda _, address: address != "127.0.0.9")
        with pytest.raises(PrivateAddress, match=r"127.0.0.9 is not a public address"):
            judging.ask("http://127.0.0.9:9/", largest=10)
    assert heard == []


def test_all_headers_together_have_so_much_time_and_no_more() -> None:
    began = time.monotonic()
    with (
        serving(drips(b"HTTP/1.1 200 OK\r\nX-Drip: ")) as url,
        pytest.raises(NoAnswer, match="no whole answer"),
    ):
        fetcher(Network(whole=0.5)).ask(url, largest=10)
    assert time.monotonic() - began < 60


def test_a_body_ends_at_the_largest_and_what_came_of_one_that_breaks_off_is_kept() -> None:
    with serving(sends(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly so much")) as url:
        assert fetcher().ask(url, largest=4).body == b"only"
        cut = fetcher().ask(url, largest=1000)
    assert (cut.body, cut.broken_off) == (b"only so much", "less than was announced")


@pytest.mark.parametrize(
    "url", ["", "x", "ftp://a/", "http://", "http://[", "http://a:0/", "http://a:99999/"]
)
def test_what_is_no_url_is_not_asked(url: str) -> None:
    with pytest.raises(NotAUrl):
        fetcher().ask(url, largest=10)


def test_a_name_that_dns_cannot_have_is_no_answer(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("no_proxy", "*")
    with pytest.raises(NoAnswer, match="cannot be resolved"):
        fetcher().ask(f"http://{'a' * 64}.é.test/", largest=10)
