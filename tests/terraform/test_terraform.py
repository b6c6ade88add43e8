"""The generated Terraform, run by the real terraform with the AWS provider against the sandbox."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.samples import THOROUGH, a_few

from .workspace import ORIGIN_SECRET, SIMPLE_CORS

if TYPE_CHECKING:
    from collections.abc import Callable

    from .workspace import Workspace

pytestmark = [pytest.mark.sandbox, pytest.mark.terraform, pytest.mark.timeout(0)]

TFVARS = "edgerollout.auto.tfvars.json"
KEPT, PLAIN = "edgerollout_imported_distribution", "edgerollout_distribution"
QUICK = {"wait_for_deployment": "false"}


def test_terraform_owns_the_triggers_from_a_hand_made_distribution_to_its_end(workspace: Workspace) -> None:
    workspace.generate("testing", "--sandbox", "--from-live")
    for file in workspace.place("testing").glob("*.tf"):
        assert ORIGIN_SECRET not in file.read_text()
    workspace.terraform("testing", "init", "-input=false")
    workspace.terraform("testing", "fmt", "-check", "-recursive", "../..")

    # Imported as it is: what Terraform calls a change is the mark on the origins, which hold a secret now.
    workspace.aws.clear_calls()
    said = workspace.apply("testing")
    assert "Plan: 1 to import, 3 to add, 1 to change, 0 to destroy." in said, said
    assert "UpdateDistribution" not in {call.operation for call in workspace.aws.calls()}
    assert ORIGIN_SECRET not in said

    # A release is published by edgerollout, attached by Terraform, finished by wait.
    workspace.done("publish", "testing")
    assert attached(workspace) == {"release": 1, "stage": "report-only", "command": "publish"}
    assert workspace.status("testing")["release"] is None
    workspace.apply("testing", **QUICK)
    workspace.finish("testing")
    first = workspace.status("testing")
    assert (first["release"], first["drift"]) == (1, False)

    # Without the file Terraform does nothing and says why; put back, another policy waits, and is taken back.
    kept = (workspace.place("testing") / TFVARS).read_text()
    (workspace.place("testing") / TFVARS).unlink()
    lost = flat(workspace.terraform("testing", "apply", "-auto-approve", "-input=false", code=1))
    assert f"{TFVARS} is not in this folder" in lost
    assert "edgerollout publish -e testing" in lost
    assert workspace.status("testing")["release"] == 1
    (workspace.place("testing") / TFVARS).write_text(kept)
    workspace.policy("https://other.example.com")
    workspace.done("publish", "testing")
    workspace.apply("testing", **QUICK)
    workspace.finish("testing")
    assert workspace.status("testing")["release"] == 2
    workspace.done("rollback", "testing")
    assert attached(workspace) == {"release": 1, "stage": "report-only", "command": "rollback"}
    workspace.apply("testing", **QUICK)
    workspace.finish("testing")
    back = workspace.status("testing")
    assert (back["release"], back["report_only"]) == (1, first["report_only"])
    assert workspace.run("--sandbox", "verify", "-e", "testing").code == 0
    workspace.assert_nothing_to_change("testing", **QUICK)
    assert workspace.unanswered() == []

    # All off, in words. What Terraform did not make it does not destroy until its module's block says so.
    workspace.done("detach", "testing")
    workspace.apply("testing", **QUICK)
    workspace.finish("testing")
    assert workspace.status("testing")["release"] is None
    refused = flat(workspace.terraform("testing", "destroy", "-auto-approve", code=1))
    assert "Instance cannot be destroyed" in refused
    assert "testing.example.com" in workspace.distributions()
    main = workspace.place("testing") / "main.tf"
    main.write_text(main.read_text().replace(f"modules/{KEPT}", f"modules/{PLAIN}"))
    workspace.terraform("testing", "init", "-input=false")
    if not THOROUGH:
        # Terraform waits half a minute for what it disabled itself.
        workspace.disable("testing.example.com")
    workspace.terraform("testing", "destroy", "-auto-approve", variables=QUICK)
    assert "testing.example.com" not in workspace.distributions()
    functions = workspace.client("lambda").list_functions()["Functions"]
    assert "security-headers-testing" not in {function["FunctionName"] for function in functions}


def flat(text: str) -> str:
    """Terraform wraps and frames what it says of errors."""
    return " ".join(text.replace("\u2502", " ").split())


def attached(workspace: Workspace) -> dict[str, object]:
    """What the tfvars say, the ARN checked against the release."""
    tfvars = json.loads((workspace.place("testing") / TFVARS).read_text())
    arn, release = tfvars["edgerollout_function_qualified_arn"], tfvars["edgerollout_release"]
    assert arn.endswith(f":function:security-headers-testing:{release}")
    assert tfvars["edgerollout_attached"] is True
    return {
        "release": release,
        "stage": tfvars["edgerollout_stage"],
        "command": tfvars["edgerollout_command"],
    }


def edgerollout_owns_the_triggers_and_terraform_leaves_them_alone(workspace: Workspace) -> None:
    """Function, role and distribution are there: all are imported, and nothing else is planned."""
    workspace.without_origin_headers("staging.example.com")
    workspace.tag("staging.example.com", "ManagedBy", "terraform")
    workspace.done("publish", "staging", "--create")
    workspace.tag_role("edgerollout-staging", "team", "web")
    workspace.generate("staging", "--sandbox", "--from-live", "--owner", "edgerollout")
    workspace.terraform("staging", "init", "-input=false")
    said = workspace.apply("staging")
    assert "Plan: 4 to import, 0 to add, 0 to change, 0 to destroy." in said, said

    workspace.policy("https://staging.example.net")
    workspace.done("publish", "staging")
    workspace.assert_nothing_to_change("staging")
    assert workspace.status("staging")["drift"] is False

    # A configuration that ignores only the default behavior takes ours off the others: the fight.
    workspace.ignore("[default_cache_behavior]")
    workspace.apply("staging", wait_for_deployment="false")
    fought = workspace.status("staging")["distributions"][0]
    assert fought["reverted"] == {"release": 2, "carries": [2]}
    assert {behavior["path"]: behavior["version"] for behavior in fought["behaviors"]}["Default (*)"] == 2
    told = " ".join(workspace.run("--sandbox", "status", "-e", "staging").out.split())
    assert "carry none of ours, not 2" in told
    assert "a Terraform run seems to have put its own state back" in told
    assert "Entries with a number" in told

    # What it says ends it: the entry back, then a publish.
    workspace.ignore("[default_cache_behavior, ordered_cache_behavior]")
    workspace.apply("staging", wait_for_deployment="false")
    workspace.done("publish", "staging")
    workspace.assert_nothing_to_change("staging", wait_for_deployment="false")
    after = workspace.status("staging")
    assert (after["drift"], after["distributions"][0]["reverted"]) == (False, None)


def a_distribution_from_the_configuration_alone_is_made_anew_anywhere_and_renamed_by_no_other(
    workspace: Workspace,
) -> None:
    report = workspace.generate("production", "-C", "config-apart")
    inputs = {item["variable"] for item in report["inputs"]}
    assert inputs == {"new_example_com_bucket", "new_example_com_certificate_arn"}
    workspace.terraform("production", "init", "-input=false")
    values = {
        "new_example_com_bucket": "tidewater-testing-123456789012.s3.us-east-1.amazonaws.com",
        "new_example_com_certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/1",
        "tags": '{ "team" = "web" }',
        "role_path": "/edge/",
        "permissions_boundary": workspace.boundary(),
        **QUICK,
    }
    workspace.apply("production", **values)
    role = workspace.client("iam").get_role(RoleName="edgerollout-production")["Role"]
    assert role["Path"] == "/edge/"
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == values["permissions_boundary"]
    assert {"Key": "team", "Value": "web"} in role["Tags"]
    function = workspace.client("lambda").get_function(FunctionName="security-headers-production")
    assert function["Tags"]["team"] == "web"
    assert workspace.tags("new.example.com")["team"] == "web"

    # Somebody else's runner has what is under version control and the state, and makes the function anew.
    elsewhere = workspace.cloned("production")
    workspace.terraform("production", "init", "-input=false", place=elsewhere)
    said = workspace.apply("production", "-replace", REPLACED, place=elsewhere, **values)
    assert "Resources: 1 added, 0 changed, 1 destroyed." in said, said
    (workspace.place("production") / "terraform.tfstate").write_bytes(
        (elsewhere / "terraform.tfstate").read_bytes()
    )

    # edgerollout finds the role by its name: it publishes and leaves role, boundary and path alone.
    apart = ("-C", "config-apart", *workspace.endpoint)
    told = ("--no-swap", "--tfvars", str(workspace.place("production") / TFVARS))
    published = workspace.run("publish", "-e", "production", "--yes", *apart, *told)
    assert published.code == 0, published.err
    policy = workspace.run("doctor", "-e", "production", "--policy", "publish", *apart)
    assert ":role/edge/edgerollout-production" in policy.out

    # Another distribution in front of it: the one there stays what it is, and gets the release.
    workspace.put_in_front("a-new.example.com")
    report = workspace.generate("production", "-C", "config-apart", "--force")
    assert [distribution["module"] for distribution in report["distributions"]] == [
        "a__new_example_com",
        "new_example_com",
    ]
    assert report["findings"] == []
    workspace.terraform("production", "init", "-input=false")
    more = {
        "a__new_example_com_bucket": values["new_example_com_bucket"],
        "a__new_example_com_certificate_arn": values["new_example_com_certificate_arn"],
    }
    said = workspace.apply("production", **values, **more)
    assert "Plan: 2 to add, 1 to change, 0 to destroy." in said, said
    assert {"new.example.com", "a-new.example.com"} <= set(workspace.distributions())
    workspace.assert_nothing_to_change("production", **values, **more)


POLICY = """\
resource "aws_cloudfront_response_headers_policy" "team" {
  name = "team"
  security_headers_config {
    content_security_policy {
      content_security_policy = "default-src 'self'"
      override                = true
    }
    strict_transport_security {
      access_control_max_age_sec = 300
      override                   = true
    }
  }
  custom_headers_config {
    items {
      header   = "Permissions-Policy"
      value    = "camera=()"
      override = VALUE
    }
  }
}
"""


def a_response_headers_policy_is_made_changed_and_deleted(workspace: Workspace) -> None:
    """The provider's own resource: what the sandbox answers is what the provider takes."""
    place = workspace.folder / "policies"
    place.mkdir()
    main, provider = place / "main.tf", 'provider "aws" {\n  region = "us-east-1"\n}\n'
    main.write_text(provider + POLICY.replace("VALUE", "true"))
    workspace.terraform("testing", "init", "-input=false", place=place)
    made = workspace.apply("testing", place=place)
    assert "1 added, 0 changed, 0 destroyed" in made, made
    assert "No changes." in workspace.terraform("testing", "plan", "-input=false", place=place)
    main.write_text(provider + POLICY.replace("VALUE", "false"))
    changed = workspace.apply("testing", place=place)
    assert "0 added, 1 changed, 0 destroyed" in changed, changed
    (policy,) = workspace.client("cloudfront").list_response_headers_policies(Type="custom")[
        "ResponseHeadersPolicyList"
    ]["Items"]
    kept = policy["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]["CustomHeadersConfig"]["Items"]
    assert kept == [{"Header": "Permissions-Policy", "Value": "camera=()", "Override": False}]
    gone = workspace.apply("testing", "-destroy", place=place)
    assert "1 destroyed" in gone, gone


BY_POLICY = 'deliver       = "response-headers-policy"\n'
ALIAS = 'distributions = [{ alias = "changing.example.com" }]\n'
IGNORES = "  lifecycle {\n    ignore_changes = [default_cache_behavior, ordered_cache_behavior]\n"


def the_means_changes_by_hand_over_to_edgerollout_and_back(workspace: Workspace) -> None:
    """docs/terraform.md, "Changing the means", from the function to the policy."""
    workspace.without_origin_headers("changing.example.com")
    workspace.generate("changing", "--sandbox", "--from-live")
    workspace.terraform("changing", "init", "-input=false")
    workspace.apply("changing")
    workspace.done("publish", "changing")
    workspace.apply("changing", **QUICK)
    workspace.finish("changing")

    # Terraform would do it in one update.
    workspace.settings(ALIAS, ALIAS + BY_POLICY)
    refused = workspace.run("--sandbox", "publish", "-e", "changing", "--yes")
    assert refused.code == 6
    assert 'docs/terraform.md, "Changing the means"' in flat(refused.err)

    # It leaves the behaviors alone, edgerollout makes the two updates, and tells Terraform what is live.
    module = workspace.folder / "changing" / "modules" / KEPT / "main.tf"
    module.write_text(module.read_text().replace("  lifecycle {\n", IGNORES, 1))
    workspace.assert_nothing_to_change("changing", **QUICK)
    owner = 'triggers      = "terraform"\ntfvars        = "changing'
    workspace.settings(owner, owner.replace('"terraform"', '"edgerollout"'))
    workspace.aws.clear_calls()
    workspace.done("publish", "changing")
    assert [call.operation for call in workspace.aws.calls()].count("UpdateDistribution") == 2
    workspace.assert_nothing_to_change("changing", **QUICK)
    workspace.settings(owner.replace('"terraform"', '"edgerollout"'), owner)
    workspace.done("publish", "changing")

    # Files for the new means take the place of the old ones, and agree with what is there.
    workspace.generate("changing", "--sandbox", "--from-live", "--force")
    assert "ignore_changes = [default" not in module.read_text()
    workspace.terraform("changing", "init", "-input=false")
    told = workspace.apply("changing", **QUICK)  # the number of the release in its outputs
    assert "0 added, 0 changed, 0 destroyed" in told
    status = workspace.status("changing")
    assert (status["release"], status["drift"], status["event"]) == (2, False, "headers-policy")


STORIES = (
    the_means_changes_by_hand_over_to_edgerollout_and_back,
    a_response_headers_policy_is_made_changed_and_deleted,
    edgerollout_owns_the_triggers_and_terraform_leaves_them_alone,
    a_distribution_from_the_configuration_alone_is_made_anew_anywhere_and_renamed_by_no_other,
)


@pytest.mark.parametrize("story", a_few(STORIES, 1), ids=lambda story: story.__name__)
def test_other_owners_of_triggers_and_distributions(
    workspace: Workspace, story: Callable[[Workspace], None]
) -> None:
    story(workspace)


REPLACED = "module.edgerollout_function.aws_lambda_function.this"


def test_old_and_rare_settings_are_imported_to_a_clean_plan_and_get_a_policy(workspace: Workspace) -> None:
    workspace.make_odd_distribution()
    report = workspace.generate("odd", "-C", "config-apart", "--from-live", *workspace.endpoint)
    assert report["findings"] == []
    workspace.terraform("odd", "init", "-input=false")
    said = workspace.apply("odd")
    assert "Plan: 1 to import, 3 to add, 0 to change, 0 to destroy." in said, said

    # Its releases are response headers policies, which edgerollout makes and Terraform attaches by their ids.
    options = ("-e", "odd", "--yes", "-C", "config-apart", *workspace.endpoint)
    file = ("--tfvars", str(workspace.place("odd") / TFVARS))
    published = workspace.run("publish", *options, "--no-swap", *file)
    assert published.code == 0, published.err
    told = json.loads((workspace.place("odd") / TFVARS).read_text())
    policy = told["edgerollout_response_headers_policy_id"]
    # What a behavior's own policy says goes along in a variant.
    variant = told["edgerollout_response_headers_policy_variants"][SIMPLE_CORS]
    assert workspace.policies("odd.example.com") == {None, SIMPLE_CORS}
    said = workspace.apply("odd", **QUICK)
    assert "0 added, 1 changed, 0 destroyed" in said, said
    assert workspace.policies("odd.example.com") == {policy, variant}
    finished = workspace.run("wait", *options, *file)
    assert finished.code == 0, finished.err
    workspace.assert_nothing_to_change("odd", **QUICK)

    # Written anew from what is there, the files say the same.
    workspace.generate("odd", "-C", "config-apart", "--from-live", "--force", *workspace.endpoint)
    assert SIMPLE_CORS in (workspace.place("odd") / "main.tf").read_text()
    workspace.assert_nothing_to_change("odd", **QUICK)
