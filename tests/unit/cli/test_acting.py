"""A machine gets its last line whatever ends a run: a refusal, Ctrl-C, or a bug."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING

import pytest
import urllib3.util.connection  # noqa: F401 - it binds a socket, once, when it is first imported

from edgerollout.cli import detach, promote, prune, publish, rollback, wait
from edgerollout.cli.acting.run import acting
from edgerollout.cli.invocation import Invocation
from edgerollout.cli.options import Options
from edgerollout.config import ChosenEnvironment
from edgerollout.errors import ExitCode, Refused
from edgerollout.rollout.engine import Engine
from edgerollout.views.heading import Heading
from tests.unit.release.builders import make_environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SCREEN = 40
"""Lines."""

ENDINGS = [
    (KeyError("s3cr3t"), 1, "failed"),
    (ValueError("s3cr3t"), 1, "failed"),
    (Refused("no"), 6, "refused"),
]


def act(output: str, error: BaseException, *, begun: bool) -> int | str | None:
    """Run a command that ends with an exception, before it acts or when it has begun; the exit code."""
    options = Options(output=output, endpoint_url="http://127.0.0.1:9")
    chosen = ChosenEnvironment(make_environment(), "flag")
    heading = Heading("publish", "testing", "123456789012", live=None, target="new")

    def publish() -> None:
        with acting(Invocation(options), "publish", chosen) as run:
            if begun:
                run.begin(heading)
            raise error

    with pytest.raises(SystemExit) as ended:
        publish()
    return ended.value.code


@pytest.fixture(autouse=True)
def a_job(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "outputs"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    return tmp_path


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize(("error", "code", "result"), ENDINGS, ids=lambda name: type(name).__name__)
def test_json_lines_end_with_the_outcome(
    capsys: pytest.CaptureFixture[str], *, begun: bool, error: Exception, code: int, result: str
) -> None:
    assert act("json", error, begun=begun) == code
    printed = capsys.readouterr()
    last = json.loads(printed.out.splitlines()[-1])
    assert (last["type"], last["exit_code"], last["result"]) == ("outcome", code, result)
    assert "s3cr3t" not in printed.out + printed.err
    assert printed.out.count('"outcome"') == 1


def test_ctrl_c_before_anything_was_done_is_an_outcome_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert act("json", KeyboardInterrupt(), begun=False) == ExitCode.INTERRUPTED
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["type"], last["result"]) == ("outcome", "interrupted")


@pytest.mark.parametrize("begun", [False, True])
def test_a_job_gets_its_annotation_and_outputs(
    capsys: pytest.CaptureFixture[str], a_job: Path, *, begun: bool
) -> None:
    assert act("github", KeyError("s3cr3t"), begun=begun) == ExitCode.FAILED
    printed = capsys.readouterr()
    assert "::error title=publish::a bug in edgerollout: KeyError" in printed.err
    assert "result=failed" in (a_job / "outputs").read_text(encoding="utf-8")
    assert "s3cr3t" not in printed.out + printed.err + (a_job / "summary").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "part",
    [
        *(module_type._run for module_type in (publish, promote, rollback, detach, prune, wait)),
        acting,
        Engine.carry_out,
    ],
    ids=lambda part: f"{part.__module__}.{part.__qualname__}",
)
def test_what_one_follows_from_a_command_to_its_end_fits_on_a_screen(part: Callable[..., object]) -> None:
    assert len(inspect.getsource(part).splitlines()) <= SCREEN
