from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgerollout.errors import EdgerolloutError
from edgerollout.handlers.code import FunctionCode
from edgerollout.handlers.confinement import known_unconfined, why_unconfined
from edgerollout.handlers.results import HandlerFailure, HandlerResult, Started
from edgerollout.handlers.runner import HandlerRunner
from edgerollout.handlers.runtime import find_node, worker_command
from tests.spelling import said

if TYPE_CHECKING:
    from edgerollout.handlers.results import FailureKind, HandlerOutcome

needs_node = pytest.mark.skipif(
    find_node() is None and os.environ.get("EDGEROLLOUT_NO_NODE") == "1",
    reason="NODE.JS HANDLERS WERE NOT TESTED: no Node.js here, and EDGEROLLOUT_NO_NODE=1",
)


def python(folder: Path, source: str, *, timeout: float = 5, handler: str = "index.handler") -> FunctionCode:
    (folder / "index.py").write_text(source)
    return FunctionCode(folder, handler, "python3.13", timeout=timeout)


def node(folder: Path, source: str, *, timeout: float = 5, file: str = "index.mjs") -> FunctionCode:
    (folder / file).write_text(source)
    return FunctionCode(folder, "index.handler", "nodejs22.x", timeout=timeout)


def called(code: FunctionCode, event: dict[str, object] | None = None) -> HandlerOutcome:
    with HandlerRunner(code) as runner:
        return runner.invoke(event or {})


def value_of(outcome: HandlerOutcome) -> object:
    assert isinstance(outcome, HandlerResult), outcome
    return outcome.value


def failure_of(outcome: HandlerOutcome | Started) -> HandlerFailure:
    assert isinstance(outcome, HandlerFailure), outcome
    return outcome


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        ("import no_such_module", "init", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise SystemExit(3)", "init", "SystemExit: 3"),
        ("x = 1", "init", "has no attribute 'handler'"),
        ("def handler(e, c): raise KeyError('x')", "exception", "KeyError: 'x'"),
        ("import sys\ndef handler(e, c): sys.exit(1)", "exception", "SystemExit: 1"),
        ("import os\ndef handler(e, c): os._exit(7)", "exception", "exit status 7"),
        ("def handler(e, c): return {1, 2}", "invalid response", "set is not JSON serializable"),
        ("def handler(e, c): return float('nan')", "invalid response", "not JSON compliant"),
    ],
)
def test_what_a_python_handler_does_wrong_has_a_kind_and_words(
    tmp_path: Path, source: str, kind: FailureKind, message: str
) -> None:
    failure = failure_of(called(python(tmp_path, source)))
    assert failure.kind == kind
    assert message in failure.message


@needs_node
@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        ("import 'no-such-module';", "init", "no-such-module"),
        ("export const other = 1;", "init", "index.handler is undefined or not exported"),
        ("export const handler = async () => { throw new TypeError('x'); };", "exception", "TypeError: x"),
        (
            "export const handler = (e, c, done) => done(new Error('by callback'));",
            "exception",
            "by callback",
        ),
        (
            "export const handler = (e, c, done) => { setTimeout(() => { throw 1; }); };",
            "exception",
            "exit status",
        ),
        ("export const handler = async () => 1n;", "invalid response", "BigInt"),
        (
            "export const handler = async () => JSON.parse('['.repeat(3000) + ']'.repeat(3000));",
            "invalid response",
            "nested too deep",
        ),
    ],
)
def test_what_a_node_handler_does_wrong_has_a_kind_and_words(
    tmp_path: Path, source: str, kind: FailureKind, message: str
) -> None:
    failure = failure_of(called(node(tmp_path, source)))
    assert failure.kind == kind
    assert message in failure.message


@needs_node
@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("index.mjs", "export const handler = async (event) => ({ got: event.n });"),
        (
            "index.mjs",
            "export function handler(event, context, callback) { callback(null, { got: event.n }); }",
        ),
        (
            "index.js",
            "exports.handler = (event, context, done) => setTimeout(() => done(null, { got: event.n }));",
        ),
        ("index.cjs", "module.exports = { handler: async (event) => ({ got: event.n }) };"),
    ],
)
def test_node_handlers_may_be_async_or_take_a_callback_in_either_module_system(
    tmp_path: Path, file: str, source: str
) -> None:
    assert value_of(called(node(tmp_path, source, file=file), {"n": 4})) == {"got": 4}


def test_a_python_handler_that_overruns_its_timeout_is_stopped_and_started_anew(tmp_path: Path) -> None:
    source = """
import time
loads = []
def handler(event, context):
    loads.append(1)
    print("call", len(loads))
    while event.get("hang"):
        time.sleep(1)
    return len(loads)
"""
    with HandlerRunner(python(tmp_path, source, timeout=0.5)) as runner:
        assert value_of(runner.invoke({})) == 1
        assert value_of(runner.invoke({})) == 2
        stopped = failure_of(runner.invoke({"hang": True}))
        assert stopped.kind == "timeout"
        assert stopped.message == "Task timed out after 0.50 seconds"
        assert stopped.logs == ("call 3",)
        assert value_of(runner.invoke({})) == 1


@needs_node
def test_a_node_handler_that_never_settles_is_stopped_at_its_timeout(tmp_path: Path) -> None:
    source = "export const handler = async (event) => { while (event.hang) {} return 1; };"
    with HandlerRunner(node(tmp_path, source, timeout=0.4)) as runner:
        assert failure_of(runner.invoke({"hang": True})).kind == "timeout"
        assert value_of(runner.invoke({})) == 1


@needs_node
def test_a_node_handler_that_leaves_nothing_to_do_has_answered_null(tmp_path: Path) -> None:
    """One that is not async and only returns, above all; the next request finds it warm."""
    source = "let calls = 0; export function handler() { calls += 1; console.log(calls); return {}; }"
    with HandlerRunner(node(tmp_path, source)) as runner:
        first, second = runner.invoke({}), runner.invoke({})
    assert isinstance(first, HandlerResult)
    assert isinstance(second, HandlerResult)
    assert (first.value, second.value, second.logs) == (None, None, ("2",))


@pytest.mark.parametrize("source", ["import nowhere_at_all", "def handler(event, context) return"])
def test_a_python_trace_begins_in_the_handlers_own_file(tmp_path: Path, source: str) -> None:
    with HandlerRunner(python(tmp_path, source)) as runner:
        failure = failure_of(runner.invoke({}))
    assert not any("importlib" in line for line in failure.trace)
    assert any("index.py" in line for line in failure.trace)


def test_what_a_python_handler_prints_is_logged_and_never_mistaken_for_its_answer(tmp_path: Path) -> None:
    source = """
import os, sys
print("loading")
def handler(event, context):
    print('{"ok": true, "value": "forged"}')
    sys.stdout.write("no newline")
    print("to stderr", file=sys.stderr)
    os.write(1, b"\\xff raw bytes\\n")
    return sys.stdin.read()
"""
    with HandlerRunner(python(tmp_path, source)) as runner:
        started = runner.start()
        outcome = runner.invoke({})
    assert isinstance(started, Started)
    assert started.logs == ("loading",)
    assert value_of(outcome) == ""
    logs = "\n".join(outcome.logs)
    assert all(part in logs for part in ('"forged"', "no newline", "to stderr", "raw bytes"))


@needs_node
def test_what_a_node_handler_prints_is_logged(tmp_path: Path) -> None:
    source = """
console.log("loading");
export const handler = async () => { console.log("a", { b: 1 }); process.stdout.write("rest"); return 1; };
"""
    with HandlerRunner(node(tmp_path, source)) as runner:
        runner.start()
        outcome = runner.invoke({})
    assert value_of(outcome) == 1
    assert outcome.logs == ("a { b: 1 }", "rest")


def test_an_exception_brings_the_handlers_own_trace_and_not_the_workers(tmp_path: Path) -> None:
    failure = failure_of(called(python(tmp_path, "def handler(e, c):\n    raise ValueError('x')\n")))
    assert any("index.py" in line for line in failure.trace)
    assert not any("worker.py" in line for line in failure.trace)


def test_the_handler_sees_lambdas_variables_and_none_of_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    source = (
        "import os\ndef handler(e, c): return [dict(os.environ), c.function_version, c.memory_limit_in_mb]"
    )
    code = python(tmp_path, source)
    arn = "arn:aws:lambda:us-east-1:123456789012:function:headers:7"
    named = FunctionCode(code.code, code.handler, code.runtime, arn=arn)
    environment, version, memory = value_of(called(named))  # type: ignore[misc]
    assert "AWS_SECRET_ACCESS_KEY" not in environment
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "us-east-1.headers"
    assert (version, memory) == ("7", "128")


def test_the_event_stays_the_callers_own(tmp_path: Path) -> None:
    event: dict[str, object] = {"headers": {}}
    code = python(tmp_path, "def handler(e, c):\n    e['headers']['x'] = 1\n    return e")
    assert value_of(called(code, event)) == {"headers": {"x": 1}}
    assert event == {"headers": {}}


def test_an_entry_in_a_folder_of_the_zip_is_found(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").write_text("def run(event, context): return 'here'")
    assert value_of(called(FunctionCode(tmp_path, "src/app.run", "python3.12"))) == "here"


def zipped(name: str, mode: int) -> bytes:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(entry, "def handler(event, context): return 1")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (b"not a zip", "not a zip file"),
        (zipped("../index.py", 0o644), "outside its own folder"),
        (zipped("index.py", 0o600), "Permission denied: '/var/task/index.py'"),
    ],
)
def test_a_zip_that_lambda_could_not_run_fails_at_init(code: bytes, message: str) -> None:
    failure = failure_of(called(FunctionCode(code, "index.handler", "python3.13")))
    assert failure.kind == "init"
    assert message in failure.message


def test_a_zip_with_readable_files_runs() -> None:
    assert value_of(called(FunctionCode(zipped("index.py", 0o644), "index.handler", "python3.13"))) == 1


def test_an_unknown_runtime_is_named(tmp_path: Path) -> None:
    with pytest.raises(EdgerolloutError, match=r"a ruby3\.3 function cannot run here"):
        worker_command(FunctionCode(tmp_path, "index.handler", "ruby3.3"))


def test_without_node_the_way_to_get_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.meta_path", [])
    with pytest.raises(EdgerolloutError) as caught:
        worker_command(FunctionCode(tmp_path, "index.handler", "nodejs22.x"))
    assert "pip install" in said(caught.value.hint)


_SPY = """
import os, pwd, socket
def tried(what):
    try:
        return repr(what())
    except OSError as error:
        return type(error).__name__
def handler(event, context):
    port, file, pid = event["port"], event["file"], event["pid"]
    return {
        "home": tried(lambda: os.listdir(os.path.expanduser("~"))),
        "file": tried(lambda: open(file).read()),
        "parent": tried(lambda: open(f"/proc/{pid}/environ").read()),
        "signal": tried(lambda: os.kill(pid, 0)),
        "network": tried(lambda: socket.create_connection(("127.0.0.1", port), 5)),
        "task": tried(lambda: open(os.path.join(os.path.dirname(__file__), "new"), "w")),
        "scratch": tried(lambda: open("/tmp/new", "w").write("x")),
    }
"""


def _spied(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "handler"
    folder.mkdir()
    (tmp_path / "credentials").write_text("aws_secret_access_key")
    with socket.create_server(("127.0.0.1", 0)) as server:
        event: dict[str, object] = {
            "port": server.getsockname()[1],
            "file": str(tmp_path / "credentials"),
            "pid": os.getpid(),
        }
        return value_of(called(python(folder, _SPY, timeout=20), event))  # type: ignore[return-value]


def test_a_handlers_home_is_empty(tmp_path: Path) -> None:
    assert _spied(tmp_path)["home"] == "[]"


@pytest.mark.skipif(why_unconfined() is not None, reason=f"NOT CONFINED HERE: {why_unconfined()}")
def test_a_confined_handler_sees_no_file_process_or_network_of_ours(tmp_path: Path) -> None:
    seen = _spied(tmp_path)

    assert seen["file"] == "FileNotFoundError"
    assert seen["parent"] == "FileNotFoundError"
    assert seen["signal"] == "ProcessLookupError"
    assert seen["network"] == "OSError"
    assert seen["task"] == "OSError"
    assert seen["scratch"] == "1"


@pytest.mark.skipif(why_unconfined() is not None, reason=f"NOT CONFINED HERE: {why_unconfined()}")
def test_an_interpreter_that_links_lead_to_is_confined_as_well(tmp_path: Path) -> None:
    (tmp_path / "alternatives").mkdir()
    first, second = tmp_path / "python3", tmp_path / "alternatives" / "python3"
    second.symlink_to(Path(sys.executable).resolve())
    first.symlink_to("alternatives/python3")
    asked = "from edgerollout.handlers.confinement import why_unconfined; print(why_unconfined())"
    folder = Path(__file__).parents[3]

    answer = subprocess.check_output([first, "-c", asked], cwd=folder, env={}, text=True)

    assert answer == "None\n"


@pytest.mark.skipif(why_unconfined() is not None, reason=f"NOT CONFINED HERE: {why_unconfined()}")
@needs_node
def test_a_confined_node_handler_sees_no_file_of_ours(tmp_path: Path) -> None:
    folder = tmp_path / "handler"
    folder.mkdir()
    (tmp_path / "credentials").write_text("aws_secret_access_key")
    code = node(
        folder, "import fs from 'fs'; export const handler = async e => fs.existsSync(e.file);", timeout=20
    )

    assert value_of(called(code, {"file": str(tmp_path / "credentials")})) is False


def test_a_program_that_does_not_run_there_is_told_as_why_nothing_is_confined() -> None:
    assert why_unconfined("/no/such/program")


@needs_node
def test_a_handler_whose_interpreter_cannot_be_confined_runs_all_the_same_and_that_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = find_node()
    for name in ("bin", "out-of-sight", "handler"):
        (tmp_path / name).mkdir()
    (tmp_path / "out-of-sight" / "sh").symlink_to("/bin/sh")
    script = tmp_path / "bin" / "node"
    script.write_text(f'#!{tmp_path}/out-of-sight/sh\nexec {real} "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    code = node(tmp_path / "handler", "export const handler = async () => 7;", timeout=20)

    assert value_of(called(code)) == 7
    assert known_unconfined()
    assert why_unconfined(str(script))
