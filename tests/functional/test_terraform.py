"""`edgerollout terraform` as a user meets it: files, what is in their way, a live account."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from edgerollout.sandbox.distribution_config import ORIGIN_SECRET

if TYPE_CHECKING:
    from pathlib import Path

    from tests.functional.project import Project

pytestmark = pytest.mark.sandbox

HERE = ("terraform", "-o", "json")
LIVE = (*HERE, "--from-live")


def written(folder: Path) -> dict[str, str]:
    """Path → content; the one zip's bytes as characters."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes().decode("latin-1") for path in found}


def done(project: Project, *arguments: str) -> Any:
    result = project.run(*arguments)
    assert result.code == 0, result.err
    return result.document


def rules(document: Any) -> dict[str, str]:
    return {finding["rule"]: finding["message"] for finding in document["findings"]}


# --- from the configuration --------------------------------------------------------------------------------


def test_the_configuration_alone_asks_aws_nothing(project: Project) -> None:
    project.forget_calls()
    document = done(project, *HERE)
    assert project.calls() == {}
    files = written(project.folder / "terraform")
    assert {file["path"].removeprefix("terraform/") for file in document["files"]} == set(files)
    assert "apply/testing/main.tf" in files
    assert document["next"][0] == "terraform -chdir=terraform/apply/testing init"
    assert not any("tfvars " in item for item in document["next"])


def test_another_folder_has_to_be_named_for_releases(project: Project) -> None:
    document = done(project, *HERE, "infrastructure")
    assert '#   tfvars   = "infrastructure/apply/testing/edgerollout.auto.tfvars.json"' in document["next"]


def test_the_next_commands_work_from_where_they_are_told(project: Project) -> None:
    (project.folder / "here").mkdir()
    document = done(project, *HERE, "here/my infra")
    assert "terraform '-chdir=here/my infra/apply/testing' init" in document["next"]
    tfvars = next(item for item in document["next"] if "tfvars " in item)
    project.configure(environments={"testing": f'triggers = "terraform"\n{tfvars.removeprefix("#")}\n'})
    assert rules(done(project, *HERE, "here/my infra")) == {}


def test_a_file_of_releases_is_the_same_by_another_way(project: Project) -> None:
    (project.folder / "other").symlink_to(project.folder)
    tfvars = "other/x/../terraform/apply/testing/edgerollout.auto.tfvars.json"
    (project.folder / "x").mkdir()
    project.configure(environments={"testing": f'triggers = "terraform"\ntfvars = "{tfvars}"\n'})
    assert rules(done(project, *HERE)) == {}


def test_a_role_of_two_environments_is_said(project: Project) -> None:
    other = f'distributions = [{{ alias = "b.{project.alias}" }}]\n[environments.b.function]\nname = "b"\n'
    project.configure(environments={"testing": "", "b": other})
    document = done(project, *HERE, "-e", "b")
    assert f"role-{project.account} is used by testing, too" in rules(document)["role-shared"]


def test_nothing_of_this_machine_is_written(project: Project) -> None:
    done(project, *HERE)
    assert not any(str(project.folder) in text for text in written(project.folder / "terraform").values())


def test_a_second_run_changes_nothing(project: Project) -> None:
    done(project, *HERE)
    assert {file["action"] for file in done(project, *HERE)["files"]} == {"unchanged"}


def test_a_file_that_was_edited_is_replaced_only_with_force(project: Project) -> None:
    done(project, *HERE)
    edited = project.folder / "terraform/apply/testing/main.tf"
    edited.write_text("# mine\n")
    before = written(project.folder / "terraform")
    refused = project.run(*HERE)
    assert refused.code == 2
    assert "terraform/apply/testing/main.tf" in refused.err
    assert written(project.folder / "terraform") == before
    actions = {file["path"]: file["action"] for file in done(project, *HERE, "--force")["files"]}
    assert actions.pop("terraform/apply/testing/main.tf") == "replaced"
    assert set(actions.values()) == {"unchanged"}


def test_a_module_of_the_same_name_in_another_file_is_refused(project: Project) -> None:
    project.write("terraform/apply/testing/site.tf", 'module "edgerollout_function" {\n  source = "./x"\n}\n')
    refused = project.run(*HERE)
    assert refused.code == 2
    assert "module.edgerollout_function" in refused.err
    assert "site.tf" in refused.err
    assert set(written(project.folder / "terraform")) == {"apply/testing/site.tf"}


def test_a_file_where_a_folder_would_be_is_refused(project: Project) -> None:
    project.write("terraform", "a file")
    assert project.run(*HERE).code == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("terraform", "--owner", "pulumi"), "there is no owner 'pulumi'"),
        (("terraform", "-e", "nowhere"), "nowhere"),
        (("terraform", "--snippet", "-o", "markdown"), "markdown"),
        (("terraform", "--snippet", "--from-live"), "--snippet cannot be combined with --from-live"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(
    project: Project, arguments: tuple[str, ...], said: str
) -> None:
    refused = project.run(*arguments)
    assert refused.code == 2
    assert said in refused.err
    assert not (project.folder / "terraform").exists()


def test_a_distribution_named_by_its_id_is_there_already(project: Project) -> None:
    project.configure(environments={"testing": 'distributions = [{ id = "E2QWRUHAPOMQZL" }]\n'})
    refused = project.run(*HERE)
    assert refused.code == 2
    assert "--from-live" in refused.err


@pytest.mark.parametrize(
    ("owner", "said"), [("terraform", "lambda_function_association"), ("edgerollout", "ignore_changes")]
)
def test_the_snippet_goes_to_stdout_and_no_file_is_written(project: Project, owner: str, said: str) -> None:
    result = project.run("terraform", "--snippet", "--owner", owner)
    assert result.code == 0
    assert said in result.out
    assert not (project.folder / "terraform").exists()


@pytest.mark.parametrize(
    ("tfvars", "owner", "rules_found"),
    [
        ("terraform/apply/testing/edgerollout.auto.tfvars.json", "terraform", set()),
        ("elsewhere/edgerollout.auto.tfvars.json", "terraform", {"tfvars-elsewhere"}),
        ("elsewhere/edgerollout.auto.tfvars.json", "edgerollout", {"owner-differs"}),
    ],
)
def test_settings_that_do_not_fit_the_files_are_said(
    project: Project, tfvars: str, owner: str, rules_found: set[str]
) -> None:
    lines = f'triggers = "terraform"\ntfvars = "{tfvars}"\n'
    project.configure(environments={"testing": lines})
    document = done(project, *HERE, "--owner", owner)
    assert set(rules(document)) == rules_found
    assert not any("triggers =" in item for item in document["next"])


def test_a_file_of_releases_that_is_lost_is_not_made_up(project: Project) -> None:
    name = "terraform/apply/testing/edgerollout.auto.tfvars.json"
    done(project, *HERE)
    assert json.loads((project.folder / name).read_text())["edgerollout_attached"] is False
    (project.folder / name).unlink()

    document = done(project, *HERE, "--force")

    assert "is missing, and was not written" in rules(document)["tfvars-lost"]
    assert not (project.folder / name).exists()


def test_a_module_that_goes_by_another_name_now_is_said_before_an_apply(
    project: Project,
) -> None:
    done(project, *HERE)
    main = project.folder / "terraform/apply/testing/main.tf"
    main.write_text(re.sub(r'module "(?!edgerollout_)[^"]+"', 'module "earlier"', main.read_text()))

    document = done(project, *HERE, "--force")

    assert "module.earlier: in terraform/apply/testing/main.tf before" in rules(document)["module-gone"]
    assert rules(done(project, *HERE)) == {}


# --- from what is live -------------------------------------------------------------------------------------


def test_what_is_live_is_imported_with_its_release(published: tuple[Project, str]) -> None:
    project, distribution = published
    document = done(project, *LIVE)
    assert [distribution["id"] for distribution in document["distributions"]] == [distribution]
    assert project.writes() == {}
    files = written(project.folder / "terraform" / "apply" / "testing")
    tfvars = json.loads(files["edgerollout.auto.tfvars.json"])
    assert tfvars == {
        "edgerollout_attached": True,
        "edgerollout_command": None,
        "edgerollout_function_qualified_arn": (
            f"arn:aws:lambda:us-east-1:{project.account}:function:{project.function}:1"
        ),
        "edgerollout_release": 1,
        "edgerollout_stage": "report-only",
    }
    assert f'id = "{distribution}"' in files["imports.tf"]
    assert f'id = "{project.function}"' in files["imports.tf"]


def test_the_tfvars_of_a_release_are_never_replaced(published: tuple[Project, str]) -> None:
    project, _ = published
    name = "terraform/apply/testing/edgerollout.auto.tfvars.json"
    project.write(name, "{}")
    document = done(project, *LIVE, "--force")
    assert {file["path"]: file["action"] for file in document["files"]}[name] == "kept"
    assert "names none; testing carries release 1" in rules(document)["tfvars-differ"]
    assert (project.folder / name).read_text() == "{}"
    (project.folder / name).unlink()
    for _ in range(2):
        assert rules(done(project, *LIVE, "--force")) == {}


def test_files_of_what_is_live_are_not_replaced_by_ones_that_would_rebuild_it(project: Project) -> None:
    project.distribution()
    done(project, *LIVE)
    before = written(project.folder / "terraform")
    refused = project.run(*HERE, "--force")
    assert refused.code == 2
    assert "imports.tf takes over live resources" in " ".join(refused.err.split())
    assert written(project.folder / "terraform") == before


def test_a_distribution_of_two_environments_is_imported_by_none(project: Project) -> None:
    distribution = project.distribution()
    other = f'distributions = [{{ id = "{distribution}" }}]\n[environments.b.function]\nname = "b"\n'
    project.configure(environments={"testing": "", "b": other})
    refused = project.run(*LIVE, "-e", "b")
    assert refused.code == 2
    assert f"both name distribution {distribution}" in refused.err


def test_the_value_of_an_origin_header_is_asked_for_and_not_written(project: Project) -> None:
    origin = {
        "Id": "bucket",
        "DomainName": "bucket.s3.us-east-1.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
        "CustomHeaders": {
            "Quantity": 1,
            "Items": [{"HeaderName": "X-Key", "HeaderValue": ORIGIN_SECRET}],
        },
    }
    project.distribution(Origins={"Quantity": 1, "Items": [origin]})
    result = project.run(*LIVE)
    assert result.code == 0, result.err
    (asked,) = result.document["inputs"]
    assert asked["variable"].endswith("_bucket_x_key")
    everything = result.out + result.err + "".join(written(project.folder / "terraform").values())
    assert ORIGIN_SECRET not in everything


def test_somebody_elses_function_stays_and_is_said(project: Project) -> None:
    arn = project.create_function(f"old-{project.account}")
    distribution = project.distribution()
    trigger = {"LambdaFunctionARN": arn, "EventType": "origin-response"}
    project.change(distribution, {"LambdaFunctionAssociations": {"Quantity": 1, "Items": [trigger]}})
    document = done(project, *LIVE)
    assert arn in rules(document)["slot-taken"]
    assert arn in written(project.folder / "terraform")["apply/testing/main.tf"]


def test_a_distribution_that_the_module_cannot_say_is_left_as_found(project: Project) -> None:
    project.distribution(Staging=True)
    refused = project.run(*LIVE)
    assert refused.code == 2
    assert "Staging" in refused.err
    assert "--snippet" in refused.err
    assert not (project.folder / "terraform").exists()


def test_behaviors_on_different_releases_are_said(published: tuple[Project, str]) -> None:
    project, distribution = published
    project.change(distribution, {"LambdaFunctionAssociations": {"Quantity": 0}})
    document = done(project, *LIVE)
    assert "mixed" in rules(document)
    assert "apply/testing/edgerollout.auto.tfvars.json" not in written(project.folder / "terraform")


def test_a_distribution_that_comes_along_gets_the_release_that_the_file_names(
    published: tuple[Project, str],
) -> None:
    project, _ = published
    done(project, *LIVE)
    project.distribution("new.example.com")
    both = f'distributions = [{{ alias = "{project.alias}" }}, {{ alias = "new.example.com" }}]'
    project.configure(environments={"testing": both})

    told = rules(done(project, *LIVE, "--force"))

    assert "mixed" not in told, "the file is there, and Terraform goes by it"
    assert "names release 1; testing does not carry one release everywhere" in told["tfvars-differ"]


def test_a_distribution_that_is_not_there_is_said(project: Project) -> None:
    refused = project.run(*LIVE)
    assert refused.code == 2
    assert project.alias in refused.err
