"""`edgerollout init` as a user meets it: flags, a live site, files that are there, and the first publish."""

from __future__ import annotations

import os
import pty
from typing import TYPE_CHECKING

import pytest

from edgerollout.config import load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.functional.conftest import Site
    from tests.functional.project import Project

pytestmark = pytest.mark.sandbox

SECURITY_HEADERS = "67f7725c-6f97-4210-82d7-5512b31e9d03"
FILES = {
    ".gitignore",
    ".github/workflows/edgerollout.yml",
    "config/.schema/edgerollout.schema.json",
    "config/.schema/policy.schema.json",
    "config/edgerollout.toml",
    "config/policy.toml",
    "handler/python/index.py",
}


def written(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def live(project: Project, site: Site) -> Project:
    """A project whose account has a distribution, and whose site sends headers today."""
    site.headers = {
        "Content-Security-Policy": "default-src 'self'; img-src *",
        "X-Frame-Options": "SAMEORIGIN",
        "Strict-Transport-Security": "max-age=31536000",
    }
    return project


def init_live(project: Project, site: Site, *more: str) -> tuple[str, ...]:
    return (
        "init",
        "new",
        "--nested",
        "-e",
        "testing",
        "--alias",
        project.alias,
        "--url",
        site.url,
        "--from-live",
        *more,
    )


# --- from scratch ----------------------------------------------------------------------------------------


def test_flags_make_a_project_that_loads(project: Project) -> None:
    made = project.run(
        "init", "new", "--nested", "-e", "testing", "-e", "production", "--account", project.account,
        "--alias", "testing=t.example.com", "--alias", "production=www.example.com",
        endpoint=False,
    )  # fmt: skip

    assert made.code == 0, made.err
    assert written(project.folder / "new") == FILES
    assert list(load(project.folder / "new" / "config").environments) == ["testing", "production"]
    assert made.out.splitlines()[-4:] == [
        "next: cd new",
        "      edgerollout doctor -e testing",
        "      edgerollout plan -e testing --create",
        "      edgerollout publish -e testing --create",
    ]


def test_a_missing_answer_is_a_usage_error_that_names_the_flag(project: Project) -> None:
    result = project.run("init", "new", "--nested", "-e", "testing", endpoint=False)

    assert result.code == 2
    assert "--alias is missing: which distribution is testing?" in result.err
    assert not (project.folder / "new").exists()


def test_a_missing_configuration_names_init(project: Project) -> None:
    result = project.run("plan", "-C", "nowhere/config")

    assert result.code == 2
    assert "`edgerollout init` makes a new project" in result.err


def test_files_that_are_there_are_listed_and_left_alone(project: Project) -> None:
    words = (
        "init",
        "new",
        "--nested",
        "-e",
        "testing",
        "--account",
        project.account,
        "--alias",
        "t.example.com",
    )
    project.run(*words, endpoint=False)
    (project.folder / "new/config/policy.toml").write_text("# mine\n")
    (project.folder / "new/handler/python/index.py").unlink()

    refused = project.run(*words, endpoint=False)

    assert refused.code == 2
    assert "1 of the files exist already in new, with other content: config/policy.toml" in refused.err
    assert not (project.folder / "new/handler/python/index.py").exists()

    forced = project.run(*words, "--force", endpoint=False)

    assert forced.code == 0, forced.err
    assert "replaced   config/policy.toml" in forced.out
    assert "created    handler/python/index.py" in forced.out
    assert "unchanged  config/edgerollout.toml" in forced.out


def test_a_folder_in_the_way_leaves_nothing_half_written(project: Project) -> None:
    (project.folder / "new" / "handler").mkdir(parents=True)
    (project.folder / "new" / "handler" / "python").write_text("a file")

    words = ("-e", "testing", "--account", project.account, "--alias", "t.example.com")
    result = project.run("init", "new", "--nested", *words, endpoint=False)

    assert result.code == 2
    assert written(project.folder / "new") == {"handler/python"}


def test_a_gitignore_that_is_there_is_added_to(project: Project) -> None:
    (project.folder / "new").mkdir()
    (project.folder / "new" / ".gitignore").write_text("dist/")

    words = ("-e", "testing", "--account", project.account, "--alias", "t.example.com", "--ci", "none")
    made = project.run("init", "new", "--nested", *words, endpoint=False)

    assert made.code == 0, made.err
    assert (project.folder / "new" / ".gitignore").read_text() == "dist/\n.edgerollout/\n"
    assert not (project.folder / "new" / ".github").exists()


# --- from a live site ------------------------------------------------------------------------------------


def test_the_policy_starts_from_what_the_site_sends(live: Project, site: Site) -> None:
    live.distribution()
    live.forget_calls()

    made = live.run(*init_live(live, site, "-o", "json"))

    assert made.code == 0, made.err
    document = made.document
    assert document["policy"]["csp_from"] == "enforced"
    assert document["policy"]["csp"] == {"default-src": ["'self'"], "img-src": ["*"]}
    assert document["policy"]["headers"]["x-frame-options"] == "SAMEORIGIN"
    [distribution] = document["distributions"]
    assert distribution["behaviors"] == ["/api/*", "Default (*)"]
    assert distribution["origins"] == ["bucket.s3.us-east-1.amazonaws.com"]
    project = load(live.folder / "new" / "config")
    assert project.environments["testing"].account == live.account
    assert project.policy.csp.header_value() == "default-src 'self'; img-src *"
    assert "publish -e testing --create --accept-header strict-transport-security" in document["next"][-1]
    assert live.calls() == {
        "sts:GetCallerIdentity": 1,
        "cloudfront:ListDistributions": 1,
        "cloudfront:GetDistributionConfig": 1,
        "pricingplanmanager:ListSubscriptions": 1,
    }


def test_conflicts_are_told_with_the_command_that_settles_them(live: Project, site: Site) -> None:
    distribution = live.distribution()
    arn = live.create_function(f"images-{live.account}")
    trigger = {"LambdaFunctionARN": arn, "EventType": "origin-response"}
    live.change(
        distribution,
        {
            "LambdaFunctionAssociations": {"Quantity": 1, "Items": [trigger]},
            "ResponseHeadersPolicyId": SECURITY_HEADERS,
        },
    )
    name = arn.rpartition(":")[0]

    made = live.run(*init_live(live, site))

    assert made.code == 0, made.err
    text = " ".join(made.out.split())
    assert f"error: {live.alias} Default (*): {arn} is on origin-response" in text
    assert "response headers policy Managed-SecurityHeadersPolicy wins over" in text
    assert f"publish -e testing --create --replace {name}" in text


def test_the_next_command_works_as_printed(live: Project, site: Site) -> None:
    live.distribution()
    site.headers["Strict-Transport-Security"] = "max-age=300"
    made = live.run(*init_live(live, site))
    words = made.out.splitlines()[-1].split()[1:]

    planned = live.run("plan", *words[1:], "-C", "new/config", endpoint=False)

    assert words[0] == "publish"
    assert planned.code == 0, planned.err


def test_a_distribution_that_is_not_there_is_a_usage_error(live: Project, site: Site) -> None:
    live.distribution()

    result = live.run(
        "init", "new", "--nested", "-e", "testing", "--alias", "other.example.com", "--from-live"
    )

    assert result.code == 2
    assert "there is no distribution with alias other.example.com" in result.err
    assert "--alias testing=HOST" in result.err
    assert not (live.folder / "new").exists()


def test_without_credentials_the_pages_alone_are_read_and_that_is_said(live: Project, site: Site) -> None:
    live.extra = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}

    made = live.run(*init_live(live, site, "--account", live.account))

    assert made.code == 0, made.err
    assert "AWS was not read, only the pages: no AWS credentials found" in made.out
    assert load(live.folder / "new" / "config").policy.csp.header_value() == "default-src 'self'; img-src *"


# --- at a terminal ---------------------------------------------------------------------------------------


def test_at_a_terminal_each_file_is_shown_and_asked_for(project: Project) -> None:
    words = ("-e", "testing", "--account", project.account, "--alias", "t.example.com")
    words = (*words, "--url", "https://t.example.com/", "--runtime", "python3.13", "--ci", "none")
    project.run("init", "new", "--nested", *words, endpoint=False)
    for name in ("policy", "edgerollout"):
        (project.folder / f"new/config/{name}.toml").write_text("# mine\n")
    master, slave = pty.openpty()
    process = project.start("init", "new", "--nested", *words, endpoint=False, stdin=slave)
    # No to the live site, yes to edgerollout.toml, no to policy.toml, yes to all that is to be written.
    os.write(master, b"n\ny\nn\ny\n")
    out, err = process.communicate(timeout=300)
    os.close(master)
    os.close(slave)

    assert process.returncode == 0, err
    assert "-# mine" in err
    assert "Replace config/edgerollout.toml? [y/N]" in err
    assert "replaced   config/edgerollout.toml" in out
    assert "kept       config/policy.toml" in out
    assert (project.folder / "new/config/policy.toml").read_text() == "# mine\n"
    assert "warning: " in out, "the policy that was kept is empty, which the loader refuses"


# --- one more environment --------------------------------------------------------------------------------


@pytest.fixture
def begun(project: Project) -> Path:
    """A project of one environment, with what its owner wrote into its files since."""
    words = ("-e", "testing", "--account", project.account, "--alias", "t.example.com")
    assert project.run("init", "new", "--nested", *words, endpoint=False).code == 0
    folder = project.folder / "new"
    with (folder / "config/edgerollout.toml").open("a") as settings:
        settings.write("exclude       = ['/api/*']    # our own\n")
    workflow = folder / ".github/workflows/edgerollout.yml"
    workflow.write_text(workflow.read_text().replace('cron: "23 5 * * *"', 'cron: "7 3 * * *" # ours'))
    return folder


def test_one_more_environment_comes_behind_those_that_are_there_and_every_line_is_kept(
    project: Project, begun: Path
) -> None:
    files = [begun / "config/edgerollout.toml", begun / ".github/workflows/edgerollout.yml"]
    before = [set(file.read_text().splitlines()) for file in files]

    added = project.run("init", "new", "--add", "production", "--alias", "www.example.com", endpoint=False)

    assert added.code == 0, added.err
    assert "extended  new/config/edgerollout.toml" in added.out
    made = load(begun / "config").environments
    assert list(made) == ["testing", "production"]
    assert (made["production"].after, made["production"].account) == ("testing", project.account)
    assert (made["production"].confirm, made["testing"].exclude) == (True, ("/api/*",))
    settings, workflow = (file.read_text() for file in files)
    assert before[0] <= set(settings.splitlines())
    assert before[1] - set(workflow.splitlines()) == {'        environment: ["testing"]'}
    assert 'environment: ["testing", "production"]' in workflow
    assert "  to-production:\n    needs: to-testing\n" in workflow


def test_a_workflow_of_ones_own_is_left_alone_and_that_is_said(project: Project, begun: Path) -> None:
    (begun / ".github/workflows/edgerollout.yml").write_text("on: push\n")

    added = project.run("init", "new", "--add", "staging", "--alias", "s.example.com", endpoint=False)

    assert added.code == 0, added.err
    assert "the environment was not added there" in " ".join(added.out.split())
    assert (begun / ".github/workflows/edgerollout.yml").read_text() == "on: push\n"
    assert "staging" in load(begun / "config").environments


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--add", "testing", "--alias", "s.example.com"), "has it already"),
        (("--add", "te st", "--alias", "s.example.com"), "not an environment's name"),
        (("--add", "staging"), "--alias is missing"),
        (("--add", "staging", "--lock"), "--add works only with --alias"),
        (("--add", "staging", "-e", "qa"), "--add works only with --alias"),
    ],
)
def test_what_cannot_be_added_is_refused_and_nothing_is_written(
    project: Project, begun: Path, words: tuple[str, ...], told: str
) -> None:
    before = {file: (begun / file).read_bytes() for file in written(begun)}

    refused = project.run("init", "new", *words, endpoint=False)

    assert refused.code == 2
    assert told in refused.err
    assert {file: (begun / file).read_bytes() for file in written(begun)} == before


# --- the sandbox -----------------------------------------------------------------------------------------


@pytest.fixture
def empty(project: Project) -> Iterator[Path]:
    """A folder for a project of its own, whose sandbox is ended in any case."""
    folder = project.folder / "empty"
    folder.mkdir()
    yield folder
    project.run("sandbox", "down", "-C", "empty/config", endpoint=False)


def test_an_empty_folder_becomes_a_published_site_in_the_sandbox(project: Project, empty: Path) -> None:
    made = project.run("--sandbox", "init", "empty", "--nested", "--from-live", endpoint=False)
    assert made.code == 0, made.err
    assert made.out.count(" 5 behaviors: ") == 1
    at_once = ("--deploy-seconds", "0", "--invalidation-seconds", "0", "--function-seconds", "0")
    project.run("sandbox", "up", "-C", "empty/config", *at_once, endpoint=False)

    published = project.run(
        "--sandbox", "publish", "-e", "testing", "--create", "--yes", "-C", "empty/config", endpoint=False
    )

    assert published.code == 0, published.err
    assert "release 1 is live in testing" in published.err
