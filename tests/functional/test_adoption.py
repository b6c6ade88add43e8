"""`--replace` on the command line: the words of a refusal, and that nothing is written before one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.functional.project import Project

SECURITY_HEADERS = "67f7725c-6f97-4210-82d7-5512b31e9d03"


@pytest.fixture
def foreign(project: Project) -> str:
    """A distribution whose default behavior has somebody's function; that function's ARN."""
    distribution = project.distribution()
    arn = project.create_function(f"images-{project.account}")
    trigger = {"LambdaFunctionARN": arn, "EventType": "origin-response"}
    project.change(distribution, {"LambdaFunctionAssociations": {"Quantity": 1, "Items": [trigger]}})
    project.forget_calls()
    return arn.rpartition(":")[0]


def test_a_taken_slot_is_refused_with_the_option_that_takes_it_over(project: Project, foreign: str) -> None:
    result = project.run("plan", "-e", "testing", "--create")
    assert result.code == 6
    assert f"--replace {foreign}" in " ".join(result.out.split())


def test_a_slot_is_not_taken_over_where_nothing_says_which_csp_is_enforced(
    project: Project, foreign: str
) -> None:
    result = project.run("publish", "-e", "testing", "--create", "--yes", "--replace", foreign)
    assert result.code == 6
    assert "cannot read which CSP testing enforces today: it has no urls" in result.err
    assert "environments.testing.urls" in result.err
    assert project.writes() == {}


def test_a_function_of_another_account_is_a_usage_error_before_any_call(
    project: Project, foreign: str
) -> None:
    other = foreign.replace(project.account, "999999999999")
    result = project.run("publish", "-e", "testing", "--create", "--yes", "--replace", other)
    assert result.code == 2
    assert "is in account 999999999999" in result.err
    assert project.calls() == {}


def test_a_plan_says_which_headers_a_response_headers_policy_wins(project: Project) -> None:
    distribution = project.distribution()
    project.change(distribution, {"ResponseHeadersPolicyId": SECURITY_HEADERS})
    result = project.run("plan", "-e", "testing", "--create")
    assert result.code == 0, result.err
    words = " ".join(result.out.split())
    assert "Managed-SecurityHeadersPolicy wins over the function's X-Content-Type-Options" in words
