"""The sandbox of these tests, what each scenario leaves undisturbed, and which cases a run tries."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, TypeVar

import pytest

from .attack import Undisturbed
from .world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .scenarios import Scenario

CaseT = TypeVar("CaseT")
PARTS = 4
"""Into how many tests a long matrix is split, so that several processes share it."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Where a test takes a `part`: one in a sample, several where every case is tried."""
    if "part" in metafunc.fixturenames:
        metafunc.parametrize("part", range(PARTS if metafunc.config.getoption("thorough") else 1))


@pytest.fixture
def chosen(request: pytest.FixtureRequest, part: int) -> Callable[[Sequence[CaseT], int], list[CaseT]]:
    """`chosen(cases, n)`: this part of all cases, or a sample of n."""
    config = request.config
    seed = f"{config.getoption('seed')} {request.node.name}"

    def choose(cases: Sequence[CaseT], sample: int) -> list[CaseT]:
        if config.getoption("thorough"):
            return list(cases[part::PARTS])
        return random.Random(seed).sample(list(cases), min(sample, len(cases)))

    return choose


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


@pytest.fixture(scope="session")
def undisturbed(world: World, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Scenario], Undisturbed]:
    """The scenario's account, how its command ends when nothing happens, and which calls it makes."""
    known: dict[str, Undisturbed] = {}

    def of(scenario: Scenario) -> Undisturbed:
        if scenario.name not in known:
            folder = tmp_path_factory.mktemp(scenario.name.replace(" ", "-"))
            known[scenario.name] = Undisturbed.run(scenario, world, folder)
        return known[scenario.name]

    return of
