"""Sandboxes to test with: a shared one that nobody changes, and one of its own for a test that does."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgerollout.config import load
from edgerollout.net.network import Network
from edgerollout.probe.http import HttpProbe
from edgerollout.sandbox.running import running_sandbox
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.config import Project
    from edgerollout.sandbox.running import RunningSandbox

ROOT = Path(__file__).resolve().parents[2]
SAMPLE_ACCOUNT = "123456789012"

_accounts = itertools.count(300_000_000_001)


def copy_project(folder: Path, account: str | None = None) -> Path:
    """The sample project in `folder`, in an account of its own: moto's IAM and S3 are one for all
    sandboxes of a process. Returns its configuration folder.
    """
    shutil.copytree(ROOT / "config", folder / "config")
    shutil.copytree(ROOT / "handler", folder / "handler", ignore=shutil.ignore_patterns("__pycache__"))
    settings = folder / "config" / "edgerollout.toml"
    number = account or str(next(_accounts))
    settings.write_text(settings.read_text().replace(SAMPLE_ACCOUNT, number))
    return folder / "config"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The sample project, in a folder and an account of its own."""
    return load(copy_project(tmp_path))


@pytest.fixture
def clock() -> FakeClock:
    """The time of `sandbox`, which passes when somebody sleeps."""
    return FakeClock()


@pytest.fixture
def sandbox(project: Project, clock: FakeClock) -> Iterator[RunningSandbox]:
    """A sandbox of the test's own, by `clock`, with the testing environment of `project`.

    The others can be had by `sandbox.seed(blueprint(project.environments.values()))`.
    """
    with running_sandbox([project.environments["testing"]], clock=clock) as running:
        yield running


@pytest.fixture(scope="session")
def shared_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """A seeded sandbox of the sample project that tests only look at."""
    project = load(copy_project(tmp_path_factory.mktemp("shared")))
    with running_sandbox(project.environments.values(), clock=FakeClock()) as running:
        yield running


def probe_of(sandbox: RunningSandbox) -> HttpProbe:
    """Asks the sandbox's edge for any of its hosts over TLS."""
    return HttpProbe(Network(resolve=sandbox.resolver(), ca_file=sandbox.ca_file))
