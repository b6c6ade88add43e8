"""A publish as a process, against a bare boto3 script that makes the same calls, one after the other."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bench.account import FOUR_PATHS, policy, project, sandbox
from bench.pairs import Spent, measure, timed
from bench.report import Report, Row

if TYPE_CHECKING:
    from tests.functional.project import Project

BARE = Path(__file__).with_name("bare_publish.py")


def benchmark(pairs: int) -> Report:
    """A second publish of one distribution with five behaviors; AWS's own windows are zero."""
    with sandbox() as server, project(server) as ours, project(server) as bare:
        for either in (ours, bare):
            either.distribution(paths=FOUR_PATHS)
            either.published()
        numbers = itertools.count(1)

        def publish() -> Spent:
            ours.policy(policy(next(numbers)))
            ours.forget_calls()
            return timed(lambda: _run_ours(ours))

        def publish_bare() -> Spent:
            bare.policy(policy(next(numbers)))
            bundle = bare.folder / "bundle.zip"
            assert bare.run("build", "-e", "testing", "--out", str(bundle), endpoint=False).code == 0
            bare.forget_calls()
            return timed(lambda: _run_bare(bare, bundle))

        publish()
        calls = _in_order(ours)
        publish_bare()
        # What publish reads side by side comes in any order.
        if sorted(_in_order(bare)) != sorted(calls):
            raise SystemExit(
                f"bench/bare_publish.py no longer makes the calls that a publish makes: {_in_order(bare)}\n"
                f"instead of {calls}"
            )
        found = measure(pairs, publish, publish_bare)
    milliseconds = found.milliseconds
    return Report(
        "publish",
        "a second publish beside a bare boto3 script with the same calls",
        [
            Row("edgerollout publish", milliseconds[0], "ms"),
            Row("bare boto3 script", milliseconds[1], "ms"),
            Row("  ratio", found.ratio, "×", 1.3),
            Row("  ratio of processor time", found.processor_ratio, "×"),
            Row("calls of each", len(calls), "calls"),
        ],
    )


def _run_ours(ours: Project) -> None:
    """A process of its own: the forks of tests are spared the start-up that is part of what is compared."""
    words = ("publish", "-e", "testing", "--yes", "--no-verify", "--no-preflight")
    command = (sys.executable, "-m", "edgerollout", "--endpoint-url", ours.server.endpoint_url, *words)
    subprocess.run(command, cwd=ours.folder, env=ours.variables, check=True, capture_output=True)


def _run_bare(bare: Project, bundle: Path) -> None:
    arguments = (bare.server.endpoint_url, bare.function, f"role-{bare.account}", bare.alias, str(bundle))
    subprocess.run((sys.executable, str(BARE), *arguments), env=bare.variables, check=True)


def _in_order(project: Project) -> list[str]:
    return [call.operation for call in project.server.calls.calls() if call.account == project.account]
