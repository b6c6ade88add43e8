from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .project import Project

pytestmark = pytest.mark.sandbox


def test_one_command_takes_our_triggers_off_and_says_what_that_means(published: tuple[Project, str]) -> None:
    project, distribution = published

    result = project.run("detach", "-e", "testing", "--yes")

    assert result.code == 0, result.err
    assert project.everywhere(distribution) == set()
    assert project.invalidations(distribution)[-1].startswith("edgerollout-0-")
    assert "visitors will no longer get: Content-Security-Policy-Report-Only" in result.err
    assert "no release is live in testing any more (before: release 1)" in result.err
    assert "usually within some hours" in result.err
    assert project.writes()["cloudfront:UpdateDistribution"] == 1
    assert "lambda:DeleteFunction" not in project.writes()


def test_what_is_to_be_done_next_never_names_aws_where_another_endpoint_was_asked(
    published: tuple[Project, str],
) -> None:
    """Copied from a trial run, `aws lambda delete-function` would delete the real one."""
    project, _ = published
    assert "aws lambda" not in project.run("detach", "-e", "testing", "--yes").err


def test_others_triggers_stay(published: tuple[Project, str]) -> None:
    project, distribution = published
    theirs = project.create_function(f"theirs-{project.account}")
    ours = project.triggers(distribution)["*"]["origin-response"]
    arn = f"arn:aws:lambda:us-east-1:{project.account}:function:{ours}"
    items = [
        {"EventType": "origin-response", "LambdaFunctionARN": arn, "IncludeBody": False},
        {"EventType": "viewer-request", "LambdaFunctionARN": theirs, "IncludeBody": False},
    ]
    project.change(distribution, {"LambdaFunctionAssociations": {"Quantity": 2, "Items": items}})

    assert project.run("detach", "-e", "testing", "--yes").code == 0

    assert project.triggers(distribution)["*"] == {"viewer-request": theirs.rpartition(":function:")[2]}


def test_a_second_detach_has_nothing_to_do(published: tuple[Project, str]) -> None:
    project, _ = published
    project.run("detach", "-e", "testing", "--yes")
    project.forget_calls()

    result = project.run("detach", "-e", "testing", "--yes", "-o", "json")

    assert result.code == 0
    assert result.outcome["result"] == "nothing-to-do"
    assert project.writes() == {}


def test_publishing_the_same_again_afterwards_makes_a_new_release(published: tuple[Project, str]) -> None:
    project, distribution = published
    project.run("detach", "-e", "testing", "--yes")
    status = project.run("status", "-e", "testing", "-o", "json").document
    assert (status["release"], status["unattached"]) == (None, [])

    result = project.run("publish", "-e", "testing", "--yes")

    assert result.code == 0, result.err
    assert "`detach` took everything of ours off at release 1" in result.err
    assert project.everywhere(distribution) == {"origin-response:2"}


def test_without_a_configuration_the_functions_name_is_enough(published: tuple[Project, str]) -> None:
    project, distribution = published
    (project.folder / "config" / "edgerollout.toml").unlink()

    result = project.run("detach", "--function", project.function, "--distribution", distribution, "--yes")

    assert result.code == 0, result.err
    assert project.everywhere(distribution) == set()


def test_a_distribution_without_its_function_is_wrong_usage(published: tuple[Project, str]) -> None:
    project, distribution = published

    result = project.run("detach", "-e", "testing", "--distribution", distribution, "--yes")

    assert result.code == 2
    assert "--distribution needs --function" in result.err


def test_an_environment_with_confirm_wants_its_name_on_the_command_line(
    published: tuple[Project, str],
) -> None:
    project, distribution = published
    project.configure(environments={"testing": "confirm = true\n"})
    project.extra["EDGEROLLOUT_ENV"] = "testing"

    for command in ("detach", "prune"):
        result = project.run(command, "--yes", endpoint=False)
        assert result.code == 2
        assert "name it on the command line" in result.err
    assert project.everywhere(distribution) == {"origin-response:1"}
