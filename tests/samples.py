"""How much is tried: a sample, which a seed decides, or everything (`make thorough`).

`EDGEROLLOUT_TEST_SEED` is the seed, `EDGEROLLOUT_TEST_THOROUGH=1` asks for everything. Every worker of a run
has the same, and a run says both in its first lines.
"""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

THOROUGH = os.environ.get("EDGEROLLOUT_TEST_THOROUGH") == "1"
SEED = int(os.environ.get("EDGEROLLOUT_TEST_SEED") or 0)

Case = TypeVar("Case")


def some_of_each(cases: Sequence[Case], kind: Callable[[Case], Hashable], most: int = 1) -> list[Case]:
    """At most so many cases of each kind, in their order; all of them when everything is tried."""
    if THOROUGH:
        return list(cases)
    chance, kinds = random.Random(f"{SEED} {len(cases)}"), dict[object, list[int]]()
    for index, case in enumerate(cases):
        kinds.setdefault(kind(case), []).append(index)
    chosen = {index for found in kinds.values() for index in chance.sample(found, min(most, len(found)))}
    return [case for index, case in enumerate(cases) if index in chosen]


def a_few(cases: Sequence[Case], most: int) -> list[Case]:
    """At most so many cases, in their order; all of them when everything is tried."""
    return some_of_each(cases, lambda _: None, most)


def calls_to_try(calls: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Of a run's calls, (operation, n-th of its kind) each, one of every operation, or all."""
    return some_of_each(calls, lambda call: call[0])


def shared_out(cases: Sequence[Case], among: Sequence[str], to: str) -> list[Case]:
    """What `to` tries of cases that `among` share out, so that each is tried by one of them, or by all."""
    if THOROUGH:
        return list(cases)
    order = list(range(len(cases)))
    random.Random(SEED).shuffle(order)
    mine = set(order[among.index(to) :: len(among)])
    return [case for index, case in enumerate(cases) if index in mine]
