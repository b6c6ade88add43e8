"""An AWS account in a sandbox of this process, with the project that publishes to it."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from edgerollout.emulator.server import start
from edgerollout.emulator.settings import Windows
from tests.functional.project import POLICY, REPOSITORY, Project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.emulator.server import RunningServer

AT_ONCE = Windows(deploy_seconds=0, invalidation_seconds=0, function_seconds=0, role_seconds=0)
"""AWS that makes nobody wait."""

FOUR_PATHS = ("/assets/*", "/app/*", "/api/*", "/legacy/*")
"""With the default behavior: five."""

_accounts = itertools.count(640_000_000_001)


@contextlib.contextmanager
def sandbox(windows: Windows = AT_ONCE) -> Iterator[RunningServer]:
    """The control plane on loopback, gone with the block."""
    server = start(windows=windows)
    try:
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def project(server: RunningServer) -> Iterator[Project]:
    """A project folder and an account that nobody else has; its commands run this repository's code."""
    code = {"PYTHONPATH": str(REPOSITORY)}
    with tempfile.TemporaryDirectory(prefix="edgerollout-bench-") as folder:
        yield Project(Path(folder), str(next(_accounts)), server, code)


def policy(number: int) -> str:
    """A policy like no other number's."""
    return POLICY + f'img-src = ["\'self\'", "https://images-{number}.example.com"]\n'
