from __future__ import annotations

import subprocess

from edgerollout.terraform.hcl import Block, Expression, document
from tests.outside import terraform


def test_the_layout_is_that_of_terraform_fmt() -> None:
    binary = terraform()
    text = document(
        [
            Block(
                "locals",
                groups=(
                    {"a": 1, "bcd": [{"x": 1, "yyy": "z"}], "e": [1, 2], "f": Expression("a.b")},
                    {"tags": {"for": "x", "-a": "y", "a b": "z", "a-b": "${z}"}},
                ),
            ),
            Block(
                "resource",
                ("a", "b"),
                ({"x": 1}, {"yy": {}}),
                (Block("inner"), Block("other", groups=({"z": 1},))),
            ),
        ],
        "heading",
    )
    done = subprocess.run([binary, "fmt", "-"], input=text, capture_output=True, text=True, check=True)
    assert done.stdout == text
