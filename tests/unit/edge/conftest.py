from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .world import open_world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .world import World


@pytest.fixture
def world() -> Iterator[World]:
    with open_world() as made:
        yield made
