"""The soak gate on the command line, and the commit that a release names."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .project import Project

pytestmark = pytest.mark.sandbox

HANDLER = "handler/python/index.py"


def _change_handler(project: Project) -> None:
    project.write(HANDLER, (project.folder / HANDLER).read_text(encoding="utf-8") + "\n# another\n")


def test_a_mended_behavior_starts_the_soak_over_without_a_new_release(published: tuple[Project, str]) -> None:
    project, distribution = published
    project.configure(environments={"testing": 'gates = { soak = "7d" }\n'})
    _change_handler(project)
    assert project.run("publish", "-e", "testing", "--yes").code == 0
    project.change(distribution, {"LambdaFunctionAssociations": {"Quantity": 0}})

    gap = project.run("promote", "-e", "testing", "--enforce", "--dry-run")
    mended = project.run("publish", "-e", "testing", "--yes")
    again = project.run("publish", "-e", "testing", "--yes")

    assert gap.code == 6
    assert "soak: not every behavior observes the policy" in gap.out
    assert mended.code == 0, mended.err
    assert project.versions() == [1, 2]
    arn = project.functions.get_function(FunctionName=project.function)["Configuration"]["FunctionArn"]
    assert project.functions.list_tags(Resource=arn)["Tags"]["edgerollout:observed"] == "2"
    assert "nothing to do" in again.err


def test_a_release_of_what_was_not_committed_says_so(project: Project) -> None:
    def git(*words: str) -> str:
        done = subprocess.run(
            ("git", "-C", str(project.folder), "-c", "user.name=a", "-c", "user.email=a@example.com", *words),
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    project.distribution()
    git("init", "-q")
    git("add", "config", "handler")
    git("commit", "-qm", "first")
    commit = git("rev-parse", "HEAD")[:12]
    project.published()
    _change_handler(project)
    project.published()

    listed = project.run("history", "-e", "testing", "-o", "json").document

    assert [release["commit"] for release in listed["releases"]] == [f"{commit}+changes", commit]
