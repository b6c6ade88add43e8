from __future__ import annotations

import stat
import tomllib
from typing import TYPE_CHECKING

import pytest

from edgerollout.config.policy_edit import edit_policy, edited
from edgerollout.errors import EdgerolloutError
from edgerollout.policy.lint import Edit

if TYPE_CHECKING:
    from pathlib import Path

    from edgerollout.policy.refusals import KeyPath

TEXT = """\
# what we send
[headers]
X-Content-Type-Options = "no"   # soon
referrer-policy = { value = "x", override = false }

[csp]
Script-Src = [
  "self",            # our own
  "a.example",       # the shop
  "a.example",
]
object-src = []      # nothing
img-src = ['*', "b.example"]
[environments.testing.csp]
img-src = ["data"]
"""


@pytest.mark.parametrize(
    ("at", "edit", "expected"),
    [
        (("csp", "script-src", 0), Edit("self", "'self'"),
         ("csp", "Script-Src", ["'self'", "a.example", "a.example"])),
        (("csp", "script-src", 2), Edit("a.example", None), ("csp", "Script-Src", ["self", "a.example"])),
        (("csp", "script-src", 2), Edit("a.example", "a.example"),
         ("csp", "Script-Src", ["self", "a.example"])),
        (("csp", "object-src"), Edit(None, "'none'"), ("csp", "object-src", ["'none'"])),
        (("csp", "img-src", 1), Edit("b.example", None), ("csp", "img-src", ["*"])),
        (("headers", "x-content-type-options"), Edit(None, "nosniff"),
         ("headers", "X-Content-Type-Options", "nosniff")),
        (("headers", "referrer-policy"), Edit(None, "origin"),
         ("headers", "referrer-policy", {"value": "origin", "override": False})),
    ],
)  # fmt: skip
def test_an_edit_changes_one_thing(at: KeyPath, edit: Edit, expected: tuple[str, str, object]) -> None:
    text, count = edited(TEXT, [(at, edit)])
    table, key, value = expected
    assert count == 1
    before, after = tomllib.loads(TEXT), tomllib.loads(text)
    assert after[table][key] == value
    before[table][key] = value
    assert after == before


def test_an_overlay_is_edited_where_it_stands() -> None:
    text, _ = edited(TEXT, [(("environments", "testing", "csp", "img-src", 0), Edit("data", "data:"))])
    assert text == TEXT.replace('["data"]', '["data:"]')


def test_comments_and_order_stay() -> None:
    text, _ = edited(TEXT, [(("csp", "script-src", 0), Edit("self", "'self'"))])
    assert [line.partition("#")[2] for line in text.splitlines()] == [
        line.partition("#")[2] for line in TEXT.splitlines()
    ]


def test_the_last_source_leaves_none_behind() -> None:
    text, _ = edited('[csp]\nimg-src = ["x?y"]\n', [(("csp", "img-src", 0), Edit("x?y", None))])
    assert tomllib.loads(text)["csp"]["img-src"] == ["'none'"]


@pytest.mark.parametrize(
    ("at", "edit"),
    [
        (("csp", "font-src", 0), Edit("a", "b")),
        (("csp", "img-src", 0), Edit("gone", None)),
        (("environments", "staging", "csp", "img-src", 0), Edit("data", "data:")),
        (("headers", "x-frame-options"), Edit(None, "DENY")),
    ],
)
def test_what_is_not_there_is_left_alone(at: KeyPath, edit: Edit) -> None:
    assert edited(TEXT, [(at, edit)]) == (TEXT, 0)


def test_a_file_is_replaced_with_its_rights_and_only_if_something_changes(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(TEXT, encoding="utf-8")
    path.chmod(0o640)
    inode = path.stat().st_ino
    assert edit_policy(path, [(("csp", "img-src", 0), Edit("gone", None))]) == 0
    assert path.stat().st_ino == inode
    assert edit_policy(path, [(("csp", "object-src"), Edit(None, "'none'"))]) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [file.name for file in tmp_path.iterdir()] == ["policy.toml"]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(EdgerolloutError, match="was not changed"):
        edit_policy(tmp_path / "policy.toml", [(("csp", "object-src"), Edit(None, "'none'"))])
