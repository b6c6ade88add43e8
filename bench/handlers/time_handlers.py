"""Times two Python handlers on fresh copies of one event, batch by batch, in turns.

Arguments: event.json, then the folders of ours and of the hand-written handler (index.py in each).
Prints JSON: nanoseconds a call of each batch, ours and theirs.
"""

from __future__ import annotations

import copy
import gc
import importlib.util
import json
import sys
import time
from pathlib import Path
from typing import Any

BATCHES = 50
CALLS = 1000


def load(name: str, path: Path) -> Any:
    """The handler function of a file."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.handler


def main(event_file: str, ours_file: str, theirs_file: str) -> None:
    """Check that both answer alike, then time them."""
    event = json.loads(Path(event_file).read_text(encoding="utf-8"))
    handlers = [load("ours", Path(ours_file)), load("theirs", Path(theirs_file))]
    if handlers[0](copy.deepcopy(event), None) != handlers[1](copy.deepcopy(event), None):
        sys.exit("the hand-written Python handler does not answer as ours does")
    text = json.dumps(event)
    times: list[list[float]] = [[], []]
    gc.disable()
    for batch in range(-10, BATCHES):
        for which in (0, 1) if batch % 2 else (1, 0):
            events = [json.loads(text) for _ in range(CALLS)]
            handler = handlers[which]
            began = time.perf_counter_ns()
            for item in events:
                handler(item, None)
            spent = time.perf_counter_ns() - began
            if batch >= 0:
                times[which].append(spent / CALLS)
    json.dump(times, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
