"""A choice is declared once: said, spelled and saved from that alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.main import get_command

from edgerollout.cli.options import Options, with_global_options
from edgerollout.release.facts.choices import Choices, Spelling, file, flag, text, texts

if TYPE_CHECKING:
    from collections.abc import Callable

COMMANDS = ("plan", "publish", "promote")


@dataclass(frozen=True)
class More(Choices):
    """Nothing but these four lines was written for them."""

    loud: bool = flag("--loud", "plan", "publish", about="…")
    careful: bool = flag("--careful", "plan", "publish", about="…", holds=True)
    sites: tuple[str, ...] = texts("--site", "NAME", "plan", "publish", about="…")
    word: str | None = text("--word", "TEXT", "plan", "publish", about="…")
    map: str | None = file("--map", "plan", "publish", about="…")


def said(command: str, *words: str) -> Choices:
    """What a command is told by these words."""
    heard: list[More] = []

    def publish(options: Options, choices: More) -> None:
        heard.append(choices)

    publish.__name__ = command
    app = typer.Typer(add_completion=False)
    app.command()(with_global_options(publish))
    get_command(app).main(list(words), standalone_mode=False)
    return heard[0]


def values(default: object, spelling: Spelling) -> st.SearchStrategy[Any]:
    words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
    match default:
        case bool():
            return st.booleans()
        case tuple():
            return st.lists(words, max_size=3).map(tuple)
        case _ if spelling.file:
            return st.none() | words.map(lambda text: str(Path(text)))
        case _:
            return st.none() | words


def choices_of(kept: Callable[[Spelling], bool]) -> st.SearchStrategy[More]:
    """Any choices that some command can be told."""
    wanted = {
        name: values(default, spelling) for name, default, spelling in More.declared() if kept(spelling)
    }
    return st.builds(More, **wanted)


@pytest.mark.parametrize("command", COMMANDS)
@given(data=st.data())
def test_choices_spelled_as_options_are_the_same_choices(command: str, data: st.DataObject) -> None:
    choices = data.draw(choices_of(lambda spelling: command in spelling.commands))
    assert said(command, *choices.spelled()) == choices


@given(choices_of(lambda spelling: spelling.saved))
def test_choices_survive_a_saved_plan(choices: More) -> None:
    document = json.loads(json.dumps(choices.to_json()))
    assert More.of_json(document, "choices") == choices


def test_a_new_choice_is_spelled_and_saved_by_its_declaration_alone() -> None:
    choices = More(loud=True, careful=False, sites=("a", "b"), word="x", map="m.json")
    spelled = ("--loud", "--no-careful", "--site", "a", "--site", "b", "--word", "x", "--map", "m.json")
    assert choices.spelled() == spelled
    assert choices.to_json().keys() == {*Choices().to_json(), "loud", "careful", "sites", "word", "map"}
    assert said("promote") == More(), "a command that has it not does not know it"


def test_a_saved_plan_keeps_what_plan_can_be_told_and_nothing_else() -> None:
    promotion = Choices(enforce=True, after_status="status.json", restart_soak=True)
    assert promotion.to_json() == Choices().to_json()


def test_what_is_not_said_in_a_saved_plan_was_not_chosen_and_what_nobody_knows_is_refused() -> None:
    assert Choices.of_json({"create": True}, "choices") == Choices(create=True)
    with pytest.raises(ValueError, match="choices has a field 'newer'"):
        Choices.of_json({"newer": True}, "choices")
    with pytest.raises(ValueError, match=r"choices\.create must be true or false"):
        Choices.of_json({"create": "no"}, "choices")


@pytest.mark.parametrize("command", COMMANDS)
def test_options_of_one_name_are_one_choice(command: str) -> None:
    options = [spelling.option for _, _, spelling in Choices.declared() if command in spelling.commands]
    assert len(options) == len(set(options))
