"""How many calls to AWS a command makes, beside the budgets: exact, and held by tests, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.account import FOUR_PATHS, policy, project, sandbox
from bench.report import Report, Row

if TYPE_CHECKING:
    from tests.functional.project import Project

CHANGE = {
    "cloudfront:UpdateDistribution": 1,
    "cloudfront:GetDistributionConfig": 1,
    "cloudfront:CreateInvalidation": 1,
    "lambda:PublishVersion": 1,
}
"""The most of each for one changed distribution."""

LOOK = {
    "cloudfront:ListDistributions": 1,
    "lambda:GetFunction": 1,
    "lambda:ListVersionsByFunction": 1,
    "cloudfront:ListInvalidations": 1,
}
"""The most of each where nothing changes."""


def benchmark(pairs: int) -> Report:  # noqa: ARG001 - counted, not timed
    """One distribution with five behaviors."""
    rows: list[Row] = []
    with sandbox() as server, project(server) as ours:
        ours.distribution(paths=FOUR_PATHS)
        rows += _counted(ours, "first publish", CHANGE, "publish", "--create", "--yes")
        ours.policy(policy(1))
        rows += _counted(ours, "second publish", CHANGE, "publish", "--yes")
        rows += _counted(ours, "publish, nothing to do", LOOK, "publish", "--yes")
        rows += _counted(ours, "status", LOOK, "status")
        rows += _counted(ours, "rollback", {**CHANGE, "lambda:PublishVersion": 0}, "rollback", "--yes")
    return Report("calls", "calls to AWS, one distribution with five behaviors", rows)


def _counted(project: Project, name: str, budget: dict[str, int], *command: str) -> list[Row]:
    project.forget_calls()
    result = project.run(command[0], "-e", "testing", *command[1:])
    if result.code != 0:
        raise SystemExit(f"{name} failed:\n{result.err}")
    calls, writes = project.calls(), project.writes()
    rows = [
        Row(f"{name}: all calls", sum(calls.values()), ""),
        Row("  writes", sum(writes.values()), "", 0 if budget is LOOK else None),
    ]
    return rows + [
        Row(f"  {operation}", calls.get(operation, 0), "", most) for operation, most in budget.items()
    ]
