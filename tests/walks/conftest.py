"""The grounds of the walks, on one sandbox a test process."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.worst_day.world import World

from .edge import HonestSite, ServingEdge
from .ground import Ground, Wanted
from .traffic import Traffic
from .walk import DAY, OVERRIDES, Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MONTHS = 400 * DAY
"""So far the sandbox's time is behind, that steps may move it on."""
_ACT = ("--yes", "-o", "json", "--no-preflight")
BEGINNINGS = ("nothing", "observed", "enforced")


@pytest.fixture(scope="session")
def crossing() -> Iterator[tuple[World, Traffic]]:
    edge, traffic = ServingEdge(), Traffic()
    world = World(edge, HonestSite(edge), traffic)
    world.server.plane.advance(-MONTHS)
    yield world, traffic
    world.close()


@pytest.fixture(scope="session")
def ground_of(
    crossing: tuple[World, Traffic], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Ground]:
    """The ground of a beginning, as it is then: nothing of ours, a policy observed, or one enforced."""
    known: dict[str, Ground] = {}

    def of(beginning: str) -> Ground:
        if beginning not in known:
            known[beginning] = begun(*crossing, tmp_path_factory.mktemp(beginning), beginning)
        known[beginning].put_back()
        return known[beginning]

    return of


def begun(world: World, traffic: Traffic, folder: Path, beginning: str) -> Ground:
    """The ground of a beginning; how it comes about is judged as a walk is."""
    ground = Ground(world, traffic, folder)
    ground.create_function(f"theirs-{ground.account}")
    walk = Walk(ground, Counter())

    def does(command: str, environment: str, *more: str) -> None:
        wrong = list(walk.run((command, "-e", environment, *_ACT, *more)))
        assert not wrong, wrong
        assert walk.last.code == 0, walk.last.result

    if beginning != "nothing":
        does("publish", "testing", "--create")
    if beginning == "enforced":
        does("promote", "testing", "--enforce", *OVERRIDES)
        does("promote", "staging", "--create")
        ground.edit(Wanted(csp=1))
        does("publish", "testing")
    ground.pass_time(3600)
    ground.remember()
    return ground
