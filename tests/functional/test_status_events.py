"""What `status` says while a release runs at another event than the configured one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .project import Project

pytestmark = pytest.mark.sandbox


def test_a_status_names_our_version_that_runs_at_another_event_than_the_configured_one(
    published: tuple[Project, str],
) -> None:
    project, _ = published
    project.configure(event="viewer-response")

    document = project.run("status", "-e", "testing", "-o", "json").document
    words = project.run("status", "-e", "testing").out

    behaviors = document["distributions"][0]["behaviors"]
    assert {(behavior["version"], behavior["state"]) for behavior in behaviors} == {(1, "missing")}
    assert document["drift"]
    assert ":1 at another event" in words
    assert "no trigger" not in words
