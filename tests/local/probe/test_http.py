from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from edgerollout.errors import ExitCode, UsageError
from edgerollout.net.network import Network
from edgerollout.probe.http import LARGEST_BODY, HttpProbe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALIAS = "www.example.test"


@dataclass
class Site:
    """A small site that remembers what it was asked."""

    port: int
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """(path, Host, User-Agent)"""
    names: list[str | None] = field(default_factory=list)
    """TLS server names."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class Pages(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        self.site.asked.append((self.path, self.headers["Host"], self.headers["User-Agent"]))
        if self.path == "/hangs":
            time.sleep(1.5)
        if self.path == "/gone":
            self.connection.close()
            return
        self.send_response({"/moved": 301, "/missing": 404}.get(self.path, 200))
        self.send_header("X-Frame-Options", "DENY")
        self.send_header("Content-Security-Policy", "default-src 'self'")
        self.send_header("content-security-policy", "img-src *")
        self.send_header("X-Amz-Cf-Pop", "FRA60-P5")
        self.send_header("X-Cache", "Hit from cloudfront")
        if self.path == "/moved":
            self.send_header("Location", "/elsewhere")
        if self.path == "/endless":
            self.end_headers()
            self._pour()
            return
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def _pour(self) -> None:
        try:
            for _ in range(LARGEST_BODY // 1024 * 50):
                self.wfile.write(b"x" * 1024)
        except OSError:
            return

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Tests are quiet."""


def serve(context: ssl.SSLContext | None = None) -> Iterator[Site]:
    class Handler(Pages):
        pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Handler.site = Site(server.server_port)
    if context is not None:
        context.sni_callback = lambda _socket, name, _context: Handler.site.names.append(name)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield Handler.site
    server.shutdown()
    server.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    yield from serve()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for ALIAS, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "probe tests")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName(ALIAS), x509.IPAddress(ipaddress.ip_address("127.0.0.9"))]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    pem, secret = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return pem, secret


@pytest.fixture
def secure(certificate: tuple[Path, Path]) -> Iterator[Site]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    yield from serve(context)


def test_headers_come_lower_cased_with_repeats_kept_in_order(site: Site) -> None:
    probed = HttpProbe().headers(f"{site.url}/")
    assert (probed.status, probed.error) == (200, None)
    assert probed.values("content-security-policy") == ("default-src 'self'", "img-src *")
    assert probed.values("x-frame-options") == ("DENY",)


def test_pop_and_cache_are_told(site: Site) -> None:
    probed = HttpProbe().headers(f"{site.url}/")
    assert (probed.pop, probed.cache) == ("FRA60-P5", "Hit from cloudfront")


def test_a_redirect_is_an_answer_and_is_not_followed(site: Site) -> None:
    probed = HttpProbe().headers(f"{site.url}/moved")
    assert (probed.status, probed.values("location")) == (301, ("/elsewhere",))
    assert [path for path, _, _ in site.asked] == ["/moved"]


def test_an_error_page_is_an_answer(site: Site) -> None:
    assert HttpProbe().headers(f"{site.url}/missing").status == 404


def test_a_host_is_asked_where_it_is_resolved_to_by_its_own_name(site: Site) -> None:
    probe = HttpProbe(Network(resolve={ALIAS: ("127.0.0.1", site.port)}))
    assert probe.headers(f"http://{ALIAS}/deep/page?q=1").status == 200
    (asked,) = site.asked
    assert asked[:2] == ("/deep/page?q=1", ALIAS)
    assert asked[2].startswith("edgerollout/")


def test_tls_uses_the_url_s_name_for_sni_host_and_certificate(
    secure: Site, certificate: tuple[Path, Path]
) -> None:
    probe = HttpProbe(Network(ca_file=certificate[0], resolve={ALIAS: ("127.0.0.1", secure.port)}))
    probed = probe.headers(f"https://{ALIAS}/")
    assert (probed.status, probed.error) == (200, None)
    assert secure.names == [ALIAS]
    assert secure.asked[0][1] == ALIAS


def test_a_certificate_of_an_unknown_ca_is_an_error_in_words(secure: Site) -> None:
    probed = HttpProbe(Network(resolve={ALIAS: ("127.0.0.1", secure.port)})).headers(f"https://{ALIAS}/")
    assert probed.status is None
    assert "certificate not accepted" in (probed.error or "")


def test_a_certificate_for_another_name_is_an_error_in_words(
    secure: Site, certificate: tuple[Path, Path]
) -> None:
    probe = HttpProbe(Network(ca_file=certificate[0], resolve={"other.test": ("127.0.0.1", secure.port)}))
    probed = probe.headers("https://other.test/")
    assert probed.status is None
    assert "other.test" in (probed.error or "")


def test_a_missing_ca_file_is_an_error_in_words(secure: Site, tmp_path: Path) -> None:
    probe = HttpProbe(Network(ca_file=tmp_path / "no.pem", resolve={ALIAS: ("127.0.0.1", secure.port)}))
    assert probe.headers(f"https://{ALIAS}/").error


def test_a_slow_site_is_an_error_in_words(site: Site) -> None:
    assert HttpProbe(Network(read=0.2)).headers(f"{site.url}/hangs").error == "no answer within 0.2 s"


def test_nobody_listening_is_an_error_in_words() -> None:
    probed = HttpProbe().headers("http://127.0.0.1:9/")
    assert (probed.status, probed.error) == (None, "connection refused")


def test_a_connection_that_breaks_off_is_an_error_and_nothing_raises(site: Site) -> None:
    probed = HttpProbe().headers(f"{site.url}/gone")
    assert probed.status is None
    assert probed.error


def test_an_endless_body_is_not_read_to_its_end(site: Site) -> None:
    probed = HttpProbe().headers(f"{site.url}/endless")
    assert probed.status == 200


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x/",
        "file:///etc/passwd",
        "www.example.com",
        "http://",
        "https:///x",
        "http://[::1",
        "http://x:99999/",
    ],
)
def test_only_http_urls_can_be_probed(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        HttpProbe().headers(url)
    assert refused.value.exit_code is ExitCode.USAGE
