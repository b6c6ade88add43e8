"""The process for a Python handler. `runner` starts it and never imports it.

One JSON document per line on stdin: first `{token, folder, handler}`, then `{event, context}`.
The answer to each on stdout is the token and one JSON document. Anything else there is the
handler's own output.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Context:
    """Lambda's context object, the parts that an edge function can use."""

    aws_request_id: str
    function_name: str
    function_version: str
    invoked_function_arn: str
    memory_limit_in_mb: str
    log_group_name: str
    log_stream_name: str
    deadline: float

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.deadline - time.monotonic()) * 1000))


def main() -> None:
    requests, answers = _private_pipes()
    setup = json.loads(requests.readline())

    def answer(document: dict[str, object]) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        answers.write(f"\n{setup['token']}{json.dumps(document)}\n")
        answers.flush()

    started = time.perf_counter()
    try:
        handler = _load(setup["folder"], setup["handler"])
    except BaseException as error:  # user code: SystemExit at import is also an init failure
        answer(_failure("init", error, started, setup["folder"]))
        return
    version = ".".join(str(part) for part in sys.version_info[:3])
    answer({"ok": True, "duration_ms": _since(started), "interpreter": f"Python {version}"})
    for line in requests:
        answer(_call(handler, json.loads(line), setup["folder"]))


def _private_pipes() -> tuple[TextIO, TextIO]:
    """Our own copies of stdin and stdout; the handler gets an empty stdin and the log instead."""
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return requests, answers


def _load(folder: str, entry: str) -> Callable[[object, object], object]:
    sys.path.insert(0, folder)
    module, _, function = entry.rpartition(".")
    loaded: Callable[[object, object], object] = getattr(
        importlib.import_module(module.replace("/", ".")), function
    )
    return loaded


def _call(
    handler: Callable[[object, object], object], request: dict[str, object], folder: str
) -> dict[str, object]:
    fields = request["context"]
    if not isinstance(fields, dict):
        raise TypeError("context must be an object")
    seconds = float(fields.pop("timeout"))
    context = Context(**fields, deadline=time.monotonic() + seconds)
    started = time.perf_counter()
    try:
        value = handler(request["event"], context)
    except BaseException as error:  # user code: even sys.exit() must be answered
        return _failure("exception", error, started, folder)
    duration = _since(started)
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        return _failure("invalid response", error, started, folder)
    return {"ok": True, "value": value, "duration_ms": duration}


def _failure(kind: str, error: BaseException, started: float, folder: str) -> dict[str, object]:
    duration = _since(started)
    # Start at the handler's first line: the frames of this worker do not help.
    place = error.__traceback__
    while place is not None and not place.tb_frame.f_code.co_filename.startswith(folder):
        place = place.tb_next
    frames = traceback.format_exception(type(error), error, place)
    return {
        "ok": False,
        "kind": kind,
        "message": f"{type(error).__name__}: {error}",
        "trace": "".join(frames).splitlines(),
        "duration_ms": duration,
    }


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
