"""Who owns the triggers: Terraform, told by tfvars; or edgerollout, and a Terraform run that undoes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.functional.project import WIDER_POLICY

if TYPE_CHECKING:
    from collections.abc import ItemsView

    from .conftest import Site
    from .project import Project

pytestmark = pytest.mark.sandbox

TFVARS = "apply/testing/edgerollout.auto.tfvars.json"


@pytest.fixture
def terraformed(project: Project) -> tuple[Project, str]:
    """A project whose configuration leaves the triggers to Terraform, with nothing published yet."""
    project.configure(environments={"testing": f'triggers = "terraform"\ntfvars = "{TFVARS}"\n'})
    (project.folder / "apply" / "testing").mkdir(parents=True)
    return project, project.distribution()


def said(project: Project, file: str = TFVARS) -> dict[str, object]:
    document: dict[str, object] = json.loads((project.folder / file).read_text())
    return document


def attach(project: Project, distribution: str, arn: str | None, *, only: str | None = None) -> None:
    """What `terraform apply` does: this function, and no other, on every behavior, or `only` on one."""
    found = project.cloudfront.get_distribution_config(Id=distribution)
    config = found["DistributionConfig"]
    items = [] if arn is None else [{"LambdaFunctionARN": arn, "EventType": "origin-response"}]
    for behavior in (*config["CacheBehaviors"].get("Items", []), config["DefaultCacheBehavior"]):
        if only not in (None, behavior.get("PathPattern")):
            continue
        behavior["LambdaFunctionAssociations"] = {"Quantity": len(items), "Items": items}
    project.cloudfront.update_distribution(Id=distribution, IfMatch=found["ETag"], DistributionConfig=config)


def apply(project: Project, distribution: str) -> None:
    arn = said(project)["edgerollout_function_qualified_arn"]
    attach(project, distribution, None if arn is None else str(arn))


def test_publish_apply_and_wait_bring_a_release_by_the_settings_alone(
    terraformed: tuple[Project, str],
) -> None:
    project, distribution = terraformed

    published = project.run("publish", "-e", "testing", "--create", "--yes", "-o", "json")

    outcome = published.outcome
    arn = f"arn:aws:lambda:us-east-1:{project.account}:function:{project.function}:1"
    assert (published.code, outcome["result"]) == (0, "handed-over")
    assert outcome["handed_over"] == {
        "file": TFVARS,
        "function_qualified_arn": arn,
        "release": 1,
        "stage": "report-only",
        "live": None,
        "waits": True,
    }
    assert outcome["distributions"][0]["result"] == "handed-over"
    assert said(project) == {
        "edgerollout_attached": True,
        "edgerollout_function_qualified_arn": arn,
        "edgerollout_release": 1,
        "edgerollout_stage": "report-only",
        "edgerollout_command": "publish",
    }
    assert "cloudfront:UpdateDistribution" not in project.writes()

    early = project.run("wait", "-e", "testing")
    assert early.code == 6
    assert "release 1 is not attached in testing yet" in early.err
    assert "terraform apply" in early.err
    awaiting = " ".join(project.run("status", "-e", "testing").out.split())
    assert "Terraform must attach release 1, and has not done so everywhere: `terraform apply`" in awaiting
    assert "attached nowhere" not in awaiting
    where = f"--endpoint-url {project.server.endpoint_url}"
    assert f"then `edgerollout wait -e testing {where}`" in awaiting, "to be copied as it is"

    apply(project, distribution)
    project.forget_calls()
    waited = project.run("wait", "-e", "testing")
    assert waited.code == 0, waited.err
    assert "release 1 is live in testing" in waited.err
    assert project.writes() == {"cloudfront:CreateInvalidation": 1}
    again = project.run("publish", "-e", "testing", "--yes", "-o", "json")
    assert (again.code, again.outcome["result"], project.versions()) == (0, "nothing-to-do", [1])


def test_plan_says_what_the_tfvars_will_say(terraformed: tuple[Project, str]) -> None:
    project, _ = terraformed

    text = project.run("plan", "-e", "testing", "--create")
    document = project.run("plan", "-e", "testing", "--create", "-o", "json").document

    assert f"Terraform attaches the releases: {TFVARS}" in text.out
    assert document["handover"] == {
        "file": TFVARS,
        "before": None,
        "after": {
            "edgerollout_attached": True,
            "edgerollout_function_qualified_arn": "new",
            "edgerollout_release": "new",
            "edgerollout_stage": "report-only",
            "edgerollout_command": "publish",
        },
    }
    assert not (project.folder / TFVARS).exists()


def test_promote_and_rollback_go_the_same_way(terraformed: tuple[Project, str]) -> None:
    project, distribution = terraformed
    project.published()
    apply(project, distribution)
    assert project.run("wait", "-e", "testing").code == 0
    aside = ("--override", "tour", "--override", "reporting", "--reason", "toured by hand")

    promoted = project.run("promote", "-e", "testing", "--enforce", "--yes", *aside)

    assert promoted.code == 0, promoted.err
    assert said(project)["edgerollout_stage"] == "enforced"
    apply(project, distribution)
    assert project.run("wait", "-e", "testing").code == 0
    back = project.run("rollback", "-e", "testing", "--yes")
    assert back.code == 0, back.err
    assert "Terraform must now attach release 1 in testing (live: release 2)" in back.err
    assert said(project)["edgerollout_release"] == 1
    assert project.everywhere(distribution) == {"origin-response:2"}
    document = project.run("status", "-e", "testing", "-o", "json").document
    assert document["terraform"] == {"release": 1, "applied": False, "problem": None}


def test_an_enforcement_that_waits_for_terraform_is_told_and_left_by_publish(
    terraformed: tuple[Project, str],
) -> None:
    project, distribution = terraformed
    project.published()
    apply(project, distribution)
    assert project.run("wait", "-e", "testing").code == 0
    aside = ("--override", "tour", "--override", "reporting", "--reason", "toured by hand")
    assert project.run("promote", "-e", "testing", "--enforce", "--yes", *aside).code == 0
    told = said(project)

    text = project.run("publish", "-e", "testing", "--yes")
    outcome = project.run("publish", "-e", "testing", "--yes", "-o", "json").outcome

    assert text.code == 0
    assert "release 1 is live in testing, and release 2 waits for `terraform apply`" in words(text.err)
    assert (outcome["result"], outcome["release"]) == ("nothing-to-do", 1)
    assert (outcome["handed_over"]["live"], outcome["handed_over"]["release"]) == (1, 2)
    assert "terraform apply" in outcome["next_step"]

    step = project.run("advance", "-e", "testing", "--yes", "-o", "json")
    assert (step.code, step.outcome["result"]) == (0, "nothing-to-do")
    chosen = next(event for event in step.events if event["type"] == "advance_chosen")
    assert (chosen["step"], chosen["why"]) == ("finish", "release 2 waits for `terraform apply`")
    assert "terraform apply" in step.outcome["next_step"]
    assert said(project) == told

    project.policy(WIDER_POLICY)
    project.forget_calls()
    refused = project.run("publish", "-e", "testing", "--yes")
    assert refused.code == 6
    assert "release 2 waits for `terraform apply` in testing" in words(refused.err)
    assert "(by `promote`)" in words(refused.err)
    assert "`terraform apply` in apply/testing" in words(refused.err)
    assert (said(project), project.writes()) == (told, {})


def test_behaviors_that_terraform_does_not_attach_to_are_named_wherever_one_looks(
    terraformed: tuple[Project, str],
) -> None:
    project, distribution = terraformed
    project.published()
    attach(project, distribution, str(said(project)["edgerollout_function_qualified_arn"]), only="/api/*")

    looked = project.run("status", "-e", "testing")
    planned = project.run("plan", "-e", "testing")
    waited = project.run("wait", "-e", "testing")

    for text in (looked.out, planned.out, waited.err):
        assert "has release 1 on 1 of" in " ".join(text.split())
        assert "terraform -e testing --snippet --endpoint-url" in " ".join(text.split())
    assert waited.code == 9


def test_a_job_on_github_learns_what_to_apply(terraformed: tuple[Project, str]) -> None:
    project, _ = terraformed
    output = project.folder / "output"
    project.extra["GITHUB_OUTPUT"] = str(output)

    project.published("-o", "github")

    outputs = output.read_text()
    assert "handed-over" in outputs
    assert TFVARS in outputs
    assert f"{project.function}:1" in outputs


def test_without_settings_the_options_say_it_and_the_next_commands_repeat_them(project: Project) -> None:
    distribution = project.distribution()
    (project.folder / "infra").mkdir()
    file = "infra/edgerollout.auto.tfvars.json"
    (project.folder / file).write_text('{"region": "eu-west-1"}')

    result = project.published("--no-swap", "--tfvars", file)

    assert said(project, file)["region"] == "eu-west-1"
    assert f"wait -e testing --tfvars {file}" in " ".join(result.err.split())
    attach(project, distribution, str(said(project, file)["edgerollout_function_qualified_arn"]))
    assert project.run("wait", "-e", "testing", "--tfvars", file).code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--tfvars", "x.auto.tfvars.json"), "--tfvars needs --no-swap"),
        (("--no-swap", "--tfvars", "main.tf"), "not a tfvars file in JSON"),
        (("--no-swap",), "the folder "),
        (("--no-swap", "--tfvars", "list.tfvars.json"), "not a JSON object"),
        (("--no-swap", "--tfvars", "broken.tfvars.json"), "is not JSON"),
        (
            ("--no-swap", "--tfvars", "wrong.tfvars.json"),
            "does not have the variables that edgerollout writes",
        ),
    ],
)
def test_a_file_that_terraform_or_we_could_not_read_stops_before_anything_is_made(
    project: Project, arguments: tuple[str, ...], words: str
) -> None:
    project.distribution()
    project.write("list.tfvars.json", "[]")
    project.write("broken.tfvars.json", "{")
    project.write("wrong.tfvars.json", '{"edgerollout_function_qualified_arn": 1}')
    project.forget_calls()

    result = project.run("publish", "-e", "testing", "--create", "--yes", *arguments)

    assert result.code == 2
    assert words in " ".join(result.err.split())
    assert project.writes() == {}


def test_a_saved_plan_for_terraform_is_stale_once_the_tfvars_have_moved(
    terraformed: tuple[Project, str],
) -> None:
    project, _ = terraformed
    assert project.run("plan", "-e", "testing", "--create", "--out", "p.json").code == 0
    project.write(TFVARS, json.dumps(dict.fromkeys(said_nothing())))

    result = project.run("publish", "-e", "testing", "--yes", "--plan", "p.json")

    assert result.code == 4
    assert "what the tfvars say" in result.err


def said_nothing() -> tuple[str, ...]:
    return ("edgerollout_function_qualified_arn", "edgerollout_release", "edgerollout_stage")


def test_a_terraform_run_that_put_an_older_release_back_is_told_with_a_way_to_end_it(
    published: tuple[Project, str],
) -> None:
    project, distribution = published
    arn = project.cloudfront.get_distribution(Id=distribution)["Distribution"]["ARN"]
    tags = {"Items": [{"Key": "ManagedBy", "Value": "terraform"}]}
    project.cloudfront.tag_resource(Resource=arn, Tags=tags)
    project.policy(WIDER_POLICY)
    project.published()
    function = f"arn:aws:lambda:us-east-1:{project.account}:function:{project.function}"
    attach(project, distribution, f"{function}:1")

    text = project.run("status", "-e", "testing")
    document = project.run("status", "-e", "testing", "-o", "json").document
    refused = project.run("publish", "-e", "testing", "--yes")

    assert "a Terraform run seems to have put its own state back" in " ".join(text.out.split())
    assert 'triggers = "terraform"' in " ".join(text.out.split())
    assert document["distributions"][0]["reverted"] == {"release": 2, "carries": [1]}
    assert document["drift"] is True
    assert "not every behavior" not in text.out
    assert refused.code == 6
    assert "maybe by Terraform" in " ".join(refused.err.split())


class Different(dict[str, str]):
    """Headers that come from the second answer on: neither what was before nor the release's."""

    asked = 0

    def items(self) -> ItemsView[str, str]:
        self.asked += 1
        return super().items() if self.asked > 1 else {"Referrer-Policy": "origin"}.items()


def test_wrong_headers_after_the_apply_are_told_with_the_way_back_and_nothing_is_swapped(
    terraformed: tuple[Project, str], site: Site
) -> None:
    project, distribution = terraformed
    settings = f'triggers = "terraform"\ntfvars = "{TFVARS}"\nurls = ["{site.url}"]\n'
    project.configure(environments={"testing": settings})
    project.published()
    apply(project, distribution)
    project.forget_calls()
    site.headers = Different({"Referrer-Policy": "unsafe-url"})

    result = project.run("wait", "-e", "testing")

    assert result.code == 9
    assert "rollback -e testing" in result.err
    assert f"--from 1 --endpoint-url {project.server.endpoint_url} then `terraform apply`" in " ".join(
        result.err.split()
    )
    assert "`terraform apply` in apply/testing, then edgerollout wait -e testing" in " ".join(
        result.err.split()
    )
    assert project.writes() == {"cloudfront:CreateInvalidation": 1}


def test_a_release_that_terraform_was_told_to_attach_is_never_pruned(
    terraformed: tuple[Project, str],
) -> None:
    project, distribution = terraformed
    for policy in (WIDER_POLICY, WIDER_POLICY + "font-src = [\"'self'\"]\n", WIDER_POLICY):
        project.policy(policy)
        project.published()
        apply(project, distribution)
        assert project.run("wait", "-e", "testing").code == 0
    assert project.run("rollback", "-e", "testing", "--to", "1", "--yes").code == 0

    pruned = project.run("prune", "-e", "testing", "--keep", "1", "--dry-run", "-o", "json").document

    (first,) = (version for version in pruned["versions"] if version["version"] == 1)
    assert "Terraform is told to attach it" in json.dumps(first)


@pytest.fixture
def applied(terraformed: tuple[Project, str]) -> tuple[Project, str]:
    """Two releases, handed over, applied and finished; the second is live."""
    project, distribution = terraformed
    for policy in ("", WIDER_POLICY):
        if policy:
            project.policy(policy)
        project.published()
        apply(project, distribution)
        assert project.run("wait", "-e", "testing").code == 0
    return project, distribution


def words(text: str) -> str:
    return " ".join(text.split())


def test_tfvars_that_are_lost_are_missed_and_written_anew_for_what_is_live(
    applied: tuple[Project, str],
) -> None:
    project, _ = applied
    (project.folder / TFVARS).unlink()

    looked, waited = project.run("status", "-e", "testing"), project.run("wait", "-e", "testing")

    for text in (looked.out, waited.err):
        assert "is lost, or names no release" in words(text)
        assert "publish -e testing" in words(text)
    written = project.run("publish", "-e", "testing", "--yes")
    assert (written.code, said(project)["edgerollout_release"]) == (0, 2)
    assert "the tfvars name release 2, which is attached in testing (live: release 2)" in words(written.err)


def test_tfvars_that_were_lost_are_named_where_terraform_took_everything_off(
    terraformed: tuple[Project, str],
) -> None:
    project, distribution = terraformed
    project.published()
    apply(project, distribution)
    assert project.run("wait", "-e", "testing").code == 0
    (project.folder / TFVARS).unlink()
    attach(project, distribution, None)

    for command in (("wait",), ("publish", "--yes")):
        after = project.run(*command, "-e", "testing")
        assert after.code == 6
        assert f"If {TFVARS} is lost: restore it, then `terraform apply`." in words(after.err)


def test_a_rollback_that_waits_for_terraform_is_not_undone_once_its_file_is_lost(
    applied: tuple[Project, str],
) -> None:
    project, _ = applied
    assert project.run("rollback", "-e", "testing", "--yes").code == 0
    (project.folder / TFVARS).unlink()

    refused = project.run("publish", "-e", "testing", "--yes")

    assert refused.code == 6
    assert "release 2 counts as rolled back" in refused.err
    assert "rollback -e testing" in words(refused.err)
    assert not (project.folder / TFVARS).exists()
    assert project.run("rollback", "-e", "testing", "--yes").code == 0
    assert said(project)["edgerollout_release"] == 1


HARMFUL = {
    # No such version, one that was taken back, another function's.
    ":99": "publish -e testing {own}` writes it again",
    ":2": "rollback -e testing --from 2 {own}` writes the one before",
    "-other:4": "names another function's version",
}


def test_status_advises_to_apply_no_tfvars_that_would_do_harm(applied: tuple[Project, str]) -> None:
    project, distribution = applied
    assert project.run("rollback", "-e", "testing", "--yes").code == 0
    apply(project, distribution)
    assert project.run("wait", "-e", "testing").code == 0
    document = said(project)
    function = str(document["edgerollout_function_qualified_arn"]).rpartition(":")[0]
    for named, told in HARMFUL.items():
        document |= {
            "edgerollout_function_qualified_arn": f"{function}{named}",
            "edgerollout_release": int(named.rpartition(":")[2]),
        }
        (project.folder / TFVARS).write_text(json.dumps(document))

        looked = project.run("status", "-e", "testing")

        own = f"--endpoint-url {project.server.endpoint_url}"
        assert told.format(own=own) in words(looked.out)
        assert "Terraform must" not in words(looked.out)


def test_status_tells_what_is_live_though_the_tfvars_are_broken(applied: tuple[Project, str]) -> None:
    project, _ = applied
    (project.folder / TFVARS).write_text("{")
    looked = project.run("status", "-e", "testing")
    assert looked.code == 0
    assert "testing: release 2" in looked.out
    assert f"{TFVARS} is not JSON" in looked.err


def test_wait_repeats_the_file_that_it_was_given(project: Project) -> None:
    project.distribution()
    (project.folder / "tf").mkdir()
    file = "tf/x.auto.tfvars.json"
    project.published("--no-swap", "--tfvars", file, "--create")

    early = project.run("wait", "-e", "testing", "--tfvars", file)

    assert early.code == 6
    assert f"wait -e testing --tfvars {file}" in words(early.err)


def test_a_distribution_that_was_put_back_altogether_is_drift(published: tuple[Project, str]) -> None:
    project, distribution = published
    arn = project.cloudfront.get_distribution(Id=distribution)["Distribution"]["ARN"]
    project.cloudfront.tag_resource(
        Resource=arn, Tags={"Items": [{"Key": "ManagedBy", "Value": "terraform"}]}
    )
    attach(project, distribution, None)

    looked = project.run("status", "-e", "testing", "--detailed-exitcode")

    assert looked.code == 3
    assert "carries none of ours, not 1" in words(looked.out)


def test_an_enforcement_by_terraform_ends_with_the_tour_that_nobody_makes_for_you(
    applied: tuple[Project, str],
) -> None:
    project, distribution = applied
    aside = ("--override", "tour", "--override", "reporting", "--reason", "toured by hand")

    promoted = project.run("promote", "-e", "testing", "--enforce", "--yes", *aside)

    assert "wait -e testing" in words(promoted.err)
    assert "then: edgerollout tour -e testing" in words(promoted.err)
    apply(project, distribution)
    assert project.run("wait", "-e", "testing").code == 0
    # Somebody empties the tfvars by hand; the next publish would start anew with a policy that is observed.
    (project.folder / TFVARS).write_text("{}")
    attach(project, distribution, None)
    project.policy(WIDER_POLICY + "font-src = [\"'self'\"]\n")
    planned = project.run("plan", "-e", "testing")
    assert "release 3 enforced a policy here and is attached nowhere any more" in words(planned.out)
