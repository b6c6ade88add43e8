"""Unit tests that do I/O, run as pytest runs those of tests/unit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

pytest_plugins = ["pytester"]

CONFTEST = Path(__file__).parents[1] / "unit" / "conftest.py"
_TESTS = """
import contextlib
import socket

import pytest


def bind():
    socket.create_server(("127.0.0.1", 0)).close()


@pytest.fixture
def before():
    bind()


@pytest.fixture
def after():
    yield
    bind()


@pytest.fixture(scope="session")
def opened_elsewhere():
    yield
    bind()


def test_itself(opened_elsewhere):
    bind()


def test_that_swallows():
    with contextlib.suppress(BaseException):
        bind()


def test_before(before):
    pass


def test_after(after):
    pass


def test_nothing():
    socket.socketpair()
"""


def test_a_unit_test_fails_whatever_part_of_it_does_io_and_what_others_opened_is_closed(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
    pytester.makepyfile(_TESTS)

    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:xdist")

    result.assert_outcomes(failed=2, errors=2, passed=2)  # `after` passed before it failed
    result.stdout.fnmatch_lines("*a unit test does no I/O, and this one tried socket.bind *")
