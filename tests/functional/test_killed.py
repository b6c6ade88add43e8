"""The process itself is killed (SIGKILL) while AWS has its call, on two distributions, and run again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from edgerollout.sandbox.faults import FaultKind, FaultRule

from .project import WIDER_POLICY

if TYPE_CHECKING:
    from .project import Project

pytestmark = pytest.mark.sandbox

SLOW = 0.6
"""Seconds AWS takes for the call in whose middle the process dies."""


@pytest.fixture
def two(project: Project) -> tuple[Project, list[str]]:
    """A project with release 1 on two distributions, and another policy to publish."""
    second = f"second-{project.alias}"
    ids = [project.distribution(), project.distribution(alias=second)]
    named = f'distributions = [{{ alias = "{project.alias}" }}, {{ alias = "{second}" }}]\n'
    project.configure(environments={"testing": named})
    project.publish_here()
    project.policy(WIDER_POLICY)
    return project, ids


def killed_during(project: Project, operation: str, *words: str, after_commit: bool) -> None:
    """Start the command and kill it while AWS is at its first call of that operation."""
    rule = FaultRule(operation, FaultKind.DELAY, seconds=SLOW, after_commit=after_commit)
    project.server.faults.add(rule)
    process = project.start(*words)
    while rule in project.server.faults.rules():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.kill()
    process.communicate()
    # AWS goes on with what it has received, whether anybody is still there to hear of it or not.
    time.sleep(SLOW)


@pytest.mark.parametrize(
    ("operation", "after_commit"),
    [
        ("UpdateFunctionCode", True),
        ("PublishVersion", True),
        ("UpdateDistribution", False),
        ("UpdateDistribution", True),
        ("CreateInvalidation", True),
    ],
)
def test_a_publish_killed_in_the_middle_of_a_call_is_finished_by_the_next_one(
    two: tuple[Project, list[str]], operation: str, after_commit: bool
) -> None:
    project, ids = two
    killed_during(project, operation, "publish", "-e", "testing", "--yes", after_commit=after_commit)
    project.publish_here()
    assert project.versions() == [1, 2]
    for one in ids:
        assert project.everywhere(one) == {"origin-response:2"}
        assert [made.split("-")[1] for made in project.invalidations(one)] == ["1", "2"]


@pytest.mark.parametrize("operation", ["TagResource", "UpdateDistribution", "CreateInvalidation"])
def test_a_rollback_killed_in_the_middle_of_a_call_is_finished_by_the_next_one(
    two: tuple[Project, list[str]], operation: str
) -> None:
    project, ids = two
    project.publish_here()
    killed_during(project, operation, "rollback", "-e", "testing", "--yes", after_commit=True)
    again = project.run("rollback", "-e", "testing", "--yes", "--to", "1")
    assert again.code == 0, again.err
    assert project.versions() == [1, 2]
    for one in ids:
        assert project.everywhere(one) == {"origin-response:1"}
        assert [made.split("-")[1] for made in project.invalidations(one)] == ["1", "2", "1"]
