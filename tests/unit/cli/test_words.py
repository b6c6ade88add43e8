from __future__ import annotations

from pathlib import Path

import pytest

from edgerollout.advice import Advice, CommandLine, advise, from_json, spelled, to_json
from edgerollout.cli.options import Options
from edgerollout.cli.words import Told, speller
from tests.spelling import spell

SANDBOX = speller(Options(sandbox=True, config=Path("other dir")))
TERRAFORM = speller(Options(), lambda: Told("testing", ("--tfvars", "tf/x.tfvars.json")))


def test_a_hint_says_its_commands_as_the_user_called_this_one() -> None:
    hint = advise("First `", CommandLine("wait", "testing"), "`, then: ", CommandLine("history"))

    assert spelled(hint, SANDBOX) == (
        "First `edgerollout wait -e testing -C 'other dir' --sandbox`,"
        " then: edgerollout history -C 'other dir' --sandbox"
    )
    assert spelled(hint, spell) == "First `edgerollout wait -e testing`, then: edgerollout history"


def test_an_account_and_an_endpoint_stay_the_user_s() -> None:
    own = speller(Options(profile="build", endpoint_url="http://127.0.0.1:4566"))

    assert own(CommandLine("publish", "testing", "--create")) == (
        "edgerollout publish -e testing --create --profile build --endpoint-url http://127.0.0.1:4566"
    )


def test_the_sandbox_itself_is_started_without_being_used() -> None:
    assert SANDBOX(CommandLine("sandbox", None, "up")) == "edgerollout sandbox up -C 'other dir'"


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (CommandLine("publish", "testing"), "publish -e testing --no-swap --tfvars tf/x.tfvars.json"),
        (
            CommandLine("publish", "testing", "--no-swap"),
            "publish -e testing --no-swap --tfvars tf/x.tfvars.json",
        ),
        (
            CommandLine("rollback", "testing", "--from", "3"),
            "rollback -e testing --from 3 --no-swap --tfvars tf/x.tfvars.json",
        ),
        (CommandLine("wait", "testing"), "wait -e testing --tfvars tf/x.tfvars.json"),
        (CommandLine("wait", "testing", "--tfvars", "other"), "wait -e testing --tfvars other"),
        (CommandLine("status", "testing"), "status -e testing"),
        (CommandLine("publish", "staging"), "publish -e staging"),
    ],
    ids=[
        "publish",
        "publish --no-swap",
        "rollback",
        "wait",
        "wait --tfvars",
        "status",
        "another environment",
    ],
)
def test_a_run_that_leaves_the_triggers_to_terraform_advises_none_that_swaps(
    command: CommandLine, line: str
) -> None:
    assert TERRAFORM(command) == f"edgerollout {line}"


def test_a_command_on_the_environment_at_hand_repeats_the_user_s_own() -> None:
    own = speller(Options(env="staging"))

    assert own(CommandLine("history")) == "edgerollout history -e staging"
    assert own(CommandLine("init")) == "edgerollout init"
    assert own(CommandLine("detach", None, "--function", "f")) == "edgerollout detach --function f"
    assert TERRAFORM(CommandLine("detach")) == "edgerollout detach --no-swap --tfvars tf/x.tfvars.json"


def test_advice_in_advice_is_one_piece() -> None:
    first = advise("Look: ", CommandLine("status", "testing"))

    assert advise(first, ", ", "then ", first) == Advice(
        ("Look: ", CommandLine("status", "testing"), ", then Look: ", CommandLine("status", "testing"))
    )


def test_nobody_prints_advice_without_spelling_it() -> None:
    for value in (CommandLine("wait"), advise("Look: ", CommandLine("status"))):
        with pytest.raises(TypeError, match="spell"):
            f"{value}"


def test_advice_reaches_another_process_of_ours() -> None:
    hint = advise("Look: ", CommandLine("history", "testing", "-o", "json"), ".")

    assert from_json(to_json(hint)) == hint
    assert spelled(from_json(to_json("Try again.")), spell) == "Try again."
