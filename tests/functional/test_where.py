"""Where a command looks, and where it writes: not without being told, and never half."""

from __future__ import annotations

import os
import pty
from typing import TYPE_CHECKING

import pytest

from tests.command_line import start

if TYPE_CHECKING:
    from pathlib import Path

    from .project import Project

pytestmark = pytest.mark.sandbox

_INIT = (
    "--account",
    "123456789012",
    "--alias",
    "t.example.com",
    "--url",
    "https://t.example.com/",
    "-e",
    "testing",
)
_ALL = (*_INIT, "--runtime", "python3.13", "--ci", "none")


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def run(project: Project, folder: Path, *arguments: str, answers: str | None = None) -> tuple[int, str, str]:
    """Run a command in `folder`; with `answers`, at a terminal."""
    master, slave = pty.openpty()
    try:
        stdin = {} if answers is None else {"stdin": slave}
        os.write(master, (answers or "").encode())
        process = start(*arguments, cwd=folder, env=project.variables, **stdin)
        out, err = process.communicate(timeout=300)
        assert process.returncode is not None
        return process.returncode, out, err
    finally:
        os.close(master)
        os.close(slave)


@pytest.fixture
def below(project: Project) -> Path:
    """A folder two below the project's."""
    folder = project.folder / "src" / "css"
    folder.mkdir(parents=True)
    return folder


def test_a_command_finds_the_project_above_and_says_which(project: Project, below: Path) -> None:
    code, out, err = run(project, below, "lint")

    assert code == 0, err
    assert f"note: the project is {project.folder.resolve()}, above this folder" in err
    assert "nothing found" in out or "../../config/policy.toml" in out
    assert run(project, below, "lint", "-q")[2] == ""


def test_mistakes_above_are_told_with_a_path_that_opens_from_here(project: Project, below: Path) -> None:
    project.policy("[csp]\nimg-srcs = []\n")

    code, _, err = run(project, below, "lint")

    assert code == 2
    assert "../../config/policy.toml:2:1: csp.img-srcs" in err
    assert "  2 | img-srcs = []\n    | ^^^^^^^^\n  help: did you mean img-src?\n" in err


def test_the_folder_that_is_named_still_wins(project: Project, below: Path) -> None:
    code, _, err = run(project, below, "lint", "-C", "config")

    assert code == 2
    assert "config/edgerollout.toml: there is no such file" in err
    assert "above this folder" not in err


def test_where_there_is_no_project_that_is_one_problem(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    code, _, err = run(project, tmp_path_factory.mktemp("empty"), "plan")

    assert code == 2
    assert err == (
        "error: the configuration has a problem\n\n"
        "config/edgerollout.toml: there is no such file, here or in a folder above\n\n"
        "next:  `edgerollout init` makes a new project; -C DIR names another folder\n"
    )


def test_terraform_writes_beside_the_project_that_was_found(project: Project, below: Path) -> None:
    code, out, err = run(project, below, "terraform")

    assert code == 0, err
    assert "terraform -chdir=../../terraform/apply/testing init" in out
    assert (project.folder / "terraform" / "apply" / "testing" / "main.tf").exists()
    assert files(below) == set()


def test_init_makes_no_project_inside_another_by_accident(project: Project, below: Path) -> None:
    code, _, err = run(project, below, "init", *_ALL)

    assert code == 2
    assert f"inside the one in {project.folder.resolve()}" in err
    assert "Nothing was changed. --nested makes it" in err
    assert files(below) == set()

    code, _, err = run(project, below, "init", *_ALL, "--nested")

    assert code == 0, err
    assert run(project, below, "init", *_ALL)[0] == 0, "what is there already may be made again"


@pytest.mark.parametrize(("answers", "code"), [("n\n", 130), ("y\nn\ny\n", 0)])
def test_at_a_terminal_init_asks_before_it_makes_one_inside_another(
    project: Project, below: Path, answers: str, code: int
) -> None:
    # The second answer is about the live site, the third about the files.
    found, _, err = run(project, below, "init", *_ALL, answers=answers)

    assert found == code, err
    assert "Make a project inside the one in" in err
    assert bool(files(below)) == (code == 0)
    assert ("nothing was changed" in err) == (code != 0)


@pytest.mark.parametrize(
    ("command", "answers"), [(("init", "new", "--nested", *_ALL), "n\nn\n"), (("terraform", "new"), "n\n")]
)
def test_a_no_before_the_first_file_changes_nothing(
    project: Project, command: tuple[str, ...], answers: str
) -> None:
    code, out, err = run(project, project.folder, *command, answers=answers)

    assert code == 130, err
    assert "files? [Y/n]" in err
    assert err.endswith("nothing was changed\n")
    assert "error" not in err
    assert out == ""
    assert not (project.folder / "new").exists()


@pytest.mark.parametrize("answers", ["y\n", "\n"])
def test_a_yes_or_return_writes_them(project: Project, answers: str) -> None:
    code, out, err = run(project, project.folder, "terraform", "new", answers=answers)

    assert code == 0, err
    assert "  new/apply/testing/main.tf\n" in err
    assert "created" in out
    assert "files?" not in run(project, project.folder, "terraform", "new", answers="")[2], "all is there"


def test_with_yes_nobody_is_asked(project: Project) -> None:
    code, _, err = run(project, project.folder, "terraform", "new", "--yes", answers="")

    assert code == 0, err
    assert "[Y/n]" not in err


def test_history_at_a_terminal_keeps_what_completion_offers(project: Project) -> None:
    project.distribution()
    project.published()
    master, slave = pty.openpty()
    environment = {**project.variables, "CI": ""}
    words = ("--endpoint-url", project.server.endpoint_url, "history", "-e", "testing")
    process = start(*words, cwd=project.folder, env=environment, stdout=slave)
    _, err = process.communicate(timeout=300)
    os.close(slave)
    os.close(master)

    assert process.returncode == 0, err
    assert (project.folder / ".edgerollout" / "releases" / "testing.txt").read_text() == "1\n"
