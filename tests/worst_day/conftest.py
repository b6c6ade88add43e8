"""The sandbox of these tests, what each scenario leaves undisturbed, and which cases a run tries."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, TypeVar

import pytest

from tests.samples import SEED, THOROUGH

from .attack import Undisturbed
from .world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .scenarios import Scenario

CaseT = TypeVar("CaseT")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The module's SCENARIOS: SAMPLED of them once; where all is tried, each in PARTS."""
    if "scenario" not in metafunc.fixturenames:
        return
    module = metafunc.module
    every = module.SCENARIOS
    if THOROUGH:
        cells = [(item, part) for part in range(module.PARTS) for item in every]
    else:
        some = random.Random(f"{SEED} {metafunc.function.__name__}").sample(
            every, min(module.SAMPLED, len(every))
        )
        cells = [(item, 0) for item in every if item in some]
    metafunc.parametrize(("scenario", "part"), cells, ids=str)


@pytest.fixture
def chosen(
    request: pytest.FixtureRequest, scenario: Scenario, part: int
) -> Callable[[Sequence[CaseT], int], list[CaseT]]:
    """`chosen(cases, n)`: this part of all cases in an order of the seed's, or a sample of n."""
    dice = random.Random(f"{SEED} {request.function.__name__} {scenario}")

    def choose(cases: Sequence[CaseT], sample: int) -> list[CaseT]:
        order = dice.sample(list(cases), len(cases))
        return order[part :: request.module.PARTS] if THOROUGH else order[:sample]

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
