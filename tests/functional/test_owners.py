"""Another tool manages the site: plan, publish and status say so, and a missing right costs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgerollout.emulator.faults import FaultRule
from tests.functional.project import WIDER_POLICY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.functional.project import Project

LIST_TAGS = "cloudfront:ListTagsForResource"


@pytest.fixture
def owned(published: tuple[Project, str]) -> Project:
    """A published project whose distribution a Terraform configuration made."""
    project, distribution = published
    arn = project.cloudfront.get_distribution(Id=distribution)["Distribution"]["ARN"]
    tags = {"Items": [{"Key": "ManagedBy", "Value": "terraform"}]}
    project.cloudfront.tag_resource(Resource=arn, Tags=tags)
    project.forget_calls()
    return project


@pytest.fixture
def denied(owned: Project) -> Iterator[Project]:
    owned.server.faults.add(
        FaultRule(LIST_TAGS, code="AccessDenied", status=403, message="not authorized", times=99)
    )
    yield owned
    owned.server.faults.clear()


def test_a_publish_that_changes_triggers_names_the_owner_and_what_to_do(owned: Project) -> None:
    owned.policy(WIDER_POLICY)

    plan = owned.run("plan", "-e", "testing", "-o", "json")
    result = owned.run("publish", "-e", "testing", "--yes")

    (finding,) = (finding for finding in plan.document["findings"] if finding["rule"] == "managed-elsewhere")
    assert finding["severity"] == "warning"
    assert "ignore_changes" in finding["hint"]
    assert result.code == 0, result.err
    assert f"{owned.alias} is managed by Terraform" in " ".join(result.err.split())


def test_where_nothing_changes_nobody_asks_for_tags(owned: Project) -> None:
    assert owned.run("publish", "-e", "testing", "--yes").code == 0
    assert LIST_TAGS not in owned.calls()


def test_status_names_the_owner(owned: Project) -> None:
    text = owned.run("status", "-e", "testing")
    document = owned.run("status", "-e", "testing", "-o", "json").document

    assert "is managed by Terraform" in text.out
    assert document["distributions"][0]["owner"] == {
        "tool": "Terraform",
        "name": None,
        "evidence": "ManagedBy=terraform",
    }
    assert document["drift"] is False


def test_without_the_right_to_read_tags_the_owner_is_not_known_and_nothing_fails(denied: Project) -> None:
    denied.policy(WIDER_POLICY)

    status = denied.run("status", "-e", "testing", "-o", "json")
    result = denied.run("publish", "-e", "testing", "--yes")

    assert status.document["distributions"][0]["owner"] is None
    assert result.code == 0, result.err
    assert "managed" not in result.err


def test_a_promotion_names_the_owner_as_well(owned: Project) -> None:
    aside = ("--override", "tour", "--override", "reporting", "--reason", "toured by hand")

    result = owned.run("promote", "-e", "testing", "--enforce", "--yes", *aside)

    assert result.code == 0, result.err
    assert f"{owned.alias} is managed by Terraform" in " ".join(result.err.split())
    assert owned.calls()[LIST_TAGS] == 1
