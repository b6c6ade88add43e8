"""`status` of an environment with very many behaviors: how often it lists, and how much memory it takes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.account import project, sandbox
from bench.report import Report, Row

if TYPE_CHECKING:
    from tests.functional.project import Project

DISTRIBUTIONS = 500
BEHAVIORS = 75
FEW = 50


def benchmark(pairs: int) -> Report:  # noqa: ARG001 - counted and weighed, not timed
    """500 distributions of 75 behaviors, each carrying our trigger, beside 50 of them."""
    with sandbox() as server, project(server) as ours:
        trigger = ours.create_function(ours.function).rpartition(":")
        made = [_distribution(ours, number, "".join(trigger)) for number in range(FEW)]
        few = _status(ours, made)
        made += [_distribution(ours, number, "".join(trigger)) for number in range(FEW, DISTRIBUTIONS)]
        ours.forget_calls()
        many = _status(ours, made)
        calls = ours.calls()
    lists = calls["cloudfront:ListDistributions"]
    return Report(
        "large",
        f"status of {DISTRIBUTIONS} distributions × {BEHAVIORS} behaviors",
        [
            Row("ListDistributions", lists, "calls", 6),
            Row("other calls", sum(calls.values()) - lists, "calls"),
            Row("peak memory", many.megabytes, "MB"),
            Row(f"peak memory with {FEW} of them", few.megabytes, "MB"),
            Row("memory of one more behavior", _each(few, many), "KB"),
            Row("time", many.seconds, "s"),
        ],
    )


@dataclass(frozen=True)
class _Spent:
    seconds: float
    megabytes: float


def _each(few: _Spent, many: _Spent) -> float:
    return (many.megabytes - few.megabytes) * 1000 / ((DISTRIBUTIONS - FEW) * BEHAVIORS)


def _distribution(project: Project, number: int, trigger: str) -> str:
    """One with a trigger on every behavior, as it is after a publish."""
    association = {
        "Quantity": 1,
        "Items": [{"LambdaFunctionARN": trigger, "EventType": "origin-response", "IncludeBody": False}],
    }
    paths = [f"/section-{n}/*" for n in range(BEHAVIORS - 1)]
    behaviors = [project.behavior(path, LambdaFunctionAssociations=association) for path in paths]
    return project.distribution(
        f"site-{number}.example.com",
        DefaultCacheBehavior=project.behavior(LambdaFunctionAssociations=association),
        CacheBehaviors={"Quantity": len(behaviors), "Items": behaviors},
    )


def _status(project: Project, distributions: list[str]) -> _Spent:
    """Run `status` as a process of its own; its seconds and its largest resident size."""
    named = ", ".join(f"{{ id = {json.dumps(identity)} }}" for identity in distributions)
    project.configure(environments={"testing": f"distributions = [{named}]\n"})
    command = (sys.executable, "-m", "edgerollout", "--endpoint-url", project.server.endpoint_url)
    began, largest = time.perf_counter(), 0.0
    with subprocess.Popen(
        (*command, "status", "-e", "testing", "-o", "json"),
        cwd=project.folder,
        env=project.variables,
        stdout=subprocess.DEVNULL,
    ) as process:
        while process.poll() is None:
            largest = _largest(process.pid) or largest
            time.sleep(0.01)
    if process.returncode != 0:
        raise SystemExit("status failed")
    return _Spent(time.perf_counter() - began, largest)


def _largest(process: int) -> float | None:
    """MB of a process's largest resident size so far, where the system says it (Linux); None when it ended.

    What wait4 reports is of no use: Linux carries the parent's own size over into it.
    """
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), None)
