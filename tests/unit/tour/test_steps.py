"""Files of steps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from edgerollout.errors import ConfigError
from edgerollout.tour.steps import (
    Click,
    Fill,
    Goto,
    Hover,
    IfPresent,
    Press,
    Scroll,
    Select,
    Upload,
    Wait,
    read_steps,
    steps_of,
)  # fmt: skip

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "https://www.example.com/contact"
STEPS = [
    {"fill": "#name", "with": "A visitor"}, {"click": "text=Send"}, {"press": "Enter", "on": "#q"},
    {"press": "Escape"}, {"wait": 2}, {"wait": "#thanks"}, {"goto": "/thanks"},
]  # fmt: skip
READ = (
    Fill("#name", "A visitor"), Click("text=Send"), Press("Enter", "#q"), Press("Escape"), Wait(2.0),
    Wait(selector="#thanks"), Goto("/thanks"),
)  # fmt: skip


def test_every_step_is_read_from_json_and_toml(tmp_path: Path) -> None:
    as_json = tmp_path / "steps.json"
    as_json.write_text(json.dumps({"page": [{"url": PAGE, "steps": STEPS}]}))
    as_toml = tmp_path / "steps.toml"
    as_toml.write_text(
        f'[[page]]\nurl = "{PAGE}"\nsteps = [{{ fill = "#name", with = "A visitor" }},'
        ' { click = "text=Send" },'
        ' { press = "Enter", on = "#q" }, { press = "Escape" }, { wait = 2 }, { wait = "#thanks" },'
        ' { goto = "/thanks" }]\n'
    )
    assert read_steps(as_json) == read_steps(as_toml) == {PAGE: READ}


@pytest.mark.parametrize(
    "step",
    [{}, "click", {"click": ""}, {"click": "#a", "wait": 1}, {"fill": "#a"}, {"wait": -1}, {"wait": 31},
     {"wait": True}, {"press": "Enter", "on": 3}, {"tap": "#a"}, {"hover": ""},
     {"wait": 1, "if_present": True}, {"press": "Enter", "if_present": True},
     {"click": "#a", "if_present": 1}, {"select": "#a"}, {"upload": "#a", "file": ""}],
)  # fmt: skip
def test_what_is_no_step_is_told_with_its_place(tmp_path: Path, step: object) -> None:
    path = tmp_path / "steps.json"
    path.write_text(json.dumps({"page": [{"url": PAGE, "steps": [{"wait": 1}, step]}]}))
    with pytest.raises(ConfigError) as caught:
        read_steps(path)
    assert [problem.place.key for problem in caught.value.problems] == ["page 1, step 2"]


@pytest.mark.parametrize("content", ["", "[", "[page]", '[[page]]\nurl = "x"\nsteps = []', "\xff"])
def test_a_file_that_holds_no_steps_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "steps.toml"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(ConfigError):
        read_steps(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        read_steps(tmp_path / "none.toml")


def test_steps_of_one_page_in_two_spellings_are_taken_one_after_the_other() -> None:
    read = steps_of(
        (("https://www.example.com", (Goto("a"),)), ("https://WWW.example.com/#top", (Wait(1.0),)))
    )
    assert read == {"https://www.example.com/": (Goto("https://www.example.com/a"), Wait(1.0))}


def test_steps_on_elements_may_be_left_out_where_there_is_none(tmp_path: Path) -> None:
    path = tmp_path / "steps.json"
    steps = [
        {"hover": "#menu"}, {"scroll": "#prices"}, {"select": "#country", "option": "CH"},
        {"upload": "#photo", "file": "photo.png"}, {"click": "#cookies", "if_present": True},
        {"press": "Enter", "on": "#q", "if_present": False},
    ]  # fmt: skip
    path.write_text(json.dumps({"page": [{"url": "/", "steps": steps}]}))
    assert read_steps(path) == {
        "/": (
            Hover("#menu"), Scroll("#prices"), Select("#country", "CH"),
            Upload("#photo", tmp_path / "photo.png"), IfPresent(Click("#cookies")), Press("Enter", "#q"),
        )
    }  # fmt: skip
