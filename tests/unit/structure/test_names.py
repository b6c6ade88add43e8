"""One name stands for one thing: no two classes or types of the package share one."""

from __future__ import annotations

import ast

from tests.unit.structure.test_imports import modules


def types(module: ast.Module) -> set[str]:
    """The classes and types that a module defines for others; an alias of what has that name is none."""
    found = set()
    for node in module.body:
        match node:
            case ast.ClassDef(name=name):
                found.add(name)
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name not in ast.unparse(value):
                found.add(name)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                if name not in ast.unparse(value):
                    found.add(name)
    return {name for name in found if name[0].isupper() and not name.isupper()}


def test_no_two_classes_or_types_share_a_name() -> None:
    where: dict[str, list[str]] = {}
    for module, tree in modules().items():
        for name in types(tree):
            where.setdefault(name, []).append(module)
    assert {name: places for name, places in where.items() if len(places) > 1} == {}


def test_one_place_chooses_how_a_command_shows_what_it_has() -> None:
    choosing = [
        module
        for module, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Match) and ast.unparse(node.subject) in ("output", "self.output")
    ]
    assert choosing == ["edgerollout.cli.rendering"]
