"""`deliver = "response-headers-policy"`: the same commands, and nothing runs at the edge."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from edgerollout.emulator.faults import FaultRule

from .project import POLICY, WIDER_POLICY, otherwise

if TYPE_CHECKING:
    from edgerollout.emulator.server import RunningServer

    from .project import Project

pytestmark = pytest.mark.sandbox

DELIVER = 'deliver = "response-headers-policy"\n'


@pytest.fixture
def by_policy(project: Project) -> tuple[Project, str]:
    """A project that delivers so, with a distribution of two behaviors and nothing published."""
    project.configure(environments={"testing": DELIVER})
    distribution = project.distribution()
    project.forget_calls()
    return project, distribution


def policies(project: Project) -> dict[str, Any]:
    """Name → id of the account's own policies."""
    listed = project.client("cloudfront").list_response_headers_policies(Type="custom")
    items = listed["ResponseHeadersPolicyList"].get("Items", ())
    found = [item["ResponseHeadersPolicy"] for item in items]
    return {item["ResponseHeadersPolicyConfig"]["Name"]: item["Id"] for item in found}


def attached(project: Project, distribution: str) -> set[str | None]:
    """The names of the policies on the distribution's behaviors; None where there is none."""
    config = project.client("cloudfront").get_distribution_config(Id=distribution)["DistributionConfig"]
    names = {identity: name for name, identity in policies(project).items()}
    held = [
        behavior.get("ResponseHeadersPolicyId")
        for behavior in (config["DefaultCacheBehavior"], *config["CacheBehaviors"].get("Items", ()))
    ]
    return {names.get(item, item) if item else None for item in held}


def publish(project: Project, *more: str) -> Any:
    result = project.run("publish", "-e", "testing", "--yes", "--create", *more)
    assert result.code == 0, result.err
    return result


def test_a_publish_makes_a_policy_and_puts_it_on_every_behavior_without_a_trigger_or_an_invalidation(
    by_policy: tuple[Project, str],
) -> None:
    project, distribution = by_policy

    told = publish(project).err

    name = f"edgerollout-{project.function}-1"
    assert attached(project, distribution) == {name}
    assert project.everywhere(distribution) == set()
    assert project.invalidations(distribution) == []
    assert project.writes()["cloudfront:UpdateDistribution"] == 1
    assert "response headers policy" in told
    status = project.run("status", "-e", "testing", "-o", "json").document
    assert (status["release"], status["drift"], status["event"]) == (1, False, "headers-policy")
    again = project.run("publish", "-e", "testing", "--yes", "-o", "json")
    assert again.outcome["result"] == "nothing-to-do"


def test_a_promotion_enforces_and_a_rollback_observes_again(by_policy: tuple[Project, str]) -> None:
    project, distribution = by_policy
    publish(project)
    promoted = project.run(
        "promote", "-e", "testing", "--enforce", "--yes", "--override", "tour", "--override", "reporting",
        "--reason", "a test",
    )  # fmt: skip
    assert promoted.code == 0, promoted.err
    assert attached(project, distribution) == {f"edgerollout-{project.function}-2"}
    assert "enforced" in project.run("status", "-e", "testing").out

    back = project.run("rollback", "-e", "testing", "--from", "2", "--yes")

    assert back.code == 0, back.err
    assert attached(project, distribution) == {f"edgerollout-{project.function}-1"}


def test_a_rollback_makes_a_policy_again_that_was_deleted(by_policy: tuple[Project, str]) -> None:
    project, distribution = by_policy
    publish(project)
    project.policy(WIDER_POLICY)
    publish(project)
    cloudfront, first = project.client("cloudfront"), policies(project)[f"edgerollout-{project.function}-1"]
    etag = cloudfront.get_response_headers_policy(Id=first)["ETag"]
    cloudfront.delete_response_headers_policy(Id=first, IfMatch=etag)

    back = project.run("rollback", "-e", "testing", "--yes")

    assert back.code == 0, back.err
    assert attached(project, distribution) == {f"edgerollout-{project.function}-1"}
    assert policies(project)[f"edgerollout-{project.function}-1"] != first


def test_policies_that_nobody_needs_are_deleted_by_a_later_publish(by_policy: tuple[Project, str]) -> None:
    project, _ = by_policy
    for host in "abcd":
        project.policy(POLICY + f'img-src = ["https://{host}.example.com"]\n')
        publish(project)
    assert set(policies(project)) == {f"edgerollout-{project.function}-{number}" for number in (2, 3, 4)}


def test_a_prune_deletes_the_policies_that_stand_nowhere_and_says_so(by_policy: tuple[Project, str]) -> None:
    project, distribution = by_policy
    for host in "abc":
        project.policy(POLICY + f'img-src = ["https://{host}.example.com"]\n')
        publish(project)
    project.policy(POLICY + 'img-src = ["https://b.example.com"]\n')
    assert project.run("rollback", "-e", "testing", "--yes").code == 0
    assert attached(project, distribution) == {f"edgerollout-{project.function}-2"}
    gone = f"edgerollout-{project.function}-3"

    planned = project.run("prune", "-e", "testing", "--dry-run", "-o", "json").document
    assert planned["policies"] == [gone]
    pruned = project.run("prune", "-e", "testing", "--yes")

    assert pruned.code == 0, pruned.err
    assert f"{gone} was deleted" in pruned.err
    assert set(policies(project)) == {f"edgerollout-{project.function}-{number}" for number in (1, 2)}

    # Back to the function, whose releases are no policies: what is left goes once no rollback leads there.
    project.configure()
    publish(project)
    project.policy(WIDER_POLICY)
    publish(project)
    assert project.run("prune", "-e", "testing", "--yes").code == 0
    assert policies(project) == {}


def test_an_account_without_room_is_refused_before_anything_is_written(
    by_policy: tuple[Project, str],
) -> None:
    project, _ = by_policy
    for number in range(20):
        project.client("cloudfront").create_response_headers_policy(
            ResponseHeadersPolicyConfig={
                "Name": f"theirs-{number}",
                "SecurityHeadersConfig": {"ContentTypeOptions": {"Override": True}},
            }
        )
    project.forget_calls()
    refused = project.run("publish", "-e", "testing", "--yes", "--create")
    assert refused.code == 6
    assert "policy 21 of account" in refused.err
    assert "room for 20" in refused.err
    assert project.writes() == {}
    doctor = " ".join(project.run("doctor", "-e", "testing").out.split())
    assert "response headers policies: 20, and there is room for 20" in doctor


def test_a_policy_that_somebody_edited_is_drift_and_the_next_publish_mends_it(
    by_policy: tuple[Project, str],
) -> None:
    project, distribution = by_policy
    publish(project)
    cloudfront, (identity,) = project.cloudfront, policies(project).values()
    found = cloudfront.get_response_headers_policy_config(Id=identity)
    config = found["ResponseHeadersPolicyConfig"]
    config["SecurityHeadersConfig"].pop("ContentTypeOptions")
    cloudfront.update_response_headers_policy(
        Id=identity, IfMatch=found["ETag"], ResponseHeadersPolicyConfig=config
    )

    told = project.run("status", "-e", "testing", "--detailed-exitcode")
    assert told.code == 3
    assert f"somebody has edited the response headers policy edgerollout-{project.function}-1" in told.out

    publish(project)
    assert attached(project, distribution) == {f"edgerollout-{project.function}-2"}
    assert project.run("status", "-e", "testing", "--detailed-exitcode").code == 0


def test_the_way_back_needs_no_configuration(by_policy: tuple[Project, str]) -> None:
    project, distribution = by_policy
    publish(project)
    project.policy(WIDER_POLICY)
    publish(project)
    for file in ("edgerollout.toml", "policy.toml"):
        (project.folder / "config" / file).unlink()

    back = project.run("rollback", "--function", project.function, "--yes")

    assert back.code == 0, back.err
    assert attached(project, distribution) == {f"edgerollout-{project.function}-1"}


def test_detach_takes_the_policies_off(by_policy: tuple[Project, str]) -> None:
    project, distribution = by_policy
    publish(project)
    result = project.run("detach", "-e", "testing", "--yes")
    assert result.code == 0, result.err
    assert attached(project, distribution) == {None}


SIMPLE_CORS = "60669652-455b-4ae9-85a4-c4c02393f86c"
TEAMS = {
    "Name": "the-teams",
    "Comment": "made by hand",
    "ServerTimingHeadersConfig": {"Enabled": True, "SamplingRate": 100},
    "CustomHeadersConfig": {"Quantity": 1, "Items": [{"Header": "X-Team", "Value": "a", "Override": True}]},
    "RemoveHeadersConfig": {"Quantity": 1, "Items": [{"Header": "X-Powered-By"}]},
}


def put(project: Project, distribution: str, config: dict[str, Any]) -> str:
    """A policy of the team's on the default behavior; its id."""
    made = project.cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=config)
    identity: str = made["ResponseHeadersPolicy"]["Id"]
    project.change(distribution, {"ResponseHeadersPolicyId": identity})
    project.forget_calls()
    return identity


def says(project: Project, identity: str) -> Any:
    found = project.cloudfront.get_response_headers_policy_config(Id=identity)
    return found["ResponseHeadersPolicyConfig"]


def of_default(project: Project, distribution: str) -> str | None:
    config = project.cloudfront.get_distribution_config(Id=distribution)["DistributionConfig"]
    held: str | None = config["DefaultCacheBehavior"].get("ResponseHeadersPolicyId")
    return held


def test_aws_own_cors_goes_along_in_a_variant_and_is_given_back_by_its_id(
    by_policy: tuple[Project, str],
) -> None:
    project, distribution = by_policy
    project.change(distribution, {"ResponseHeadersPolicyId": SIMPLE_CORS})

    told = " ".join(publish(project).err.split())

    assert "of Managed-SimpleCORS goes along: CORS" in told
    made = policies(project)
    assert len(made) == 2
    held = of_default(project, distribution)
    assert says(project, str(held))["CorsConfig"]["AccessControlAllowOrigins"]["Items"] == ["*"]
    assert "CorsConfig" not in says(project, made[f"edgerollout-{project.function}-1"])
    assert project.run("status", "-e", "testing", "--detailed-exitcode").code == 0
    assert project.run("publish", "-e", "testing", "--yes", "-o", "json").outcome["result"] == "nothing-to-do"

    assert project.run("rollback", "-e", "testing", "--yes").code == 0
    assert attached(project, distribution) == {SIMPLE_CORS, None}


def test_an_edit_of_the_teams_policy_is_drift_and_a_deleted_one_is_made_again_by_detach(
    by_policy: tuple[Project, str],
) -> None:
    project, distribution = by_policy
    theirs = put(project, distribution, TEAMS)
    publish(project)
    found = project.cloudfront.get_response_headers_policy(Id=theirs)
    edited = {**TEAMS, "RemoveHeadersConfig": {"Quantity": 1, "Items": [{"Header": "X-Served-By"}]}}
    project.cloudfront.update_response_headers_policy(
        Id=theirs, IfMatch=found["ETag"], ResponseHeadersPolicyConfig=edited
    )
    told = project.run("status", "--all", "--detailed-exitcode")
    assert told.code == 3
    assert "drift: the-teams was edited" in " ".join(told.out.split())
    document = project.run("status", "-e", "testing", "-o", "json").document
    assert (document["drift"], document["stale"], document["altered"]) == (True, ["the-teams"], None)

    assert "the-teams was edited since" in " ".join(publish(project).err.split())
    copied = says(project, str(of_default(project, distribution)))
    assert copied["RemoveHeadersConfig"]["Items"] == [{"Header": "X-Served-By"}]
    assert copied["ServerTimingHeadersConfig"]["Enabled"]
    assert project.run("status", "-e", "testing", "--detailed-exitcode").code == 0

    etag = project.cloudfront.get_response_headers_policy(Id=theirs)["ETag"]
    project.cloudfront.delete_response_headers_policy(Id=theirs, IfMatch=etag)
    back = project.run("detach", "-e", "testing", "--yes")
    assert back.code == 0, back.err
    assert "the-teams, which comes back, was deleted" in " ".join(back.err.split())
    assert attached(project, distribution) == {"the-teams", None}
    again = says(project, policies(project)["the-teams"])
    assert (again["Comment"], again["RemoveHeadersConfig"]["Items"]) == (
        "made by hand",
        [{"Header": "X-Served-By"}],
    )


def test_the_csp_of_a_policy_made_by_hand_stays_enforced_where_the_account_may_have_so_long_a_one(
    by_policy: tuple[Project, str], server: RunningServer
) -> None:
    project, distribution = by_policy
    today = "default-src https: " + " ".join(f"https://host-{number}.example.com" for number in range(70))
    with otherwise(server, quotas={"csp_characters": 4_000}):
        security = {
            "ContentSecurityPolicy": {"Override": True, "ContentSecurityPolicy": today},
            "FrameOptions": {"Override": True, "FrameOption": "SAMEORIGIN"},
        }
        theirs = put(project, distribution, {"Name": "by-hand", "SecurityHeadersConfig": security})

        refused = project.run("publish", "-e", "testing", "--yes", "--create")
        assert refused.code == 6
        assert "enforce different CSPs on different behaviors" in " ".join(refused.err.split())
        assert project.writes() == {}

        config = project.cloudfront.get_distribution_config(Id=distribution)["DistributionConfig"]
        paths = [item["PathPattern"] for item in config["CacheBehaviors"]["Items"]]
        project.configure(environments={"testing": f"exclude = {paths}\n".replace("'", '"') + DELIVER})
        publish(project)

        said = says(project, str(of_default(project, distribution)))
        enforced = said["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"]
        assert enforced == today
        observed = [item["Header"] for item in said["CustomHeadersConfig"]["Items"]]
        assert "Content-Security-Policy-Report-Only" in observed
        assert project.run("rollback", "-e", "testing", "--yes").code == 0
        assert of_default(project, distribution) == theirs


def test_limits_are_judged_with_what_goes_along(by_policy: tuple[Project, str]) -> None:
    project, distribution = by_policy
    ten = [{"Header": f"X-{number}", "Value": "1", "Override": True} for number in range(10)]
    put(project, distribution, {"Name": "ten", "CustomHeadersConfig": {"Quantity": 10, "Items": ten}})

    result = project.run("publish", "-e", "testing", "--yes", "--create")

    assert result.code == 6
    said = " ".join(result.err.split())
    assert "together with ten: 1" in said
    assert "custom headers, the limit is 10" in said
    assert project.writes() == {}


def test_what_a_policy_cannot_say_is_refused_before_any_write(by_policy: tuple[Project, str]) -> None:
    project, _ = by_policy
    hosts = ", ".join(f'"https://a-rather-long-host-name-{n}.example.com"' for n in range(50))
    project.policy(POLICY + f"img-src = [{hosts}]\n")

    result = project.run("publish", "-e", "testing", "--yes", "--create")

    assert result.code == 6
    said = " ".join(result.err.split())
    assert "Content-Security-Policy-Report-Only has" in said
    assert "the limit is 1,783 (AWS does not raise it)" in said
    assert project.writes() == {}


def test_the_means_of_a_live_site_changes_by_two_updates_and_a_rollback_changes_it_back(
    by_policy: tuple[Project, str],
) -> None:
    project, distribution = by_policy
    publish(project)
    project.configure()
    project.forget_calls()

    told = " ".join(publish(project).err.split())

    assert "release 1 is live in testing by response-headers-policy, this one goes by lambda-edge" in told
    assert (attached(project, distribution), project.everywhere(distribution)) == (
        {None},
        {"origin-response:2"},
    )
    assert project.writes()["cloudfront:UpdateDistribution"] == 2
    assert len(project.invalidations(distribution)) == 1
    assert project.run("publish", "-e", "testing", "--yes", "-o", "json").outcome["result"] == "nothing-to-do"

    project.configure(environments={"testing": DELIVER})
    status = project.run("status", "-e", "testing", "-o", "json").document
    assert (status["release"], status["drift"], status["event"]) == (2, False, "origin-response")
    back = project.run("rollback", "-e", "testing", "--from", "2", "--yes")
    assert back.code == 0, back.err
    assert attached(project, distribution) == {f"edgerollout-{project.function}-1"}
    assert project.everywhere(distribution) == set()
    assert project.run("status", "-e", "testing", "--detailed-exitcode").code == 0


def test_a_change_of_means_is_a_release_of_its_own(by_policy: tuple[Project, str]) -> None:
    project, distribution = by_policy
    publish(project)
    project.configure()
    project.policy(WIDER_POLICY)
    project.forget_calls()

    result = project.run("publish", "-e", "testing", "--yes")

    assert result.code == 6
    said = " ".join(result.err.split())
    assert "would change Content-Security-Policy-Report-Only as well" in said
    assert 'Set deliver = "response-headers-policy" again' in said
    assert attached(project, distribution) == {f"edgerollout-{project.function}-1"}
    assert project.writes() == {}


def test_a_run_that_was_cut_off_after_its_policy_was_made_makes_no_second_one(
    by_policy: tuple[Project, str],
) -> None:
    project, distribution = by_policy
    project.server.faults.add(FaultRule("UpdateDistribution", code="AccessDenied", status=403))
    assert project.run("publish", "-e", "testing", "--yes", "--create").code == 1
    assert set(policies(project)) == {f"edgerollout-{project.function}-1"}
    publish(project)
    assert set(policies(project)) == {f"edgerollout-{project.function}-1"}
    assert attached(project, distribution) == {f"edgerollout-{project.function}-1"}


def test_terraform_attaches_the_policy_that_the_tfvars_name_and_wait_finishes(
    by_policy: tuple[Project, str],
) -> None:
    project, distribution = by_policy
    file = "apply/testing/edgerollout.auto.tfvars.json"
    project.configure(environments={"testing": f'{DELIVER}triggers = "terraform"\ntfvars = "{file}"\n'})
    (project.folder / "apply" / "testing").mkdir(parents=True)

    def apply() -> None:
        """What `terraform apply` does: the policy that is named on every behavior, and nothing else."""
        told = json.loads((project.folder / file).read_text())
        wanted = told["edgerollout_response_headers_policy_id"] if told["edgerollout_attached"] else ""
        found = project.cloudfront.get_distribution_config(Id=distribution)
        config = found["DistributionConfig"]
        for behavior in (*config["CacheBehaviors"].get("Items", ()), config["DefaultCacheBehavior"]):
            behavior["ResponseHeadersPolicyId"] = wanted
        project.cloudfront.update_distribution(
            Id=distribution, IfMatch=found["ETag"], DistributionConfig=config
        )

    publish(project)
    assert attached(project, distribution) == {None}
    apply()
    assert project.run("wait", "-e", "testing", "--yes").code == 0
    assert attached(project, distribution) == {f"edgerollout-{project.function}-1"}
    assert project.run("status", "-e", "testing", "-o", "json").document["release"] == 1
    assert project.invalidations(distribution) == []

    # Published and never applied; the next one does not delete what an apply may attach at any moment.
    for policy in (POLICY + 'img-src = ["https://a.example.com"]\n', WIDER_POLICY):
        project.policy(policy)
        publish(project)
    assert set(policies(project)) == {f"edgerollout-{project.function}-{number}" for number in (1, 2, 3)}
    apply()
    assert project.run("wait", "-e", "testing", "--yes").code == 0

    # The files of Terraform take over what is live, with its release; the policy is none of its resources.
    written = project.run("terraform", "-e", "testing", "--from-live", "-o", "json")
    assert written.code == 0, written.err
    place = project.folder / "terraform" / "apply" / "testing"
    told = json.loads((place / "edgerollout.auto.tfvars.json").read_text())
    assert told["edgerollout_release"] == 3
    assert told["edgerollout_response_headers_policy_id"] in policies(project).values()
    assert told["edgerollout_response_headers_policy_id"] not in (place / "main.tf").read_text()
    assert "response_headers_policy_id" in (place / "main.tf").read_text()
    assert "aws_cloudfront_response_headers_policy" not in (place / "main.tf").read_text()

    assert project.run("rollback", "-e", "testing", "--from", "3", "--yes").code == 0
    apply()
    assert project.run("wait", "-e", "testing", "--yes").code == 0
    assert attached(project, distribution) == {f"edgerollout-{project.function}-1"}
    assert project.run("detach", "-e", "testing", "--yes").code == 0
    apply()
    assert attached(project, distribution) == {None}
