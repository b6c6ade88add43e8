from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from .project import WIDER_POLICY

if TYPE_CHECKING:
    from .project import Project

pytestmark = pytest.mark.sandbox


@pytest.fixture
def second(published: tuple[Project, str]) -> tuple[Project, str]:
    """A project whose testing environment carries release 2, published over release 1."""
    project, distribution = published
    project.policy(WIDER_POLICY)
    assert project.run("publish", "-e", "testing", "--yes").code == 0
    project.forget_calls()
    return project, distribution


def test_one_command_goes_back_to_the_release_before(second: tuple[Project, str]) -> None:
    project, distribution = second

    result = project.run("rollback", "-e", "testing", "--yes")

    assert result.code == 0, result.err
    assert set(project.triggers(distribution)["*"].values()) == {f"{project.function}:1"}
    assert project.invalidations(distribution)[0].startswith("edgerollout-1-")
    assert "Release 2 → 1" in result.err
    assert "browsers have cached" in result.err
    assert "release 1 is live in testing (before: release 2)" in result.err
    writes = project.writes()
    assert writes["cloudfront:UpdateDistribution"] == 1
    assert writes["cloudfront:CreateInvalidation"] == 1
    assert "lambda:PublishVersion" not in writes


def test_the_withdrawn_release_is_refused_with_nothing_written_until_again(
    second: tuple[Project, str],
) -> None:
    project, _ = second
    project.run("rollback", "-e", "testing", "--yes")
    project.forget_calls()

    refused = project.run("publish", "-e", "testing", "--yes")

    assert refused.code == 6
    assert "release 2 counts as rolled back" in refused.err
    assert project.writes() == {}
    assert project.run("publish", "-e", "testing", "--yes", "--again").code == 0
    assert project.versions() == [1, 2, 3]


def test_without_a_configuration_the_function_is_enough(second: tuple[Project, str]) -> None:
    project, distribution = second
    shutil.rmtree(project.folder / "config")
    shutil.rmtree(project.folder / "handler")

    result = project.run("rollback", "--function", project.function, "--yes")

    assert result.code == 0, result.err
    assert f"account {project.account}" in result.err
    assert set(project.triggers(distribution)["*"].values()) == {f"{project.function}:1"}


def test_a_distribution_without_the_function_is_named_with_those_that_have_it(
    second: tuple[Project, str],
) -> None:
    project, distribution = second

    result = project.run(
        "rollback", "--function", project.function, "--distribution", "E00000000000AB", "--yes"
    )

    assert result.code == 2
    assert "is not attached on E00000000000AB" in result.err
    assert distribution in result.err
    assert project.writes() == {}


def test_nothing_to_take_back_is_said_and_changes_nothing(project: Project) -> None:
    project.distribution()
    project.forget_calls()

    result = project.run("rollback", "-e", "testing", "--yes")

    assert result.code == 6
    assert "there is no function" in result.err
    assert project.writes() == {}


def test_an_unknown_release_is_wrong_usage(second: tuple[Project, str]) -> None:
    project, _ = second

    result = project.run("rollback", "-e", "testing", "--to", "7", "--yes")

    assert result.code == 2
    assert "7 is not a release" in result.err
    assert "1, 2" in result.err
    assert project.writes() == {}
