"""A machine gets its last line whatever ends a run: a refusal, Ctrl-C, or a bug."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from edgerollout.cli.acting import Performance, Run, perform
from edgerollout.cli.invocation import Invocation
from edgerollout.cli.options import Options
from edgerollout.errors import EdgerolloutError, ExitCode, Refused
from tests.unit.release.builders import make_environment

if TYPE_CHECKING:
    from pathlib import Path

    from edgerollout.release.facts.events import Outcome

ENDINGS = [
    (KeyError("s3cr3t"), 1, "failed"),
    (ValueError("s3cr3t"), 1, "failed"),
    (Refused("no"), 6, "refused"),
]


def act(
    output: str, *, agree: BaseException | None = None, carry_out: BaseException | None = None
) -> ExitCode:
    """Perform a command that ends with an exception, before it acts or while it does."""

    def agreed(_: Run) -> None:
        if agree is not None:
            raise agree

    def carried_out(_: Run, __: None) -> Outcome:
        raise carry_out or EdgerolloutError("unreachable")

    def heading(_: Run, __: None) -> Any:
        raise NotImplementedError

    options = Options(output=output, endpoint_url="http://127.0.0.1:9")
    return perform(
        Invocation(options), Performance("publish", make_environment(), agreed, heading, carried_out)
    )


@pytest.fixture(autouse=True)
def a_job(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "outputs"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    return tmp_path


@pytest.mark.parametrize("when", ["agree", "carry_out"])
@pytest.mark.parametrize(("error", "code", "result"), ENDINGS, ids=lambda one: type(one).__name__)
def test_json_lines_end_with_the_outcome(
    capsys: pytest.CaptureFixture[str], when: str, error: Exception, code: int, result: str
) -> None:
    assert act("json", **{when: error}) == code
    printed = capsys.readouterr()
    last = json.loads(printed.out.splitlines()[-1])
    assert (last["type"], last["exit_code"], last["result"]) == ("outcome", code, result)
    assert "s3cr3t" not in printed.out + printed.err
    assert printed.out.count('"outcome"') == 1


def test_ctrl_c_before_anything_was_done_is_an_outcome_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert act("json", agree=KeyboardInterrupt()) == ExitCode.INTERRUPTED
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["type"], last["result"]) == ("outcome", "interrupted")


@pytest.mark.parametrize("when", ["agree", "carry_out"])
def test_a_job_gets_its_annotation_and_outputs(
    capsys: pytest.CaptureFixture[str], a_job: Path, when: str
) -> None:
    assert act("github", **{when: KeyError("s3cr3t")}) == ExitCode.FAILED
    printed = capsys.readouterr()
    assert "::error title=publish::a bug in edgerollout: KeyError" in printed.err
    assert "result=failed" in (a_job / "outputs").read_text(encoding="utf-8")
    assert "s3cr3t" not in printed.out + printed.err + (a_job / "summary").read_text(encoding="utf-8")
