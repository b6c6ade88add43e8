"""Durations read, next commands written."""

from __future__ import annotations

import contextlib
import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.cli.durations import seconds
from edgerollout.cli.examples import examples
from edgerollout.cli.options import Options
from edgerollout.cli.words import wording
from edgerollout.errors import UsageError


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90", 90), ("90s", 90), ("20m", 1200), ("1h", 3600), ("0", 0), ("0.5", 0.5), ("1.5m", 90), (" 5s ", 5)],
)
def test_a_duration_is_seconds_or_a_number_with_a_unit(text: str, expected: float) -> None:
    assert seconds(text, "--timeout") == expected


@pytest.mark.parametrize(
    "text", ["", "soon", "-5", "5d", "5 m", "1h30m", "1e9", "inf", "nan", "٣", "5\n6", "99999999"]
)
def test_anything_else_is_refused_with_the_option_and_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="--timeout") as refused:
        seconds(text, "--timeout")

    assert "20m" in str(refused.value.hint)


@given(st.text(max_size=12))
def test_a_duration_is_read_or_refused_and_never_negative(text: str) -> None:
    with contextlib.suppress(UsageError):
        assert seconds(text, "--timeout") >= 0


@pytest.mark.parametrize(
    ("options", "spelled"),
    [
        (Options(), "edgerollout wait -e staging"),
        (Options(env="staging", yes=True, quiet=True), "edgerollout wait -e staging"),
        (Options(config=Path("conf")), "edgerollout wait -e staging -C conf"),
        (Options(config=Path("my conf")), "edgerollout wait -e staging -C 'my conf'"),
        (Options(sandbox=True), "edgerollout wait -e staging --sandbox"),
        (Options(profile="ops"), "edgerollout wait -e staging --profile ops"),
        (
            Options(endpoint_url="http://127.0.0.1:4599"),
            "edgerollout wait -e staging --endpoint-url http://127.0.0.1:4599",
        ),
    ],
)
def test_the_next_command_is_spelled_as_the_user_called_this_one(options: Options, spelled: str) -> None:
    assert wording(options, "staging", "publish").wait == spelled


def test_the_next_commands_are_resume_wait_and_look() -> None:
    words = wording(Options(), "staging", "publish")

    assert [shlex.split(line)[1] for line in (words.again, words.wait, words.status)] == [
        "publish",
        "wait",
        "status",
    ]


def test_an_example_too_long_for_its_meaning_has_it_below() -> None:
    long = "plan " + "x" * 50

    lines = examples((long, "what it is for, in some words")).splitlines()

    assert lines[-2:] == [f"  edgerollout {long}", "      what it is for, in some words"]
