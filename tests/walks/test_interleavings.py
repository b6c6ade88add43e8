"""Two runs and a colleague at the same distributions, call by call in an order that the seed decides."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.samples import SEED, THOROUGH

from .together import Pair, run_together, wrong_with
from .walk import Walk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .ground import Ground

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(0)]

EACH = 25 if THOROUGH else 4
PARTS = int(os.environ.get("EDGEROLLOUT_TEST_INTERLEAVINGS") or (1000 if THOROUGH else 4)) // EACH


def interleaved(ground: Ground, seed: str, folder: Path, tried: Counter[str]) -> list[str]:
    """What is wrong with one interleaving, and with how the next commands find it."""
    pair = Pair.by(seed)
    ended = run_together(ground, pair, folder)
    wrong = list(wrong_with(pair, ended))
    tried["interleavings"] += 1
    tried["interleavings: calls"] += len(ended.order)
    for name, result in zip(pair.commands, ended.results, strict=True):
        tried[f"interleavings: {name.split()[0]} ended with {result.code}"] += 1
    if not wrong:
        ground.edit(pair.desks[0])
        walk = Walk(ground, Counter())
        wrong = [f"{name}: {words}\n{walk.log}" for name, words in walk.comes_to_rest()]
    if not wrong:
        return []
    said = "\n".join(f"{result.code}: {result.outcome['error']}" for result in ended.results)
    order = "\n  ".join(ended.order)
    return [f"interleaving {seed!r} of {pair}: {wrong[0]}\n{said}\nthe order of calls:\n  {order}"]


@pytest.mark.parametrize("part", range(PARTS))
def test_two_runs_and_a_colleague_end_with_one_release_and_nobodys_edit_lost(
    part: int,
    ground_of: Callable[[str], Ground],
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    ground, tried, wrong = ground_of("enforced"), Counter[str](), []
    for number in range(part * EACH, (part + 1) * EACH):
        wrong += interleaved(ground, f"{SEED} {number}", tmp_path, tried)
    for name, count in tried.items():
        record_property(name, count)
    assert not wrong, "\n\n".join(wrong)
