"""What `preview` says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edgerollout.edge.layout import Layout, PreviewBehavior
from edgerollout.edge.preview import (
    Answered,
    Broken,
    HandlerPrinted,
    HandlerTrouble,
    PreviewContent,
    PreviewEvent,
    PreviewRelease,
    Reloaded,
    RunningPreview,
    Tunnelled,
)
from edgerollout.edge.upstream import Upstream
from edgerollout.errors import UsageError
from edgerollout.handlers.code import FunctionCode
from edgerollout.policy.headers import Header
from edgerollout.release.facts.environment import Environment, FunctionSettings
from edgerollout.views.output.encoder import json_text
from edgerollout.views.output.preview import ready_json
from edgerollout.views.preview import event_lines, ready_document, trust_command
from tests.json_output import parsed
from tests.spelling import spell

from .drawing import text_of
from .sample import AFTER

_ENVIRONMENT = Environment(
    "testing", "123456789012", FunctionSettings("f", "python3.13", Path("/p/handler"), "r"), ()
)
_TLS = RunningPreview("https://localhost:8443/", 8443, Path("/p/.edgerollout/preview/ca.pem"))
_HTTP = RunningPreview("http://localhost:8080/", 8080, None)
_CODE = FunctionCode(b"", "index.handler", "python3.13")
_EVENTS: tuple[PreviewEvent, ...] = (
    Answered("GET", "/a\x1b[31m", 200, 0.0042),
    Tunnelled("/hmr", "websocket"),
    Reloaded(PreviewRelease(AFTER, _CODE, "origin-response")),
    Broken(UsageError("not TOML\x1b[31m", why="line 3")),
    HandlerTrouble(503, "no\x1b[31m", ("in handler", "raise")),
    HandlerPrinted(("said\x1b[31m",)),
)


def _ready(running: RunningPreview, content: PreviewContent, **environment: object) -> str:
    stage = replace(_ENVIRONMENT, **environment)  # type: ignore[arg-type]
    return text_of(ready_document(running, content, stage, AFTER, Path("handler/python"), "linux"))


def test_it_says_where_with_what_and_what_next() -> None:
    told = _ready(_TLS, PreviewContent(Path("dist")))
    assert "Preview of testing: https://localhost:8443/" in told
    assert "handler/python (python3.13) at origin-response" in told
    assert "trust /p/.edgerollout/preview/ca.pem, or preview with --http" in told
    assert "next: edgerollout tour -e testing --site dist" in told


def test_over_http_there_is_nothing_to_trust() -> None:
    assert "trust" not in _ready(_HTTP, PreviewContent(Path("dist")))


def test_what_is_left_bare_or_not_run_or_held_back_is_said() -> None:
    layout = Layout(
        (PreviewBehavior("Default (*)"),), distribution="www", not_run=("/b origin-request: x:3",)
    )
    told = _ready(_TLS, PreviewContent(Path("dist"), layout=layout, spa=False), exclude=("/api/*",))
    assert "excluded    /api/*" in told
    assert "not run     /b origin-request: x:3" in told
    assert "dist, as www serves it" in told
    hsts = replace(AFTER, headers=(Header("strict-transport-security", "max-age=300"),))
    found = ready_document(_HTTP, PreviewContent(Path("dist")), _ENVIRONMENT, hsts, Path("h"), "linux")
    assert "without     strict-transport-security" in text_of(found)


@pytest.mark.parametrize("quiet", [False, True])
@pytest.mark.parametrize("event", _EVENTS)
def test_no_event_brings_control_characters(event: PreviewEvent, quiet: bool) -> None:
    assert all("\x1b" not in line.text for line in event_lines(event, spell, quiet=quiet))


def test_quiet_leaves_what_went_wrong() -> None:
    told = [type(event) for event in _EVENTS if event_lines(event, spell, quiet=True)]
    assert told == [Broken, HandlerTrouble]


@pytest.mark.parametrize(
    ("without", "bare", "words"),
    [
        ((), False, "404 GET  /x  4 ms"),
        (("x-a", "x-b"), False, "404 GET  /x  4 ms  from the site itself: x-a, x-b"),
        (("x-a", "x-b"), True, "404 GET  /x  4 ms  excluded: no headers"),
    ],
)
def test_a_request_is_one_line(without: tuple[str, ...], bare: bool, words: str) -> None:
    (line,) = event_lines(Answered("GET", "/x", 404, 0.0042, without, bare), spell)
    assert line.text == words


@pytest.mark.parametrize(
    ("system", "program"), [("linux", "certutil -d"), ("darwin", "security"), ("win32", "certutil -user")]
)
def test_each_system_has_its_command_to_trust_the_authority(system: str, program: str) -> None:
    command = trust_command(Path("/a b/ca.pem"), system)
    assert command.startswith(program)
    assert "'/a b/ca.pem'" in command or '"/a b/ca.pem"' in command


def test_a_preview_is_a_json_document() -> None:
    content = PreviewContent(Path("dist"), Upstream("localhost", 1), Layout(()))
    document = parsed(json_text(ready_json(_TLS, content, _ENVIRONMENT, AFTER)))
    assert (document["site"], document["upstream"]) == ("dist", "http://localhost:1")
