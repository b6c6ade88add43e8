"""Code that cannot be downloaded or read: the way back needs none; what needs it refuses."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from edgerollout.sandbox.faults import FaultKind, FaultRule
from tests.fakes import bundles

from .attack import unclean
from .faults import EVER
from .scenarios import BY_NAME, Scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .attack import Undisturbed
    from .world import Account

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(0)]

REFUSED = 6
DOWNLOAD = "lambda:DownloadCode"
FAULTS: dict[str, dict[str, Any]] = {
    "403": {"status": 403, "code": "AccessDenied"},
    "404": {"status": 404, "code": "NoSuchKey"},
    "reset": {"kind": FaultKind.RESET},
    "HTML with 200": {"kind": FaultKind.HTML, "status": 200},
    "empty": {"kind": FaultKind.EMPTY, "status": 200},
    "cut": {"kind": FaultKind.CUT},
    "late": {"kind": FaultKind.DELAY, "seconds": 1.5},
}
MIRROR = "$LATEST from a mirror"
WAYS = (*FAULTS, *bundles.WAYS, MIRROR)
GO_BACK = ("rollback", "rollback --to", "rollback --from", "rollback of the first release", "detach")
MUST_READ = ("second publish", "publish to two distributions", "promote --enforce")


def damaged(account: Account, way: str) -> Callable[[], None]:
    """Have the code of every version turn out unreadable in a way; what undoes that."""
    plane, faults = account.server.plane, account.server.faults
    if way in FAULTS:
        faults.add(FaultRule(DOWNLOAD, times=EVER, **FAULTS[way]))
        return faults.clear
    codes = {version: _code(account, str(version)) for version in account.versions()}
    latest = _code(account, "$LATEST")
    for version, code in codes.items():
        if way == MIRROR:
            plane.replace_code(_arn(account, version), latest + b"\n", mirror=True)
        else:
            plane.replace_code(_arn(account, version), bundles.WAYS[way](code), mirror=False)

    def undo() -> None:
        for version, code in codes.items():
            plane.replace_code(_arn(account, version), code, mirror=way == MIRROR)

    return undo


def _arn(account: Account, version: int) -> str:
    return f"arn:aws:lambda:us-east-1:{account.account}:function:{account.function}:{version}"


def _code(account: Account, qualifier: str) -> bytes:
    found = account.functions.get_function(FunctionName=account.function, Qualifier=qualifier)
    with urllib.request.urlopen(found["Code"]["Location"]) as answer:
        return bytes(answer.read())


@pytest.mark.parametrize("name", GO_BACK)
def test_what_goes_back_ends_as_ever_when_no_code_can_be_read(
    name: str,
    undisturbed: Callable[[Scenario], Undisturbed],
    chosen: Callable[[Sequence[str], int], list[str]],
    record_property: Callable[[str, object], None],
) -> None:
    attacked, failures = undisturbed(BY_NAME[name]), []
    ways = chosen(WAYS, 2)
    for way in ways:
        attacked.begin()
        undo = damaged(attacked.account, way)
        status = attacked.account.run("status", "-e", "testing", "-o", "json")
        wait = attacked.account.run("wait", "-e", "testing", "-o", "json")
        back = attacked.account.run(*attacked.command)
        undo()
        wrong = [*unclean(wait), *unclean(back), *attacked.otherwise()]
        wrong += [
            f"{what} ended with {ended.code}: {ended.out}{ended.err}"
            for what, ended in (("status", status), ("wait", wait), (name, back))
            if ended.code != 0
        ]
        failures += [f"{way}: {one}" for one in wrong]
    record_property("code that cannot be read: status, wait and a way back", len(ways))
    assert not failures, "\n\n".join(failures)


@pytest.mark.parametrize("name", MUST_READ)
def test_what_must_know_the_live_policy_refuses_changes_nothing_and_goes_on_once_it_can_be_read(
    name: str,
    undisturbed: Callable[[Scenario], Undisturbed],
    chosen: Callable[[Sequence[str], int], list[str]],
    record_property: Callable[[str, object], None],
) -> None:
    attacked, failures = undisturbed(BY_NAME[name]), []
    ways = chosen([one for one in WAYS if one != "late"], 2)
    for way in ways:
        attacked.begin()
        undo = damaged(attacked.account, way)
        attacked.account.forget_calls()
        refused = attacked.account.run(*attacked.command)
        writes = attacked.account.writes()
        undo()
        wrong = [*unclean(refused), *attacked.recovered(refused)]
        if refused.code != REFUSED or "cannot be read" not in " ".join(refused.err.split()):
            wrong.append(f"ended with {refused.code}: {refused.err}")
        if writes:
            wrong.append(f"wrote {writes}")
        failures += [f"{way}: {one}" for one in wrong]
    record_property("code that cannot be read: a publish or promote refused", len(ways))
    assert not failures, "\n\n".join(failures)
