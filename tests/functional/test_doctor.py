from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .project import Project, Result

LOGGING = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


def recorded(project: Project, *words: str) -> set[str]:
    """The IAM actions that a command's calls stand for. The caller's identity needs no right."""
    project.forget_calls()
    result = project.run(*words)
    # Nobody answers for the site; and a tour may find no browser here.
    fine = {"verify": {6}, "tour": {0, 1, 2, 6}}.get(words[0], {0})
    assert result.code in fine, result.err
    return set(project.calls()) - {"sts:GetCallerIdentity"}


def checks(result: Result) -> dict[str, list[dict[str, Any]]]:
    """The document's checks, by name."""
    assert result.document["schema"] == "1.0"
    found: dict[str, list[dict[str, Any]]] = {}
    for check in result.document["checks"]:
        assert set(check) == {"name", "state", "subject", "message", "why", "fix"}
        found.setdefault(check["name"], []).append(check)
    return found


def user(project: Project, policy: str | None) -> None:
    """Run what follows as an IAM user with that policy and no other."""
    iam = project.client("iam")
    iam.create_user(UserName="deployer")
    if policy is not None:
        iam.put_user_policy(UserName="deployer", PolicyName="printed", PolicyDocument=policy)
    key = iam.create_access_key(UserName="deployer")["AccessKey"]
    project.extra.update(AWS_ACCESS_KEY_ID=key["AccessKeyId"], AWS_SECRET_ACCESS_KEY=key["SecretAccessKey"])


# --- the table against what is really called ----------------------------------------------------------


def test_where_terraform_attaches_nothing_needs_the_right_to_change_a_distribution(project: Project) -> None:
    distribution = project.distribution()
    (project.folder / "apply" / "testing").mkdir(parents=True)
    project.configure(
        environments={"testing": 'triggers = "terraform"\ntfvars = "apply/testing/x.auto.tfvars.json"\n'}
    )
    allowed = {
        action
        for command in ("publish", "promote", "rollback", "detach", "wait")
        for statement in project.run("doctor", "-e", "testing", "--policy", command).document["Statement"]
        for action in statement["Action"]
    }
    assert "cloudfront:CreateInvalidation" in allowed  # wait's
    assert allowed & {"cloudfront:UpdateDistribution", "lambda:EnableReplication*"} == set()

    calls = recorded(project, "publish", "-e", "testing", "--yes", "--create")
    calls |= recorded(project, "rollback", "-e", "testing", "--yes")
    assert calls - {"iam:CreateRole", "iam:AttachRolePolicy", "lambda:CreateFunction"} <= allowed
    assert project.everywhere(distribution) == set()


# --- the check-up -------------------------------------------------------------------------------------


def test_a_fresh_environment_may_be_published_to_and_doctor_says_what_is_not_there_yet(
    project: Project,
) -> None:
    project.distribution()
    result = project.run("doctor", "-e", "testing", "-o", "json")
    assert result.code == 0
    found = checks(result)
    assert found["credentials"][0]["state"] == "ok"
    assert [found[name][0]["state"] for name in ("role", "function")] == ["warning", "warning"]
    assert found["slots"][0]["state"] == "ok"
    assert project.writes() == project.writes()


def test_after_a_publish_role_and_function_are_well(published: tuple[Project, str]) -> None:
    project, _ = published
    result = project.run("doctor", "-e", "testing", "-o", "json")
    found = checks(result)
    assert result.code == 0
    assert [found[name][0]["state"] for name in ("role", "function", "slots")] == ["ok", "ok", "ok"]
    assert [item["state"] for item in found["service-linked-role"]] == ["ok", "ok"]
    assert project.writes() == {}


def test_what_forbids_a_publish_exits_with_6(project: Project) -> None:
    arn = project.create_function(f"theirs-{project.account}")
    association = {"Quantity": 1, "Items": [{"EventType": "origin-response", "LambdaFunctionARN": arn}]}
    distribution = project.distribution()
    project.change(distribution, {"LambdaFunctionAssociations": association})
    project.server.books.subscribe(
        project.account, f"arn:aws:cloudfront::{project.account}:distribution/{distribution}"
    )
    result = project.run("doctor", "-e", "testing")
    assert result.code == 6
    assert f"theirs-{project.account}" in result.out
    assert "flat-rate" in result.out
    assert "2 checks forbid a publish" in result.out


def test_credentials_of_another_account_are_told_and_nothing_is_read_there(project: Project) -> None:
    project.distribution()
    project.extra["AWS_ACCESS_KEY_ID"] = "AKIA999999999999"
    result = project.run("doctor", "-e", "testing")
    assert result.code == 6
    assert "999999999999" in result.out
    assert result.out.count("credentials: ") == 1
    assert "✖ 1 check forbids a publish" in result.out


def test_without_credentials_it_exits_with_1(project: Project) -> None:
    project.extra.update(AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
    result = project.run("doctor", "-e", "testing")
    assert result.code == 1
    assert "no AWS credentials" in result.err
    assert result.out == ""


def test_markdown_says_what_text_says(project: Project) -> None:
    project.distribution()
    result = project.run("doctor", "-e", "testing", "-o", "markdown")
    assert result.out.startswith("## Check-up of testing\n\n✔ **nothing forbids a publish")
    assert "- ! **function**: " in result.out


def test_quiet_leaves_out_what_is_well(project: Project) -> None:
    project.distribution()
    result = project.run("doctor", "-e", "testing", "-q")
    assert "credentials:" not in result.out
    assert "function:" in result.out


# --- rights ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["publish", "rollback", "status"])
def test_the_printed_policy_is_enough_for_its_command(project: Project, command: str) -> None:
    """A user with the policy of `doctor` and of one command; IAM's simulation says what that allows."""
    project.distribution()
    result = project.run("doctor", "-e", "testing", "--policy", command, "--create")
    own = project.run("doctor", "-e", "testing", "--policy", "doctor")
    statements = [*result.document["Statement"], *own.document["Statement"]]
    for number, statement in enumerate(statements):
        statement["Sid"] = f"S{number}"
    user(project, json.dumps({"Version": "2012-10-17", "Statement": statements}))
    found = checks(project.run("doctor", "-e", "testing", "-o", "json"))["permissions"]
    fine = next(check["message"] for check in found if check["state"] == "ok")
    assert command in fine
    lacking = {check["subject"]: check for check in found if check["state"] != "ok"}
    if command == "publish":
        # The larger policy has all that the smaller ones have, but for what they alone may.
        assert set(lacking) <= {"prune"}
    else:
        assert lacking["publish"]["state"] == "error"
        assert "lambda:UpdateFunctionCode" in lacking["publish"]["message"]


def test_a_user_without_rights_is_told_what_could_not_be_read(project: Project) -> None:
    project.distribution()
    user(project, None)
    result = project.run("doctor", "-e", "testing", "-o", "json")
    lacking = [
        permission["subject"] for permission in checks(result)["permissions"] if permission["state"] != "ok"
    ]
    assert "publish" in lacking
    assert result.code == 6


def test_a_policy_names_the_distribution_that_the_alias_belongs_to(project: Project) -> None:
    distribution = project.distribution()
    result = project.run("doctor", "-e", "testing", "--policy", "rollback")
    resources = [statement["Resource"] for statement in result.document["Statement"]]
    assert f"arn:aws:cloudfront::{project.account}:distribution/{distribution}" in resources
    assert "cloudfront:ListDistributions is on *" in result.err


def test_a_policy_needs_no_credentials_and_says_what_it_does_not_know(project: Project) -> None:
    project.extra.update(AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
    result = project.run("doctor", "-e", "testing", "--policy", "all", endpoint=False)
    assert result.code == 0
    assert f"arn:aws:cloudfront::{project.account}:distribution/*" in result.out
    assert "no AWS credentials" in result.err


def test_a_policy_says_that_an_alias_was_not_found(project: Project) -> None:
    project.distribution("another.example.com")
    result = project.run("doctor", "-e", "testing", "--policy", "rollback")
    assert "distribution/*" in result.out
    assert "not every distribution of testing was found" in result.err


@pytest.mark.parametrize("repository", ["acme/site", "github:acme/site"])
def test_a_trust_policy_is_bound_to_the_github_environment(project: Project, repository: str) -> None:
    result = project.run("doctor", "-e", "testing", "--oidc", repository, endpoint=False)
    (statement,) = result.document["Statement"]
    subject = statement["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"]
    assert subject == "repo:acme/site:environment:testing"
    assert "environment: testing" in result.err
    assert "Deployment branches" in result.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--policy", "publihs"), "publish"),
        (("--oidc", "acme"), "OWNER/REPO"),
        (("--oidc", "acme/*"), "OWNER/REPO"),
        (("--oidc", "acme@1/site"), "OWNER@ID/REPO@ID"),
        (("--policy", "publish", "--oidc", "acme/site"), "two documents"),
        (("--policy", "publish", "-o", "markdown"), "JSON"),
        (("--create",), "--policy"),
        (("-o", "xml"), "markdown"),
    ],
)
def test_what_makes_no_sense_is_refused_with_2(project: Project, words: tuple[str, ...], said: str) -> None:
    result = project.run("doctor", "-e", "testing", *words, endpoint=False)
    assert result.code == 2
    assert said in result.err
