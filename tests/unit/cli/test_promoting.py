"""Options of `promote` that do not go together are refused before anything is read."""

from __future__ import annotations

import pytest

from edgerollout.cli.promoting import check
from edgerollout.errors import UsageError
from edgerollout.release.facts.choices import Choices
from tests.unit.release.builders import make_environment

FIRST, LATER = make_environment(), make_environment(after="staging")


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        (Choices(enforce=True, restart_soak=True), "--restart-soak is for carrying"),
        (Choices(evidence="seen.json"), "--evidence is for --enforce"),
        (Choices(overrides=("lint", "soak"), reason="x"), "--override soak: only --enforce needs it"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(choices: Choices, words: str) -> None:
    with pytest.raises(UsageError, match=words) as refused:
        check(choices, LATER)
    assert refused.value.hint


@pytest.mark.parametrize(
    "choices",
    [
        Choices(enforce=True, evidence="seen.json", overrides=("soak",), reason="x"),
        Choices(restart_soak=True, overrides=("headers", "lint", "test"), reason="x"),
    ],
)
def test_options_that_do_something_are_taken(choices: Choices) -> None:
    check(choices, LATER)


def test_nothing_is_carried_to_an_environment_that_comes_after_none() -> None:
    with pytest.raises(UsageError, match="comes after no other"):
        check(Choices(), FIRST)
    with pytest.raises(UsageError, match="--after-status"):
        check(Choices(enforce=True, after_status="status.json"), FIRST)
