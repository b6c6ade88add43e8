from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .project import POLICY

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from .project import Project

pytestmark = pytest.mark.sandbox


@pytest.fixture
def fourth(
    published: tuple[Project, str], slower: Callable[..., AbstractContextManager[None]]
) -> tuple[Project, str]:
    """A project whose testing environment carries release 4; of the earlier ones no replicas are left."""
    project, distribution = published
    with slower(replica_seconds=0):
        for number in (2, 3, 4):
            project.policy(POLICY + f'img-src = ["https://{number}.example"]\n')
            project.publish_here()
    project.forget_calls()
    return project, distribution


def test_a_dry_run_tells_every_version_with_or_without_a_configuration_and_changes_nothing(
    fourth: tuple[Project, str],
) -> None:
    project, _ = fourth

    result = project.run("prune", "-e", "testing", "--keep", "1", "--dry-run")

    assert result.code == 0, result.err
    going = [line for line in result.out.splitlines() if line.startswith("  - :")]
    assert [line.endswith("delete  older than the newest 1") for line in going] == [True, True]
    assert f"attached on {project.alias}" in result.out
    assert "Will delete 2 of 4 versions" in result.out

    (project.folder / "config" / "edgerollout.toml").unlink()
    document = project.run(
        "prune", "--function", project.function, "--keep", "0", "--dry-run", "-o", "json"
    ).document

    assert document["schema"] == "1.0"
    assert (document["function"], document["release"], document["keep"]) == (project.function, 4, 0)
    assert [version["action"] for version in document["versions"]] == ["delete", "delete", "spare", "spare"]
    assert document["freed_bytes"] == sum(version["size"] for version in document["versions"][:2]) > 0
    assert project.writes() == {}


def test_old_versions_are_deleted_and_the_site_goes_on(
    fourth: tuple[Project, str], slower: Callable[..., AbstractContextManager[None]]
) -> None:
    project, distribution = fourth
    with slower(replica_seconds=0):
        result = project.run("prune", "-e", "testing", "--keep", "1", "--yes")

    assert result.code == 0, result.err
    assert "version 1 deleted" in result.err
    assert "completed: 2 versions deleted" in result.err
    assert project.versions() == [3, 4]
    assert project.writes() == {"lambda:DeleteFunction": 2}
    assert project.everywhere(distribution) == {"origin-response:4"}
    assert project.run("rollback", "-e", "testing", "--yes").code == 0


def test_replicas_make_a_version_pending_with_exit_code_0(fourth: tuple[Project, str]) -> None:
    project, _ = fourth

    result = project.run("prune", "-e", "testing", "--keep", "1", "--yes", "-o", "json")

    assert result.code == 0
    assert result.outcome["pruned"]["pending"] == [1, 2]
    assert "in some hours" in result.outcome["next_step"]
    judged = {event["version"]: event["fate"] for event in result.events if event["type"] == "version_judged"}
    assert judged == {1: "pending", 2: "pending", 3: "spared", 4: "spared"}
    assert project.versions() == [1, 2, 3, 4]


def test_a_job_gets_the_table_in_a_group_of_its_own(fourth: tuple[Project, str]) -> None:
    project, _ = fourth
    summary = project.folder / "summary.md"
    project.extra["GITHUB_STEP_SUMMARY"] = str(summary)

    result = project.run("prune", "-e", "testing", "--keep", "1", "--yes", "-o", "github")

    assert result.code == 0, result.err
    assert "::group::Versions of" in result.err
    assert "::group::Delete old versions" in result.err
    assert "2 pending" in summary.read_text()


def test_nobody_to_ask_and_no_yes_is_wrong_usage(published: tuple[Project, str]) -> None:
    project, _ = published

    result = project.run("prune", "-e", "testing")

    assert result.code == 2
    assert "--yes" in result.err
    assert project.writes() == {}


def test_aliases_that_may_not_be_listed_are_a_warning(published: tuple[Project, str]) -> None:
    from edgerollout.emulator.faults import FaultRule

    project, _ = published
    project.server.faults.add(
        FaultRule("lambda:ListAliases", code="AccessDeniedException", status=403, message="not authorized")
    )
    try:
        result = project.run("prune", "-e", "testing", "--dry-run")
    finally:
        project.server.faults.clear()

    assert result.code == 0, result.err
    assert "aliases are unknown" in result.err


def test_a_function_that_is_not_there_is_refused(project: Project) -> None:
    project.distribution()

    result = project.run("prune", "-e", "testing", "--yes")

    assert result.code == 6
    assert "there is no function" in result.err
