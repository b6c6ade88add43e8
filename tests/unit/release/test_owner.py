"""Whose a resource is, by its tags; and what is said where a publish would meet another owner."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.policy.severity import Severity
from edgerollout.release.facts.reads import Read, ReadTags
from edgerollout.release.facts.unreadable import Unreadable
from edgerollout.release.plans.publish import plan_publish
from edgerollout.release.status.owner import Owner, distributions_warning, owner_of
from tests.fakes.answers import planned
from tests.unit.release.builders import (
    P1,
    P2,
    make_behavior,
    make_distribution,
    make_environment,
    make_function,
    make_invalidation,
    make_release,
    make_request,
    make_snapshot,
)

STACK = {"aws:cloudformation:stack-name": "web", "aws:cloudformation:logical-id": "Site"}


@pytest.mark.parametrize(
    ("tags", "owner"),
    [
        (STACK, "CloudFormation stack web"),
        ({"aws:cloudformation:logical-id": "Site"}, "CloudFormation"),
        ({**STACK, "lambda:createdBy": "SAM"}, "SAM stack web"),
        ({**STACK, "aws-cdk:subnet-type": "x"}, "CDK stack web"),
        ({**STACK, "STAGE": "dev"}, "Serverless Framework stack web"),
        ({"lambda:createdBy": "SAM"}, "SAM"),
        ({"aws-cdk:id": "Site"}, "CDK"),
        ({"pulumi:project": "site", "pulumi:stack": "prod"}, "Pulumi stack prod"),
        ({"pulumi:project": "site"}, "Pulumi project site"),
        ({"sst:app": "shop", "sst:stage": "prod"}, "SST app shop"),
        ({"crossplane-name": "cdn"}, "Crossplane resource cdn"),
        ({"Terraform": "true"}, "Terraform"),
        ({"terraform": "edge/prod"}, "Terraform edge/prod"),
        ({"ManagedBy": "terraform"}, "Terraform"),
        ({"managed-by": "Terraform Cloud"}, "Terraform"),
        ({"managed_by": "terraform-cloud"}, "Terraform"),
        ({"provisioner": "OpenTofu"}, "OpenTofu"),
        ({"CreatedBy": "AWS CDK"}, "CDK"),
        ({"iac": "pulumi"}, "Pulumi"),
    ],
)
def test_a_tool_is_known_by_its_tags(tags: dict[str, str], owner: str) -> None:
    assert str(owner_of(tags)) == owner


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"Terraform": "false"},
        {"terraform": ""},
        {"ManagedBy": "team web"},
        {"ManagedBy": ""},
        {"managed-by": "edgerollout"},
        {"CreatedBy": "Sam"},
        {"serverless": "true"},
        {"STAGE": "dev"},
        {"purpose": "terraform tests"},
        {"edgerollout:withdrawn:42": ""},
    ],
)
def test_a_tag_that_names_no_tool_is_no_owner(tags: dict[str, str]) -> None:
    assert owner_of(tags) is None


def test_what_aws_itself_tagged_weighs_more_than_a_convention() -> None:
    owner = owner_of({"ManagedBy": "terraform", **STACK})
    assert owner == Owner("CloudFormation", "stack web", "aws:cloudformation:stack-name=web")


@given(st.dictionaries(st.text(max_size=30), st.text(max_size=30), max_size=5))
def test_no_tags_are_too_odd_to_be_read(tags: dict[str, str]) -> None:
    owner = owner_of(tags)
    assert owner is None or owner.evidence.partition("=")[0] in {key.partition("=")[0] for key in tags}


def changing(**more: object) -> tuple[str, ...]:
    """The owner findings of a publish to two distributions, both changed."""
    request = make_request(P2, environment=make_environment(distributions=("E1", "E2")))
    ours = (make_behavior(version=1),)
    snapshot = make_snapshot(
        make_distribution("E1", *ours),
        make_distribution("E2", *ours),
        releases={1: make_release(report_only=P1)},
        invalidations={"E1": make_invalidation(1), "E2": make_invalidation(1)},
    )
    plan = planned(plan_publish, request, replace(snapshot, **more))  # type: ignore[arg-type]
    assert {finding.severity for finding in plan.findings if finding.rule == "managed-elsewhere"} <= {
        Severity.WARNING
    }
    return tuple(finding.message for finding in plan.findings if finding.rule == "managed-elsewhere")


def test_a_plan_warns_of_the_stack_that_manages_its_distributions() -> None:
    (message,) = changing(tags={"E1": STACK, "E2": STACK})
    assert message == (
        "e1.example.com, e2.example.com are managed by CloudFormation stack web: its next deployment may take"
        " the release off again (tag aws:cloudformation:stack-name=web)"
    )


def test_a_plan_names_each_owner_and_says_nothing_where_tags_are_not_known() -> None:
    unreadable = Unreadable("tags of E2", "AccessDenied")
    assert changing(tags={"E2": unreadable}) == ()
    text, two = changing(tags={"E1": STACK, "E2": {"Terraform": "true"}})
    assert text.startswith("e1.example.com is managed by CloudFormation stack web")
    assert two.startswith("e2.example.com is managed by Terraform")


def test_a_plan_that_publishes_warns_of_the_functions_owner() -> None:
    function = make_function({1: make_release(report_only=P1)}, tags={"ManagedBy": "terraform"})
    (message,) = changing(function=function)
    assert message.startswith("function security-headers-testing is managed by Terraform")


def test_tags_are_asked_for_where_triggers_change_and_nowhere_else() -> None:
    environment = make_environment(distributions=("E1", "E2"))
    snapshot = make_snapshot(
        make_distribution("E1", make_behavior(version=1)),
        make_distribution("E2", make_behavior()),
        releases={1: make_release(report_only=P1)},
        invalidations={"E1": make_invalidation(1), "E2": None},
    )
    for policy, changed in ((P1, {"E2"}), (P2, {"E1", "E2"})):
        asked: set[Read] = set()
        planned(plan_publish, make_request(policy, environment=environment), snapshot, asked=asked)
        assert {tags.distribution for tags in asked if isinstance(tags, ReadTags)} == changed


def test_of_many_distributions_the_first_few_are_named() -> None:
    stack = Owner("CloudFormation", "stack web", "aws:cloudformation:stack-name=web")
    names = [f"{number}.example.com" for number in range(12)]
    warning = distributions_warning(names, stack)
    assert warning.startswith(f"{', '.join(names[:5])} and 7 more are managed by CloudFormation stack web")
