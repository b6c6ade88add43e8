"""Releases by response headers policies: plan, publish, rollback, detach and status, whoever carries them."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgerollout.errors import ExitCode
from edgerollout.release.delivery.choice import RESPONSE_HEADERS_POLICY
from edgerollout.release.delivery.distribution_document import behaviors
from edgerollout.release.delivery.quota_checks import DISTRIBUTIONS_PER_POLICY
from edgerollout.release.delivery.response_headers_policy import VARIABLE, VARIANTS, ResponseHeadersPolicies
from edgerollout.release.delivery.steps import Action, Invalidate
from edgerollout.release.facts.events import RunResult
from edgerollout.release.facts.headers_policies import SLOT, PolicyKey
from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR, Trigger
from edgerollout.release.facts.tfvars import Tfvars
from edgerollout.release.plans.finishing import plan_wait
from edgerollout.release.status.status import BehaviorState, status_of
from tests.fakes import documents
from tests.fakes.answers import read
from tests.unit.release.builders import (
    FOREIGN_ARN,
    FUNCTION,
    FUNCTION_ARN,
    ORIGIN,
    P2,
    make_behavior,
    make_distribution,
    make_environment,
)
from tests.unit.rollout.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.release.delivery.means import ToldValue
    from edgerollout.release.plans.plan import Plan
    from edgerollout.release.status.status import Status

OF_1, OF_2 = f"edgerollout-{FUNCTION}-1", f"edgerollout-{FUNCTION}-2"
THEIRS = "67f7725c-6f97-4210-82d7-5512b31e9d03"
PATHS = ("/p0/*", "/p1/*", DEFAULT_BEHAVIOR)


@dataclass
class Site(World):
    """A world whose environment delivers by the policies that are given; a run of ours carries them."""

    def policies(self) -> dict[str, str | None]:
        """Behavior → the name of its policy."""
        names = {policy.id: policy.name for policy in self.aws.cloudfront.policies.values()}
        held = {
            behavior.path: behavior.response_headers_policy
            for behavior in behaviors(self.aws.cloudfront.xml("E1"))
        }
        return {path: None if policy is None else names.get(policy, policy) for path, policy in held.items()}

    def status(self) -> Status:
        reading = read(self.session(), self.request.environment, self.tfvars())
        return status_of(self.request.environment, reading.snapshot)

    def applied(self) -> None:
        """What else has to happen until a release is where it shall be: nothing."""
        self.settle()


@dataclass
class ByTerraform(Site):
    """The same, where Terraform changes the distributions as the tfvars say."""

    told: str | None = None
    """The text of the tfvars."""
    own: Mapping[str, str] = field(default_factory=dict)
    """What its own files say: the team's policies, by behavior."""

    def tfvars(self) -> Tfvars | None:
        return None if self.told is None else Tfvars.parse(json.loads(self.told))

    def write_tfvars(
        self, plan: Plan, tfvars: Tfvars, _: Tfvars | None, variables: Mapping[str, ToldValue]
    ) -> None:
        del plan
        self.told = tfvars.text(dict(variables))

    def applied(self) -> None:
        """`terraform apply`, which knows nothing but the variables, then `wait`."""
        assert self.told is not None
        told = json.loads(self.told)
        instead = told.get(VARIANTS, {})
        xml = self.aws.cloudfront.xml("E1")
        for path in PATHS:
            own = self.own.get(path)
            wanted = own if told[VARIABLE] is None else told[VARIABLE] if own is None else instead[own]
            xml = documents.with_policy(xml, wanted, only=path)
        self.aws.cloudfront.edit("E1", lambda _: xml)
        self.settle()
        session = self.session()
        snapshot, plan = self._plan(partial(plan_wait, self.request.environment), session)
        assert self.carry_out(plan, snapshot, session).exit_code is ExitCode.DONE


@pytest.fixture(params=[Site, ByTerraform], ids=["by a run of ours", "by Terraform"])
def site(request: pytest.FixtureRequest) -> Site:
    made: Site = request.param()
    terraform = isinstance(made, ByTerraform)
    environment = replace(
        made.request.environment,
        deliver=RESPONSE_HEADERS_POLICY,
        triggers="terraform" if terraform else "edgerollout",
        tfvars=Path("/infra/edgerollout.auto.tfvars.json") if terraform else None,
    )
    made.request = replace(made.request, environment=environment)
    theirs = {"/p0/*": (Trigger(ORIGIN, FOREIGN_ARN),)}
    made.aws.cloudfront.edit("E1", lambda _: documents.document(2, theirs, alias="e1.example.com"))
    made.settle()
    return made


def test_the_plan_takes_the_place_of_the_means_and_clears_no_cache(site: Site) -> None:
    _, plan = site.plan()
    (distribution,) = plan.distributions
    assert [(row.path, row.event, row.action) for row in distribution.behaviors] == [
        (path, SLOT, Action.ATTACH) for path in PATHS
    ]
    assert not any(isinstance(step, Invalidate) for step in distribution.steps)


def test_a_release_is_published_and_the_next_one_takes_its_place(site: Site) -> None:
    assert site.publish().exit_code is ExitCode.DONE
    site.applied()
    assert site.policies() == dict.fromkeys(PATHS, OF_1)
    site.wants(P2)
    assert site.publish().exit_code is ExitCode.DONE
    site.applied()
    assert site.policies() == dict.fromkeys(PATHS, OF_2)
    status = site.status()
    assert status.live is not None
    assert status.live.number == 2
    assert {behavior.state for behavior in status.distributions[0].behaviors} == {BehaviorState.CURRENT}
    assert site.publish().result is RunResult.NOTHING_TO_DO


def test_other_peoples_functions_and_every_other_byte_survive(site: Site) -> None:
    before = site.aws.cloudfront.xml("E1")
    site.publish()
    site.applied()
    (policy,) = site.aws.cloudfront.policies
    added = f"<ResponseHeadersPolicyId>{policy}</ResponseHeadersPolicyId>".encode()
    assert site.aws.cloudfront.xml("E1").replace(added, b"") == before


def test_a_rollback_goes_to_the_policy_before_and_then_to_none(site: Site) -> None:
    site.publish()
    site.applied()
    site.wants(P2)
    site.publish()
    site.applied()
    assert site.rollback().exit_code is ExitCode.DONE
    site.applied()
    assert site.policies() == dict.fromkeys(PATHS, OF_1)
    assert site.status().unattached == (2,)
    assert site.rollback().exit_code is ExitCode.DONE
    site.applied()
    assert site.policies() == dict.fromkeys(PATHS)


def test_detach_takes_the_policies_off_and_nothing_else(site: Site) -> None:
    before = site.aws.cloudfront.xml("E1")
    site.publish()
    site.applied()
    assert site.detach().exit_code is ExitCode.DONE
    site.applied()
    assert site.aws.cloudfront.xml("E1") == before
    assert site.status().live is None


def test_what_a_policy_of_others_says_goes_along_and_it_comes_back(site: Site) -> None:
    site.aws.cloudfront.edit(
        "E1",
        lambda _: documents.document(2, response_headers_policies={"/p1/*": THEIRS}, alias="e1.example.com"),
    )
    site.settle()
    if isinstance(site, ByTerraform):
        site.own = {"/p1/*": THEIRS}
    assert site.publish().exit_code is ExitCode.DONE
    site.applied()
    held = site.policies()
    assert str(held["/p1/*"]).startswith(f"{OF_1}-")
    assert {held["/p0/*"], held[DEFAULT_BEHAVIOR]} == {OF_1}
    site.wants(P2)
    assert site.publish().exit_code is ExitCode.DONE
    site.applied()
    assert str(site.policies()["/p1/*"]).startswith(f"{OF_2}-")
    assert site.rollback().exit_code is ExitCode.DONE
    site.applied()
    assert site.policies() == held
    assert site.detach().exit_code is ExitCode.DONE
    site.applied()
    assert site.policies() == {**dict.fromkeys(PATHS), "/p1/*": THEIRS}


def test_who_has_a_copy_keeps_it_and_who_comes_gets_the_first_with_room() -> None:
    most = DISTRIBUTIONS_PER_POLICY
    policies = {PolicyKey(1): "first", PolicyKey(1, "c2"): "second"}
    means = ResponseHeadersPolicies(FUNCTION_ARN, policies)
    held = ["second"] * (most - 1) + ["first"] * (most - 2) + [None] * 5
    sites = [
        make_distribution(f"E{number}", make_behavior(response_headers_policy=item))
        for number, item in enumerate(held)
    ]
    told = means.among(sites, 1).copies
    assert [told[f"E{number}"] for number in range(len(held))] == [
        *([2] * (most - 1)), *([1] * (most - 2)), 1, 1, 2, 3, 3,
    ]  # fmt: skip
    # A release that is still to be published.
    assert Counter(means.among(sites, None).copies.values()) == {1: most, 2: most, 3: 2}
    assert dict(means.among(sites[:most], 1).copies) == {}


@pytest.mark.thorough
def test_more_distributions_than_a_policy_serves_get_copies_of_it_and_keep_them() -> None:
    world = World([f"E{number}" for number in range(DISTRIBUTIONS_PER_POLICY + 1)], behaviors=0)
    last = world.ids[-1]
    world.delivers(RESPONSE_HEADERS_POLICY)
    assert world.publish().exit_code is ExitCode.DONE
    world.settle()
    held = world.policies()
    assert {name for paths in held.values() for name in paths.values()} == {OF_1, f"{OF_1}-c2"}
    assert held[last][DEFAULT_BEHAVIOR] == f"{OF_1}-c2"
    assert world.publish().result is RunResult.NOTHING_TO_DO

    # One that comes before them in the configuration takes no other's place.
    world.aws.cloudfront.add("E999", documents.document(0, alias="e999.example.com"))
    names = make_environment(distributions=("E999", *world.ids)).distributions
    world.request = replace(
        world.request, environment=replace(world.request.environment, distributions=names)
    )
    world.ids = (*world.ids, "E999")
    assert world.publish().exit_code is ExitCode.DONE
    assert world.policies() == {**held, "E999": {DEFAULT_BEHAVIOR: f"{OF_1}-c2"}}


def test_a_behavior_that_somebody_takes_the_policy_off_is_mended_by_the_next_publish(site: Site) -> None:
    site.publish()
    site.applied()
    (policy,) = site.aws.cloudfront.policies
    taken = f"<ResponseHeadersPolicyId>{policy}</ResponseHeadersPolicyId>".encode()
    site.aws.cloudfront.edit("E1", lambda xml: xml.replace(taken, b"", 1))
    site.settle()
    assert site.status().drift
    site.publish()
    site.applied()
    assert site.policies() == dict.fromkeys(PATHS, OF_1)
