"""Scanning real sites on loopback, the ill-behaved ones above all."""

from __future__ import annotations

import gzip
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from edgerollout.clock import SystemClock
from edgerollout.edge.authority import LocalAuthority
from edgerollout.net.network import Network
from edgerollout.policy.grade.observation import Observation
from edgerollout.policy.grade.observatory import observatory_grade
from edgerollout.probe.scan import SiteReach, UngradedUrl, as_scanned, look, look_at_all
from tests.local.probe.test_hostile import drips, sends, serving
from tests.spelling import said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HOST = "site.test"
QUICK = replace(as_scanned(Network()), read=1.5, whole=3, body=1.5)
"""For what does not answer; what does may take as long as a slow machine needs."""
PATIENT = replace(as_scanned(Network()), read=120, whole=240, body=120)
_HTML = {"Content-Type": "text/html"}


class _Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        plain = self._plain()
        rude = {
            "/slow": lambda: time.sleep(2),
            "/drip": self._drip,
            "/garbage": self._garbage,
            "/gone": self._gone,
        }
        if self.path in rude:
            rude[self.path]()
        else:
            self._answer(*plain.get(self.path, (200, {**_HTML, "Set-Cookie": "a=1"}, b"<script>1</script>")))

    def _plain(self) -> dict[str, tuple[int, dict[str, str], bytes]]:
        here = f"http://127.0.0.1:{self.server.server_port}/"  # type: ignore[attr-defined]
        return {
            "/loop": (302, {"Location": "/loop"}, b""),
            "/private": (302, {"Location": "http://10.1.2.3/secret"}, b""),
            "/elsewhere": (302, {"Location": here}, b""),
            "/strange": (302, {"Location": "ftp://[nowhere"}, b""),
            "/huge": (200, {"X-Huge": "x" * 10_000_000} if self.path == "/huge" else {}, b""),
            "/many": (200, {f"X-{number}": "x" for number in range(200)}, b""),
            "/binary": (200, {"Content-Type": "text/html; charset=nonsense"}, bytes(range(256)) * 100),
            "/broken": (200, {**_HTML, "Content-Encoding": "gzip"}, b"no gzip"),
            "/cut": (200, {**_HTML, "Content-Encoding": "gzip"}, _packed()[:-10]),
            "/brotli": (200, {**_HTML, "Content-Encoding": "br"}, b"\x0b\x02\x80<script>\x03"),
            "/packed": (200, {**_HTML, "Content-Encoding": "gzip, identity"}, _packed()),
            "/large": (200, _HTML, b" " * 3_000_000 if self.path == "/large" else b""),
            "/error": (500, {"X-Frame-Options": "DENY"}, b"sorry"),
            "/missing": (404, _HTML, b"not here"),
            "/empty": (204, {}, b""),
            "/bomb": (200, {**_HTML, "Content-Encoding": "gzip"}, _bomb() if self.path == "/bomb" else b""),
            "/blocked": (403, {}, b""),
            "/robots.txt": (404, {"Set-Cookie": "robots=1"}, b""),
        }

    def _garbage(self) -> None:
        self.wfile.write(b"\x00\x01 this is no HTTP\r\n\r\n")

    def _gone(self) -> None:
        self.connection.close()

    def do_OPTIONS(self) -> None:
        origin = self.headers["Origin"]
        self._answer(200, {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true"})

    def _answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
            for _ in range(100):
                self.wfile.write(b"x")
                time.sleep(0.1)
        except OSError:
            return

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Tests are quiet."""


def _bomb() -> bytes:
    return gzip.compress(b" " * 40_000_000)


def _packed() -> bytes:
    return gzip.compress(b"<script>1</script>")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A TLS site for HOST, and the CA of its certificate."""
    authority = LocalAuthority.open(tmp_path, SystemClock(), (HOST,))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    server.socket = authority.context_for(HOST).wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server.server_port, authority.certificate
    server.shutdown()
    server.server_close()


@pytest.fixture
def see(port: int) -> Callable[[str], Observation | UngradedUrl]:
    def at(path: str) -> Observation | UngradedUrl:
        network = QUICK if path in {"/slow", "/drip"} else PATIENT
        return look(f"http://127.0.0.1:{port}{path}", SiteReach(SystemClock(), network=network))

    return at


def _seen(found: Observation | UngradedUrl) -> Observation:
    assert isinstance(found, Observation), found
    return found


def test_a_page_comes_with_its_cookies_and_those_of_robots_txt(
    see: Callable[[str], Observation | UngradedUrl],
) -> None:
    found = _seen(see("/"))

    assert found.page.status == 200
    assert found.page.body == "<script>1</script>"
    assert [sent.value for sent in found.cookies] == ["a=1", "robots=1"]
    assert not found.secure


def test_an_origin_that_is_sent_back_is_found_out(see: Callable[[str], Observation | UngradedUrl]) -> None:
    result = observatory_grade(_seen(see("/"))).test("cross-origin-resource-sharing").result

    assert result == "cross-origin-resource-sharing-implemented-with-universal-access"


def test_redirects_without_an_end_give_no_page_to_grade(
    see: Callable[[str], Observation | UngradedUrl],
) -> None:
    found = see("/loop")

    assert isinstance(found, UngradedUrl)
    assert found.why == "the redirects do not end: 10 were followed"


@pytest.mark.parametrize(
    ("rest", "why"),
    [
        (b"\r\n<script>", "more than 1.5 s"),
        (b"Content-Length: 500\r\n\r\n<script>", "more than 1.5 s"),
        (b"Transfer-Encoding: chunked\r\n\r\nno number\r\n", "the answer is shorter than its Content-Length"),
    ],
    ids=["without a length", "with a length", "in chunks"],
)
def test_headers_are_graded_although_the_page_never_ends(rest: bytes, why: str) -> None:
    with serving(
        drips(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Frame-Options: DENY\r\n" + rest)
    ) as url:
        found = _seen(look(url, SiteReach(SystemClock(), network=QUICK)))

    assert found.page.values("x-frame-options") == ("DENY",)
    assert any(f"the page is not completely known ({why})" in text for text in found.warnings)


def test_a_firewalls_answer_is_graded_with_a_warning(see: Callable[[str], Observation | UngradedUrl]) -> None:
    assert any("403" in text for text in _seen(see("/blocked")).warnings)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/huge", "longer than 64 KiB"),
        ("/many", "more than 100 header lines came"),
        ("/slow", "no answer within 1.5 s"),
        ("/drip", "no whole answer within 3 s"),
        ("/garbage", "is not HTTP"),
        ("/gone", "closed without an answer"),
        ("/private", "10.1.2.3 is not a public address"),
        ("/strange", "ftp://[nowhere: not a URL that can be asked"),
    ],
)
def test_what_a_site_does_wrong_is_a_finding_within_bounded_time(
    path: str, why: str, see: Callable[[str], Observation | UngradedUrl]
) -> None:
    found = see(path)

    assert isinstance(found, UngradedUrl)
    assert why in found.why


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/broken", "it cannot be unpacked"),
        ("/brotli", "it is packed as br, which was not asked for"),
        ("/bomb", "only its first 2 MiB are read"),
        ("/large", "only its first 2 MiB are read"),
    ],
)
def test_a_page_that_cannot_be_read_is_told_and_is_not_one_without_scripts(
    path: str, why: str, see: Callable[[str], Observation | UngradedUrl]
) -> None:
    found = _seen(see(path))

    assert observatory_grade(found).test("subresource-integrity").result == "html-not-parseable"
    assert any(f"the page is not completely known ({why})" in text for text in found.warnings)


def test_what_came_of_a_page_that_was_cut_off_counts(see: Callable[[str], Observation | UngradedUrl]) -> None:
    found = _seen(see("/cut"))

    assert found.page.unread == "it cannot be unpacked to its end"
    assert found.page.body.startswith("<script>")


def test_a_packed_page_is_unpacked(see: Callable[[str], Observation | UngradedUrl]) -> None:
    assert _seen(see("/packed")).page.body == "<script>1</script>"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/error", "the answer is 500: an error, not the page"),
        ("/missing", "the answer is 404: an error, not the page"),
        ("/empty", "the answer is 204: it comes without a page"),
    ],
)
def test_an_answer_without_a_page_has_no_grade(
    path: str, why: str, see: Callable[[str], Observation | UngradedUrl]
) -> None:
    found = see(path)

    assert isinstance(found, UngradedUrl)
    assert found.why == why


def test_a_line_that_is_no_header_is_told() -> None:
    with serving(sends(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Frame-Options DENY\r\n\r\n")) as url:
        found = _seen(look(url, SiteReach(SystemClock(), network=PATIENT)))

    assert (
        "a line among the headers is not a header, and browsers skip it: 'X-Frame-Options DENY'"
        in found.warnings
    )


@pytest.mark.parametrize("path", ["/binary", "/bomb"])
def test_a_body_that_is_no_page_is_read_as_far_as_it_may_be(
    path: str, see: Callable[[str], Observation | UngradedUrl]
) -> None:
    assert len(_seen(see(path)).page.body) <= 2 * 1024 * 1024


def test_a_dead_port_is_refused() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        found = look(f"http://127.0.0.1:{held.getsockname()[1]}/", SiteReach(SystemClock(), network=PATIENT))

    assert found == UngradedUrl(found.url, "connection refused")


@pytest.mark.parametrize("url", ["http://10.1.2.3/", "http://169.254.169.254/latest/meta-data/"])
def test_a_private_address_is_never_asked_unless_it_is_allowed(url: str) -> None:
    found = look(url, SiteReach(SystemClock(), network=PATIENT))

    assert isinstance(found, UngradedUrl)
    assert "--allow-private" in said(found.hint)


def test_another_hosts_redirect_to_loopback_is_not_followed(port: int) -> None:
    reach = SiteReach(SystemClock(), replace(PATIENT, resolve={f"{HOST}:80": ("127.0.0.1", port)}))

    found = look(f"http://{HOST}/elsewhere", reach)

    assert isinstance(found, UngradedUrl)
    assert "127.0.0.1 is not a public address" in found.why


def test_the_next_address_is_asked_where_one_has_no_connection(port: int) -> None:
    """`localhost` is ::1 first on most machines; the site listens on 127.0.0.1 alone."""
    found = look(f"http://localhost:{port}/", SiteReach(SystemClock(), network=PATIENT))

    assert _seen(found).page.status == 200


# --- TLS ------------------------------------------------------------------------------------------------


def test_a_site_over_tls_is_asked_by_its_name_at_a_pinned_address(
    port: int, secure: tuple[int, Path]
) -> None:
    tls_port, ca = secure
    pins = {f"{HOST}:443": ("127.0.0.1", tls_port), f"{HOST}:80": ("127.0.0.1", port)}

    found = _seen(
        look(f"https://{HOST}/", SiteReach(SystemClock(), replace(PATIENT, resolve=pins, ca_file=ca)))
    )

    assert (found.secure, found.verified) == (True, True)
    assert found.http_route == (f"http://{HOST}/",)
    assert observatory_grade(found).test("redirection").result == "redirection-missing"


def test_a_certificate_that_nobody_vouches_for_is_a_result_and_a_warning(secure: tuple[int, Path]) -> None:
    pins = {f"{HOST}:443": ("127.0.0.1", secure[0]), f"{HOST}:80": ("127.0.0.1", 9)}

    found = _seen(look(f"https://{HOST}/", SiteReach(SystemClock(), replace(PATIENT, resolve=pins))))

    assert not found.verified
    assert observatory_grade(found).test("strict-transport-security").result == "hsts-invalid-cert"
    assert any("certificate" in text for text in found.warnings)


def test_a_certificate_of_another_name_is_not_valid(secure: tuple[int, Path]) -> None:
    pins = {"other.test:443": ("127.0.0.1", secure[0]), "other.test:80": ("127.0.0.1", 9)}

    found = _seen(
        look(
            "https://other.test/", SiteReach(SystemClock(), replace(PATIENT, resolve=pins, ca_file=secure[1]))
        )
    )

    assert not found.verified


# --- several --------------------------------------------------------------------------------------------


def test_several_sites_come_back_in_the_order_they_were_given(port: int) -> None:
    urls = [f"http://127.0.0.1:{port}/{path}" for path in ("slow", "blocked", "", "gone", "binary")]
    found = look_at_all(urls, SiteReach(SystemClock(), network=QUICK), at_once=2)
    assert [observation.url for observation in found] == urls
    assert [isinstance(observation, UngradedUrl) for observation in found] == [
        True,
        False,
        False,
        True,
        False,
    ]


def test_nobody_waits_for_a_silent_site_after_an_interrupt() -> None:
    """A pool's threads would be joined at the interpreter's end."""
    program = (
        "import os, signal, sys, threading\n"
        "from edgerollout.clock import SystemClock\n"
        "from edgerollout.probe.scan import SiteReach, look_at_all\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "look_at_all([sys.argv[1]], SiteReach(SystemClock()), at_once=1)\n"
    )
    with serving(lambda _: time.sleep(300)) as url:
        began = time.monotonic()
        done = subprocess.run([sys.executable, "-c", program, url], capture_output=True, check=False)
    assert b"KeyboardInterrupt" in done.stderr
    assert time.monotonic() - began < 200
