"""Somebody else writes at the same time: nobody's edit is lost, and one release wins."""

from __future__ import annotations

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from edgerollout.errors import ExitCode
from edgerollout.release.delivery.distribution_document import NAMESPACE, edit
from edgerollout.release.delivery.lambda_edge import LambdaEdge
from edgerollout.release.delivery.steps import TriggerIntent
from edgerollout.release.facts.bundle import code_sha256
from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR
from edgerollout.release.plans.plan import CreateFunction
from tests.contract_ports.conftest import zipped
from tests.fakes.documents import UNKNOWN_FIELD
from tests.samples import THOROUGH, a_few, calls_to_try, some_of_each
from tests.unit.release.builders import csp

from .account import PATH, Account, Ended, Place
from .desk import Desk, Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edgerollout.policy.csp import LayeredCsp

    Change = Callable[[bytes], bytes]

pytestmark = pytest.mark.sandbox

DONE, CONFLICT, REFUSED = ExitCode.DONE, ExitCode.CONFLICT, ExitCode.REFUSED
ADDED = "/added/*"


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with Place.opened() as opened:
        yield opened


def foreign_version(account: Account) -> str:
    """The ARN of a version of somebody else's function."""
    functions, bundle = account.colleague.functions, zipped("theirs")
    role = account.colleague.roles.create(f"theirs-{account.function}")
    name = f"theirs-{account.function}"
    arn = functions.create(
        CreateFunction(name, role.name, "python3.13", "index.handler", 128, 5), role.arn, bundle
    )
    account.settle()
    number = functions.publish(name, code_sha256(bundle), "theirs").number
    account.settle()
    return f"{arn}:{number}"


def attach(arn: str, event: str) -> Change:
    """Put a version on an event of every behavior."""
    function, _, number = arn.rpartition(":")
    return lambda xml: edit(xml, TriggerIntent(LambdaEdge(), function, event, int(number)), arn).xml


def detach(function_arn: str) -> Change:
    """Take all versions of a function off every behavior."""
    return lambda xml: edit(xml, TriggerIntent(LambdaEdge(), function_arn, None, None), None).xml


def with_another_behavior(xml: bytes) -> bytes:
    """The document with a behavior more, which has no triggers."""
    root = ET.fromstring(xml)
    space = {"cf": NAMESPACE}
    added = ET.fromstring(
        f'<CacheBehavior xmlns="{NAMESPACE}"><PathPattern>{ADDED}</PathPattern></CacheBehavior>'
    )
    for name in ("TargetOriginId", "ViewerProtocolPolicy", "CachePolicyId"):
        text = root.findtext(f"cf:DefaultCacheBehavior/cf:{name}", namespaces=space)
        ET.SubElement(added, f"{{{NAMESPACE}}}{name}").text = text
    [items] = root.findall("cf:CacheBehaviors/cf:Items", space)
    [quantity] = root.findall("cf:CacheBehaviors/cf:Quantity", space)
    items.append(added)
    quantity.text = str(len(items))
    return ET.tostring(root)


def without_another_behavior(xml: bytes) -> bytes:
    root = ET.fromstring(xml)
    space = {"cf": NAMESPACE}
    [items] = root.findall("cf:CacheBehaviors/cf:Items", space)
    [quantity] = root.findall("cf:CacheBehaviors/cf:Quantity", space)
    items.remove(next(item for item in items if item.findtext("cf:PathPattern", namespaces=space) == ADDED))
    quantity.text = str(len(items))
    return ET.tostring(root)


def points(log: list[str]) -> list[tuple[str, int]]:
    """(operation, n-th of its kind) of every call."""
    seen: Counter[str] = Counter()
    found = []
    for operation in log:
        seen[operation] += 1
        found.append((operation, seen[operation]))
    return found


class Between:
    """Has something happen once, just before a call of the run goes out."""

    def __init__(self, operation: str, nth: int, happen: Callable[[], object]) -> None:
        self._at = (operation, nth)
        self._happen = happen
        self.happened = False
        self.wire = Wire(before=self._sending)

    def _sending(self, operation: str, nth: int) -> None:
        if (operation, nth) == self._at:
            self.happened = True
            self._happen()


def undisturbed(account: Account) -> list[tuple[str, int]]:
    """The calls of a publish that brings another policy, before which somebody may come in between."""
    wire = Wire()
    account.wants("https://undisturbed.example")
    assert account.publish(wire).code is DONE
    account.settle()
    return points(wire.log)


def one_release(account: Account, version: int) -> None:
    """The version, and nothing else, is on every behavior of every distribution, and is what visitors get."""
    ending = account.ending()
    trigger = {"origin-response": f"{account.function}:{version}"}
    for identity in account.ids:
        assert {str(found) for found in ending.triggers[identity].values()} == {str(trigger)}
        assert all(seen == {trigger["origin-response"]} for seen in ending.visitors_get[identity].values())


def with_comment(comment: bytes) -> Change:
    return lambda xml: re.sub(rb"<Comment>[^<]*", b"<Comment>" + comment, xml)


# --- a colleague edits a distribution ----------------------------------------------------------------


def test_a_colleagues_comment_survives_between_any_two_calls(place: Place) -> None:
    account = Account(place)
    account.published()
    calls = a_few(calls_to_try(undisturbed(account)), 3)
    release, came = 2, 0
    for operation, nth in calls:
        release += 1
        account.wants(f"https://{release}.example")
        comment = f"theirs, {release}".encode()
        between = Between(operation, nth, account.editing(0, with_comment(comment)))
        ended = account.publish(between.wire)
        at = f"before {operation} #{nth}"
        assert ended.code is DONE, (at, ended)
        assert account.ending() == account.released(*range(1, release + 1)), at
        assert not between.happened or comment in account.xml(account.ids[0]), at
        assert account.xml(account.ids[0]).count(UNKNOWN_FIELD.encode()) == 2, at
        came += between.happened
    assert came > len(calls) // 2


def test_a_colleagues_function_on_another_event_survives_between_any_two_calls(place: Place) -> None:
    account = Account(place)
    account.published()
    theirs = foreign_version(account)
    release = 2
    for operation, nth in a_few(calls_to_try(undisturbed(account)), 3):
        release += 1
        account.wants(f"https://{release}.example")
        between = Between(operation, nth, account.editing(0, attach(theirs, "viewer-request")))
        ended = account.publish(between.wire)
        at = f"before {operation} #{nth}"
        assert ended.code is DONE, (at, ended)
        both = {"origin-response": f"{account.function}:{release}"}
        if between.happened:
            both["viewer-request"] = theirs.rpartition(":function:")[2]
        assert account.triggers(account.ids[0]) == {PATH: both, DEFAULT_BEHAVIOR: both}, at
        account.edit(account.ids[0], detach(theirs.rpartition(":")[0]))
        account.settle()


def test_a_behavior_that_a_colleague_adds_is_kept_and_the_next_run_gives_it_headers(place: Place) -> None:
    account = Account(place)
    account.published()
    release = 2
    for operation, nth in a_few(calls_to_try(undisturbed(account)), 3):
        release += 1
        account.wants(f"https://{release}.example")
        added = account.editing(0, with_another_behavior)
        between = Between(operation, nth, added)
        at = f"before {operation} #{nth}"
        ended = account.publish(between.wire)
        assert ended.code is DONE, (at, ended)
        assert account.publish().code is DONE, at
        assert (ADDED in account.triggers(account.ids[0])) == between.happened, at
        one_release(account, release)
        if between.happened:
            account.edit(account.ids[0], without_another_behavior)
            account.settle()


def older(account: Account) -> str:
    """The ARN of the release before the live one."""
    return f"{account.function_arn}:{live(account) - 1}"


def live(account: Account) -> int:
    return int(account.triggers(account.ids[1])[PATH]["origin-response"].rpartition(":")[2])


# What a colleague does to our own triggers: of an account, and of somebody else's version there.
HOSTILE: dict[str, Callable[[Account, str], Change]] = {
    "takes them off": lambda account, _: detach(account.function_arn),
    "sets them to an older release": lambda account, _: attach(older(account), "origin-response"),
    "moves them to another event": lambda account, _: attach(older(account), "viewer-response"),
    "gives their place to another function": lambda account, theirs: (
        lambda xml: attach(theirs, "origin-response")(detach(account.function_arn)(xml))
    ),
}
LOOK = ("cloudfront:ListDistributions", 1)
"""What a colleague did before it is part of what was planned."""
LAST_LOOK = "cloudfront:GetDistribution"
"""By one of these a distribution is seen Deployed with our triggers in it; nobody looks at them again."""


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_a_colleague_who_moves_our_triggers_is_not_undone_by_the_run_that_meets_it(
    place: Place, change: Callable[[Account, str], Change]
) -> None:
    account = Account(place)
    account.published()
    foreign = foreign_version(account)
    calls = undisturbed(account)
    planned = calls.index(LOOK)
    # There are two distributions; whose is looked at first, and how often, is not said.
    settled = [operation for operation, _ in calls].index(LAST_LOOK) + 1
    for index, (operation, nth) in a_few(some_of_each(tuple(enumerate(calls)), lambda item: item[1][0]), 3):
        account.wants(f"https://{operation.lower().replace(':', '-')}-{nth}.example")
        colleague = account.editing(0, change(account, foreign))
        between = Between(operation, nth, colleague)
        ended = account.publish(between.wire)
        at = f"before {operation} #{nth}"
        account.settle()
        undone = account.triggers(account.ids[0]) != colleague.left
        if index <= planned:
            # It is part of what was planned: mixed now, or the place is taken, or simply ours again.
            assert undone == (ended.code is DONE), (at, ended)
            assert ended.code in {DONE, CONFLICT, REFUSED}, (at, ended)
        elif between.happened:
            assert not undone, at
            assert ended.code is CONFLICT or index >= settled, (at, ended)
            assert ended.code is DONE or "changed the behaviors" in ended.words, (at, ended)
        account.edit(account.ids[0], detach(foreign.rpartition(":")[0]))
        converges(account, at)


def converges(account: Account, at: str, policy: LayeredCsp | None = None) -> None:
    """Run again, it ends with one release everywhere.

    What counts as rolled back meanwhile needs --again; a mixed environment is taken back first.
    """
    account.settle()
    ended = account.publish(policy=policy)
    if ended.code is CONFLICT:
        assert "mixed" in ended.words, (at, ended)
        assert account.rollback().code is DONE, at
        account.settle()
    if ended.code is not DONE:
        assert ended.code in {REFUSED, CONFLICT}, (at, ended)
        ended = account.publish(policy=policy, again=True)
    assert ended.code is DONE, (at, ended)
    assert ended.outcome is not None
    assert ended.outcome.release is not None
    one_release(account, ended.outcome.release)


# --- two runs at once --------------------------------------------------------------------------------


def test_the_same_publish_run_twice_at_once_makes_one_release(place: Place) -> None:
    account, release = Account(place), 2
    account.published()
    desk = account.desk()
    for operation, nth in a_few(calls_to_try(undisturbed(account)), 3):
        release += 1
        account.wants(f"https://{release}.example")
        others: list[Ended] = []
        between = Between(operation, nth, publishing(account, desk, account.policy, others))
        ended = account.publish(between.wire)
        at = f"before {operation} #{nth}"
        assert [other.code for other in (ended, *others)] == [DONE] * (1 + between.happened), (
            at,
            ended,
            others,
        )
        assert account.ending() == account.released(*range(1, release + 1)), at


def test_of_two_different_publishes_at_once_one_wins_and_the_other_says_so(place: Place) -> None:
    account = Account(place)
    # With swaps under way in other threads, each of the two may be first on one distribution (see below).
    account.writers = 1
    account.published()
    desk = account.desk()
    for operation, nth in a_few(calls_to_try(undisturbed(account)), 3):
        name = f"{operation.lower().replace(':', '-')}-{nth}.example"
        account.wants(f"https://mine-{name}")
        others: list[Ended] = []
        between = Between(operation, nth, publishing(account, desk, csp(f"https://theirs-{name}"), others))
        ended = account.publish(between.wire)
        at = f"before {operation} #{nth}"
        codes = {other.code for other in (ended, *others)}
        # Both are done only where one ran before the other had planned, or after it was through.
        assert codes in ({DONE}, {DONE, CONFLICT}), (at, ended, others)
        one_release(account, live(account))
        converges(account, at)
    assert not set(account.ids) & {text for text, _ in place.visitors.went_bare}


def publishing(account: Account, desk: Desk, policy: LayeredCsp, others: list[Ended]) -> Callable[[], None]:
    """Somebody else's whole publish, at another desk; how it ended goes to `others`."""
    return lambda: others.append(account.publish(policy=policy, desk=desk))


@pytest.mark.parametrize("same", [True, False], ids=["the same policy", "different policies"])
def test_two_publishes_side_by_side_end_with_one_release_after_the_next_run(place: Place, same: bool) -> None:
    account = Account(place, 3)
    account.published()
    desk = account.desk()
    for n in range(4 if THOROUGH else 2):
        mine = csp(f"https://mine-{n}.example")
        theirs = mine if same else csp(f"https://theirs-{n}.example")
        with ThreadPoolExecutor(2) as people:
            both = [
                people.submit(account.publish, policy=mine),
                people.submit(account.publish, policy=theirs, desk=desk),
            ]
        ended = [future.result() for future in both]
        assert {item.code for item in ended} <= {DONE, CONFLICT, REFUSED}, ended
        converges(account, f"round {n}", mine)
    assert not set(account.ids) & {text for text, _ in place.visitors.went_bare}
