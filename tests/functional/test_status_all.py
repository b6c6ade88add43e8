"""`status --all`: every environment at once, one sweep an account, and no trouble of one hides the others."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.functional.project import WIDER_POLICY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.functional.project import Project

_others = itertools.count(520_000_000_001)


@pytest.fixture
def two(project: Project) -> Project:
    """Testing and staging in one account, release 1 in testing."""
    project.distribution()
    project.distribution(f"staging.{project.alias}")
    configure(project)
    project.publish_here()
    project.forget_calls()
    return project


def configure(project: Project, **more: str) -> None:
    """Two environments of the project's own account, and `more`."""
    staging = f'distributions = [{{ alias = "staging.{project.alias}" }}]\nafter = "testing"\n'
    name = f'function = {{ name = "staging-{project.account}", role = "staging-{project.account}" }}\n'
    project.configure(environments={"testing": "", "staging": staging + name, **more})


def test_an_account_is_listed_once_however_many_environments_it_has(two: Project) -> None:
    result = two.run("publish", "-e", "staging", "--create", "--yes", "--from-config")
    assert result.code == 0, result.err
    two.forget_calls()

    found = two.run("status", "--all")

    assert found.code == 0, found.err
    assert two.calls() == {
        "sts:GetCallerIdentity": 1,
        "cloudfront:ListDistributions": 1,
        "lambda:GetFunction": 2,
        "lambda:ListVersionsByFunction": 2,
        "cloudfront:ListInvalidations": 2,
        "cloudfront:GetInvalidation": 2,
    }
    heading, testing, staging = found.out.splitlines()[1:4]
    assert heading == "  environment  release  enforced  report-only  live for  drift  policy"
    assert testing.split()[:2] == ["testing", "1"]
    assert staging.endswith("same as testing")


def test_another_account_is_read_by_its_role_and_one_out_of_reach_is_a_line(
    two: Project, tmp_path: Path
) -> None:
    number = str(next(_others))
    other = replace(two, folder=tmp_path / "other", account=number)
    other.distribution(f"www.{two.alias}")
    site = f'distributions = [{{ alias = "www.{two.alias}" }}]\n'
    reached = f'account = "{number}"\nrole_arn = "arn:aws:iam::{number}:role/look"\n{site}'
    configure(two, live=reached, closed=f'account = "{next(_others)}"\n{site}')

    result = two.run("status", "--all", "-o", "json")
    text = two.run("status", "--all", "--detailed-exitcode")

    rows = {row["environment"]: row for row in result.document["environments"]}
    assert result.code == text.code == 1
    assert result.document["complete"] is False
    assert "error" not in rows["live"]
    assert rows["live"]["account"] == number
    assert "these credentials are for account" in rows["closed"]["error"]
    assert "role_arn" in rows["closed"]["hint"]
    assert rows["testing"]["release"] == 1
    assert "not read" in text.out


def test_a_missing_distribution_and_a_shared_one_are_lines_of_their_environments_alone(two: Project) -> None:
    listed = two.cloudfront.list_distributions()["DistributionList"]["Items"]
    staging = next(item["Id"] for item in listed if f"staging.{two.alias}" in item["Aliases"]["Items"])
    shared = f'distributions = [{{ id = "{staging}" }}]\n'
    gone = 'distributions = [{ id = "E1GONE0000000" }]\n'
    own = 'function = {{ name = "{0}", role = "{0}" }}\n'
    configure(two, twin=shared + own.format("twin"), gone=gone + own.format("gone"))

    result = two.run("status", "--all", "-o", "json")

    errors = {row["environment"]: row.get("error") for row in result.document["environments"]}
    assert result.code == 1
    assert errors["testing"] is None
    assert "there is no distribution with id E1GONE0000000" in errors["gone"]
    assert "both name distribution" in errors["twin"]
    assert "both name distribution" in errors["staging"]


def test_a_custom_endpoint_is_refused_for_the_environment_with_confirm_only(two: Project) -> None:
    own = f'function = {{ name = "live-{two.account}", role = "live" }}\n'
    distribution = two.distribution(f"www.{two.alias}")
    configure(two, live=f'distributions = [{{ id = "{distribution}" }}]\nconfirm = true\n{own}')

    result = two.run("status", "--all", "-o", "json")

    errors = {row["environment"]: row.get("error") for row in result.document["environments"]}
    assert result.code == 1
    assert "confirm = true" in errors.pop("live")
    assert set(errors.values()) == {None}


def test_drift_anywhere_is_3_with_the_detailed_exit_code(two: Project) -> None:
    two.policy(WIDER_POLICY)
    assert two.run("status", "--all", "--detailed-exitcode").code == 0
    listed = two.cloudfront.list_distributions()["DistributionList"]["Items"]
    identity = next(item["Id"] for item in listed if two.alias in item["Aliases"]["Items"])
    two.change(identity, {"LambdaFunctionAssociations": {"Quantity": 0}})

    result = two.run("status", "--all", "--detailed-exitcode", "-o", "json")

    assert result.code == 3
    assert result.document["drift"] is True
    assert "drift" in two.run("status", "--all", "-o", "markdown").out


def test_all_and_one_do_not_go_together(two: Project) -> None:
    result = two.run("status", "--all", "-e", "testing", "-o", "json")

    assert result.code == 2
    assert result.document["error"] == "--all cannot be combined with -e"
    assert two.calls() == {}
