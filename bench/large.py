"""`status` of an environment with very many behaviors: how often it lists, and how much memory it takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
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
    with sandbox() as server, project(server) as one:
        trigger = one.create_function(one.function).rpartition(":")
        made = [_distribution(one, number, "".join(trigger)) for number in range(FEW)]
        few = _status(one, made)
        made += [_distribution(one, number, "".join(trigger)) for number in range(FEW, DISTRIBUTIONS)]
        one.forget_calls()
        many = _status(one, made)
        calls = one.calls()
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


def _distribution(one: Project, number: int, trigger: str) -> str:
    """One with a trigger on every behavior, as it is after a publish."""
    association = {
        "Quantity": 1,
        "Items": [{"LambdaFunctionARN": trigger, "EventType": "origin-response", "IncludeBody": False}],
    }
    paths = [f"/section-{n}/*" for n in range(BEHAVIORS - 1)]
    behaviors = [one.behavior(path, LambdaFunctionAssociations=association) for path in paths]
    return one.distribution(
        f"site-{number}.example.com",
        DefaultCacheBehavior=one.behavior(LambdaFunctionAssociations=association),
        CacheBehaviors={"Quantity": len(behaviors), "Items": behaviors},
    )


def _status(one: Project, distributions: list[str]) -> _Spent:
    """Run `status` as a process of its own; the time and its largest resident size."""
    named = ", ".join(f"{{ id = {json.dumps(identity)} }}" for identity in distributions)
    one.configure(environments={"testing": f"distributions = [{named}]\n"})
    command = (sys.executable, "-m", "edgerollout", "--endpoint-url", one.server.endpoint_url)
    began = time.perf_counter()
    process = subprocess.Popen(
        (*command, "status", "-e", "testing", "-o", "json"),
        cwd=one.folder,
        env=one.variables,
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit("status failed")
    return _Spent(time.perf_counter() - began, usage.ru_maxrss / 1024)
