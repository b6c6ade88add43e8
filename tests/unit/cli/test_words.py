from __future__ import annotations

from pathlib import Path

import pytest

from edgerollout.cli.options import Options
from edgerollout.cli.words import respelled

SANDBOX = Options(sandbox=True, config=Path("other dir"))


@pytest.mark.parametrize(
    ("hint", "said"),
    [
        (
            "Publish first: edgerollout publish -e testing",
            "Publish first: edgerollout -C 'other dir' --sandbox publish -e testing",
        ),
        (
            "`edgerollout wait`, then `edgerollout lint`.",
            "`edgerollout -C 'other dir' --sandbox wait`, then `edgerollout -C 'other dir' --sandbox lint`.",
        ),
        ("In edgerollout.toml: tfvars.", "In edgerollout.toml: tfvars."),
        ("what edgerollout tests there", "what edgerollout tests there"),
        (
            "edgerollout wait -e x -C 'other dir' --sandbox, or edgerollout lint",
            "edgerollout wait -e x -C 'other dir' --sandbox, or edgerollout -C 'other dir' --sandbox lint",
        ),
        (None, None),
    ],
    ids=["a command", "two commands", "a file", "a sentence", "spelled already", "nothing"],
)
def test_a_hint_says_commands_as_the_user_called_this_one(hint: str | None, said: str | None) -> None:
    assert respelled(SANDBOX, hint) == said


def test_where_nothing_special_was_said_a_hint_stays_as_it_is() -> None:
    assert respelled(Options(), "edgerollout publish") == "edgerollout publish"


def test_a_hint_that_was_respelled_is_not_respelled_again() -> None:
    once = respelled(SANDBOX, "edgerollout publish -e testing")
    assert respelled(SANDBOX, once) == once
