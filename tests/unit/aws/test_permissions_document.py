"""docs/permissions.md has the table of rights as it is; EDGEROLLOUT_UPDATE_GOLDENS=1 writes it there."""

from __future__ import annotations

import os
from pathlib import Path

from edgerollout.aws.permissions import COMMANDS, TABLE, Grant, On

_DOCUMENT = Path(__file__).parents[3] / "docs" / "permissions.md"
_HEAD = "| right | on | commands | why | when |\n|---|---|---|---|---|\n"
_ON = {
    On.ANYTHING: "`*`",
    On.LINKED_ROLES: "service-linked roles",
    On.PRINCIPALS: "users and roles",
    On.QUOTAS: "CloudFront's quotas",
    On.VPC_ORIGINS: "VPC origins",
    On.WEB_ACLS: "web ACLs",
    On.CLASSIC_WEB_ACLS: "web ACLs",
    On.HEADERS_POLICIES: "headers policies",
}


def _row(grant: Grant) -> str:
    where = ", ".join(_ON.get(on) or on.name.lower().replace("_", ": ") for on in grant.on)
    chosen = [command for command in COMMANDS if command in grant.commands]
    commands = "all" if len(chosen) == len(COMMANDS) else ", ".join(chosen)
    signs = (
        ("within", grant.within),
        ("first", grant.first),
        ("optional", grant.optional),
        ("swap", bool(grant.swapping)),
    )
    means = ("by policy",) if grant.by_policy else ()
    when = "; ".join([*filter(None, [grant.only]), *(word for word, said in signs if said), *means])
    return f"| `{grant.action}` | {where} | {commands} | {grant.why} | {when} |\n"


def test_the_page_has_every_right_as_the_table_has_it() -> None:
    table = _HEAD + "".join(_row(grant) for grant in TABLE)
    text = _DOCUMENT.read_text(encoding="utf-8")
    if os.environ.get("EDGEROLLOUT_UPDATE_GOLDENS") == "1":
        before, _, _ = text.partition(_HEAD)
        _DOCUMENT.write_text(before + table, encoding="utf-8")
        text = before + table
    assert text.endswith(table)
