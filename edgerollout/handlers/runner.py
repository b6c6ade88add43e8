"""Runs a handler in a worker process that stays warm between calls, as a Lambda instance does."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import secrets
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from edgerollout.handlers.code import UnusableCode, unpack
from edgerollout.handlers.confinement import confined, why_unconfined
from edgerollout.handlers.results import HandlerFailure, HandlerOutcome, HandlerResult, Started
from edgerollout.handlers.runtime import worker_command

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import IO

    from edgerollout.handlers.code import FunctionCode
    from edgerollout.handlers.results import FailureKind

INIT_TIMEOUT = 10.0
"""Seconds Lambda gives the init phase (Lambda Developer Guide, runtime environment lifecycle)."""

_LOG_LINES = 10_000


class _Gone:
    """The worker's output ended."""


class HandlerRunner:
    """One function version, loaded once and called many times; thread-safe, one call at a time.

    The worker starts at the first call (or `start`), is killed when a call overruns the function's
    timeout, and starts again with the next call: each failure costs a cold start, as in
    Lambda. Raises EdgerolloutError from `start` and `invoke` when this machine has no interpreter
    for the runtime; the handler's own errors are returned as a HandlerFailure.
    """

    def __init__(self, code: FunctionCode, *, init_timeout: float = INIT_TIMEOUT) -> None:
        self.code = code
        self._init_timeout = init_timeout
        self._lock = threading.Lock()
        self._worker: _Worker | None = None
        self._started: Started | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> Started | HandlerFailure:
        """Load the handler if it is not loaded; returns the result of loading."""
        with self._lock:
            return self._ensure()

    def invoke(self, event: Mapping[str, object], *, request_id: str = "local") -> HandlerOutcome:
        """Call the handler with `event`, which is not changed: the worker gets a copy."""
        with self._lock:
            started = self._ensure()
            if isinstance(started, HandlerFailure):
                return started
            worker = self._worker
            if worker is None:
                raise AssertionError("a started runner has a worker")
            request = {"event": event, "context": self._context(request_id)}
            answer, logs = worker.ask(request, self.code.timeout)
            match answer:
                case None:
                    self._drop()
                    # Lambda's own message.
                    message = f"Task timed out after {self.code.timeout:.2f} seconds"
                    return HandlerFailure("timeout", message, (), self.code.timeout * 1000, logs)
                case _Gone():
                    code = self._drop()
                    message = f"the process ended with exit status {code} before it answered"
                    return HandlerFailure("exception", message, logs[-20:], 0.0, logs)
                case dict():
                    if not answer["ok"]:
                        return _failure(answer, logs, worker)
                    return HandlerResult(answer["value"], _number(answer["duration_ms"]), logs)

    def close(self) -> None:
        """End the worker. If the runner is used again, it starts another."""
        with self._lock:
            self._drop()

    def _ensure(self) -> Started | HandlerFailure:
        if self._worker is not None and self._started is not None:
            return self._started
        try:
            worker, answer, logs = self._begun()
            if isinstance(answer, _Gone) and worker.confined and why_unconfined(worker.program) is not None:
                self._drop()
                worker, answer, logs = self._begun()
        except UnusableCode as error:
            return HandlerFailure("init", str(error), (), 0.0, ())
        match answer:
            case None:
                self._drop()
                message = f"loading the handler took longer than {self._init_timeout:g} seconds"
                return HandlerFailure("init", message, (), self._init_timeout * 1000, logs)
            case _Gone():
                code = self._drop()
                message = f"the process ended with exit status {code} while it loaded the handler"
                return HandlerFailure("init", message, logs[-20:], 0.0, logs)
            case dict():
                if not answer["ok"]:
                    self._drop()
                    return _failure(answer, logs, worker)
                self._started = Started(_number(answer["duration_ms"]), logs, str(answer["interpreter"]))
                return self._started

    def _begun(self) -> tuple[_Worker, dict[str, object] | _Gone | None, tuple[str, ...]]:
        self._worker = worker = _Worker(self.code)
        return worker, *worker.begin(self._init_timeout)

    def _drop(self) -> int | None:
        worker, self._worker, self._started = self._worker, None, None
        return None if worker is None else worker.end()

    def _context(self, request_id: str) -> dict[str, object]:
        # In a replica the function's name has the home region in it, as in its log group.
        name = f"us-east-1.{self.code.name}"
        return {
            "aws_request_id": request_id,
            "function_name": name,
            "function_version": self.code.version,
            "invoked_function_arn": self.code.arn,
            "memory_limit_in_mb": str(self.code.memory),
            "log_group_name": f"/aws/lambda/{name}",
            "log_stream_name": f"local/[{self.code.version}]",
            "timeout": self.code.timeout,
        }


class _Worker:
    """The process and its pipes. All its output is kept; a secret token marks the answers."""

    def __init__(self, code: FunctionCode) -> None:
        command = worker_command(code)
        self._scratch = tempfile.TemporaryDirectory(prefix="edgerollout-handler-", ignore_cleanup_errors=True)
        self._task = Path(self._scratch.name).resolve() / "task"
        home = self._task.with_name("home")
        home.mkdir()
        try:
            self._folder = unpack(code.code, self._task)
        except UnusableCode:
            self._scratch.cleanup()
            raise
        self._handler = code.handler
        self._token = secrets.token_hex(16)
        self._output: queue.Queue[str | _Gone] = queue.Queue()
        self._output_ended = False
        self.program = command[0]
        launched = confined(command, self._folder, home)
        self.confined = launched != command
        self._process = subprocess.Popen(
            launched,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self._folder,
            env=_environment(code) | {"HOME": str(home), "USERPROFILE": str(home)},
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise AssertionError("both ends were asked to be pipes")
        self._stdin = self._process.stdin
        threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True).start()

    def begin(self, timeout: float) -> tuple[dict[str, object] | _Gone | None, tuple[str, ...]]:
        setup = {"token": self._token, "folder": str(self._folder), "handler": self._handler}
        return self.ask(setup, timeout)

    def ask(
        self, request: Mapping[str, object], timeout: float
    ) -> tuple[dict[str, object] | _Gone | None, tuple[str, ...]]:
        """The answer to one request (None when `timeout` seconds pass) and what was printed until then."""
        # The end of the output shows that a worker died, not the write.
        with contextlib.suppress(BrokenPipeError):
            self._stdin.write(json.dumps(request).encode() + b"\n")
            self._stdin.flush()
        return self._answer(timeout)

    def _answer(self, timeout: float) -> tuple[dict[str, object] | _Gone | None, tuple[str, ...]]:
        logs: list[str] = []
        # A process takes real time, even if the edge has another clock.
        deadline = time.monotonic() + timeout
        while True:
            try:
                line = self._output.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                return None, tuple(logs)
            if isinstance(line, _Gone):
                return line, tuple(logs)
            printed, token, document = line.partition(self._token)
            if printed.strip() and len(logs) < _LOG_LINES:
                logs.append(printed)
            if token:
                return _read(document), tuple(logs)

    def as_in_lambda(self, text: str) -> str:
        """`text` with our temporary folder replaced by Lambda's folder for a zip."""
        return text.replace(str(self._task), "/var/task")

    def end(self) -> int:
        """Kill the process and forget its files; returns the exit status."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            # A process whose output ended is about to exit: its own status says more than our kill.
            self._process.wait(timeout=0.2 if self._output_ended else 0)
        self._process.kill()
        status = self._process.wait()
        with contextlib.suppress(BrokenPipeError):
            self._stdin.close()
        self._scratch.cleanup()
        return status

    def _read(self, output: IO[bytes]) -> None:
        with output:
            for line in output:
                self._output.put(line.decode("utf-8", errors="replace").rstrip("\r\n"))
        self._output_ended = True
        self._output.put(_Gone())


def _environment(code: FunctionCode) -> dict[str, str]:
    """What Lambda sets at the edge, and nothing of the user's: above all no credentials."""
    lambda_sets = {
        "AWS_REGION": "us-east-1",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{code.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": f"us-east-1.{code.name}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(code.memory),
        "AWS_LAMBDA_FUNCTION_VERSION": code.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "_HANDLER": code.handler,
        "TZ": ":UTC",
        "LANG": "en_US.UTF-8",
    }
    # Windows programs do not start without these two; LD_LIBRARY_PATH is how some Pythons find libpython.
    needed = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH")
    return {name: os.environ[name] for name in needed if name in os.environ} | lambda_sets


def _read(document: str) -> dict[str, object]:
    """The worker's answer. A handler's result may be nested too deeply to read."""
    try:
        answer: dict[str, object] = json.loads(document)
    except RecursionError:
        message = "the response is nested too deep"
        return {
            "ok": False,
            "kind": "invalid response",
            "message": message,
            "trace": [],
            "duration_ms": 0.0,
        }
    return answer


def _failure(answer: Mapping[str, object], logs: tuple[str, ...], worker: _Worker) -> HandlerFailure:
    kinds: dict[object, FailureKind] = {"init": "init", "invalid response": "invalid response"}
    trace = answer["trace"]
    lines = tuple(worker.as_in_lambda(str(line)) for line in trace) if isinstance(trace, list) else ()
    return HandlerFailure(
        kinds.get(answer["kind"], "exception"),
        worker.as_in_lambda(str(answer["message"])),
        lines,
        _number(answer["duration_ms"]),
        logs,
    )


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0
