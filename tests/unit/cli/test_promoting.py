"""Options of `promote` that do not go together are refused before anything is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgerollout.cli.promoting import Promoting, check
from edgerollout.errors import UsageError
from tests.unit.release.builders import make_environment

FIRST, LATER = make_environment(), make_environment(after="staging")


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (Promoting(enforce=True, restart=True), "--restart-soak is about carrying"),
        (Promoting(evidence=Path("seen.json")), "--evidence is for --enforce"),
        (Promoting(overrides=("lint", "soak"), reason="x"), "--override soak: only --enforce asks for it"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(wish: Promoting, words: str) -> None:
    with pytest.raises(UsageError, match=words) as refused:
        check(wish, LATER)
    assert refused.value.hint


@pytest.mark.parametrize(
    "wish",
    [
        Promoting(enforce=True, evidence=Path("seen.json"), overrides=("soak",), reason="x"),
        Promoting(restart=True, overrides=("headers", "lint", "test"), reason="x"),
    ],
)
def test_options_that_do_something_are_taken(wish: Promoting) -> None:
    check(wish, LATER)


def test_nothing_is_carried_to_an_environment_that_comes_after_none() -> None:
    with pytest.raises(UsageError, match="comes after no other"):
        check(Promoting(), FIRST)
    with pytest.raises(UsageError, match="--after-status"):
        check(Promoting(enforce=True, after_status=Path("status.json")), FIRST)
