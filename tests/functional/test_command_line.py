"""A command that these tests fork is what a new interpreter would be (tests/command_line.py)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command_line import start

REPOSITORY = Path(__file__).parents[2]
VARIABLES = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}


@pytest.mark.parametrize(
    "words",
    [
        ("--version",),
        (),
        ("publish", "--help"),
        ("publsh",),
        ("lint",),
        ("lint", "-o", "json"),
    ],
    ids=" ".join,
)
def test_it_says_and_ends_as_a_new_interpreter_does(tmp_path: Path, words: tuple[str, ...]) -> None:
    variables = {**VARIABLES, "HOME": str(tmp_path)}

    forked = start(*words, cwd=tmp_path, env=variables)

    out, err = forked.communicate(timeout=300)
    new = subprocess.run(
        (sys.executable, "-m", "edgerollout", *words),
        cwd=tmp_path,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (forked.returncode, out, err) == (new.returncode, new.stdout, new.stderr)


def test_nothing_of_the_command_before_is_left_in_the_next(tmp_path: Path) -> None:
    build = ("build", "-C", str(REPOSITORY / "config"))
    variables = {**VARIABLES, "EDGEROLLOUT_ENV": "nowhere"}

    wrong = start(*build, cwd=tmp_path, env=variables)
    assert 'there is no environment "nowhere" (EDGEROLLOUT_ENV)' in wrong.communicate(timeout=300)[1]
    right = start(*build, cwd=tmp_path, env=VARIABLES)
    assert "Release for testing" in right.communicate(timeout=300)[0]


def test_it_is_a_process_in_a_session_of_its_own(tmp_path: Path) -> None:
    command = start("--version", cwd=tmp_path, env=VARIABLES)
    assert command.pid not in {os.getpid(), 0}
    assert command.communicate(timeout=300)[0].startswith("edgerollout ")
    with pytest.raises(ProcessLookupError):
        os.kill(command.pid, 0)
