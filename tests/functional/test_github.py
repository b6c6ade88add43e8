"""`-o github` by the real command line: log and annotations on stderr, summary and outputs in files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .project import POLICY, WIDER_POLICY

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Site
    from .project import Project, Result

pytestmark = pytest.mark.sandbox


class _Step:
    """A step of a job that runs the command line in the project's folder."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._summary = project.folder / "step-summary.md"
        self._output = project.folder / "output"
        project.extra = {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_STEP_SUMMARY": str(self._summary),
            "GITHUB_OUTPUT": str(self._output),
            "GITHUB_WORKSPACE": str(project.folder.parent),
        }

    def run(self, *arguments: str) -> Result:
        for file in (self._summary, self._output):
            file.unlink(missing_ok=True)
        return self._project.run(*arguments, "-o", "github")

    @property
    def summary(self) -> str:
        return self._summary.read_text(encoding="utf-8")

    @property
    def outputs(self) -> dict[str, str]:
        text = self._output.read_text(encoding="utf-8")
        return dict(line.split("=", 1) for line in text.splitlines())


def _commands(result: Result, name: str) -> list[str]:
    return [line for line in result.err.splitlines() if line.startswith(f"::{name}")]


def test_a_job_gets_groups_a_summary_and_outputs(project: Project) -> None:
    project.distribution()
    step = _Step(project)

    result = step.run("publish", "-e", "testing", "--create", "--yes")

    assert result.code == 0
    assert result.out == ""
    assert len(_commands(result, "group")) == len(_commands(result, "endgroup")) >= 3
    assert _commands(result, "error") == []
    assert step.outputs == {
        "release": "1",
        "stage": "report-only",
        "changed": "true",
        "result": "completed",
    }
    assert "release 1 is live in testing" in step.summary
    assert project.alias in step.summary
    assert "| `/api/*` | origin-response | attach new |" in step.summary


def test_a_second_run_says_that_nothing_changed(published: tuple[Project, str]) -> None:
    project, _ = published
    step = _Step(project)

    result = step.run("publish", "-e", "testing", "--yes")

    assert result.code == 0
    assert step.outputs["changed"] == "false"
    assert step.outputs["result"] == "nothing-to-do"
    assert step.outputs["release"] == "1"


def test_a_refusal_is_annotated_and_leaves_its_plan_in_the_summary(project: Project) -> None:
    project.distribution()
    step = _Step(project)

    result = step.run("publish", "-e", "testing", "--yes")

    assert result.code == 6
    assert any("--create" in line for line in _commands(result, "error"))
    assert step.outputs["result"] == "refused"
    assert step.outputs["changed"] == "false"
    assert "<summary>The plan, before the run</summary>" in step.summary


def test_what_fails_while_reading_is_annotated(project: Project) -> None:
    step = _Step(project)

    result = step.run("publish", "-e", "testing", "--create", "--yes")

    assert result.code == 2
    (error,) = _commands(result, "error")
    assert error.startswith("::error title=publish::")
    assert project.alias in error
    assert step.outputs["result"] == "failed"


def test_a_wrong_policy_is_annotated_at_its_line(project: Project) -> None:
    project.policy(POLICY + 'bar-src = ["https://a.example"]\nfoo-src = ["https://a.example"]\n')
    step = _Step(project)

    result = step.run("publish", "-e", "testing", "--yes")

    assert result.code == 2
    errors = _commands(result, "error")
    folder = project.folder.name
    assert any(f"file={folder}/config/policy.toml,line=7," in line for line in errors), errors
    assert any(f"file={folder}/config/policy.toml,line=8," in line for line in errors), errors
    assert "config/policy.toml" in step.summary
    assert step.outputs["result"] == "failed"


def test_a_run_that_rolls_itself_back_says_why_in_the_job(published: tuple[Project, str], site: Site) -> None:
    project, distribution = published
    before = {
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "content-security-policy-report-only": "default-src 'self'",
    }
    site.headers = dict(before)
    project.configure(urls=(site.url,))
    project.policy(WIDER_POLICY)
    step = _Step(project)

    process = project.start("publish", "-e", "testing", "--yes", "-o", "github")
    assert process.stderr is not None
    log = ""
    for line in process.stderr:
        log += line
        if "update behaviors done" in line:
            back = "::group::Roll back" in log
            site.headers = before if back else {**before, "referrer-policy": "unsafe-url"}
    process.communicate(timeout=300)

    assert process.returncode == 7, log
    assert project.everywhere(distribution) == {"origin-response:1"}
    errors = [line for line in log.splitlines() if line.startswith("::error")]
    assert any("rolling back to release 1" in line for line in errors)
    assert "::group::Roll back to release 1\n" in log
    assert step.outputs["result"] == "rolled-back"
    assert "is unsafe-url" in step.summary, step.summary


def test_a_command_line_that_cannot_be_used_is_annotated(project: Project) -> None:
    result = _Step(project).run("publish", "-e", "nowhere", "--yes")

    assert result.code == 2
    assert len(_commands(result, "error")) == 1


def test_without_the_jobs_variables_there_is_just_the_log(published: tuple[Project, str]) -> None:
    project, distribution = published
    project.policy(WIDER_POLICY)
    before = set(_files(project.folder))

    result = project.run("publish", "-e", "testing", "--yes", "-o", "github")

    assert result.code == 0
    assert "release 2 is live in testing" in result.err
    assert project.everywhere(distribution) == {"origin-response:2"}
    assert set(_files(project.folder)) == before


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if "home" not in path.parts]
