"""What init writes is what the loader reads, whatever was answered."""

from __future__ import annotations

import json
import re
import tempfile
import tomllib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from edgerollout.cli.commands import COMMANDS
from edgerollout.config import load
from edgerollout.policy.csp import Csp
from edgerollout.policy.headers import Header
from edgerollout.release.facts.environment import DistributionSelector
from edgerollout.scaffold.answers import STAGES, EnvironmentAnswers, InitAnswers, Pipeline, Runtime
from edgerollout.scaffold.files import WORKFLOW_FILE, scaffold_files, with_ignored
from edgerollout.scaffold.policy_text import policy_text
from edgerollout.scaffold.starting_policy import StartingHeader, StartingPolicy, from_scratch
from tests.samples import THOROUGH

if TYPE_CHECKING:
    from edgerollout.config import Project

REPOSITORY = Path(__file__).parents[3]
ACCOUNT = "123456789012"


def environment(name: str) -> EnvironmentAnswers:
    host = f"{name}.example.com"
    return EnvironmentAnswers(name, ACCOUNT, (DistributionSelector(alias=host),), (f"https://{host}/",))


TRAIN = InitAnswers(tuple(map(environment, STAGES)))


def files(
    answers: InitAnswers = TRAIN, policy: StartingPolicy | None = None, config: str = "config"
) -> dict[str, bytes]:
    made = scaffold_files(answers, policy or from_scratch(), REPOSITORY, PurePosixPath(config))
    return {str(file.path): file.content for file in made}


def loaded(made: dict[str, bytes], folder: Path, config: str = "config") -> Project:
    for name, content in made.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return load(folder / config)


def workflow(answers: InitAnswers, config: str = "config") -> dict[str, Any]:
    document = yaml.safe_load(files(answers, config=config)[str(WORKFLOW_FILE)])
    assert isinstance(document, dict)
    return document


# --- the configuration -----------------------------------------------------------------------------------


def test_a_train_of_three_is_read_as_it_was_answered(tmp_path: Path) -> None:
    project = loaded(files(), tmp_path)

    assert project.default == "testing"
    assert project.warnings == ()
    assert [(item.name, item.after, item.confirm) for item in project.environments.values()] == [
        ("testing", None, False),
        ("staging", "testing", False),
        ("production", "staging", True),
    ]
    assert project.environments["production"].gates.soak.days == 7
    assert {item.function.event for item in project.environments.values()} == {"origin-response"}


@pytest.mark.parametrize(("name", "confirm"), [("testing", False), ("production", True), ("Live", True)])
def test_a_single_environment_asks_when_its_name_says_public(
    name: str, *, confirm: bool, tmp_path: Path
) -> None:
    only = loaded(files(InitAnswers((environment(name),))), tmp_path).environments[name]

    assert (only.confirm, only.after) == (confirm, None)


@pytest.mark.parametrize(
    ("runtime", "there", "not_there"),
    [
        ("python3.13", "handler/python/index.py", "handler/nodejs/index.mjs"),
        ("nodejs22.x", "handler/nodejs/index.mjs", "handler/python/index.py"),
    ],
)
def test_only_the_handler_of_the_chosen_runtime_is_written(
    runtime: Runtime, there: str, not_there: str, tmp_path: Path
) -> None:
    made = files(InitAnswers(TRAIN.environments, runtime))
    project = loaded(made, tmp_path)

    assert there in made
    assert not_there not in made
    assert project.environments["testing"].function.runtime == runtime


def test_a_configuration_folder_elsewhere_has_its_handler_beside_it(tmp_path: Path) -> None:
    made = files(config="deploy/headers")
    project = loaded(made, tmp_path, "deploy/headers")

    assert "deploy/handler/python/index.py" in made
    assert project.environments["testing"].function.handler == tmp_path / "deploy/handler/python"


@pytest.mark.parametrize("name", ["edgerollout", "policy"])
def test_each_file_names_the_schema_beside_it_and_keeps_to_it(name: str, tmp_path: Path) -> None:
    made = files()
    text = made[f"config/{name}.toml"].decode()
    schema = json.loads(made[f"config/{text.splitlines()[0].removeprefix('#:schema ./')}"])

    jsonschema.Draft202012Validator(schema).validate(tomllib.loads(text))


def test_no_line_is_too_long_to_read() -> None:
    for name, content in files().items():
        if name.endswith((".toml", ".yml")):
            assert [line for line in content.decode().splitlines() if len(line) > 112] == [], name


_NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,20}", fullmatch=True)
_URLS = st.text(st.characters(exclude_categories=("C", "Z")), max_size=20).map(
    lambda tail: f"https://www.example.com/{tail}"
)


@settings(max_examples=2000 if THOROUGH else 40)
@given(st.lists(_NAMES, min_size=1, max_size=4, unique=True), st.lists(_URLS, max_size=3))
def test_every_answer_is_read_back(names: list[str], urls: list[str]) -> None:
    answers = InitAnswers(
        tuple(
            EnvironmentAnswers(name, ACCOUNT, (DistributionSelector(id=f"E{n:010}"),), tuple(urls))
            for n, name in enumerate(names)
        )
    )
    with tempfile.TemporaryDirectory() as folder:
        project = loaded(files(answers), Path(folder))

    assert list(project.environments) == names
    for item, answered in zip(project.environments.values(), answers.environments, strict=True):
        assert item.urls == answered.urls
        assert item.distributions == answered.distributions


_VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1)
_SOURCES = st.lists(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1), max_size=4)
_DIRECTIVES = st.from_regex(r"[a-z][a-z0-9-]{0,40}", fullmatch=True)


@given(
    st.dictionaries(st.from_regex(r"[a-z0-9!#$%&'*+.^_`|~-]{1,30}", fullmatch=True), _VALUES, max_size=5),
    st.dictionaries(_DIRECTIVES, _SOURCES, max_size=5),
)
def test_every_starting_policy_is_read_back(headers: dict[str, str], csp: dict[str, list[str]]) -> None:
    policy = StartingPolicy(
        tuple(StartingHeader(Header(name, value), "because") for name, value in headers.items()), Csp.of(csp)
    )

    read = tomllib.loads(policy_text(policy, ("testing",)))

    assert (read["headers"], read["csp"]) == (headers, csp)


def test_a_header_that_is_offered_is_a_comment_that_can_be_taken_in() -> None:
    offered = StartingPolicy((StartingHeader(Header("x-frame-options", "DENY"), offered=True),), Csp())
    text = policy_text(offered, ("testing",))

    assert tomllib.loads(text)["headers"] == {}
    assert tomllib.loads(text.replace("# x-frame", "x-frame"))["headers"] == {"x-frame-options": "DENY"}


# --- the workflow ----------------------------------------------------------------------------------------


def _scripts(document: dict[str, Any]) -> str:
    return "\n".join(
        str(step["run"]) for job in document["jobs"].values() for step in job["steps"] if "run" in step
    )


def test_the_train_goes_from_environment_to_environment() -> None:
    jobs = workflow(TRAIN)["jobs"]

    assert [(name, job.get("needs")) for name, job in jobs.items()] == [
        ("test", None),
        ("to-testing", None),
        ("to-staging", "to-testing"),
        ("to-production", "to-staging"),
    ]
    assert [job["environment"] for job in list(jobs.values())[1:]] == list(STAGES)
    assert jobs["test"]["strategy"]["matrix"] == {"environment": list(STAGES)}


def test_only_where_an_environment_stands_is_handed_to_the_next() -> None:
    jobs = workflow(TRAIN)["jobs"]
    handed = {
        name: {
            step["uses"].partition("@")[0]: (step["with"]["name"], step["with"]["path"])
            for step in job["steps"]
            if "artifact" in step.get("uses", "")
        }
        for name, job in jobs.items()
    }

    assert handed["to-staging"] == {
        "actions/download-artifact": ("edgerollout-status-testing", ".edgerollout"),
        "actions/upload-artifact": ("edgerollout-status-staging", ".edgerollout/status-staging.json"),
    }
    assert "advance -e staging --after-status .edgerollout/status-testing.json" in _scripts(workflow(TRAIN))


def test_the_workflow_holds_no_secret_and_asks_for_no_more_than_it_needs() -> None:
    document = workflow(TRAIN)

    assert document["permissions"] == {"contents": "read"}
    for name, job in document["jobs"].items():
        asked = [step for step in job["steps"] if "configure-aws-credentials" in step.get("uses", "")]
        assert len(asked) == (0 if name == "test" else 3)
        # Each step may take as long as they last; the last one is the rest of the second.
        assert [item.get("if") for item in asked[1:]] == [
            condition for condition in (None, "steps.second.outputs.result == 'in-progress'") if asked
        ]
        assert job.get("permissions", {}).get("id-token") == ("write" if asked else None)
    assert "secrets." not in json.dumps(document["jobs"])
    # An expression in a script is replaced before the shell sees it: whoever names a branch writes code.
    assert "${{" not in _scripts(document)


def test_a_pull_request_runs_only_where_there_are_no_credentials() -> None:
    jobs = workflow(TRAIN)["jobs"]
    of_pull_requests = {
        name for name, job in jobs.items() if job.get("if") == "github.event_name == 'pull_request'"
    }

    assert of_pull_requests == {"test"}
    assert jobs["to-testing"]["if"] == "github.event_name != 'pull_request'", "and the others need it"
    assert not {"environment", "permissions"} & set(jobs["test"])
    assert jobs["test"]["steps"][-1]["run"] == "edgerollout test"


def test_what_the_workflow_runs_is_pinned_to_commits_and_hashes() -> None:
    for job in workflow(TRAIN)["jobs"].values():
        for step in job["steps"]:
            if "uses" in step:
                assert re.fullmatch(r"[a-z-]+/[a-z-]+@[0-9a-f]{40}", step["uses"])
            if "checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False
            if "pip install" in step.get("run", ""):
                assert step["run"] == "pip install --require-hashes -r tools/edgerollout.txt"


def test_evidence_that_was_there_is_gone_before_anything_is_enforced() -> None:
    for name in STAGES:
        scripts = [step.get("run", "") for step in workflow(TRAIN)["jobs"][f"to-{name}"]["steps"]]
        first = next(place for place, script in enumerate(scripts) if "edgerollout advance" in script)
        assert "rm -rf .edgerollout" in scripts[:first]


def test_an_environment_whose_gates_need_somebody_holds_up_no_other() -> None:
    jobs = workflow(TRAIN)["jobs"]
    stands = next(step for step in jobs["to-testing"]["steps"] if step.get("id") == "stands")

    assert stands["if"].split(" || ") == [
        "success()",
        *(f"steps.{step}.outputs.result == 'unmet-gates'" for step in ("first", "second")),
    ]
    assert jobs["to-testing"]["outputs"] == {"stands": "${{ steps.stands.outcome }}"}
    assert jobs["to-staging"]["if"] == "${{ !cancelled() && needs.to-testing.outputs.stands == 'success' }}"


def test_every_command_of_the_workflow_is_one_of_ours() -> None:
    known = {command.name for command in COMMANDS}
    scripts = _scripts(workflow(TRAIN))

    assert set(re.findall(r"^ *edgerollout ([a-z]+)", scripts, flags=re.MULTILINE)) <= known
    assert {"build", "lint", "test", "advance", "wait", "status"} <= set(re.findall(r"[a-z]+", scripts))


def test_jobs_that_enforce_bring_a_browser_and_those_that_plan_do_not() -> None:
    jobs = workflow(TRAIN)["jobs"]
    browsers = {
        name: any("playwright install --with-deps chromium" in step.get("run", "") for step in job["steps"])
        for name, job in jobs.items()
    }

    assert browsers == {name: name.startswith("to-") for name in jobs}


def test_a_configuration_folder_of_another_name_is_told_to_every_command() -> None:
    scripts = _scripts(workflow(TRAIN, "deploy/headers"))

    lines = [line for line in scripts.splitlines() if "edgerollout " in line and "mkdir" not in line]
    told = ("-C deploy/headers", '-C "$GITHUB_WORKSPACE/$1"')
    assert [line for line in lines if not any(text in line for text in told)] == []
    assert "headers deploy/headers after" in scripts
    assert "headers base/deploy/headers before" in scripts


@pytest.mark.parametrize(("pipeline", "written"), [("github", True), ("none", False)])
def test_a_workflow_is_written_where_it_is_wanted(pipeline: Pipeline, *, written: bool) -> None:
    assert (str(WORKFLOW_FILE) in files(InitAnswers(TRAIN.environments, pipeline=pipeline))) is written


# --- .gitignore ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("present", "after"),
    [
        (None, b".edgerollout/\n"),
        (b"", b".edgerollout/\n"),
        (b"dist/\n", b"dist/\n.edgerollout/\n"),
        (b"dist/", b"dist/\n.edgerollout/\n"),
        (b"a\r\nb\r\n", b"a\r\nb\r\n.edgerollout/\r\n"),
        (b"dist/\n.edgerollout/\n", None),
        (b"/.edgerollout\r\n", None),
    ],
)
def test_gitignore_gets_a_line_it_lacks_and_keeps_the_others(
    present: bytes | None, after: bytes | None
) -> None:
    assert with_ignored(present) == after
