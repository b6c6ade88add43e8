"""The edge of the unit tests, and functions for it that are real: they run in processes of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgerollout.handlers.code import FunctionCode
from tests.unit.edge.world import open_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.unit.edge.world import World


@pytest.fixture
def world() -> Iterator[World]:
    with open_world() as made:
        yield made


@pytest.fixture
def function(tmp_path: Path) -> Callable[..., FunctionCode]:
    """Makes a Python function version; `body` sees `request` and, at response events, `response`."""
    made = 0

    def make(body: str, *, timeout: float = 5) -> FunctionCode:
        nonlocal made
        made += 1
        folder = tmp_path / f"function-{made}"
        folder.mkdir()
        lines = [
            "def handler(event, context):",
            "    cf = event['Records'][0]['cf']",
            "    request, response = cf['request'], cf.get('response')",
            *(f"    {line}" for line in body.splitlines()),
        ]
        (folder / "index.py").write_text("\n".join(lines))
        arn = f"arn:aws:lambda:us-east-1:123456789012:function:test:{made}"
        return FunctionCode(folder, "index.handler", "python3.13", timeout=timeout, arn=arn)

    return make


@pytest.fixture
def sets(function: Callable[..., FunctionCode]) -> Callable[[str], FunctionCode]:
    """Makes a function that sets X-Release to a value."""

    def make(value: str) -> FunctionCode:
        return function(
            f"response['headers']['x-release'] = [{{'key': 'X-Release', 'value': '{value}'}}]\n"
            "return response"
        )

    return make
