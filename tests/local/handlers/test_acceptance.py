"""Handlers that do right and wrong, in both languages, against the cases of a release."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgerollout.handlers.acceptance import Report, run
from edgerollout.handlers.cases import Case, cases
from edgerollout.handlers.code import FunctionCode
from edgerollout.handlers.event_file import read_events
from edgerollout.handlers.preflight import preflight_findings
from edgerollout.handlers.runtime import find_node
from edgerollout.policy.headers import Header
from edgerollout.policy.severity import Severity
from tests.unit.handlers.test_acceptance import RELEASE, event
from tests.unit.release.builders import make_release

if TYPE_CHECKING:
    from edgerollout.policy.header_rules import ResponseEvent
    from edgerollout.release.facts.release import Release

HANDLERS = Path(__file__).resolve().parents[3] / "handler"
EVENTS: tuple[ResponseEvent, ...] = ("origin-response", "viewer-response")
RUNTIMES = {"python": ("python3.13", "index.py"), "nodejs": ("nodejs22.x", "index.mjs")}


@pytest.fixture(params=RUNTIMES)
def language(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if name == "nodejs" and find_node() is None and os.environ.get("EDGEROLLOUT_NO_NODE") == "1":
        pytest.skip("NODE.JS HANDLERS WERE NOT TESTED: no Node.js here, and EDGEROLLOUT_NO_NODE=1")
    return name


def report_on(
    folder: Path,
    language: str,
    source: str | None = None,
    event: ResponseEvent = "origin-response",
    *,
    release: Release = RELEASE,
    timeout: float = 5,
    chosen: tuple[Case, ...] | None = None,
) -> Report:
    """The report on `source`, or on the handler that is shipped."""
    runtime, file = RUNTIMES[language]
    (folder / file).write_text(source or (HANDLERS / language / file).read_text())
    (folder / "release.json").write_bytes(release.to_bytes())
    response = release.response()
    every = cases(event, response, ("https://www.example.com/app/?q=1",)) if chosen is None else chosen
    return run(FunctionCode(folder, "index.handler", runtime, timeout=timeout), response, every)


def python(body: str, before: str = "") -> str:
    """A Python handler whose `response` is the event's."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    start = 'def handler(event, context):\n    response = event["Records"][0]["cf"]["response"]'
    return f"{before}\n{start}\n{lines}\n"


@pytest.mark.parametrize("event", EVENTS)
def test_the_shipped_handler_does_what_its_release_says(
    tmp_path: Path, language: str, event: ResponseEvent
) -> None:
    report = report_on(tmp_path, language, event=event)
    assert report.failed == ()
    assert report.ok
    assert not any(result.notes for result in report.results)
    assert report.init_ms is not None
    assert report.call_ms is not None
    assert (report.interpreter or "").startswith("Python 3" if language == "python" else "Node.js ")


def test_cloudfront_runs_no_viewer_function_for_errors_so_neither_does_the_test(tmp_path: Path) -> None:
    report = report_on(tmp_path, "python", event="viewer-response")
    left_out = {result.case.name[:3] for result in report.results if result.not_run}
    assert left_out == {"403", "404", "500", "503"}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("return None", "returned null, not a response object"),
        ("return 'ok'", "returned str, not a response object"),
        ("return event", "returned an invalid status code: None"),
        ("response['headers'] = []\nreturn response", "returned headers that are not an object"),
        (
            "response['headers']['x-frame-options'] = 'DENY'\nreturn response",
            "header :x-frame-options must be a list",
        ),
        (
            "response['headers']['x-frame-options'] = [{'key': 'X-Frame-Options'}]\nreturn response",
            "whose value is neither string",
        ),
        (
            "response['headers']['via'] = [{'key': 'Via', 'value': 'me'}]\nreturn response",
            "read-only header, headerName : Via",
        ),
        (
            "response['headers']['x-edge-a'] = [{'key': 'X-Edge-A', 'value': 'b'}]\nreturn response",
            "blacklisted header, headerName : X-Edge-A",
        ),
        (
            "response['headers']['x b'] = [{'key': 'X b', 'value': 'b'}]\nreturn response",
            "invalid header, headerName : 'x b'",
        ),
        (
            "response['headers']['x-b'] = [{'key': 'X-B', 'value': 'a\\nb'}]\nreturn response",
            "invalid character : '%0A' in header value",
        ),
        (
            "response['headers']['x-b'] = [{'key': 'X-B', 'value': 'a' * 21000}]\nreturn response",
            "at most 20480 are allowed",
        ),
        ("response['status'] = 'fine'\nreturn response", "invalid status code: 'fine'"),
        ("response['body'] = 'x' * 1100000\nreturn response", "at most 1048576 are allowed"),
        ("response['body'] = 5\nreturn response", "a body that is not a string"),
    ],
)
def test_what_cloudfront_refuses_fails_with_its_log_text(tmp_path: Path, body: str, problem: str) -> None:
    chosen = cases("origin-response", RELEASE.response())[:2]
    report = report_on(tmp_path, "python", python(body), chosen=chosen)
    assert not report.ok
    logs = {refusal.log for result in report.results for refusal in result.refusals}
    assert any(problem in log for log in logs), logs


def test_a_viewer_function_may_not_change_the_status(tmp_path: Path) -> None:
    body = "response['status'] = '202'\nreturn response"
    chosen = cases("viewer-response", RELEASE.response())[1:2]
    report = report_on(tmp_path, "python", python(body), "viewer-response", chosen=chosen)
    assert [refusal.rule for refusal in report.results[0].refusals] == ["status"]


def test_headers_that_are_not_as_the_release_says_are_told_one_by_one(tmp_path: Path) -> None:
    line = "[{'key': 'X-Frame-Options', 'value': 'SAMEORIGIN'}]"
    body = f"response['headers']['x-frame-options'] = {line}\nreturn response"
    [page] = report_on(
        tmp_path, "python", python(body), chosen=cases("origin-response", RELEASE.response())[1:2]
    ).results
    told = {mismatch.header: (mismatch.expected, mismatch.got) for mismatch in page.mismatches}
    assert told["x-frame-options"] == (("DENY",), ("SAMEORIGIN",))
    assert told["referrer-policy"] == (("same-origin",), ())
    assert not page.ok


def test_a_handler_that_drops_the_headers_object_breaks_every_response_with_protected_headers(
    tmp_path: Path,
) -> None:
    report = report_on(tmp_path, "python", python("response['headers'] = {}\nreturn response"))
    [case] = [
        result for result in report.results if result.case.name == "headers that a function may not touch"
    ]
    assert {refusal.header for refusal in case.refusals} == {"via", "transfer-encoding"}


def test_what_one_response_leaves_behind_shows_in_a_later_one(tmp_path: Path) -> None:
    line = "{'key': 'X-Frame-Options', 'value': 'DENY'}"
    body = (
        f"calls.append(1)\nresponse['headers']['x-frame-options'] = [{line} for _ in calls]\nreturn response"
    )
    source = python(body, "calls = []")
    release = make_release(headers=(Header("x-frame-options", "DENY"),))
    chosen = cases("origin-response", release.response())[:1]
    [result] = report_on(tmp_path, "python", source, release=release, chosen=chosen).results
    assert result.when_warm
    assert [mismatch.got for mismatch in result.mismatches] == [("DENY", "DENY")]


def test_what_a_handler_does_beyond_its_release_is_a_note(tmp_path: Path) -> None:
    inner = (HANDLERS / "python" / "index.py").read_text()
    source = inner + (
        "\nours = handler\ndef handler(event, context):\n"
        "    response = ours(event, context)\n"
        "    response['headers']['x-extra'] = [{'key': 'X-Extra', 'value': '1'}]\n"
        "    response['headers'].pop('server', None)\n"
        "    response['status'] = '418'\n"
        "    return response\n"
    )
    page = report_on(tmp_path, "python", source).results[1]
    assert page.ok
    assert page.notes == (
        "removes server, which the release does not mention",
        "sets x-extra, which the release does not mention",
        "answers 418 instead of 200",
    )


THROWS = {
    "python": python("raise ValueError('no luck')"),
    "nodejs": "export const handler = async () => { throw new TypeError('no luck'); };",
}
UNDEFINED = {"python": python("pass"), "nodejs": "export const handler = async () => {};"}


def test_a_handler_that_throws_fails_with_its_own_words(tmp_path: Path, language: str) -> None:
    report = report_on(tmp_path, language, THROWS[language])
    ran = [result for result in report.results if result.not_run is None]
    assert all(result.failure is not None and "no luck" in result.failure.message for result in ran)


def test_a_handler_that_returns_nothing_is_refused(tmp_path: Path, language: str) -> None:
    report = report_on(tmp_path, language, UNDEFINED[language])
    assert {refusal.rule for result in report.results for refusal in result.refusals} == {"shape"}


def test_a_handler_that_cannot_be_loaded_fails_once_and_runs_no_case(tmp_path: Path, language: str) -> None:
    report = report_on(
        tmp_path, language, {"python": "import nothing_there", "nodejs": "import 'nothing-there';"}[language]
    )
    assert report.init_failure is not None
    assert not report.ok
    assert all(result.not_run for result in report.results)


def test_a_handler_that_hangs_is_given_up_after_two_timeouts(tmp_path: Path) -> None:
    began = time.monotonic()
    report = report_on(tmp_path, "python", python("import time\ntime.sleep(600)"), timeout=0.3)
    assert time.monotonic() - began < 300
    failures = [result.failure for result in report.results if result.failure is not None]
    assert [failure.kind for failure in failures] == ["timeout", "timeout"]
    assert report.results[-1].not_run == "the handler timed out 2 times"


def test_an_own_event_is_judged_as_the_others_are(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(event("origin-response", "404")))
    report = report_on(tmp_path, "python", chosen=read_events(path, "origin-response"))
    assert report.ok
    assert report.results[0].got["x-frame-options"] == ("DENY",)


# --- as a preflight ------------------------------------------------------------------------------------


def files_of(source: str | bytes) -> dict[str, bytes]:
    return {"index.py": source if isinstance(source, bytes) else source.encode()}


def released(files: dict[str, bytes]) -> Release:
    return make_release(files=files, headers=(Header("x-frame-options", "DENY"),))


def test_a_good_bundle_brings_no_finding() -> None:
    files = files_of((HANDLERS / "python" / "index.py").read_bytes())
    assert preflight_findings(files, released(files), "origin-response") == ()


def test_each_thing_that_is_wrong_is_one_error_that_can_be_overridden() -> None:
    files = files_of(python("response['headers']['via'] = []\nreturn response"))
    found = preflight_findings(files, released(files), "origin-response")
    assert {(finding.severity, finding.rule, finding.override) for finding in found} == {
        (Severity.ERROR, "handler-test", "test")
    }
    assert any(
        "x-frame-options: expected" in finding.message and "more)" in finding.message for finding in found
    )
    assert any("tried to delete read-only header" in finding.message for finding in found)


def test_a_bundle_that_cannot_be_loaded_is_one_error() -> None:
    files = files_of("import nothing_there")
    [finding] = preflight_findings(files, released(files), "origin-response")
    assert "cannot be loaded: ModuleNotFoundError" in finding.message


def test_without_an_interpreter_the_finding_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.meta_path", [])
    files = {"index.mjs": b"export const handler = async () => {};"}
    made = make_release(files=files)
    release = replace(made, handler=replace(made.handler, runtime="nodejs22.x"))
    [finding] = preflight_findings(files, release, "origin-response")
    assert finding.severity is Severity.WARNING
    assert "was not tested" in finding.message
