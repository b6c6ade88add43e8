"""The grounds of the walks, on one sandbox a test process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.worst_day.world import World

from .edge import HonestSite, ServingEdge
from .ground import Ground, Wanted
from .traffic import Traffic
from .walk import DAY, OVERRIDES

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
    ground = Ground(world, traffic, folder)
    ground.create_function(f"theirs-{ground.account}")
    if beginning != "nothing":
        assert ground.go("publish", "-e", "testing", "--create", *_ACT).code == 0
    if beginning == "enforced":
        assert ground.go("promote", "-e", "testing", "--enforce", *_ACT, *OVERRIDES).code == 0
        assert ground.go("promote", "-e", "staging", "--create", *_ACT).code == 0
        ground.edit(Wanted(csp=1))
        assert ground.go("publish", "-e", "testing", *_ACT).code == 0
    ground.pass_time(3600)
    ground.remember()
    return ground
