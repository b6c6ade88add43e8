"""A header that may break pages, on its way: observed by its twin, enforced, loosened, taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from edgerollout.policy.headers import Header
from edgerollout.release.facts.evidence import WITHOUT_CSP, TouredPage, WatchedHeader
from edgerollout.release.facts.release import observed_digest
from tests.fakes.evidence import clean

if TYPE_CHECKING:
    from pathlib import Path

    from tests.functional.project import Project

pytestmark = pytest.mark.sandbox

NAME = "permissions-policy"
YES = ("-e", "testing", "--yes", "--no-verify")


def write(project: Project, value: str) -> None:
    project.policy(f'[headers]\nreferrer-policy = "no-referrer"\n{NAME} = "{value}"\n')


def toured(project: Project, distribution: str, release: int, value: str, unheard: str | None) -> Path:
    """Evidence of a tour of that release, in which the twin was heard, or why it was not."""
    url = f"https://{project.alias}/"
    file = project.folder / "evidence.json"
    content = clean(
        None,
        (url,),
        environment="testing",
        account=project.account,
        distributions=(distribution,),
        endpoint=project.server.endpoint_url,
        release=release,
        digest=WITHOUT_CSP,
        pages=(TouredPage(url, WITHOUT_CSP, observed=observed_digest((Header(NAME, value),))),),
        observed=(WatchedHeader(NAME, unheard),),
    )
    file.write_bytes(content)
    return file


def status(project: Project) -> dict[str, Any]:
    document: dict[str, Any] = project.run("status", "-e", "testing", "-o", "json").document
    return document


def test_a_header_is_observed_enforced_loosened_and_taken_back(project: Project) -> None:
    distribution = project.distribution()
    project.configure(urls=(f"https://{project.alias}/",))
    write(project, "camera=(), usb=()")

    planned = project.run("plan", "-e", "testing", "--create")
    assert f"{NAME}-report-only: camera=(), usb=() (observed; promote --enforce" in planned.out
    assert project.run("publish", *YES, "--create").code == 0
    live = status(project)
    assert live["policy"]["observed"] == {NAME: {"value": "camera=(), usb=()", "action": "set"}}
    assert live["observed"] == observed_digest((Header(NAME, "camera=(), usb=()"),))[:16]  # type: ignore[index]
    assert NAME not in live["policy"]["headers"]
    assert "headers report-only" in project.run("history", "-e", "testing").out
    assert project.run("plan", "-e", "testing", "-o", "json").document["changes"] is False

    # Nothing proves it yet, and a twin that said nothing is no proof.
    promote = ("promote", *YES, "--enforce")
    refused = project.run(*promote)
    assert refused.code == 6
    assert "there is no evidence of a tour" in refused.err
    value = "camera=(), usb=()"
    unheard = toured(project, distribution, 1, value, "this browser did not report a deliberate violation")
    untold = project.run(*promote, "--evidence", str(unheard))
    assert untold.code == 6
    assert "observable" in untold.err
    assert "did not report a deliberate violation" in untold.err
    heard = str(toured(project, distribution, 1, value, None))
    enforced = project.run(*promote, "--evidence", heard)
    assert enforced.code == 0, enforced.err
    assert status(project)["policy"]["headers"][NAME]["value"] == value
    assert status(project)["observed"] is None

    # What is stricter is observed beside it; what is looser goes out at once.
    write(project, "camera=(), usb=(), midi=()")
    assert project.run("publish", *YES).code == 0
    both = status(project)["policy"]
    assert (both["headers"][NAME]["value"], both["observed"][NAME]["value"]) == (
        value,
        "camera=(), usb=(), midi=()",
    )
    write(project, "camera=()")
    assert "camera=() (loosened: it restricts less)" in project.run("plan", "-e", "testing").out
    assert project.run("publish", *YES).code == 0
    assert status(project)["policy"]["headers"][NAME]["value"] == "camera=()"

    back = project.run("rollback", "-e", "testing", "--yes", "--no-verify")
    assert back.code == 0, back.err
    assert status(project)["policy"] == both
