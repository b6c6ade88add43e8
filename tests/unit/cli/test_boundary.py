from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgerollout.cli.boundary import run_command
from edgerollout.cli.options import Options
from edgerollout.errors import (
    ConfigError,
    Conflict,
    EdgerolloutError,
    ExitCode,
    Interrupted,
    Place,
    Problem,
    Refused,
    StillInProgress,
    UsageError,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def _raising(error: BaseException) -> Callable[[], ExitCode]:
    def command() -> ExitCode:
        raise error

    return command


def _ended(options: Options, command: Callable[[], ExitCode]) -> int:
    with pytest.raises(SystemExit) as ended:
        run_command(options, command)
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (EdgerolloutError("it failed"), 1),
        (UsageError("no such thing"), 2),
        (ConfigError((Problem(Place("policy.toml", 3), "wrong"),)), 2),
        (Conflict("somebody was faster"), 4),
        (StillInProgress("not yet"), 5),
        (Refused("not like this"), 6),
        (Interrupted("stopped"), 130),
        (KeyboardInterrupt(), 130),
        (BrokenPipeError(), 0),
        (RuntimeError("a bug"), 1),
    ],
    ids=lambda name: type(name).__name__ if isinstance(name, BaseException) else str(name),
)
def test_every_error_has_its_exit_code_and_no_traceback(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _ended(Options(), _raising(error)) == code

    printed = capsys.readouterr()
    assert printed.out == ""
    assert "Traceback" not in printed.err


def test_an_error_says_what_why_and_what_to_do_next(capsys: pytest.CaptureFixture[str]) -> None:
    _ended(Options(), _raising(Refused("the slot is taken", why="by images:7", hint="Exclude it.")))

    assert capsys.readouterr().err.splitlines() == [
        "error: the slot is taken",
        "why:   by images:7",
        "next:  Exclude it.",
    ]


def test_a_machine_gets_the_error_as_an_object_and_a_person_still_reads_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _ended(Options(output="json"), _raising(Conflict("superseded")))

    printed = capsys.readouterr()
    assert json.loads(printed.out)["exit_code"] == 4
    assert "superseded" in printed.err


@pytest.mark.parametrize("output", [None, "json", "github"])
@pytest.mark.parametrize("verbose", [False, True])
def test_a_bug_shows_its_type_and_our_own_frames_and_never_its_text(
    capsys: pytest.CaptureFixture[str], output: str | None, verbose: bool
) -> None:
    def command() -> ExitCode:
        raise KeyError("s3cr3t document")

    assert _ended(Options(output=output, verbose=verbose), command) == 1

    printed = capsys.readouterr()
    assert "a bug in edgerollout: KeyError" in printed.err
    assert "cli/boundary.py:" in printed.err
    assert "s3cr3t" not in printed.err + printed.out
    assert "Traceback" not in printed.err


# --- exit codes ------------------------------------------------------------------------------------------

_DOCUMENT = (Path(__file__).parents[3] / "docs" / "exit-codes.md").read_text(encoding="utf-8")
_PROMISED = {
    ExitCode.DONE: 0,
    ExitCode.FAILED: 1,
    ExitCode.USAGE: 2,
    ExitCode.CHANGES: 3,
    ExitCode.CONFLICT: 4,
    ExitCode.IN_PROGRESS: 5,
    ExitCode.REFUSED: 6,
    ExitCode.ROLLED_BACK: 7,
    ExitCode.NEEDS_PERSON: 8,
    ExitCode.NOT_RIGHT: 9,
    ExitCode.INTERRUPTED: 130,
}


def test_the_numbers_are_those_that_scripts_rely_on() -> None:
    assert {code: int(code) for code in ExitCode} == _PROMISED


def test_the_documentation_lists_exactly_these() -> None:
    listed = [int(number) for number in re.findall(r"^\| (\d+) \|", _DOCUMENT, flags=re.MULTILINE)]

    assert listed == [int(code) for code in ExitCode]


@pytest.mark.parametrize("code", list(ExitCode), ids=lambda code: code.name)
def test_a_command_ends_with_the_code_it_returns(code: ExitCode) -> None:
    assert _ended(Options(), lambda: code) == int(code)
