from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest

from edgerollout.aws.download import Downloads
from edgerollout.aws.faults import TransferBroken
from edgerollout.rollout.ports import AwsFailure
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

QUERY = "?X-Amz-Signature=secret"


class Bucket(BaseHTTPRequestHandler):
    """Answers by path: /ok, /denied, /broken, /short, /moved, /slow."""

    pause: ClassVar[Callable[[], None]]
    """What passes between two bytes of /slow."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        status = {"/denied": 403, "/broken": 503, "/moved": 302}.get(path, 200)
        self.send_response(status)
        if path == "/moved":
            self.send_header("Location", "http://collector.example/")
        self.send_header("Content-Length", "100" if path == "/short" else "3")
        self.end_headers()
        if path != "/slow":
            self.wfile.write(b"zip")
            return
        for byte in (b"z", b"i", b"p"):
            Bucket.pause()
            self.wfile.write(byte)
            self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Tests are quiet."""


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def downloads() -> Downloads:
    return Downloads(FakeClock(), loopback_only=True)


def test_the_bytes_of_a_version_arrive(bucket: str, downloads: Downloads) -> None:
    assert downloads.fetch(f"{bucket}/ok{QUERY}", "lambda:GetFunction") == b"zip"


@pytest.mark.parametrize("path", ["/denied", "/moved"])
def test_a_refused_download_is_a_failure_that_does_not_show_the_url(
    bucket: str, downloads: Downloads, path: str
) -> None:
    with pytest.raises(AwsFailure) as failed:
        downloads.fetch(f"{bucket}{path}{QUERY}", "lambda:GetFunction")
    assert "secret" not in str(failed.value)
    assert bucket not in str(failed.value)


@pytest.mark.parametrize("path", ["/broken", "/short"])
def test_a_broken_download_can_be_tried_again(bucket: str, downloads: Downloads, path: str) -> None:
    with pytest.raises(TransferBroken) as broken:
        downloads.fetch(f"{bucket}{path}{QUERY}", "lambda:GetFunction")
    assert "secret" not in str(broken.value)


def test_a_dead_address_does_not_show_the_url(downloads: Downloads) -> None:
    with pytest.raises(TransferBroken) as broken:
        downloads.fetch(f"http://127.0.0.1:9/{QUERY}", "lambda:GetFunction")
    assert "secret" not in str(broken.value)


def test_a_custom_endpoint_s_code_comes_from_this_machine_only(downloads: Downloads) -> None:
    with pytest.raises(AwsFailure):
        downloads.fetch(f"https://bucket.s3.amazonaws.com/x{QUERY}", "lambda:GetFunction")


def test_aws_s_own_code_comes_over_tls_only(bucket: str) -> None:
    with pytest.raises(AwsFailure):
        Downloads(FakeClock(), loopback_only=False).fetch(f"{bucket}/ok", "lambda:GetFunction")


def test_a_download_ends_at_the_largest_zip_lambda_takes(
    bucket: str,
) -> None:
    downloads = Downloads(FakeClock(), loopback_only=True, largest=2)
    with pytest.raises(AwsFailure) as failed:
        downloads.fetch(f"{bucket}/ok", "lambda:GetFunction")
    assert failed.value.code == "CodeTooLarge"


def test_a_download_that_only_trickles_is_given_up_by_the_clock(bucket: str) -> None:
    clock = FakeClock()
    Bucket.pause = staticmethod(lambda: clock.advance(10))
    with pytest.raises(TransferBroken, match="too slow"):
        Downloads(clock, loopback_only=True).fetch(f"{bucket}/slow{QUERY}", "lambda:GetFunction")


@pytest.mark.parametrize("location", ["", "nonsense", "http://[", "https://[::1"])
def test_an_address_that_is_none_is_a_failure_in_words(location: str) -> None:
    for loopback_only in (True, False):
        with pytest.raises((AwsFailure, TransferBroken)):
            Downloads(FakeClock(), loopback_only=loopback_only).fetch(location, "lambda:GetFunction")
