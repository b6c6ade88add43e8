"""Servers that break every rule: what came is told, in bounded time, and nothing raises."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from edgerollout.net.network import Network
from edgerollout.probe.http import KEPT_BODY, HttpProbe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HEAD = b"HTTP/1.1 200 OK\r\nX-Frame-Options: DENY\r\n"


@contextmanager
def serving(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that reads a request and then does what `answer` does."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                try:
                    connection.recv(65536)
                    answer(connection)
                except OSError:
                    continue

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    finally:
        listening.close()


def sends(*parts: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: [connection.sendall(part) for part in parts] and None  # type: ignore[func-returns-value]


def drips(start: bytes) -> Callable[[socket.socket], None]:
    def drip(connection: socket.socket) -> None:
        connection.sendall(start)
        for _ in range(2000):
            time.sleep(0.05)
            connection.sendall(b"a")

    return drip


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (sends(HEAD, b"X-Big: ", b"x" * 10_000_000, b"\r\n\r\n"), "a header line is longer than 64 KiB"),
        (
            sends(HEAD, b"".join(b"X-%d: 1\r\n" % n for n in range(500)), b"\r\n"),
            "more than 100 header lines came",
        ),
        (sends(bytes(range(256)) * 20), "the answer is not HTTP"),
        (sends(), "the connection was closed without an answer"),
        (drips(HEAD), "no whole answer within 3 s"),
        (lambda _: time.sleep(300), "no answer within 1.5 s"),
    ],
    ids=["10 MB header", "500 headers", "binary", "nothing", "dripping headers", "silence"],
)
def test_what_is_no_answer_is_told_in_words(answer: Callable[[socket.socket], None], error: str) -> None:
    with serving(answer) as url:
        probed = HttpProbe(Network(read=1.5, whole=3)).headers(url)
    assert (probed.status, probed.error) == (None, error)


@pytest.mark.parametrize(
    "answer",
    [
        sends(HEAD, b"Content-Length: 500\r\n\r\nshort"),
        sends(HEAD, b"Transfer-Encoding: chunked\r\n\r\nzz\r\nno number"),
        sends(HEAD, b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\n\xff\x00\x01\x02\x03"),
        drips(HEAD + b"Content-Length: 100000\r\n\r\n"),
    ],
    ids=["broken off", "bad chunk", "no gzip", "dripping body"],
)
def test_headers_count_whatever_becomes_of_the_body(answer: Callable[[socket.socket], None]) -> None:
    with serving(answer) as url:
        probed = HttpProbe(Network(read=1.5, whole=3)).headers(url)
    assert (probed.status, probed.error) == (200, None)
    assert probed.values("x-frame-options") == ("DENY",)


def test_a_reply_keeps_the_beginning_of_its_body() -> None:
    body = b"<a href=/x>" + b"y" * (KEPT_BODY + 1000)
    with serving(sends(HEAD, b"Content-Length: %d\r\n\r\n" % len(body), body)) as url:
        reply = HttpProbe().ask(url)
    assert reply.body == body[:KEPT_BODY]


def test_a_request_may_have_another_method_and_headers_of_its_own() -> None:
    heard: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 304 Not Modified\r\n\r\n")

    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            heard.append(connection.recv(65536))
            answer(connection)

    threading.Thread(target=serve, daemon=True).start()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/page"
    with listening:
        reply = HttpProbe().ask(url, method="HEAD", headers={"If-None-Match": '"e"'})
    assert reply.status == 304
    assert heard[0].startswith(b"HEAD /page HTTP/1.1\r\n")
    assert b'If-None-Match: "e"\r\n' in heard[0]


def test_a_host_given_at_one_port_is_asked_at_no_other() -> None:
    with serving(sends(HEAD, b"Content-Length: 0\r\n\r\n")) as url:
        port = int(url.rstrip("/").rpartition(":")[2])
        probe = HttpProbe(Network(resolve={"www.example.test:80": ("127.0.0.1", port)}))
        assert probe.headers("http://www.example.test/").status == 200
        assert probe.headers("https://www.example.test/").error == (
            "no address was given for www.example.test at port 443"
        )
