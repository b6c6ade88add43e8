"""The background process: started, found, joined, killed, ended."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.clock import SystemClock
from edgerollout.config import load
from edgerollout.emulator.faults import FaultKind, FaultRule
from edgerollout.errors import EdgerolloutError, ExitCode, UsageError
from edgerollout.net.network import Network
from edgerollout.probe.http import HttpProbe
from edgerollout.sandbox.client import SandboxClient
from edgerollout.sandbox.daemon import (
    DEFAULT_WINDOWS,
    SandboxAddress,
    check_machine,
    client,
    down,
    find,
    status,
    up,
)
from edgerollout.sandbox.place import Ports, SandboxFolder
from edgerollout.sandbox.process import end, is_alive, mentions, wait_gone
from tests.sandbox.conftest import copy_project
from tests.spelling import said

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edgerollout.config import Project

pytestmark = pytest.mark.sandbox

CLOCK = SystemClock()
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(60)
"""
SHORT = """
default = "testing"
[function]
name = "headers"
runtime = "python3.13"
handler = "handler/python"
role = "headers"
[environments.testing]
account = "123456789012"
distributions = [{ alias = "testing.example.com" }]
urls = ["https://testing.example.com/"]
"""


def small_project(folder: Path) -> Project:
    """One environment: it starts in no time."""
    config = copy_project(folder)
    (config / "edgerollout.toml").write_text(SHORT)
    (config / "policy.toml").write_text("[csp]\ndefault-src = [\"'self'\"]\n")
    return load(config)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project whose sandbox is ended, whatever the test did."""
    project = small_project(tmp_path)
    yield project
    down(project.root)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def ports_of(address: SandboxAddress) -> tuple[int, ...]:
    return (int(address.endpoint_url.rpartition(":")[2]), address.http_port, address.https_port)


def test_without_a_sandbox_there_is_nothing_to_find_show_or_end(project: Project) -> None:
    assert find(project) is None
    assert status(project) is None
    assert down(project.root) is False


def test_a_sandbox_is_found_and_joined_until_it_is_ended_and_leaves_nothing(project: Project) -> None:
    said: list[str] = []

    address = up(project, say=said.append)

    place = SandboxFolder.of(project.root)
    assert "making the site of testing, testing.example.com" in said
    assert find(project) == address
    assert stat.S_IMODE(place.state_file.stat().st_mode) == 0o600
    assert up(project) == address
    probe = HttpProbe(Network(resolve=address.resolver(project), ca_file=address.ca_file))
    assert probe.headers("https://testing.example.com/").status == 200

    held = status(project)
    assert held is not None
    assert held.windows == DEFAULT_WINDOWS
    assert [distribution.status for distribution in held.distributions] == ["Deployed", "Deployed"]
    assert [(function.name, function.versions) for function in held.functions] == [
        ("archive-redirects", (1,))
    ]
    assert (held.faults, dict(held.calls)) == ((), {})

    assert down(project.root) is True
    assert not is_alive(address.pid)
    assert [port for port in ports_of(address) if listens(port)] == []
    assert find(project) is None
    assert not place.state_file.exists()
    assert place.log_file.exists()


def test_a_running_sandbox_can_be_adjusted(project: Project) -> None:
    address = up(project)
    asked = client(address)
    fault = FaultRule("UpdateDistribution", kind=FaultKind.RESET, after_commit=True)

    asked.add_fault(fault)
    up(project, windows=replace(DEFAULT_WINDOWS, deploy_seconds=0.25))
    before = asked.state().now
    after = asked.advance(3600)

    held = status(project)
    assert held is not None
    assert held.faults == (fault,)
    assert held.windows.deploy_seconds == 0.25
    assert (after - before).total_seconds() >= 3600
    asked.clear_faults()
    assert asked.faults() == ()
    with pytest.raises(UsageError, match="refuses"):
        SandboxClient(address.endpoint_url, address.secret).set_windows(
            replace(DEFAULT_WINDOWS, deploy_seconds=-1.0)
        )


def test_what_the_configuration_names_by_now_is_added_by_the_next_up(project: Project) -> None:
    first = up(project)
    settings = project.directory / "edgerollout.toml"
    settings.write_text(SHORT.replace("[{ alias", '[{ alias = "new.example.com" }, { alias'))
    grown = load(project.directory)
    said: list[str] = []

    address = up(grown, say=said.append)

    assert address == first
    assert said[-1] == "the configuration has changed: adding what it names"
    probe = HttpProbe(Network(resolve=address.resolver(grown), ca_file=address.ca_file))
    assert probe.headers("https://new.example.com/").status == 200


def test_other_ports_than_those_it_runs_on_are_refused(project: Project) -> None:
    address = up(project)
    (endpoint, *_) = ports_of(address)

    assert up(project, ports=Ports(endpoint=endpoint)) == address
    with pytest.raises(UsageError, match=f"already up, on port {endpoint} instead of 1"):
        up(project, ports=Ports(endpoint=1))


def test_after_kill_9_nothing_is_found_and_up_starts_another(project: Project) -> None:
    first = up(project)
    os.kill(first.pid, signal.SIGKILL)
    assert wait_gone(first.pid, CLOCK, 120)

    assert find(project) is None
    assert status(project) is None
    second = up(project)

    assert second.pid != first.pid
    assert find(project) == second


def test_two_at_once_start_only_one_and_it_outlives_them(project: Project) -> None:
    """Two real commands in sessions of their own, which are gone when the sandbox is looked at."""
    script = (
        "import sys, pathlib; from edgerollout.config import load; "
        "from edgerollout.sandbox.daemon import up; print(up(load(pathlib.Path(sys.argv[1]))).pid)"
    )
    commands = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(project.directory)],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        for _ in range(2)
    ]

    pids = {command.communicate(timeout=600)[0].strip() for command in commands}

    address = find(project)
    assert address is not None
    assert pids == {str(address.pid)}


def test_a_deleted_project_takes_its_sandbox_along(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    project = small_project(folder)
    address = up(project)

    shutil.rmtree(folder)

    assert wait_gone(address.pid, CLOCK, 120)


def test_a_port_that_is_taken_is_said_in_words(project: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EdgerolloutError, match="did not start") as caught:
            up(project, ports=Ports(endpoint=port))

    assert "another port" in said(caught.value.hint)
    assert find(project) is None


def test_a_configuration_that_broke_meanwhile_is_said_in_words(project: Project) -> None:
    (project.directory / "edgerollout.toml").write_text("default = 1")

    with pytest.raises(EdgerolloutError, match="problem") as caught:
        up(project)

    assert "edgerollout.toml" in str(caught.value.why)


def test_sigterm_ends_it_tidily_and_an_old_state_file_speaks_of_nobody(project: Project) -> None:
    """As after a reboot: the process id belongs to somebody else by now."""
    address = up(project)
    place = SandboxFolder.of(project.root)
    state = place.read_state()
    assert state is not None

    os.kill(address.pid, signal.SIGTERM)

    assert wait_gone(address.pid, CLOCK, 120)
    assert not place.state_file.exists()
    place.write_state(replace(state, pid=os.getpid()))
    assert find(project) is None
    assert down(project.root) is False
    assert is_alive(os.getpid())


def test_a_process_that_ignores_sigterm_is_killed() -> None:
    stubborn = subprocess.Popen(
        [sys.executable, "-c", STUBBORN, "the-token"],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert stubborn.stdout is not None
    stubborn.stdout.readline()

    assert mentions(stubborn.pid, "the-token")
    end(stubborn.pid, "another-token", CLOCK, patience=0.1)
    assert stubborn.poll() is None
    end(stubborn.pid, "the-token", CLOCK, patience=0.3)

    assert stubborn.wait(timeout=300) == -signal.SIGKILL
    stubborn.stdout.close()


def test_missing_packages_are_named_with_the_command_that_installs_them() -> None:
    with pytest.raises(UsageError, match="not installed") as caught:
        check_machine(("json", "no_such_package"))

    assert caught.value.exit_code is ExitCode.USAGE
    assert caught.value.why == "missing: no_such_package"
    assert caught.value.hint == "pip install 'edgerollout[sandbox]'"
