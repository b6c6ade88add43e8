"""Two runs at once and somebody else who writes meanwhile: how they end, and what must hold then."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.worst_day.attack import unclean

from .colleague import HOSTILE, MEANWHILE, Colleague
from .ground import Wanted
from .invariants import CONFLICT, DONE, FAILED, NOT_RIGHT, REFUSED, ROLLED_BACK, STALE, USAGE
from .scheduler import Scheduler
from .truth import Truth

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.functional.project import Result

    from .ground import Ground

_ACT = ("-e", "testing", "--yes", "-o", "json")
_FLIP = (
    "--override",
    "soak",
    "--override",
    "reporting",
    "--override",
    "drift",
    "--reason",
    "two at once",
    "--no-verify",
)
MINE, THEIRS = Wanted(csp=3), Wanted(csp=2, headers=1)
COMMANDS: dict[str, tuple[str, ...]] = {
    "publish": ("publish", *_ACT, "--create", "--no-preflight"),
    "publish again": ("publish", *_ACT, "--create", "--no-preflight", "--again"),
    "enforce": ("promote", *_ACT, "--enforce", "--no-preflight", *_FLIP),
    "rollback": ("rollback", *_ACT),
    "rollback from": ("rollback", *_ACT, "--from", "3"),
    "rollback to": ("rollback", *_ACT, "--to", "1"),
    "detach": ("detach", *_ACT),
    "prune": ("prune", *_ACT, "--keep", "0"),
    "wait": ("wait", *_ACT),
}
"""Of the ground that begins enforced: release 3 is live and observes a policy beside the enforced one."""
WEIGHTS = {"publish": 5, "enforce": 3, "rollback": 2}
GOES_BACK = {"rollback", "rollback from", "rollback to", "detach"}
DESKS = (Wanted(csp=1), MINE, THEIRS, Wanted(csp=1, event="viewer-response"), Wanted(csp=3, handler=1))


@dataclass(frozen=True)
class Pair:
    """What runs together: two commands, each at a desk of its own, and what the colleague does."""

    commands: tuple[str, str]
    desks: tuple[Wanted, Wanted]
    colleague: str
    roll: int

    @classmethod
    def by(cls, seed: str) -> Pair:
        dice = random.Random(seed)
        names = list(COMMANDS)
        first, second = dice.choices(names, [WEIGHTS.get(name, 1) for name in names], k=2)
        mine = dice.choice(DESKS)
        theirs = mine if dice.random() < 0.3 else dice.choice(DESKS)
        meanwhile = dice.choice((*MEANWHILE, *MEANWHILE, *HOSTILE))
        return cls((first, second), (mine, theirs), meanwhile, dice.randrange(10**6))


@dataclass(frozen=True)
class Ended:
    """How both ended, and in which order all calls went."""

    results: tuple[Result, Result]
    before: Truth
    after: Truth
    order: tuple[str, ...]
    went_bare: frozenset[tuple[str, str]]
    expected_others: object


def run_together(ground: Ground, pair: Pair, folder: Path) -> Ended:
    """Run a pair from where the ground begins."""
    ground.put_back()
    getattr(Colleague(ground), pair.colleague)(random.Random(pair.roll))
    alone = Truth.of(ground, "testing").others
    ground.put_back()
    before = Truth.of(ground, "testing")
    desks = [ground.desk(folder / name, wanted) for name, wanted in zip("ab", pair.desks, strict=True)]
    results, order = side_by_side(ground, pair, desks)
    bare = frozenset(ground.edge.went_bare)
    return Ended(results, before, Truth.of(ground, "testing"), order, bare, alone)


def side_by_side(
    ground: Ground, pair: Pair, desks: Sequence[Path]
) -> tuple[tuple[Result, Result], tuple[str, ...]]:
    """Run both commands, each in its folder, and the colleague: how they ended, and all calls in order."""
    scheduler = Scheduler(random.Random(pair.roll), "colleague")
    first, second, other = (scheduler.actor(name) for name in ("first", "second", "colleague"))
    colleague = Colleague(
        ground, ground.foreign_client("cloudfront", other), ground.foreign_client("lambda", other)
    )
    writing = threading.Thread(target=getattr(colleague, pair.colleague), args=(random.Random(pair.roll),))
    with ThreadPoolExecutor(2) as readers:
        running = [
            ground.begin(*COMMANDS[name], turn=actor, folder=desk)
            for name, actor, desk in zip(pair.commands, (first, second), desks, strict=True)
        ]
        mine, theirs = (readers.submit(ground.ended, command) for command in running)
        writing.start()
        scheduler.drive(
            {"first": mine.done, "second": theirs.done, "colleague": lambda: not writing.is_alive()}
        )
        results = (mine.result(), theirs.result())
    writing.join()
    return results, tuple(scheduler.order)


def wrong_with(pair: Pair, ended: Ended) -> Iterator[str]:
    """What must hold right after both are through, whoever was first."""
    before, after = ended.before, ended.after
    hostile = pair.colleague in HOSTILE
    # Who finds at the site what somebody else did meanwhile says so, or takes itself back.
    meddled = hostile or GOES_BACK & set(pair.commands)
    seen_at_the_site = {STALE, ROLLED_BACK, NOT_RIGHT} if meddled else set()
    for name, result in zip(pair.commands, ended.results, strict=True):
        yield from unclean(result)
        # What waits finds that the release is not where its own files want it, or no more.
        found = {STALE, NOT_RIGHT} if name == "wait" else set()
        # What a way back goes to may be pruned before it looks, or before it writes.
        gone = {FAILED, USAGE} if name == "rollback to" and "prune" in pair.commands else set()
        if result.code not in {DONE, CONFLICT, REFUSED} | seen_at_the_site | found | gone:
            yield f"{name} ended with {result.code}: {result.outcome['error']}"
    if not hostile and after.others != ended.expected_others:
        yield f"a colleague's edit is lost: {after.others}\nexpected {ended.expected_others}"
    both_done = all(result.code == DONE for result in ended.results)
    if not hostile and both_done and len(after.attached_where_wanted) > 1:
        yield f"both are done, and {after.ours} is attached"
    if meddled:
        return
    live = max(before.attached_where_wanted)
    enforced, observed = before.versions[live].enforced, before.versions[live].report_only
    enforces = [
        result.code == DONE
        for name, result in zip(pair.commands, ended.results, strict=True)
        if name == "enforce"
    ]
    # A publish may be through before the other looks: then it is that policy which is enforced.
    published = {version.report_only for version in after.versions.values()}
    allowed = {enforced} | (published if enforces else set())
    for slot in sorted(before.wanted):
        now = after.enforced_at(slot)
        if not now or not now <= allowed:
            yield f"{slot} enforced {enforced}, now {now}"
        elif any(enforces) and "publish" not in str(pair.commands) and now != {observed}:
            yield f"{slot} enforces {now} after {observed} was enforced"
    bare = ended.went_bare & before.wanted
    if bare:
        yield f"responses of {bare} went without headers"
