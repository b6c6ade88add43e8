from __future__ import annotations

import io
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from edgerollout.cli.acting.confirmation import check_may_act, confirm
from edgerollout.cli.invocation import Invocation
from edgerollout.cli.options import Options
from edgerollout.config import ChosenEnvironment
from edgerollout.errors import ExitCode, Interrupted, UsageError
from edgerollout.release.facts.environment import DistributionSelector, Environment, FunctionSettings
from edgerollout.views.streams import Streams
from tests.spelling import said

if TYPE_CHECKING:
    from collections.abc import Callable

Source = Literal["flag", "variable", "default", "only"]

_ENVIRONMENT = Environment(
    name="production",
    account="123456789012",
    function=FunctionSettings("f", "python3.13", Path("handler"), "r"),
    distributions=(DistributionSelector(alias="www.example.com"),),
)


def _chosen(*, confirmed: bool, source: Source = "flag") -> ChosenEnvironment:
    return ChosenEnvironment(replace(_ENVIRONMENT, confirm=confirmed), source)


def _invocation(*, yes: bool = False, terminal: bool = True) -> Invocation:
    invocation = Invocation(Options(yes=yes or None))
    invocation.streams = Streams(stdout=io.StringIO(), stderr=io.StringIO(), stdin_is_terminal=terminal)
    return invocation


@pytest.mark.parametrize(
    ("confirmed", "source", "yes", "terminal", "may"),
    [
        # an ordinary environment, a person at a terminal
        (False, "flag", False, True, True),
        (False, "variable", False, True, True),
        (False, "default", False, True, True),
        (False, "only", False, True, True),
        (False, "default", True, True, True),
        # an ordinary environment, nobody to ask
        (False, "flag", False, False, False),
        (False, "flag", True, False, True),
        (False, "variable", True, False, True),
        (False, "default", True, False, False),
        (False, "only", True, False, False),
        # one with confirm = true: only ever by its name on the command line
        (True, "flag", False, True, True),
        (True, "flag", True, True, True),
        (True, "flag", True, False, True),
        (True, "flag", False, False, False),
        (True, "variable", False, True, False),
        (True, "variable", True, False, False),
        (True, "default", False, True, False),
        (True, "default", True, True, False),
        (True, "only", True, True, False),
    ],
)
def test_who_may_act_is_a_table(
    confirmed: bool, source: Source, yes: bool, terminal: bool, may: bool
) -> None:
    invocation, chosen = _invocation(yes=yes, terminal=terminal), _chosen(confirmed=confirmed, source=source)

    if may:
        check_may_act(invocation, chosen)
    else:
        with pytest.raises(UsageError) as refused:
            check_may_act(invocation, chosen)
        assert "production" in said(refused.value.hint)


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Has the person at the terminal type this; nothing at all is Ctrl-D."""
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text))


@pytest.mark.parametrize(
    ("confirmed", "typed", "agreed"),
    [
        (False, "y\n", True),
        (False, "YES\n", True),
        (False, " y \n", True),
        (False, "\n", False),
        (False, "n\n", False),
        (False, "production\n", False),
        (False, "", False),
        (True, "production\n", True),
        (True, " production \n", True),
        (True, "y\n", False),
        (True, "yes\n", False),
        (True, "Production\n", False),
        (True, "prod\n", False),
        (True, "\n", False),
        (True, "", False),
    ],
)
def test_what_counts_as_yes_is_a_table(
    confirmed: bool, typed: str, agreed: bool, answering: Callable[[str], None]
) -> None:
    answering(typed)
    invocation = _invocation()

    if agreed:
        confirm(invocation, _chosen(confirmed=confirmed))
    else:
        with pytest.raises(Interrupted, match="nothing was changed") as refused:
            confirm(invocation, _chosen(confirmed=confirmed))
        assert refused.value.exit_code is ExitCode.INTERRUPTED


def test_yes_is_never_asked_again(answering: Callable[[str], None]) -> None:
    answering("n\n")
    invocation = _invocation(yes=True)

    confirm(invocation, _chosen(confirmed=True))

    assert isinstance(invocation.streams.stderr, io.StringIO)
    assert invocation.streams.stderr.getvalue() == ""


def test_the_question_goes_to_stderr_and_names_the_environment(answering: Callable[[str], None]) -> None:
    answering("production\n")
    invocation = _invocation()

    confirm(invocation, _chosen(confirmed=True))

    streams = invocation.streams
    assert isinstance(streams.stderr, io.StringIO)
    assert isinstance(streams.stdout, io.StringIO)
    assert streams.stderr.getvalue() == "Type the environment's name to continue (production): "
    assert streams.stdout.getvalue() == ""
