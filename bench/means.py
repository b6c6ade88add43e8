"""A first and a next publish by either means, side by side: calls to AWS, and time without waits."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

from bench.account import FOUR_PATHS, policy, project, sandbox
from bench.report import Report, Row

if TYPE_CHECKING:
    from edgerollout.emulator.server import RunningServer

MEANS = ("lambda-edge", "response-headers-policy")
PUBLISHES = ("first", "next")


def benchmark(pairs: int) -> Report:
    """One distribution with five behaviors; each means in turns, after a turn that warms up."""
    times: dict[tuple[str, str], list[float]] = {}
    calls: dict[tuple[str, str], tuple[int, int, int]] = {}
    with sandbox() as server:
        for turn in range(pairs + 1):
            for means in MEANS:
                for name, spent, counted in _published(server, means):
                    calls[means, name] = counted
                    if turn:
                        times.setdefault((means, name), []).append(spent)
    rows: list[Row] = []
    for means, name in sorted(times, key=lambda found: PUBLISHES.index(found[1])):
        total, writes, invalidations = calls[means, name]
        rows += [
            Row(f"{name} publish, {means}", statistics.median(times[means, name]), "ms"),
            Row("  all calls", total, ""),
            Row("  writes", writes, ""),
            Row("  CreateInvalidation", invalidations, ""),
        ]
    return Report("means", "publishes by either means, one distribution with five behaviors", rows)


def _published(server: RunningServer, means: str) -> list[tuple[str, float, tuple[int, int, int]]]:
    """A first and a next publish: name, milliseconds, and calls, writes and invalidations."""
    found = []
    with project(server) as ours:
        ours.configure(environments={"testing": f'deliver = "{means}"\n'})
        ours.distribution(paths=FOUR_PATHS)
        for number, name in enumerate(PUBLISHES):
            ours.policy(policy(number))
            ours.forget_calls()
            began = time.perf_counter()
            result = ours.run("publish", "-e", "testing", "--create", "--yes")
            spent = (time.perf_counter() - began) * 1000
            if result.code != 0:
                raise SystemExit(f"{name} publish by {means} failed:\n{result.err}")
            counted = ours.calls()
            invalidations = counted.get("cloudfront:CreateInvalidation", 0)
            found.append((name, spent, (sum(counted.values()), sum(ours.writes().values()), invalidations)))
    return found
