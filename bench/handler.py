"""The edge function, warm, against one written by hand that sets the same headers; and the bundle's size."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from bench.report import Report, Row
from edgerollout.config import load
from edgerollout.config.handler_folder import read_handler
from edgerollout.handlers.runtime import find_node
from edgerollout.release.facts.bundle import pack
from edgerollout.release.plans.desired import PublishRequest, first_release

HERE = Path(__file__).with_name("handlers")
ROOT = Path(__file__).parents[1]
PROCESSES = 5
"""How a just-in-time compiler takes to the code differs from process to process."""
LARGEST = 20.0
"""KB (of 1000 bytes) of the sample's bundle."""


def benchmark(pairs: int) -> Report:  # noqa: ARG001 - a number of its own, since processes differ
    """Both runtimes; the medians of several processes of 50 batches of 1000 calls each."""
    rows = _timed(
        "Python", [sys.executable, str(HERE / "time_handlers.py")], "python/index.py", "handwritten.py"
    )
    notes: list[str] = []
    node = find_node()
    if node is None:
        notes.append("no Node.js here: its handler was not timed")
    else:
        rows += _timed(
            "Node.js",
            [str(node), "--expose-gc", str(HERE / "time_handlers.mjs")],
            "nodejs/index.mjs",
            "handwritten.mjs",
        )
    rows += [
        Row(f"bundle of the sample, {name}", _bundle(name) / 1000, "KB", LARGEST)
        for name in ("python", "nodejs")
    ]
    return Report("handler", "the edge function, warm, beside one written by hand", rows, notes)


def _timed(runtime: str, command: list[str], handler: str, by_hand: str) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="edgerollout-bench-") as name:
        source, folder = ROOT / "handler" / handler, Path(name)
        shutil.copytree(source.parent, folder, dirs_exist_ok=True)
        shutil.copy(HERE / "release.json", folder)
        files = [HERE / "event.json", folder / source.name, HERE / by_hand]
        answers = [
            subprocess.run([*command, *map(str, files)], check=True, stdout=subprocess.PIPE, text=True).stdout
            for _ in range(PROCESSES)
        ]
    medians = [[statistics.median(side) for side in json.loads(answer)] for answer in answers]
    return [
        Row(f"{runtime} handler", statistics.median(ours for ours, _ in medians) / 1000, "µs"),
        Row("  by hand", statistics.median(theirs for _, theirs in medians) / 1000, "µs"),
        Row("  ratio", statistics.median(ours / theirs for ours, theirs in medians), "×", 1.1),
    ]


def _bundle(runtime: str) -> int:
    """Bytes of the zip that a first publish of the sample configuration uploads."""
    project = load(ROOT / "config")
    environment = project.environments["testing"]
    settings = replace(environment.function, handler=ROOT / "handler" / runtime)
    environment = replace(environment, function=settings)
    files = read_handler(settings.handler)
    request = PublishRequest(environment=environment, policy=project.policy_of(environment), files=files)
    return len(pack(files, first_release(request)))
