"""`doctor --contact` against the sandbox: all is as edgerollout expects, and nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .project import Project


def test_a_published_environment_is_seen_in_full_and_left_as_it_is(published: tuple[Project, str]) -> None:
    project, _ = published
    project.forget_calls()
    result = project.run("doctor", "-e", "testing", "--contact", "-o", "json")
    assert result.code == 0, result.err
    document = result.document
    assert (document["schema"], document["environment"]) == ("1.0", "testing")
    for assumption in document["assumptions"]:
        assert set(assumption) == {"name", "subject", "assumed", "state", "came"}
    odd = {item["name"]: item["came"] for item in document["assumptions"] if item["state"] != "seen"}
    assert set(odd) <= {"page"}, odd
    assert set(project.writes()) <= {"lambda:UpdateFunctionCode"}, "a DryRun"
    assert "✔ all as edgerollout expects" in project.run("doctor", "-e", "testing", "--contact").out


def test_before_the_first_publish_what_is_not_there_is_told(project: Project) -> None:
    project.distribution()
    project.forget_calls()
    result = project.run("doctor", "-e", "testing", "--contact")
    assert result.code == 0, result.err
    assert "there is no such function yet" in result.out
    assert project.writes() == {}


@pytest.mark.parametrize("words", [("--policy", "publish"), ("--oidc", "acme/site"), ("--create",)])
def test_contact_is_a_document_of_its_own(project: Project, words: tuple[str, ...]) -> None:
    assert project.run("doctor", "-e", "testing", "--contact", *words, endpoint=False).code == 2
