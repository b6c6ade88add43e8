from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.release.facts.account_facts import Permissions, Right, Selected
from edgerollout.release.facts.environment import DistributionSelector
from edgerollout.release.facts.unreadable import Unreadable
from edgerollout.rollout.inspection import MOST_URLS, inspect
from edgerollout.rollout.ports import AwsFailure, CredentialsExpired
from edgerollout.rollout.reading import Siblings
from tests.fakes.cloudfront import SECURITY_HEADERS
from tests.fakes.documents import document
from tests.fakes.probe import FakeProbe, answer
from tests.unit.rollout.world import World

if TYPE_CHECKING:
    from edgerollout.release.facts.account_facts import Facts
    from edgerollout.release.facts.snapshot import Distribution, Role

READS = ("Get", "List", "Simulate")
OPTIONAL = (
    "iam:GetRole", "iam:SimulatePrincipalPolicy", "lambda:GetFunction", "lambda:GetAccountSettings",
    "cloudfront:ListDistributions", "cloudfront:ListTagsForResource", "servicequotas:GetServiceQuota",
    "pricingplanmanager:ListSubscriptions",
)  # fmt: skip


def rights(everything: tuple[Distribution, ...], _role: Role | None) -> dict[str, tuple[Right, ...]]:
    arns = tuple(distribution.arn for distribution in everything) or ("arn:aws:cloudfront::1:distribution/*",)
    return {
        "publish": (
            Right("cloudfront:UpdateDistribution", arns),
            Right("lambda:PublishVersion", ("function",)),
            Right("lambda:EnableReplication*", ("function:*",)),
        ),
        "rollback": (Right("cloudfront:UpdateDistribution", arns),),
    }


def look(world: World, siblings: Siblings | None = None) -> Facts:
    return inspect(
        world.session(),
        world.request.environment,
        siblings or Siblings({}),
        rights=rights,
        wins=frozenset(),
        region=None,
    )


def denied(operation: str) -> AwsFailure:
    return AwsFailure(operation, "AccessDenied", f"not authorized to perform: {operation}")


def test_looking_changes_nothing() -> None:
    world = World()
    look(world)
    assert [name for name in world.calls if not name.partition(":")[2].startswith(READS)] == []


def test_credentials_of_another_account_end_the_look_with_who_they_are() -> None:
    world = World()
    world.aws.account_id = "999999999999"
    facts = look(world)
    assert facts.account == "999999999999"
    assert world.calls == {"sts:GetCallerIdentity": 1}


@pytest.mark.parametrize("operation", OPTIONAL)
def test_a_read_that_is_denied_spares_the_others(operation: str) -> None:
    world = World()
    world.aws.faults.fail(operation, denied(operation), times=99)
    facts = look(world)
    fields = [getattr(facts, name) for name in facts.__dataclass_fields__]
    unread = [field for field in fields if isinstance(field, Unreadable)]
    nested = [*facts.service_linked.values(), *facts.tags.values()]
    assert unread or any(isinstance(role, Unreadable) for role in nested)
    assert len(unread) <= 2
    assert facts.caller.endswith("user/deployer")


def test_credentials_that_expire_end_it() -> None:
    world = World()
    expired = CredentialsExpired("lambda:GetFunction", "ExpiredToken", "expired")
    world.aws.faults.fail("lambda:GetFunction", expired)
    with pytest.raises(CredentialsExpired):
        look(world)


def test_many_distributions_and_urls_cost_few_calls() -> None:
    names = tuple(f"E{n}" for n in range(200))
    probe = FakeProbe()
    world = World(names, behaviors=1, probe=probe)
    urls = tuple(f"https://e{n}.example.com/" for n in range(60))
    world.request = replace(world.request, environment=replace(world.request.environment, urls=urls))
    probe.script(urls[0], answer(urls[0]))
    look(world)
    assert world.calls["cloudfront:ListDistributions"] == 2
    assert world.calls["iam:SimulatePrincipalPolicy"] == 2
    assert sum(world.calls.values()) < 45
    assert len(probe.asked) == MOST_URLS


def test_actions_on_the_same_resources_are_simulated_together() -> None:
    world = World(("E1", "E2"))
    facts = look(world)
    assert isinstance(facts.permissions, Permissions)
    asked = {(decision.action, decision.resource) for decision in facts.permissions.decisions}
    assert len(asked) == 3
    assert ("lambda:PublishVersion", "function") in asked


def test_an_action_that_iam_does_not_know_leaves_the_others_decided() -> None:
    world = World()
    unknown = AwsFailure("iam:SimulatePrincipalPolicy", "InvalidInput", "unknown action")
    world.aws.faults.fail("iam:SimulatePrincipalPolicy", unknown)
    facts = look(world)
    assert isinstance(facts.permissions, Permissions)
    assert len({decision.action for decision in facts.permissions.decisions}) == 1


def test_a_session_of_a_role_is_judged_by_its_role() -> None:
    world = World()
    arn = world.aws.roles.add("deployer")
    world.aws.inspection.arn = f"arn:aws:sts::{world.aws.account_id}:assumed-role/deployer/ci"
    facts = look(world)
    assert isinstance(facts.permissions, Permissions)
    assert facts.permissions.principal == arn


@pytest.mark.parametrize("resource", ["federated-user/ann", "assumed-role/somewhere-else/ci"])
def test_whom_iam_cannot_simulate_is_not_known(resource: str) -> None:
    world = World()
    world.aws.inspection.arn = f"arn:aws:sts::{world.aws.account_id}:{resource}"
    facts = look(world)
    assert isinstance(facts.permissions, Unreadable)
    assert resource in facts.permissions.why
    assert "iam:SimulatePrincipalPolicy" not in world.calls


def test_without_ids_nothing_is_asked_about_distributions() -> None:
    world = World()
    world.aws.faults.fail("cloudfront:ListDistributions", denied("cloudfront:ListDistributions"))
    facts = look(world)
    assert isinstance(facts.permissions, Permissions)
    assert {decision.action for decision in facts.permissions.decisions} == {"lambda:PublishVersion"}


def test_a_missing_a_repeated_and_a_claimed_distribution_are_told_apart() -> None:
    world = World(("E1", "E2"))
    selectors = tuple(DistributionSelector(id=name) for name in ("E1", "E1", "E2", "E7"))
    environment = replace(world.request.environment, distributions=selectors)
    world.request = replace(world.request, environment=environment)
    facts = look(world, Siblings({"staging": (DistributionSelector(id="E2"),)}))
    assert isinstance(facts.distributions, tuple)
    good, twice, claimed, missing = facts.distributions
    assert isinstance(good, Selected)
    assert good.problem is None
    assert "twice" in str(twice.problem)
    assert "staging" in str(claimed.problem)
    assert missing.found is None


def test_response_headers_policies_are_read_once_each() -> None:
    world = World(())
    policies = {"Default (*)": SECURITY_HEADERS.id}
    for name in ("E1", "E2"):
        world.aws.cloudfront.add(name, document(alias=None, response_headers_policies=policies))
    selectors = tuple(DistributionSelector(id=text) for text in ("E1", "E2"))
    environment = replace(world.request.environment, distributions=selectors)
    world.request = replace(world.request, environment=environment)
    assert look(world).headers_policies == {SECURITY_HEADERS.id: SECURITY_HEADERS}
    assert world.calls["cloudfront:GetResponseHeadersPolicy"] == 1
