"""A live version's bundle that cannot be read, in every way: the way back works, what needs it refuses."""

from __future__ import annotations

import base64
import json
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes import bundles
from tests.samples import a_few

from .project import WIDER_POLICY

if TYPE_CHECKING:
    from collections.abc import Callable

    from .project import Project, Result

pytestmark = pytest.mark.sandbox

ASIDE = ("--override", "tour", "--override", "reporting", "--reason", "a test")

DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    name: bundles.WAYS[name]
    for name in (
        "no zip",
        "bad deflate",
        "encrypted",
        "an unknown method",
        "deep nesting",
        "a later schema",
        "a release.json of 200 MiB",
        "another release's release.json",
        "a file that was changed",
    )
}
FAULTS: dict[str, dict[str, Any]] = {
    "403": {"kind": "error", "status": 403, "code": "AccessDenied"},
    "HTML with 200": {"kind": "html", "status": 200},
}


def sandbox(project: Project, method: str, name: str, document: object) -> None:
    """Call the sandbox's admin path."""
    request = urllib.request.Request(
        f"{project.server.endpoint_url}/_sandbox/{name}",
        json.dumps(document).encode(),
        {"Authorization": f"Bearer {project.server.secret}"},
        method=method,
    )
    urllib.request.urlopen(request).close()


def code_of(project: Project, version: str) -> bytes:
    found = project.functions.get_function(FunctionName=project.function, Qualifier=version)
    with urllib.request.urlopen(found["Code"]["Location"]) as response:
        return bytes(response.read())


def arn(project: Project, version: int) -> str:
    return f"arn:aws:lambda:us-east-1:{project.account}:function:{project.function}:{version}"


def fault(project: Project, version: int, **rule: object) -> None:
    """Have every download of a version fail."""
    where = f"{project.account}:function:{project.function}:{version}"
    rule = {"operation": "DownloadCode", "path_contains": where, "times": 1000, **rule}
    sandbox(project, "POST", "faults", rule)


def turn(project: Project, version: int, way: str) -> None:
    """Have the bundle of a version turn out unreadable in a way."""
    if way in FAULTS:
        fault(project, version, **FAULTS[way])
    elif way == "$LATEST from a mirror":
        latest = base64.b64encode(code_of(project, "$LATEST")).decode()
        sandbox(project, "PUT", "code", {"arn": arn(project, version), "zip": latest, "mirror": True})
    else:
        damaged = base64.b64encode(DAMAGES[way](code_of(project, str(version)))).decode()
        sandbox(project, "PUT", "code", {"arn": arn(project, version), "zip": damaged})


@pytest.fixture
def enforcing(project: Project) -> tuple[Project, str]:
    """testing: release 1 observes a policy, 2 enforces it, 3 observes a wider one besides, and is live."""
    distribution = project.distribution()
    project.publish_here()
    promoted = project.run("promote", "-e", "testing", "--enforce", "--yes", *ASIDE)
    assert promoted.code == 0, promoted.err
    project.policy(WIDER_POLICY)
    project.publish_here()
    assert project.everywhere(distribution) == {"origin-response:3"}
    project.forget_calls()
    return project, distribution


def words(text: str) -> str:
    return " ".join(text.split())


def done(result: Result) -> str:
    assert result.code == 0, result.err
    assert "roll back to an earlier release" not in result.err.lower()
    return words(result.err)


WAYS = (*DAMAGES, *FAULTS, "$LATEST from a mirror")


@pytest.mark.parametrize("way", a_few(WAYS, 3))
def test_the_way_back_works_without_the_live_releases_bundle(
    enforcing: tuple[Project, str], way: str
) -> None:
    project, distribution = enforcing
    # The newest code is release 3's own: a mirror that hands out that lies of release 2 only.
    live = 2 if way == "$LATEST from a mirror" else 3
    if live == 2:
        done(project.run("rollback", "-e", "testing", "--yes"))
    turn(project, live, way)

    status = project.run("status", "-e", "testing", "-o", "json")
    assert (status.code, status.document["release"], status.document["policy"]) == (0, live, None)
    assert f"release {live} cannot be read" in words(status.err)
    assert f"release {live} cannot be read" in done(project.run("wait", "-e", "testing"))
    told = done(project.run("rollback", "-e", "testing", "--yes"))
    assert f"Release {live} → {live - 1}" in told
    assert "which of its headers browsers keep is unknown" in told
    assert project.everywhere(distribution) == {f"origin-response:{live - 1}"}

    told = done(project.run("rollback", "-e", "testing", "--to", str(live), "--yes"))
    assert "the live headers will not be compared with it" in told
    assert project.everywhere(distribution) == {f"origin-response:{live}"}
    done(project.run("rollback", "--function", project.function, "--yes"))
    assert project.everywhere(distribution) == {f"origin-response:{live - 1}"}
    done(project.run("rollback", "-e", "testing", "--to", str(live), "--yes"))
    done(project.run("detach", "-e", "testing", "--yes"))
    assert project.everywhere(distribution) == set()


@pytest.mark.parametrize("way", a_few(WAYS[::-1], 3))
def test_what_needs_the_bundle_refuses_in_words_and_writes_nothing(
    enforcing: tuple[Project, str], way: str
) -> None:
    project, _ = enforcing
    live = 2 if way == "$LATEST from a mirror" else 3
    if live == 2:
        done(project.run("rollback", "-e", "testing", "--yes"))
    turn(project, live, way)
    project.policy(WIDER_POLICY + "font-src = [\"'self'\"]\n")
    project.forget_calls()

    for command in (
        ("promote", "-e", "testing", "--enforce", "--yes", *ASIDE),
        ("publish", "-e", "testing", "--yes"),
        ("verify", "-e", "testing", "https://www.example.com/"),
    ):
        refused = project.run(*command)
        assert refused.code == 6, refused.err
        assert f"release {live}" in refused.err
        assert "cannot be read" in words(refused.err)
        assert REASONS[way] in words(refused.err)
    assert project.writes() == {}


REASONS = {
    "no zip": "its code is not a zip file",
    "bad deflate": "its zip is damaged",
    "encrypted": "its zip is encrypted",
    "an unknown method": "by a method that Lambda does not know",
    "deep nesting": "it is nested too deep",
    "a later schema": "has schema 2, this edgerollout knows 1",
    "a release.json of 200 MiB": "its release.json has 209,",
    "another release's release.json": "is not of the release that its ledger line names",
    "a file that was changed": "not the ones its release.json names",
    "403": "HTTP403",
    "HTML with 200": "not the version's code but a web page",
    "$LATEST from a mirror": "what was downloaded is not the version's code",
}


def test_retries_are_told_while_they_last_and_before_the_plan(enforcing: tuple[Project, str]) -> None:
    project, _ = enforcing
    fault(project, 3, kind="error", status=503, times=2)
    told = done(project.run("rollback", "-e", "testing", "--yes"))
    assert 0 <= told.index("s3:GetObject answered") < told.index("Plan for testing")


@pytest.mark.parametrize("kind", ["reset", "cut"])
def test_a_download_that_keeps_breaking_is_tried_for_seconds_aloud_and_given_up(
    enforcing: tuple[Project, str], kind: str
) -> None:
    project, distribution = enforcing
    fault(project, 3, kind=kind)

    result = project.run("rollback", "-e", "testing", "--yes", "-o", "json", timeout=60)

    assert result.code == 0, result.err
    retried = [event for event in result.events if event["type"] == "call_retried"]
    assert 2 <= len(retried) <= 10
    assert {(item["service"], item["operation"]) for item in retried} == {("s3", "GetObject")}
    assert sum(item["wait_s"] for item in retried) < 10
    assert project.everywhere(distribution) == {"origin-response:2"}
