"""Time runs out, people press Ctrl-C, machines are switched off: what a run leaves behind is resumed."""

from __future__ import annotations

import re
import signal
import time
from typing import TYPE_CHECKING, cast

import pytest

from edgerollout.emulator.faults import FaultKind, FaultRule
from tests.samples import some_of_each

from .project import WIDER_POLICY

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from typing import TextIO

    from tests.command_line import Command

    from .project import Project

    Slower = Callable[..., AbstractContextManager[None]]

pytestmark = pytest.mark.sandbox


def _until(process: Command, words: str) -> None:
    """Read the process's stderr up to the line that has these words."""
    _read_until(cast("TextIO", process.stderr), words)


def _read_until(stream: TextIO, words: str) -> None:
    for line in stream:
        if re.search(words, line):
            return
    raise AssertionError(f"ended without {words!r}")


def joined(text: str) -> str:
    """On one line: a command has a line of its own."""
    return " ".join(text.split())


def _end(process: Command) -> tuple[int, str]:
    _, err = process.communicate(timeout=600)
    return process.returncode, err


def test_a_timeout_ends_with_5_and_wait_finishes_it(project: Project, slower: Slower) -> None:
    distribution = project.distribution()
    with slower(deploy_seconds=6):
        late = project.run("publish", "-e", "testing", "--create", "--yes", "--timeout", "4s")
    assert late.code == 5, late.err
    assert "next: CloudFront continues by itself. Finish with: edgerollout wait -e testing" in joined(
        late.err
    )
    assert project.everywhere(distribution) == {"origin-response:1"}
    assert project.invalidations(distribution) == []
    project.forget_calls()

    waited = project.run("wait", "-e", "testing")

    assert waited.code == 0, waited.err
    assert project.writes() == {"cloudfront:CreateInvalidation": 1}
    assert project.run("wait", "-e", "testing").code == 0
    assert project.writes() == {"cloudfront:CreateInvalidation": 1}


def test_a_timeout_is_resumed_by_publish_as_well(project: Project, slower: Slower) -> None:
    distribution = project.distribution()
    with slower(deploy_seconds=2):
        late = project.run("publish", "-e", "testing", "--create", "--yes", "--timeout", "0.5")
    assert late.code == 5, late.err

    again = project.run("publish", "-e", "testing", "--yes")

    assert again.code == 0, again.err
    assert project.versions() == [1]
    assert len(project.invalidations(distribution)) == 1
    assert project.calls()["cloudfront:UpdateDistribution"] == 1


def test_wait_has_a_timeout_too_and_refuses_where_nothing_is_live(project: Project, slower: Slower) -> None:
    project.distribution()
    nothing = project.run("wait", "-e", "testing")
    assert nothing.code == 6
    assert "Publish first" in nothing.err
    with slower(deploy_seconds=300):
        process = project.start("publish", "-e", "testing", "--create", "--yes")
        _until(process, "await Deployed$")
        process.kill()
        _end(process)

    late = project.run("wait", "-e", "testing", "--timeout", "0.3")

    assert late.code == 5


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_at_a_safe_point_and_the_same_command_resumes(
    project: Project, slower: Slower, number: signal.Signals
) -> None:
    distribution = project.distribution()
    with slower(deploy_seconds=2):
        process = project.start("publish", "-e", "testing", "--create", "--yes")
        _until(process, "await Deployed$")
        process.send_signal(number)
        code, err = _end(process)
    assert code == 130, err
    assert "stopping at the next safe point" in err
    assert "CloudFront continues what was sent. Resume: edgerollout publish -e testing" in joined(err)
    assert "Traceback" not in err

    again = project.run("publish", "-e", "testing", "--yes")

    assert again.code == 0, again.err
    assert project.versions() == [1]
    assert len(project.invalidations(distribution)) == 1


def test_a_second_ctrl_c_leaves_at_once_even_while_a_call_hangs(published: tuple[Project, str]) -> None:
    project, _ = published
    project.policy(WIDER_POLICY)
    hanging = FaultRule("UpdateDistribution", FaultKind.DELAY, seconds=300, path_contains=published[1])
    project.server.faults.add(hanging)
    process = project.start("publish", "-e", "testing", "--yes")
    while hanging in project.server.faults.rules():
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _until(process, "Ctrl-C again ends it at once")
    began = time.monotonic()
    process.send_signal(signal.SIGINT)

    code, err = _end(process)

    assert code == 130, err
    assert time.monotonic() - began < 50, "it waited until the call timed out"
    assert "Traceback" not in err


def test_a_signal_while_the_account_is_read_changes_nothing(project: Project) -> None:
    distribution = project.distribution()
    project.server.faults.add(
        FaultRule("ListVersionsByFunction", FaultKind.DELAY, seconds=1, path_contains=project.function)
    )
    project.server.faults.add(
        FaultRule("GetFunction", FaultKind.DELAY, seconds=2, path_contains=project.function)
    )
    project.forget_calls()
    process = project.start("publish", "-e", "testing", "--create", "--yes")
    while "cloudfront:ListDistributions" not in project.calls():
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)

    code, err = _end(process)

    assert (code, project.writes()) == (130, {})
    assert "nothing was changed" in err
    assert project.everywhere(distribution) == set()


_MOMENTS = {
    "before any write": '"step_started","step":"update-code"',
    "while the code is uploaded": '"step_progressed","step":"update-code"',
    "while the version is made": '"step_progressed","step":"publish-version"',
    "when the version is there": '"step_finished","step":"publish-version"',
    "when the triggers are swapped": '"step_finished","step":"swap-triggers"',
    "while CloudFront propagates": '"step_progressed","step":"await-deployed"',
    "when it is Deployed": '"step_finished","step":"await-deployed"',
    "while the invalidation runs": '"step_progressed","step":"invalidate"',
}


_TRIED = some_of_each(list(_MOMENTS), lambda _: None, 3)
"""Killed at every single call: tests/worst_day. Here it is the moments that a user sees."""


@pytest.mark.parametrize("moment", [_MOMENTS[text] for text in _TRIED], ids=_TRIED)
def test_killed_anywhere_and_run_again_it_converges_without_doing_anything_twice(
    published: tuple[Project, str], slower: Slower, moment: str
) -> None:
    project, distribution = published
    project.policy(WIDER_POLICY)
    with slower(deploy_seconds=0.5, invalidation_seconds=0.5, function_seconds=0.3):
        process = project.start("publish", "-e", "testing", "--yes", "-o", "json")
        _read_until(cast("TextIO", process.stdout), moment)
        process.kill()
        process.communicate()

        again = project.run("publish", "-e", "testing", "--yes")

    assert again.code == 0, again.err
    assert project.versions() == [1, 2]
    assert project.everywhere(distribution) == {"origin-response:2"}
    assert project.calls()["cloudfront:UpdateDistribution"] == 1
    assert [invalidation.split("-")[1] for invalidation in project.invalidations(distribution)] == ["1", "2"]


def test_killed_between_update_and_its_answer_the_next_run_sees_what_became_of_it(
    published: tuple[Project, str],
) -> None:
    project, distribution = published
    project.policy(WIDER_POLICY)
    project.server.faults.add(
        FaultRule(
            "UpdateDistribution", FaultKind.DELAY, seconds=2, after_commit=True, path_contains=distribution
        )
    )
    process = project.start("publish", "-e", "testing", "--yes")
    while project.everywhere(distribution) != {"origin-response:2"}:
        time.sleep(0.02)
    process.kill()
    process.communicate()

    again = project.run("publish", "-e", "testing", "--yes")

    assert again.code == 0, again.err
    assert project.versions() == [1, 2]
    assert [invalidation.split("-")[1] for invalidation in project.invalidations(distribution)] == ["1", "2"]
