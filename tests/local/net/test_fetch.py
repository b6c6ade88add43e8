"""Proxies, names that cannot be looked up, addresses that may not be asked: whatever is asked for."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.clock import SystemClock
from edgerollout.edge.authority import LocalAuthority
from edgerollout.net.answer import CertificateRefused, NoAnswer, PrivateAddress
from edgerollout.net.fetch import Fetcher
from edgerollout.net.network import Network
from edgerollout.net.proxy import proxy_for
from edgerollout.net.trust import context
from edgerollout.net.url import NotAUrl, place_of
from tests.local.net.proxies import secure_site, tunnel
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


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A TLS site for www.example.test, and the CA of its certificate."""
    authority = LocalAuthority.open(tmp_path, SystemClock(), ("www.example.test",))
    with secure_site(authority.context_for("www.example.test"), OK) as (port, _):
        yield port, authority.certificate


def test_through_a_proxy_a_certificate_is_of_the_site_and_of_its_name(
    environment: pytest.MonkeyPatch, secure: tuple[int, Path]
) -> None:
    port, ca_file = secure
    with tunnel(port) as (url, _):
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
        with pytest.raises(NoAnswer, match=r"the proxy 127.0.0.1:\d+ did not let it through \(status 403\)"):
            fetcher().ask("https://www.example.test/", largest=10)
    assert heard[0].startswith(b"CONNECT www.example.test:443 HTTP/1.")


def test_a_proxy_that_wants_a_user_is_told_so_and_no_password_is_shown(
    environment: pytest.MonkeyPatch,
) -> None:
    answer = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    with proxy(lambda _: answer) as (url, _):
        for scheme in ("http", "https"):
            environment.setenv(f"{scheme}_proxy", url)
            with pytest.raises(NoAnswer, match="wants a user and password"):
                fetcher().ask(f"{scheme}://www.example.test/", largest=10)
            environment.setenv(f"{scheme}_proxy", url.replace("://", "://me:pass-word@"))
            with pytest.raises(NoAnswer, match="refuses its user or password") as failed:
                fetcher().ask(f"{scheme}://www.example.test/", largest=10)
            assert "pass-word" not in str(failed.value)


@pytest.mark.parametrize(
    "text", ["me:pass-word@", "http://me:pass-word@host:port", "socks5://me:pass-word@a:1"]
)
def test_a_proxy_s_address_that_is_none_is_not_quoted(environment: pytest.MonkeyPatch, text: str) -> None:
    environment.setenv("https_proxy", text)
    with pytest.raises(NoAnswer, match="HTTPS_PROXY is not an") as failed:
        fetcher().ask("https://www.example.test/", largest=10)
    assert "pass-word" not in str(failed.value)


@pytest.mark.parametrize("named", ["www.example.test", "www.example.test:80", ".example.test", "192.0.2.7"])
def test_no_proxy_names_a_host_a_port_a_domain_or_the_address(
    environment: pytest.MonkeyPatch, named: str
) -> None:
    environment.setenv("http_proxy", "http://127.0.0.1:9")
    environment.setenv("no_proxy", named)
    assert proxy_for(place_of("http://www.example.test/"), "192.0.2.7") is None
    assert proxy_for(place_of("http://www.example.com/")) is not None


@pytest.mark.parametrize("host", ["localhost", "site.localhost", "127.0.0.2", "[::1]"])
def test_this_machine_is_never_asked_through_a_proxy(environment: pytest.MonkeyPatch, host: str) -> None:
    environment.setenv("http_proxy", "http://127.0.0.1:9")
    assert proxy_for(place_of(f"http://{host}:8080/")) is None


def test_a_given_address_is_what_the_proxy_leads_to_and_the_name_stays_the_site_s(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority = LocalAuthority.open(tmp_path, SystemClock(), ("www.example.test",))
    network = Network(resolve={"www.example.test:443": ("192.0.2.7", 8443)}, ca_file=authority.certificate)
    with secure_site(authority.context_for("www.example.test"), OK) as (port, asked), tunnel(port) as found:
        url, heard = found
        environment.setenv("https_proxy", url)
        assert fetcher(network).ask("https://www.example.test/", largest=10).body == b"ok"
    assert heard[0].startswith("CONNECT 192.0.2.7:8443 HTTP/1.")
    assert "Host: www.example.test\r\n" in asked[0]


def test_over_http_no_proxy_can_be_told_an_address(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("http_proxy", "http://127.0.0.1:9")
    network = Network(resolve={"www.example.test": ("192.0.2.7", 80)})
    with pytest.raises(NoAnswer, match=r"cannot be asked at 192.0.2.7 over http through a proxy"):
        fetcher(network).ask("http://www.example.test/", largest=10)


@pytest.mark.parametrize(
    ("host", "remedy"),
    [("www.example.test", "AWS_CA_BUNDLE"), ("other.example.test", "it is for other names")],
)
def test_a_certificate_that_is_not_accepted_is_told_with_its_remedy(
    environment: pytest.MonkeyPatch, secure: tuple[int, Path], host: str, remedy: str
) -> None:
    port, ca_file = secure
    trusted = ca_file if host != "www.example.test" else None
    network = Network(resolve={host: ("127.0.0.1", port)}, ca_file=trusted)
    with pytest.raises(CertificateRefused, match=remedy):
        fetcher(network).ask(f"https://{host}/", largest=10)


def test_a_bundle_is_trusted_besides_the_usual_cas(
    environment: pytest.MonkeyPatch, secure: tuple[int, Path]
) -> None:
    port, ca_file = secure
    network = Network(resolve={"www.example.test": ("127.0.0.1", port)}, ca_bundle=ca_file)
    assert fetcher(network).ask("https://www.example.test/", largest=10).status == 200
    assert len(context(network, verify=True).get_ca_certs()) > 50


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
    assert (cut.body, cut.broken_off) == (b"only so much", "the answer is shorter than its Content-Length")


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


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
    ids=["103 and 102", "100"],
)
def test_what_comes_before_the_answer_is_not_the_answer(head: bytes) -> None:
    with serving(sends(head + OK)) as url:
        answer = fetcher().ask(url, largest=10)
    assert (answer.status, answer.body, answer.headers) == (200, b"ok", (("content-length", "2"),))


def test_hints_without_an_answer_are_over_in_time() -> None:
    def hints(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 100)
            time.sleep(0.01)

    with serving(hints) as url, pytest.raises(NoAnswer, match="no whole answer within 1 s"):
        fetcher(replace(Network(), whole=1)).ask(url, largest=10)


@pytest.mark.parametrize(
    ("line", "value", "odd"),
    [
        (b"X-A : 1", "1", "X-A has a space before its colon"),
        (b"no header\r\nX-A: 1", "1", "browsers skip it: 'no header'"),
        (b"X-\xff: 2\r\nX-A: 1", "1", "browsers skip it"),
        (b"X-A:\r\n one\r\n\ttwo", "one two", ""),
    ],
)
def test_the_headers_after_an_odd_line_count(line: bytes, value: str, odd: str) -> None:
    with serving(sends(b"HTTP/1.1 200 OK\r\n" + line + b"\r\nX-B: 2\r\nContent-Length: 2\r\n\r\nok")) as url:
        answer = fetcher().ask(url, largest=10)
    assert (answer.values("x-a"), answer.values("x-b"), answer.body) == ((value,), ("2",), b"ok")
    assert odd in " ".join(answer.odd)
    assert bool(odd) is bool(answer.odd)


def test_lines_that_are_none_are_not_skipped_for_ever() -> None:
    with (
        serving(sends(b"HTTP/1.1 200 OK\r\n", b"rubbish\r\n" * 500)) as url,
        pytest.raises(NoAnswer, match="more than 100 lines among the headers are none"),
    ):
        fetcher().ask(url, largest=10)
