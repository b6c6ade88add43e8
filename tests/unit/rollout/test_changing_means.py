"""A change of means on a live site: a release of its own, half done, told, and taken back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.errors import Conflict, ExitCode
from edgerollout.policy.headers import Header
from edgerollout.policy.severity import Severity
from edgerollout.release.facts.environment import LAMBDA_EDGE, RESPONSE_HEADERS_POLICY
from edgerollout.release.plans.finishing import plan_wait
from edgerollout.release.plans.publish import plan_publish
from edgerollout.release.status.status import Status, status_of
from tests.fakes.answers import read
from tests.fakes.probe import FakeProbe, answer
from tests.unit.release.builders import P2, VIEWER
from tests.unit.rollout.world import URL, World

if TYPE_CHECKING:
    from edgerollout.release.facts.finding import Finding

BOTH_WAYS = [(LAMBDA_EDGE, RESPONSE_HEADERS_POLICY), (RESPONSE_HEADERS_POLICY, LAMBDA_EDGE)]


class Killed(BaseException):
    """The process is gone."""


def _die() -> None:
    raise Killed


def live_by(deliver: str, ids: tuple[str, ...] = ("E1",), *, theirs: bool = False) -> World:
    """`theirs`: a behavior has a policy of the team's own."""
    world = World(ids).team_has_a_policy() if theirs else World(ids)
    world.delivers(deliver)
    assert world.publish().exit_code is ExitCode.DONE
    world.settle()
    return world


def half_done(old: str, new: str) -> World:
    """Killed before the update that takes the old means off."""
    world = live_by(old, theirs=True)
    world.delivers(new)
    world.forget_calls()
    world.aws.faults.before("cloudfront:UpdateDistribution", _die, at=2)
    with pytest.raises(Killed):
        world.publish()
    world.settle()
    return world


def status_now(world: World) -> Status:
    return status_of(world.request.environment, read(world.session(), world.request.environment).snapshot)


def findings(world: World) -> list[Finding]:
    _, plan = world._plan(lambda known: plan_publish(world.request, known))
    return [finding for finding in plan.findings if finding.rule == "other-means"]


@pytest.mark.parametrize(("old", "new"), BOTH_WAYS)
def test_what_is_enforced_stays_enforced_and_the_soak_of_the_observed_goes_on(old: str, new: str) -> None:
    world = live_by(old)
    assert world.promote().exit_code is ExitCode.DONE
    world.wants(P2)
    assert world.publish().exit_code is ExitCode.DONE
    world.settle()
    before = status_now(world).live
    world.delivers(new)
    _, plan = world.plan()
    assert plan.release is not None
    assert plan.release.observed_since is not None
    assert world.publish().exit_code is ExitCode.DONE
    after = status_now(world).live
    assert before is not None
    assert after is not None
    assert (after.enforced, after.report_only) == (before.enforced, before.report_only)
    assert world.rollback(back_from=after.number).exit_code is ExitCode.DONE
    assert status_now(world).live == before


@pytest.mark.parametrize(("old", "new"), BOTH_WAYS)
def test_a_release_that_changes_a_header_as_well_is_refused(old: str, new: str) -> None:
    world = live_by(old)
    world.wants(P2)
    world.delivers(new)
    (found,) = findings(world)
    assert found.severity is Severity.ERROR
    assert "would change Content-Security-Policy-Report-Only as well" in found.message


@pytest.mark.parametrize(("old", "new"), BOTH_WAYS)
def test_a_half_done_change_is_told_and_is_drift(old: str, new: str) -> None:
    world = half_done(old, new)
    status = status_now(world)
    assert status.drift
    assert status.changing is not None
    counts = (status.changing.old_alone, status.changing.both, status.changing.new_alone)
    assert (status.changing.old_means, status.changing.new_means, counts) == (old, new, (0, 3, 0))
    assert "is half-way: 0 behaviors have the old one, 3 have both" in findings(world)[0].message
    assert world.publish().exit_code is ExitCode.DONE
    assert not status_now(world).drift


@pytest.mark.parametrize(("old", "new"), BOTH_WAYS)
def test_a_half_done_change_is_finished_or_taken_back_before_anything_else(old: str, new: str) -> None:
    world = half_done(old, new)
    world.delivers(old)
    with pytest.raises(Conflict, match="mixed"):
        world.publish()


@pytest.mark.parametrize(("old", "new"), BOTH_WAYS)
def test_a_changed_setting_changes_nothing_of_what_is_told_and_waited_for(old: str, new: str) -> None:
    world = live_by(old)
    told = status_now(world)
    world.delivers(new)
    assert status_now(world) == told
    _, plan = world._plan(lambda known: plan_wait(world.request.environment, known))
    assert (plan.uncovered, plan.unsettled) == ((), False)


@pytest.mark.parametrize(("old", "new"), BOTH_WAYS)
def test_detach_takes_a_half_done_change_off_whole(old: str, new: str) -> None:
    world = half_done(old, new)
    assert world.detach().exit_code is ExitCode.DONE
    assert world.attached_releases() == set()
    assert world.policies() == {"E1": {**dict.fromkeys(world.everywhere(1)["E1"]), "/p0/*": "the-teams"}}


SETS_IT_TOO = {
    "SecurityHeadersConfig": {"FrameOptions": {"Override": True, "FrameOption": "SAMEORIGIN"}},
}


@pytest.mark.parametrize(("old", "new"), BOTH_WAYS)
def test_a_header_of_the_release_that_the_teams_policy_sets_otherwise_would_change(
    old: str, new: str
) -> None:
    """Their policy wins over a function at origin-response, a variant of ours wins over theirs."""
    world = World().team_has_a_policy(SETS_IT_TOO)
    world.sends(Header("x-frame-options", "DENY", "set"))
    world.delivers(old)
    assert world.publish().exit_code is ExitCode.DONE
    world.settle()
    world.delivers(new)
    world.forget_calls()
    (found,) = findings(world)
    assert found.severity is Severity.ERROR
    change = ("SAMEORIGIN", "DENY") if new == RESPONSE_HEADERS_POLICY else ("DENY", "SAMEORIGIN")
    words = f"would change X-Frame-Options ({change[0]} becomes {change[1]}) with the-teams"
    assert words in found.message


def test_a_function_at_viewer_response_wins_over_the_teams_policy_as_a_variant_does() -> None:
    world = World().team_has_a_policy(SETS_IT_TOO)
    world.sends(Header("x-frame-options", "DENY", "set"))
    world.wants(event=VIEWER)
    assert world.publish().exit_code is ExitCode.DONE
    world.settle()
    world.delivers(RESPONSE_HEADERS_POLICY)
    assert world.publish().exit_code is ExitCode.DONE
    assert world.went_bare() == []


def test_the_teams_policy_that_was_deleted_meanwhile_is_made_again_and_taken_back_with_the_change() -> None:
    world = live_by(RESPONSE_HEADERS_POLICY, theirs=True)
    before = world.policies()
    del world.aws.cloudfront.policies[str(world.theirs)]
    world.delivers(LAMBDA_EDGE)
    world.request = replace(world.request, environment=replace(world.request.environment, urls=(URL,)))
    world.probe = FakeProbe()
    world.probe.script(URL, answer(URL), answer(URL, 502))
    assert world.publish().exit_code is ExitCode.ROLLED_BACK
    world.settle()
    assert world.policies() == before
    world.probe = None
    world.request = replace(world.request, choices=replace(world.request.choices, again=True))
    assert world.publish().exit_code is ExitCode.DONE
    assert world.policies()["E1"]["/p0/*"] == "the-teams"


def test_what_the_team_edited_meanwhile_is_copied_anew_first() -> None:
    world = live_by(RESPONSE_HEADERS_POLICY, theirs=True)
    world.team_edits({"ServerTimingHeadersConfig": {"Enabled": True, "SamplingRate": 50}})
    world.delivers(LAMBDA_EDGE)
    (found,) = findings(world)
    assert "would change X-Team (a becomes nothing)" in found.message
    assert "Server-Timing with the-teams on" in found.message
    world.delivers(RESPONSE_HEADERS_POLICY)
    assert world.publish().exit_code is ExitCode.DONE
    world.settle()
    world.delivers(LAMBDA_EDGE)
    assert world.publish().exit_code is ExitCode.DONE
    assert world.went_bare() == []


def test_the_way_back_takes_along_what_the_team_says_by_now_and_refuses_what_it_cannot_give_back() -> None:
    world = live_by(RESPONSE_HEADERS_POLICY, theirs=True)
    world.delivers(LAMBDA_EDGE)
    assert world.publish().exit_code is ExitCode.DONE
    world.settle()
    world.team_edits({"ServerTimingHeadersConfig": {"Enabled": True, "SamplingRate": 50}})
    before = world.aws.cloudfront.xml("E1")
    assert world.rollback(back_from=2).exit_code is ExitCode.DONE
    (made,) = (
        policy for policy in world.aws.cloudfront.policies.values() if policy.id == world.held("/p0/*")
    )
    assert made.name.startswith("edgerollout-")
    assert made.config["ServerTimingHeadersConfig"] == {"Enabled": True, "SamplingRate": 50}

    other = world.aws.cloudfront.create_headers_policy({"Name": "another"}).id
    world.aws.cloudfront.edit("E1", lambda _: before.replace(str(world.theirs).encode(), other.encode()))
    world.settle()
    _, plan = world.plan_rollback(to=1)
    assert [found.rule for found in plan.errors] == ["policy-taken"]
    assert f"/p0/* has the response headers policy {other}" in plan.errors[0].message


def test_terraform_would_do_it_in_one_update_so_it_is_refused() -> None:
    world = live_by(LAMBDA_EDGE)
    world.delivers(RESPONSE_HEADERS_POLICY)
    environment = replace(world.request.environment, triggers="terraform")
    world.request = replace(world.request, environment=environment)
    assert any("Terraform would do that in one update" in found.message for found in findings(world))


@pytest.mark.parametrize(("old", "new"), BOTH_WAYS)
def test_a_change_after_which_the_site_fails_is_taken_back_in_two_updates(old: str, new: str) -> None:
    world = live_by(old, theirs=True)
    before = (world.triggers(), world.policies())
    world.request = replace(world.request, environment=replace(world.request.environment, urls=(URL,)))
    world.probe = FakeProbe()
    world.probe.script(URL, answer(URL), answer(URL, 502))
    world.delivers(new)
    world.forget_calls()
    assert world.publish().exit_code is ExitCode.ROLLED_BACK
    assert world.calls["cloudfront:UpdateDistribution"] == 4
    world.settle()
    assert (world.triggers(), world.policies()) == before
    assert world.went_bare() == []
    assert status_now(world).unattached == (2,)
