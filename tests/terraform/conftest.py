from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def workspace(team: Workspace) -> Iterator[Workspace]:
    yield team
    team.stop_providers()


@pytest.fixture(scope="session")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """One for all: the tests use environments of their own."""
    made = Workspace(tmp_path_factory.mktemp("team"))
    made.start()
    yield made
    made.stop()
