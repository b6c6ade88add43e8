"""Code that cannot be downloaded or read: the way back needs none; what needs it refuses."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from edgerollout.emulator.faults import FaultKind, FaultRule
from tests.fakes import bundles

from .attack import unclean
from .faults import EVER
from .scenarios import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.functional.project import Result

    from .attack import Undisturbed
    from .scenarios import Scenario
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
GO_ON = (
    "rollback",
    "rollback --to",
    "rollback --from",
    "rollback of the first release",
    "detach",
    "second publish",  # nothing is enforced, so nothing is carried over
)
MUST_READ = ("publish beside an enforced policy", "promote --enforce")
SCENARIOS = [BY_NAME[text] for text in (*GO_ON, *MUST_READ)]
SAMPLED, PARTS = 2, 4


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


def goes_on(attacked: Undisturbed) -> tuple[Result, list[str]]:
    """Status, wait and the command all do their work: how the command ended, and what is wrong."""
    account = attacked.account
    status = account.run("status", "-e", "testing", "-o", "json")
    wait = account.run("wait", "-e", "testing", "-o", "json")
    ended = account.run(*attacked.command)
    every = (("status", status), ("wait", wait), (attacked.scenario.name, ended))
    wrong = [f"{what}: {result.code} {result.out}{result.err}" for what, result in every if result.code != 0]
    return ended, [*wrong, *unclean(wait), *unclean(ended)]


def refuses(attacked: Undisturbed) -> tuple[Result, list[str]]:
    """The command says that it cannot read the release, and writes nothing."""
    attacked.account.forget_calls()
    ended = attacked.account.run(*attacked.command)
    wrong = unclean(ended)
    if ended.code != REFUSED or "cannot be read" not in ended.outcome["error"]:
        wrong.append(f"ended with {ended.code}: {ended.out}{ended.err}")
    if attacked.account.writes():
        wrong.append(f"wrote {attacked.account.writes()}")
    return ended, wrong


def _arn(account: Account, version: int) -> str:
    return f"arn:aws:lambda:us-east-1:{account.account}:function:{account.function}:{version}"


def _code(account: Account, qualifier: str) -> bytes:
    found = account.functions.get_function(FunctionName=account.function, Qualifier=qualifier)
    with urllib.request.urlopen(found["Code"]["Location"]) as answer:
        return bytes(answer.read())


def test_without_code_the_way_back_ends_as_ever_and_what_must_know_the_live_policy_refuses(
    scenario: Scenario,
    undisturbed: Callable[[Scenario], Undisturbed],
    chosen: Callable[[Sequence[str], int], list[str]],
    record_property: Callable[[str, object], None],
) -> None:
    attacked, failures = undisturbed(scenario), []
    can_do_without = scenario.name in GO_ON
    ways = chosen(WAYS, 2)
    for way in ways:
        attacked.begin()
        undo = damaged(attacked.account, way)
        ended, wrong = goes_on(attacked) if can_do_without or way == "late" else refuses(attacked)
        undo()
        failures += [f"{way}: {text}" for text in [*wrong, *attacked.recovered(ended)]]
    record_property(f"code that cannot be read: {scenario}", len(ways))
    assert not failures, "\n\n".join(failures)
