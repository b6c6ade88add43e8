"""What cannot be carried out as given is told before AWS is asked to change anything."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest

from .project import POLICY

if TYPE_CHECKING:
    from .project import Project

pytestmark = pytest.mark.sandbox

_ACT = ("publish", "-e", "testing", "--create", "--yes")


def _configuration(project: Project) -> str:
    return (project.folder / "config" / "edgerollout.toml").read_text()


def test_broken_toml_is_told_with_its_line(project: Project) -> None:
    project.policy(POLICY + "img-src = [\n\n")

    result = project.run(*_ACT)

    assert result.code == 2
    assert "config/policy.toml:" in result.err
    assert project.calls() == {}


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("edgerollout", "event =", "evnet =", ("edgerollout.toml:7", "evnet", "event")),
        ("edgerollout", "account =", "acount =", ("edgerollout.toml", "acount", "account")),
        ("policy", "default-src", "defualt-src", ("policy.toml:6", "defualt-src", "default-src")),
        ("policy", "'self'", "'self'; script-src *", ("policy.toml:6", ";")),
        ("policy", "no-referrer", "no-referrer\\r\\nx: y", ("policy.toml:3",)),
        ("policy", "referrer-policy", "transfer-encoding", ("policy.toml:3", "transfer-encoding")),
    ],
    ids=["key", "missing key", "directive", "semicolon", "line end", "read-only header"],
)
def test_a_mistake_is_told_with_file_line_and_what_would_be_right(
    project: Project, name: str, old: str, new: str, words: tuple[str, ...]
) -> None:
    path = project.folder / "config" / f"{name}.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))

    result = project.run(*_ACT)

    assert result.code == 2, result.err
    for word in words:
        assert word in result.err
    assert project.calls() == {}


def test_every_mistake_is_told_at_once_also_to_machines(project: Project) -> None:
    project.policy(POLICY.replace("default-src", "defualt-src").replace("no-referrer", "no\\u0000"))

    result = project.run(*_ACT, "-o", "json")

    (error,) = result.events
    assert (error["type"], error["exit_code"], result.code) == ("error", 2, 2)
    assert [(problem["file"], problem["line"]) for problem in error["problems"]] == [
        ("config/policy.toml", 3),
        ("config/policy.toml", 6),
    ]


def test_an_unknown_environment_is_answered_with_the_known_ones(project: Project) -> None:
    result = project.run("plan", "-e", "tsting")

    assert result.code == 2
    assert "testing" in result.err
    assert project.calls() == {}


@pytest.mark.parametrize(
    "arguments",
    [
        ("publish", "-e", "testing", "--yes", "--timeout", "soon"),
        ("publish", "-e", "testing", "--yes", "-o", "markdown"),
        ("plan", "-e", "testing", "-o", "live"),
        ("plan", "-e", "testing", "--no-such-option"),
        ("pubish",),
        ("plan", "-e", "testing", "-C", "elsewhere"),
    ],
    ids=["duration", "view of a reader", "view of an actor", "option", "command", "folder"],
)
def test_a_command_line_that_means_nothing_ends_with_2_before_any_call(
    project: Project, arguments: tuple[str, ...]
) -> None:
    result = project.run(*arguments)

    assert result.code == 2
    assert result.out == ""
    assert result.err
    assert project.calls() == {}


def test_credentials_of_another_account_are_refused(project: Project) -> None:
    project.distribution()
    project.configure(environments={"testing": 'account = "999999999999"\n'})
    project.forget_calls()

    result = project.run(*_ACT)

    assert result.code == 2
    assert f"these credentials are for account {project.account}" in result.err
    assert project.calls() == {"sts:GetCallerIdentity": 1}


def test_a_distribution_that_is_not_there_is_named_with_the_nearest_one(project: Project) -> None:
    project.distribution(f"www.{project.alias}")
    project.forget_calls()

    result = project.run(*_ACT)

    assert result.code == 2
    assert project.alias in result.err
    assert f"www.{project.alias}" in result.err
    assert project.writes() == {}


def test_two_environments_on_one_distribution_are_refused(project: Project) -> None:
    distribution = project.distribution()
    project.configure(
        environments={"testing": "", "staging": f'distributions = [{{ id = "{distribution}" }}]\n'}
        | {"staging.function": 'name = "another-function"\naccount = ""\ndistributions = []\n'}
    )
    text = _configuration(project).replace('account = ""\ndistributions = []\n', "")
    project.write("config/edgerollout.toml", text)
    project.forget_calls()

    result = project.run(*_ACT)

    assert result.code == 2, result.err
    assert "staging" in result.err
    assert distribution in result.err
    assert project.writes() == {}


def test_two_environments_with_one_function_are_refused_before_any_call(project: Project) -> None:
    project.configure(
        environments={"testing": "", "staging": 'distributions = [{ alias = "other.example.com" }]\n'}
    )

    result = project.run(*_ACT)

    assert result.code == 2
    assert "edgerollout.toml:" in result.err
    assert project.function in result.err
    assert project.calls() == {}


@pytest.mark.parametrize(
    "url", ["https://cloudfront.evil.example", "http://10.0.0.1:4599", "http://127.0.0.1@evil.example"]
)
def test_an_endpoint_off_this_machine_is_refused(project: Project, url: str) -> None:
    result = project.run(*_ACT, "--endpoint-url", url)

    assert result.code == 2
    assert "not on this machine" in result.err
    assert project.calls() == {}


def test_an_endpoint_of_the_environment_variables_is_held_to_the_same_rule(project: Project) -> None:
    project.extra = {"AWS_ENDPOINT_URL": "https://cloudfront.evil.example"}

    result = project.run(*_ACT, endpoint=False)

    assert result.code == 2
    assert "evil.example" in result.err


@pytest.mark.parametrize("by", ["option", "variable"])
def test_an_endpoint_is_never_used_on_an_environment_with_confirm(project: Project, by: str) -> None:
    project.configure(environments={"testing": "confirm = true\n"})
    project.extra = {"AWS_ENDPOINT_URL": project.server.endpoint_url} if by == "variable" else {}

    result = project.run(*_ACT, endpoint=by == "option")

    assert result.code == 2
    assert "confirm = true" in result.err
    assert project.calls() == {}


@pytest.mark.parametrize("command", ["publish", "wait", "rollback"])
def test_an_environment_with_confirm_is_not_taken_from_a_variable(project: Project, command: str) -> None:
    project.configure(environments={"testing": "confirm = true\n"})
    project.extra = {"EDGEROLLOUT_ENV": "testing"}

    result = project.run(command, *(() if command == "wait" else ("--yes",)))

    assert result.code == 2
    assert "testing has confirm = true: name it on the command line" in result.err
    assert project.calls() == {}


def test_without_credentials_it_fails_with_1_and_says_where_it_looked(project: Project) -> None:
    project.extra = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}

    result = project.run(*_ACT)

    assert result.code == 1
    assert "no AWS credentials found" in result.err
    assert "--sandbox" in result.err
    assert project.calls() == {}


def test_an_endpoint_where_nobody_answers_fails_with_1_within_seconds(project: Project) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        began = time.monotonic()

        result = project.run(*_ACT, "--endpoint-url", url)

    assert result.code == 1, result.err
    assert time.monotonic() - began < 120
    assert url in result.err or "connect" in result.err


def test_where_nobody_can_be_asked_yes_is_wanted_beside_the_name(project: Project) -> None:
    project.extra = {"CI": "true"}

    without_yes = project.run("publish", "-e", "testing")
    without_name = project.run("publish", "--yes")
    project.extra = {"CI": "true", "EDGEROLLOUT_ENV": "testing"}
    named_by_variable = project.run("publish", "--yes", "--timeout", "never")

    assert (without_yes.code, without_name.code) == (2, 2)
    assert "Add: --yes -e testing" in without_yes.err
    assert "Add -e testing, or set EDGEROLLOUT_ENV." in without_name.err
    assert "--timeout 'never' is not a duration" in named_by_variable.err
    assert project.calls() == {}


def test_an_empty_policy_of_an_environment_is_refused(project: Project) -> None:
    project.policy("[csp]\n")

    result = project.run(*_ACT)

    assert result.code == 2, result.err
    assert "policy.toml" in result.err
    assert project.writes() == {}
