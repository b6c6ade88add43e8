from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from .project import WIDER_POLICY

if TYPE_CHECKING:
    from .project import Project

pytestmark = pytest.mark.sandbox


def test_a_plan_reads_only_and_shows_every_behavior(project: Project) -> None:
    distribution = project.distribution(paths=("/api/*",))
    project.forget_calls()

    result = project.run("plan", "-e", "testing", "--create")

    assert result.code == 0, result.err
    assert project.writes() == {}
    assert result.err == ""
    for piece in (project.alias, distribution, "/api/*", "Default (*)", "attach", "default-src", "'self'"):
        assert piece in result.out


@pytest.mark.parametrize(("arguments", "code"), [((), 0), (("--detailed-exitcode",), 3)])
def test_changes_are_told_by_the_exit_code_only_when_asked(
    project: Project, arguments: tuple[str, ...], code: int
) -> None:
    project.distribution()

    assert project.run("plan", "-e", "testing", "--create", *arguments).code == code


def test_without_changes_the_detailed_exit_code_is_0_and_status_sees_no_drift(
    published: tuple[Project, str],
) -> None:
    project, _ = published

    assert project.run("plan", "-e", "testing", "--detailed-exitcode").code == 0
    assert project.run("status", "-e", "testing", "--detailed-exitcode").code == 0


def test_a_json_plan_is_one_document(published: tuple[Project, str]) -> None:
    project, distribution = published
    project.policy(WIDER_POLICY)

    result = project.run("plan", "-e", "testing", "-o", "json")

    document = result.document
    assert (document["schema"], document["environment"], document["changes"]) == ("1.0", "testing", True)
    assert document["live"]["release"] == 1
    assert [step["type"] for step in document["steps"]] == [
        "update-code",
        "publish-version",
        "swap-triggers",
        "await-deployed",
        "invalidate",
    ]
    assert [distribution["id"] for distribution in document["distributions"]] == [distribution]
    assert result.err == ""


def test_a_markdown_plan_is_for_a_pull_request(published: tuple[Project, str]) -> None:
    project, _ = published
    project.policy(WIDER_POLICY)

    result = project.run("plan", "-e", "testing", "-o", "markdown")

    assert result.out.startswith("## Plan for testing (account ")
    assert "img-src" in result.out
    assert "| ~ | `/api/*` | origin-response | detach :1, attach new |" in result.out


def test_a_plan_of_strangers_code_runs_none_of_it(project: Project) -> None:
    project.distribution()
    (project.folder / "handler" / "python" / "index.py").write_text("raise SystemExit('it ran')\n")

    run = project.run("plan", "-e", "testing", "--create")
    not_run = project.run("plan", "-e", "testing", "--create", "--no-run")

    assert (run.code, "it ran" in run.out) == (6, True)
    assert (not_run.code, "it ran" in not_run.out) == (0, False)
    assert "the handler was not run (--no-run)" in not_run.out


def test_a_saved_plan_is_for_its_owner_and_goes_through_no_link(project: Project) -> None:
    project.distribution()
    (project.folder / "link.json").symlink_to(project.folder / "elsewhere.json")

    project.run("plan", "-e", "testing", "--create", "--out", "p.json")
    refused = project.run("plan", "-e", "testing", "--create", "--out", "link.json")

    assert (project.folder / "p.json").stat().st_mode & 0o777 == 0o600
    assert (refused.code, "it is a link" in refused.err) == (2, True)
    assert not (project.folder / "elsewhere.json").exists()


def test_a_saved_plan_is_applied(project: Project) -> None:
    distribution = project.distribution()
    saved = project.run("plan", "-e", "testing", "--create", "--out", "plan.json")
    assert saved.code == 0
    assert "DistributionConfig" not in (project.folder / "plan.json").read_text()

    result = project.run("publish", "-e", "testing", "--yes", "--plan", "plan.json")

    assert result.code == 0, result.err
    assert project.everywhere(distribution) == {"origin-response:1"}


def test_a_plan_whose_configuration_moved_is_stale_and_changes_nothing(
    published: tuple[Project, str],
) -> None:
    project, distribution = published
    project.policy(WIDER_POLICY)
    project.run("plan", "-e", "testing", "--out", "plan.json")
    project.policy(WIDER_POLICY + "font-src = [\"'none'\"]\n")

    result = project.run("publish", "-e", "testing", "--yes", "--plan", "plan.json")

    assert result.code == 4
    assert "the saved plan is stale" in result.err
    assert "configuration" in result.err
    assert project.writes() == {}
    assert project.everywhere(distribution) == {"origin-response:1"}


def test_a_plan_whose_triggers_moved_is_stale_and_changes_nothing(published: tuple[Project, str]) -> None:
    project, distribution = published
    project.policy(WIDER_POLICY)
    project.run("plan", "-e", "testing", "--out", "plan.json")
    project.change(distribution, {"LambdaFunctionAssociations": {"Quantity": 0}})
    project.forget_calls()

    result = project.run("publish", "-e", "testing", "--yes", "--plan", "plan.json")

    assert result.code == 4
    assert "what is attached to a distribution" in result.err
    assert project.writes() == {}


def test_a_plan_whose_function_moved_is_stale_and_changes_nothing(published: tuple[Project, str]) -> None:
    project, _ = published
    project.policy(WIDER_POLICY)
    project.run("plan", "-e", "testing", "--out", "plan.json")
    project.functions.update_function_configuration(FunctionName=project.function, MemorySize=256)
    project.forget_calls()

    result = project.run("publish", "-e", "testing", "--yes", "--plan", "plan.json")

    assert result.code == 4
    assert "the function" in result.err
    assert project.writes() == {}


def test_an_unrelated_change_of_a_colleague_does_not_make_a_plan_stale(
    published: tuple[Project, str],
) -> None:
    project, distribution = published
    project.policy(WIDER_POLICY)
    project.run("plan", "-e", "testing", "--out", "plan.json")
    project.change(distribution, {"Compress": True})

    result = project.run("publish", "-e", "testing", "--yes", "--plan", "plan.json")

    assert result.code == 0, result.err
    config = project.cloudfront.get_distribution_config(Id=distribution)["DistributionConfig"]
    assert config["DefaultCacheBehavior"]["Compress"] is True


def test_a_plan_of_another_environment_is_refused_before_any_call(project: Project) -> None:
    project.distribution()
    project.run("plan", "-e", "testing", "--create", "--out", "plan.json")
    project.configure(
        environments={"testing": "", "staging": 'distributions = [{ alias = "staging.example.com" }]\n'},
        function='[environments.staging.function]\nname = "other"\n',
    )
    project.forget_calls()

    result = project.run("publish", "-e", "staging", "--yes", "--plan", "plan.json")

    assert result.code == 2
    assert "is a plan for testing, not for staging" in result.err
    assert project.calls() == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot read plan.json"),
        ("{", "is not a saved plan"),
        ("[" * 100_000, "is not a saved plan"),
        ("[]", "is not a saved plan of schema 1.0"),
        (json.dumps({"schema": "9"}), "is not a saved plan of schema 1.0"),
        (json.dumps({"schema": "1.0", "environment": "testing"}), "is damaged"),
        (
            json.dumps({"schema": "1.0", "environment": "x", "choices": {"create": "no"}, "intent": {}}),
            "plan.choices.create must be true or false",
        ),
    ],
    ids=[
        "missing",
        "no JSON",
        "nested too deeply",
        "no object",
        "another schema",
        "a part is missing",
        "of another kind",
    ],
)
def test_what_is_no_saved_plan_is_refused_before_any_call(
    project: Project, text: str | None, words: str
) -> None:
    if text is not None:
        project.write("plan.json", text)

    result = project.run("publish", "-e", "testing", "--yes", "--plan", "plan.json")

    assert result.code == 2
    assert words in result.err
    assert project.calls() == {}


def test_a_refused_plan_is_shown_and_not_saved(project: Project) -> None:
    project.distribution()

    result = project.run("plan", "-e", "testing", "--out", "plan.json")

    assert result.code == 6
    assert "--create" in result.out
    assert not (project.folder / "plan.json").exists()


def test_build_makes_the_same_bytes_twice_and_calls_nobody(project: Project) -> None:
    first = project.run("build", "-e", "testing", "--out", "a.zip", "-o", "json", endpoint=False)
    second = project.run("build", "-e", "testing", "--out", "b.zip", "-o", "json", endpoint=False)

    assert first.code == second.code == 0
    assert (project.folder / "a.zip").read_bytes() == (project.folder / "b.zip").read_bytes()
    assert first.document["bundle"]["file"] == "a.zip"
    assert project.calls() == {}


def test_status_knows_the_environment_before_and_after(project: Project) -> None:
    distribution = project.distribution(paths=())
    before = project.run("status", "-e", "testing", "-o", "json").document
    project.published()

    after = project.run("status", "-e", "testing", "-o", "json").document
    text = project.run("status", "-e", "testing")
    markdown = project.run("status", "-e", "testing", "-o", "markdown")

    assert (before["release"], before["live_since"], before["drift"]) == (None, None, False)
    assert (after["release"], after["drift"], after["enforced"]) == (1, False, None)
    assert after["report_only"] is not None
    assert after["distributions"][0]["id"] == distribution
    assert after["distributions"][0]["invalidated"] is True
    assert "testing: release 1" in text.out
    assert "## testing: release 1" in markdown.out
