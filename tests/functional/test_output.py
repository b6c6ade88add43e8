"""stdout is data, stderr is everything else; readers may leave, terminals may be narrow."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgerollout.emulator.faults import FaultKind, FaultRule

from .project import WIDER_POLICY, own_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .project import Project

pytestmark = pytest.mark.sandbox

_EVENTS = (Path(__file__).parents[2] / "docs" / "events.md").read_text(encoding="utf-8")


def _documented() -> dict[str, set[str]]:
    """Type → fields, as docs/events.md lists them."""
    sections = re.split(r"^## ", _EVENTS, flags=re.MULTILINE)[1:]
    return {
        section.split("\n", 1)[0]: set(re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE))
        for section in sections
    }


def test_an_acting_command_speaks_json_lines_as_documented(project: Project) -> None:
    project.distribution(paths=())
    documented = _documented()

    result = project.run("publish", "-e", "testing", "--create", "--yes", "-o", "json")

    assert result.code == 0
    assert result.err == ""
    events = result.events
    assert events[0]["type"] == "version"
    assert events[0]["schema"] == "1.0"
    assert [item["type"] for item in events].count("outcome") == 1
    assert events[-1]["type"] == "outcome"
    for event in events:
        assert set(event) - {"type"} == documented[event["type"]], event
    calls = project.calls()
    assert {name: calls[name] for name in events[-1]["aws_calls"]} == events[-1]["aws_calls"]
    assert events[-1]["endpoint"] == project.server.endpoint_url
    assert result.out.isascii()


def test_a_run_that_never_begins_still_ends_its_stream_with_an_outcome(project: Project) -> None:
    result = project.run("publish", "-e", "testing", "--create", "--yes", "-o", "json")

    assert result.code == 2
    assert [event["type"] for event in result.events] == ["version", "outcome"]
    assert set(result.outcome) - {"type"} == _documented()["outcome"]
    assert (result.outcome["result"], result.outcome["exit_code"]) == ("failed", 2)


def test_a_machine_is_told_of_a_refusal_and_its_findings(project: Project) -> None:
    project.distribution()

    result = project.run("publish", "-e", "testing", "--yes", "-o", "json")

    assert result.code == 6
    assert result.events[-1]["type"] in ("error", "outcome")
    assert result.events[-1]["exit_code"] == 6
    assert "--create" in result.out


def test_the_log_says_each_change_once_with_its_time(project: Project) -> None:
    project.distribution(paths=())

    result = project.published()

    steps = [line for line in result.err.splitlines() if re.match(r"\[ +\d+\.\d+s\] ", line)]
    assert len(steps) == len(set(steps))
    assert any("publish version done" in line for line in steps)
    assert "\x1b" not in result.err


def test_quiet_leaves_the_outcome(published: tuple[Project, str]) -> None:
    project, _ = published
    project.policy(WIDER_POLICY)

    result = project.run("publish", "-e", "testing", "--yes", "-q")

    assert result.code == 0
    assert "release 2 is live" in result.err
    assert "await Deployed" not in result.err
    assert len(result.err.splitlines()) <= 7  # a warning, the outcome, next and undo


@pytest.mark.parametrize(
    "arguments",
    [("plan", "-e", "testing"), ("plan", "-e", "testing", "-o", "json"), ("status", "-e", "testing")],
    ids=["plan", "plan json", "status"],
)
def test_a_reader_that_leaves_ends_a_reading_command_quietly(
    published: tuple[Project, str], arguments: tuple[str, ...]
) -> None:
    project, _ = published
    read, write = os.pipe()
    process = project.start(*arguments, stdout=write)
    os.close(write)
    os.close(read)
    _, err = process.communicate(timeout=300)

    assert process.returncode == 0
    assert own_words(err) == ""


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_reader_that_leaves_never_stops_a_roll_out(published: tuple[Project, str], stream: str) -> None:
    project, distribution = published
    project.policy(WIDER_POLICY)
    read, write = os.pipe()
    view = "json" if stream == "stdout" else "log"
    process = (
        project.start("publish", "-e", "testing", "--yes", "-o", view, stdout=write)
        if stream == "stdout"
        else project.start("publish", "-e", "testing", "--yes", "-o", view, stderr=write)
    )
    os.close(write)
    os.read(read, 1)
    os.close(read)
    process.communicate(timeout=300)

    assert process.returncode == 0
    assert project.everywhere(distribution) == {"origin-response:2"}
    assert project.invalidations(distribution)[-1].startswith("edgerollout-2-")


def test_streams_that_are_closed_from_the_start_are_no_reason_to_fail(published: tuple[Project, str]) -> None:
    project, distribution = published
    project.policy(WIDER_POLICY)
    command = (
        f"{sys.executable} -m edgerollout --endpoint-url {project.server.endpoint_url}"
        " publish -e testing --yes >&- 2>&- <&-"
    )

    code = subprocess.run(
        ("/bin/sh", "-c", command), cwd=project.folder, env=project.variables, check=False, timeout=300
    ).returncode

    assert code == 0
    assert project.everywhere(distribution) == {"origin-response:2"}


class Terminal:
    """A pseudo-terminal of some size with a command on it."""

    def __init__(self, project: Project, *arguments: str, columns: int) -> None:
        import fcntl
        import pty
        import struct
        import termios

        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
        self.process = project.start(*arguments, stdin=slave, stdout=slave, stderr=slave)
        os.close(slave)
        self._text = b""

    def _chunks(self) -> Iterator[bytes]:
        while True:
            try:
                chunk = os.read(self._master, 4096)
            except OSError:  # EIO: everybody on the other side has left
                return
            if not chunk:
                return
            yield chunk

    def until(self, words: str) -> None:
        """Read up to these words."""
        for chunk in self._chunks():
            self._text += chunk
            if words.encode() in self._text:
                return
        raise AssertionError(f"ended without {words!r}: {self.text}")

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def end(self) -> int:
        for chunk in self._chunks():
            self._text += chunk
        os.close(self._master)
        return self.process.wait(timeout=300)

    @property
    def drawn(self) -> list[str]:
        """Each line that was drawn to be erased again, without what makes it move."""
        moving = r"\r\x1b\[2K(?:\x1b\[\d*m)*[\u2800-\u28ff] ([^\r\n\x1b]+)…"
        return re.findall(moving, self._text.decode())

    @property
    def text(self) -> str:
        """What is there to read: lines that were erased are gone."""
        there = re.sub(r"[^\n]*\r\x1b\[2K", "", self._text.decode())
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", there).replace("\r\n", "\n")


def test_what_is_waited_for_is_told_at_a_terminal_and_gone_before_the_plan(
    published: tuple[Project, str],
) -> None:
    project, _ = published
    project.policy(WIDER_POLICY)
    project.extra = {"TERM": "xterm-256color"}
    slow = ("GetCallerIdentity", "ListDistributions", "ListVersionsByFunction", "GetInvalidation")
    for item in slow:
        project.server.faults.add(FaultRule(item, FaultKind.DELAY, seconds=0.6))
    terminal = Terminal(project, "plan", "-e", "testing", columns=100)

    assert terminal.end() == 0, terminal.text

    # Each second that passes in silence is told of.
    assert set(terminal.drawn) >= {
        "asking AWS whose credentials these are",
        "reading distributions",
        "reading releases",
        "reading invalidations",
    }
    assert own_words(terminal.text).startswith("Plan for testing")
    assert not set(terminal.text) & set("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")


def test_nothing_moves_for_who_wants_it_quiet(published: tuple[Project, str]) -> None:
    project, _ = published
    project.server.faults.add(FaultRule("ListDistributions", FaultKind.DELAY, seconds=0.5))
    terminal = Terminal(project, "status", "-e", "testing", "-q", columns=100)

    assert terminal.end() == 0, terminal.text
    assert terminal.drawn == []


def test_ctrl_c_while_something_is_read_leaves_a_clean_line(published: tuple[Project, str]) -> None:
    project, _ = published
    project.server.faults.add(FaultRule("ListDistributions", FaultKind.DELAY, seconds=30.0))
    terminal = Terminal(project, "status", "-e", "testing", columns=100)

    terminal.until("reading distributions")
    terminal.process.send_signal(signal.SIGINT)

    assert terminal.end() == 130
    assert terminal.text.strip() == "interrupted; nothing was changed"


def test_a_person_is_shown_the_plan_and_asked_at_40_columns(published: tuple[Project, str]) -> None:
    project, distribution = published
    project.policy(WIDER_POLICY)
    project.extra = {"TERM": "xterm-256color"}
    terminal = Terminal(project, "publish", "-e", "testing", columns=40)

    terminal.until("[y/N] ")
    shown = terminal.text
    assert project.writes() == {}
    terminal.type("y\n")

    assert terminal.end() == 0, terminal.text
    assert [line for line in shown.splitlines() if len(line) > 40 and " " in line.strip()] == []
    assert project.everywhere(distribution) == {"origin-response:2"}


@pytest.mark.parametrize("answer", ["n\n", "\n", "\x04", "nonsense\n"], ids=["no", "enter", "Ctrl-D", "else"])
def test_anything_but_yes_changes_nothing_and_ends_with_130(
    published: tuple[Project, str], answer: str
) -> None:
    project, distribution = published
    project.policy(WIDER_POLICY)
    terminal = Terminal(project, "publish", "-e", "testing", columns=80)

    terminal.until("[y/N] ")
    terminal.type(answer)

    assert terminal.end() == 130
    assert "not confirmed; nothing was changed" in terminal.text
    assert project.writes() == {}
    assert project.everywhere(distribution) == {"origin-response:1"}


def test_ctrl_c_at_the_question_changes_nothing(published: tuple[Project, str]) -> None:
    project, _ = published
    project.policy(WIDER_POLICY)
    terminal = Terminal(project, "publish", "-e", "testing", columns=80)

    terminal.until("[y/N] ")
    terminal.process.send_signal(2)

    assert terminal.end() == 130
    assert "nothing was changed" in terminal.text
    assert "Traceback" not in terminal.text
    assert project.writes() == {}
