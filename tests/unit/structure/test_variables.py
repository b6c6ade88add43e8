"""A variable is called by what it stands for: `for distribution in distributions`, not `for one in …`."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[3]
FOLDERS = ("bench", "edgerollout", "make_docs", "tests")
NAMELESS = frozenset({"one", "ones", "each", "it"})


def bound(node: ast.AST) -> str | None:
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
            return name
        case ast.MatchAs(name=name) | ast.MatchStar(name=name) | ast.ExceptHandler(name=name):
            return name
        case ast.MatchMapping(rest=name):
            return name
    return None


def test_no_variable_is_called_one_or_each() -> None:
    paths = [
        path
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        if "node_modules" not in path.parts
    ]
    nameless = [
        f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}: {name}"
        for path in paths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (name := bound(node)) in NAMELESS
    ]
    assert nameless == []
