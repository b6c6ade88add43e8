"""What the linter of floors cannot say: no module imports itself by way of others, the core is pure."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[3] / "edgerollout"
PURE = ("edgerollout.release", "edgerollout.policy")
IMPURE = frozenset(
    {"asyncio", "boto3", "concurrent", "http", "io", "os", "random", "shutil", "signal", "socket", "ssl"}
    | {"subprocess", "sys", "tempfile", "threading", "time", "urllib3"}
)
ALLOWED = {"edgerollout.release.facts.bundle": {"io"}}
"""A zip is made and read in memory."""


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the package, by name."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = ("edgerollout", *path.relative_to(PACKAGE).with_suffix("").parts)
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


@cache
def imports(name: str) -> frozenset[str]:
    """What a module imports anywhere, for type checkers too; modules of ours by their full names."""
    found: set[str] = set()
    for node in ast.walk(modules()[name]):
        if isinstance(node, ast.Import):
            found |= {item.name for item in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            inner = {f"{node.module}.{item.name}" for item in node.names}
            found |= (inner & modules().keys()) or {node.module}
    return frozenset(found)


def circles() -> list[list[str]]:
    """Modules that import each other, be it by way of others (Tarjan: strongly connected components)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in imports(name) & modules().keys() - {name}:
            if other not in index:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            place = stack.index(name)
            if len(stack) - place > 1:
                found.append(sorted(stack[place:]))
            del stack[place:]

    for name in modules():
        if name not in index:
            visit(name)
    return found


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert circles() == []


def test_the_core_reaches_for_nothing_outside() -> None:
    core = [name for name in modules() if name.startswith(PURE)]
    reached = {name: {text.partition(".")[0] for text in imports(name)} & IMPURE for name in core}
    assert {name: found for name, found in reached.items() if found} == ALLOWED
