"""How many calls each command makes: budgets of the design, exact, so that a call more is a decision."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from edgerollout.emulator.server import start
from edgerollout.emulator.settings import Windows
from tests.functional.project import POLICY, WIDER_POLICY, Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edgerollout.emulator.server import RunningServer

FIVE_BEHAVIORS = ("/assets/*", "/app/*", "/api/*", "/legacy/*")
"""With the default one."""

LOOK = {
    "sts:GetCallerIdentity": 1,
    "cloudfront:ListDistributions": 1,
    "lambda:GetFunction": 1,
    "lambda:ListVersionsByFunction": 1,
    "cloudfront:ListInvalidations": 1,
    # The list does not say whose invalidation it is; the likeliest one is asked.
    "cloudfront:GetInvalidation": 1,
}
"""What it takes to see that all is in place."""

_accounts = itertools.count(560_000_000_001)


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    running = start(windows=Windows(deploy_seconds=0, invalidation_seconds=0, function_seconds=0))
    yield running
    running.stop()


@pytest.fixture
def project(tmp_path: Path, server: RunningServer) -> Project:
    """A project and an account that no other test has."""
    return Project(tmp_path, str(next(_accounts)), server)


def test_a_first_publish_makes_one_update_and_one_invalidation(project: Project) -> None:
    project.distribution(paths=FIVE_BEHAVIORS)
    project.forget_calls()

    project.publish_here()

    assert project.calls() == {
        "sts:GetCallerIdentity": 1,
        "cloudfront:ListDistributions": 1,
        "lambda:GetFunction": 1,
        # Who else manages the distribution that is about to change?
        "cloudfront:ListTagsForResource": 1,
        # Is it on a plan without Lambda@Edge? Asked where it has no function yet.
        "pricingplanmanager:ListSubscriptions": 1,
        "iam:GetRole": 1,
        "iam:CreateRole": 1,
        "iam:AttachRolePolicy": 1,
        "lambda:CreateFunction": 1,
        "lambda:PublishVersion": 1,
        "lambda:GetFunctionConfiguration": 2,
        "cloudfront:GetDistributionConfig": 1,
        "cloudfront:UpdateDistribution": 1,
        "cloudfront:GetDistribution": 1,
        "cloudfront:CreateInvalidation": 1,
        "cloudfront:GetInvalidation": 1,
    }


def test_a_second_publish_makes_one_update_and_one_invalidation(project: Project) -> None:
    project.distribution(paths=FIVE_BEHAVIORS)
    project.publish_here()
    project.policy(WIDER_POLICY)
    project.forget_calls()

    project.publish_here()

    assert project.calls() == {
        **LOOK,
        "cloudfront:ListTagsForResource": 1,
        "iam:GetRole": 1,
        # Once more for the live release.json.
        "lambda:GetFunction": 2,
        "lambda:GetRuntimeManagementConfig": 1,
        "lambda:UpdateFunctionCode": 1,
        "lambda:PublishVersion": 1,
        "lambda:GetFunctionConfiguration": 2,
        "cloudfront:GetDistributionConfig": 1,
        "cloudfront:UpdateDistribution": 1,
        "cloudfront:GetDistribution": 1,
        "cloudfront:CreateInvalidation": 1,
        "cloudfront:GetInvalidation": 2,
    }


def test_publishing_what_is_live_only_looks(project: Project) -> None:
    project.distribution(paths=FIVE_BEHAVIORS)
    project.publish_here()
    project.forget_calls()

    project.publish_here()

    assert project.calls() == LOOK


def test_status_only_looks(project: Project) -> None:
    project.distribution(paths=FIVE_BEHAVIORS)
    project.publish_here()
    project.forget_calls()

    assert project.run("status", "-e", "testing").code == 0

    assert project.calls() == {**LOOK, "cloudfront:ListTagsForResource": 1}


def test_a_rollback_publishes_nothing_and_makes_one_update_and_one_invalidation(project: Project) -> None:
    project.distribution(paths=FIVE_BEHAVIORS)
    project.publish_here()
    project.policy(WIDER_POLICY)
    project.publish_here()
    project.forget_calls()

    assert project.run("rollback", "-e", "testing", "--yes").code == 0

    assert project.writes() == {
        "lambda:TagResource": 2,
        "cloudfront:UpdateDistribution": 1,
        "cloudfront:CreateInvalidation": 1,
        "lambda:UntagResource": 1,
    }
    assert project.calls()["cloudfront:GetDistributionConfig"] == 1
    assert project.calls()["cloudfront:ListDistributions"] == 1


@pytest.mark.parametrize("distributions", [1, 3])
def test_the_calls_of_a_no_op_grow_by_two_reads_a_distribution(project: Project, distributions: int) -> None:
    aliases = [f"{number}.{project.alias}" for number in range(distributions)]
    for alias in aliases:
        project.distribution(alias)
    named = ", ".join(f'{{ alias = "{alias}" }}' for alias in aliases)
    project.configure(environments={"testing": f"distributions = [{named}]\n"})
    project.publish_here()
    project.forget_calls()

    project.publish_here()

    assert project.calls() == {
        **LOOK,
        "cloudfront:ListInvalidations": distributions,
        "cloudfront:GetInvalidation": distributions,
    }


def test_one_update_a_distribution_however_many_there_are(project: Project) -> None:
    aliases = [f"{number}.{project.alias}" for number in range(3)]
    for alias in aliases:
        project.distribution(alias, paths=FIVE_BEHAVIORS)
    named = ", ".join(f'{{ alias = "{alias}" }}' for alias in aliases)
    project.configure(environments={"testing": f"distributions = [{named}]\n"})
    project.publish_here()
    project.policy(WIDER_POLICY)
    project.forget_calls()

    project.publish_here()

    calls = project.calls()
    assert calls["cloudfront:UpdateDistribution"] == 3
    assert calls["cloudfront:GetDistributionConfig"] == 3
    assert calls["cloudfront:CreateInvalidation"] == 3
    assert calls["lambda:PublishVersion"] == 1


def test_a_viewer_response_publish_invalidates_nothing(project: Project) -> None:
    project.configure(event="viewer-response")
    project.distribution(paths=FIVE_BEHAVIORS)
    project.forget_calls()

    project.publish_here()

    assert project.calls()["cloudfront:UpdateDistribution"] == 1
    assert "cloudfront:CreateInvalidation" not in project.calls()


def test_publishing_back_and_forth_costs_the_same_each_time(project: Project) -> None:
    project.distribution(paths=FIVE_BEHAVIORS)
    project.publish_here()
    costs = []
    for policy in (WIDER_POLICY, POLICY + "\n", WIDER_POLICY.replace("data:", "blob:")):
        project.policy(policy)
        project.forget_calls()
        project.publish_here()
        costs.append(project.calls())
    assert costs[0] == costs[1] == costs[2]
