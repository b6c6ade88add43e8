"""No test of this folder, and no fixture that it takes, opens a socket or starts a process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.no_io import no_io

if TYPE_CHECKING:
    from collections.abc import Generator


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None, None, None]:
    with no_io():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, None, None]:
    with no_io():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None, None, None]:
    with no_io():
        return (yield)
