from __future__ import annotations

import itertools
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from edgerollout.emulator.server import start
from edgerollout.emulator.settings import Windows

from .project import Project, otherwise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from edgerollout.emulator.server import RunningServer

_AT_ONCE = Windows(deploy_seconds=0, invalidation_seconds=0, function_seconds=0)
_accounts = itertools.count(510_000_000_001)


@pytest.fixture(scope="session")
def server() -> Iterator[RunningServer]:
    running = start(windows=_AT_ONCE)
    yield running
    running.stop()


@pytest.fixture
def project(tmp_path: Path, server: RunningServer) -> Project:
    """A project and an account that no other test has."""
    return Project(tmp_path, str(next(_accounts)), server)


@pytest.fixture
def published(project: Project) -> tuple[Project, str]:
    """A project whose testing environment carries release 1, and the id of its distribution."""
    distribution = project.distribution()
    project.publish_here()
    project.forget_calls()
    return project, distribution


@pytest.fixture
def slower(server: RunningServer) -> Callable[..., AbstractContextManager[None]]:
    """`with slower(deploy_seconds=5):` AWS takes longer for what begins inside."""
    return partial(otherwise, server)


class Site:
    """A web site on loopback whose headers a test decides."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.status = 200
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(site.status)
                for name, value in site.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"hi")

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    opened = Site()
    yield opened
    opened.close()
