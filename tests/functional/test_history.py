"""`history` on the command line: what it lists, and how little it asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.functional.project import WIDER_POLICY

if TYPE_CHECKING:
    from tests.functional.project import Project


def test_history_lists_releases_newest_first_and_asks_four_calls(project: Project) -> None:
    distribution = project.distribution()
    project.publish_here()
    project.policy(WIDER_POLICY)
    project.publish_here()
    assert project.run("rollback", "-e", "testing", "--yes").code == 0
    project.forget_calls()

    result = project.run("history", "-e", "testing", "-o", "json")

    assert result.code == 0, result.err
    assert project.calls() == {
        "sts:GetCallerIdentity": 1,
        "cloudfront:ListDistributions": 1,
        "lambda:GetFunction": 1,
        "lambda:ListVersionsByFunction": 1,
    }
    two, first = result.document["releases"]
    assert (two["version"], two["previous"], two["live"], two["withdrawn"]) == (2, 1, False, True)
    assert (first["version"], first["previous"], first["live"], first["withdrawn"]) == (1, None, True, False)
    assert first["live_on"] == [{"id": distribution, "name": project.alias, "behaviors": 2, "own": True}]
    assert first["report_only"] != two["report_only"]


def test_history_tells_versions_of_other_hands_apart(project: Project) -> None:
    project.distribution()
    project.create_function(project.function)

    result = project.run("history", "-e", "testing")

    assert result.code == 0, result.err
    assert "not published by edgerollout" in result.out


def test_a_history_without_a_function_is_empty_and_no_error(project: Project) -> None:
    project.distribution()

    text = project.run("history", "-e", "testing")

    assert (text.code, text.out) == (0, f"testing: no function {project.function} yet, so no releases\n")


def test_a_limit_of_nothing_is_a_usage_error_before_any_call(project: Project) -> None:
    assert project.run("history", "--limit", "0").code == 2
    assert project.run("history", "-o", "live").code == 2
    assert project.calls() == {}
