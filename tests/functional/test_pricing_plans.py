"""Distributions that cannot have Lambda@Edge are told before anything is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .project import Project


def test_a_flat_rate_plan_stops_a_publish_before_role_and_function_are_made(project: Project) -> None:
    distribution = project.distribution()
    project.server.books.subscribe(
        project.account, f"arn:aws:cloudfront::{project.account}:distribution/{distribution}"
    )
    for words in (("plan", "--create"), ("publish", "--create", "--yes")):
        project.forget_calls()
        result = project.run(words[0], "-e", "testing", *words[1:])
        assert result.code == 6, result.err
        assert "flat-rate pricing plan, which has no Lambda@Edge" in result.out + result.err
        assert "pay-as-you-go" in result.out + result.err
        assert project.writes() == {}


def test_a_distribution_that_has_a_function_is_not_asked_about(project: Project) -> None:
    project.distribution()
    assert project.run("publish", "-e", "testing", "--create", "--yes").code == 0
    assert "pricingplanmanager:ListSubscriptions" in project.calls()
    project.forget_calls()
    assert project.run("plan", "-e", "testing").code == 0
    assert "pricingplanmanager:ListSubscriptions" not in project.calls()
