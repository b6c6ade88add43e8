"""`edgerollout test` as a user runs it."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from edgerollout.handlers.runtime import find_node

from .project import REPOSITORY

if TYPE_CHECKING:
    from .project import Project

pytestmark = pytest.mark.sandbox

FAILING = """
def handler(event, context):
    response = event["Records"][0]["cf"]["response"]
    response["headers"]["via"] = [{"key": "Via", "value": "me"}]
    return response
"""

THIRTY = """
import time
def handler(event, context):
    time.sleep(30)
"""


def test_the_shipped_handler_passes_and_no_account_is_asked(project: Project) -> None:
    result = project.run("test", "-e", "testing")
    assert result.code == 0, result.err
    assert "all as the release says" in result.out
    assert "instead of python3.13" in result.out
    assert project.calls() == {}


def test_a_handler_that_cloudfront_refuses_ends_with_6_and_says_why(project: Project) -> None:
    project.write("handler/python/index.py", FAILING)
    result = project.run("test", "-e", "testing")
    assert result.code == 6
    assert "headerName : Via" in result.out
    assert "x-content-type-options" not in result.err


def test_a_handler_that_hangs_ends_with_6_in_bounded_time(project: Project) -> None:
    project.configure(function="timeout = 1")
    project.write("handler/python/index.py", THIRTY)
    result = project.run("test", "-e", "testing")
    assert result.code == 6
    assert "Task timed out after 1.00 seconds" in result.out


def test_another_folder_is_tested_by_its_own_runtime(project: Project) -> None:
    assert find_node() is not None, "this test needs Node.js: pip install 'edgerollout[node]'"
    shutil.copytree(REPOSITORY / "handler" / "nodejs", project.folder / "other")
    result = project.run("test", "--handler", "other", "-o", "json")
    assert result.code == 0, result.out
    assert result.document["runtime"] == "nodejs22.x"
    assert result.document["interpreter"].startswith("Node.js ")


def test_an_event_of_one_s_own_runs_beside_the_others(project: Project) -> None:
    response = {"status": "200", "headers": {"referrer-policy": [{"key": "Referrer-Policy", "value": "x"}]}}
    event = {"Records": [{"cf": {"config": {}, "request": {"uri": "/"}, "response": response}}]}
    project.write("mine.json", json.dumps(event))
    result = project.run("test", "--event", "mine.json", "-o", "json")
    assert result.code == 0
    [own] = [case for case in result.document["cases"] if case["group"] == "own events"]
    assert (own["name"], own["ok"]) == ("mine.json", True)


def test_junit_goes_to_a_file_beside_the_text_or_to_stdout(project: Project) -> None:
    result = project.run("test", "--junit", "report.xml")
    assert "all as the release says" in result.out
    written = ET.parse(project.folder / "report.xml").getroot()
    printed = ET.fromstring(project.run("test", "-o", "junit").out)
    names = [[element.get("name") for element in root.iter("testcase")] for root in (written, printed)]
    assert names[0] == names[1]
    assert len(names[0]) > 20


def test_the_live_version_is_tested_with_its_own_bundle_on_every_behavior(
    published: tuple[Project, str],
) -> None:
    project, _ = published
    project.write("handler/python/index.py", FAILING)
    result = project.run("test", "--live", "-o", "json")
    assert result.code == 0, result.err
    behaviors = [case["name"] for case in result.document["cases"] if case["group"] == "behaviors"]
    assert behaviors == [f"{project.alias} /api/*", f"{project.alias} Default (*)"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--event", "none.json"), "none.json cannot be read"),
        (("--handler", "config"), "config has no handler"),
        (("--handler", "nowhere"), "nowhere has no handler"),
        (("--at", "viewer-request"), "cannot be set at 'viewer-request'"),
        (("-o", "live"), "Choose one of text, json, markdown, junit"),
        (("--live", "--handler", "handler/python"), "choose one"),
        (("--junit", "no/such/folder.xml"), "cannot write no/such/folder.xml"),
    ],
)
def test_what_cannot_be_tested_is_told_and_ends_with_2(
    project: Project, words: tuple[str, ...], told: str
) -> None:
    result = project.run("test", *words)
    assert result.code == 2
    assert told in result.err


def test_without_a_live_release_there_is_nothing_live_to_test(project: Project) -> None:
    project.distribution()
    result = project.run("test", "--live")
    assert result.code == 6
    assert "no release is live" in result.err
