from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.clock import SystemClock
from edgerollout.errors import UsageError
from edgerollout.views.acting import open_view
from edgerollout.views.glyphs import ASCII, TYPOGRAPHIC, glyphs_for
from edgerollout.views.ink import Line, Style, fitted, painted, visible, wrapped
from edgerollout.views.live import LiveView
from edgerollout.views.log import LogView
from edgerollout.views.output.encoder import OutsideFormat, json_line, json_text
from edgerollout.views.streams import Streams, choose_view, mute, write
from tests.spelling import spell

from .sample import HEADING, OUTCOME, Paper, papers

if TYPE_CHECKING:
    from collections.abc import Callable


class _Terminal(Paper):
    def isatty(self) -> bool:
        return True


def _streams(variables: dict[str, str], *, terminal: bool = True, no_color: bool = False) -> Streams:
    kind = _Terminal if terminal else Paper
    return Streams.from_environment(variables, no_color=no_color, stdin=kind(), stdout=Paper(), stderr=kind())


@pytest.mark.parametrize(
    ("variables", "terminal", "no_color", "colour"),
    [
        ({}, True, False, True),
        ({}, False, False, False),
        ({"NO_COLOR": ""}, True, False, True),
        ({"NO_COLOR": "1"}, True, False, False),
        ({"FORCE_COLOR": "1"}, False, False, True),
        ({"FORCE_COLOR": "0"}, False, False, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False, False),
        ({"FORCE_COLOR": "1"}, True, True, False),
        ({"TERM": "dumb"}, True, False, False),
    ],
)
def test_colour_is_for_terminals_unless_the_environment_says_otherwise(
    variables: dict[str, str], terminal: bool, no_color: bool, colour: bool
) -> None:
    assert _streams(variables, terminal=terminal, no_color=no_color).stderr_colour is colour


def test_a_piped_stdout_has_no_colour_beside_a_coloured_stderr() -> None:
    streams = _streams({})

    assert (streams.stdout_colour, streams.stderr_colour) == (False, True)


@pytest.mark.parametrize(
    ("requested", "variables", "terminal", "chosen"),
    [
        ("auto", {}, True, "live"),
        ("auto", {}, False, "log"),
        ("auto", {"CI": "true"}, True, "log"),
        ("auto", {"CI": "false"}, True, "live"),
        ("auto", {"TERM": "dumb"}, True, "log"),
        ("live", {"CI": "true"}, True, "live"),
        ("live", {}, False, "log"),
        ("live", {"TERM": "dumb"}, True, "log"),
        ("log", {}, True, "log"),
        ("json", {}, True, "json"),
        ("json", {}, False, "json"),
        ("auto", {"CI": "true", "GITHUB_ACTIONS": "true"}, False, "log"),
        ("github", {}, True, "github"),
        ("github", {}, False, "github"),
    ],
)
def test_the_view_fits_the_stream(
    requested: str, variables: dict[str, str], terminal: bool, chosen: str
) -> None:
    assert choose_view(requested, _streams(variables, terminal=terminal)) == chosen


def test_an_unknown_view_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="there is no output 'xml'"):
        choose_view("xml", _streams({}))


def test_each_name_opens_its_view() -> None:
    _, _, streams = papers()

    assert isinstance(open_view("live", streams, HEADING, SystemClock(), spell), LiveView)
    assert isinstance(open_view("log", streams, HEADING, SystemClock(), spell), LogView)
    assert isinstance(open_view("live", streams, HEADING, SystemClock(), spell, quiet=True), LogView)


def test_columns_come_from_the_environment_first() -> None:
    assert _streams({"COLUMNS": "57"}).columns == 57
    assert _streams({"COLUMNS": "wide"}).columns == 100
    assert _streams({}, terminal=False).columns == 100


def test_what_an_encoding_lacks_is_escaped() -> None:
    paper = Paper("ascii")

    write(paper, "naïve ✔\n")

    assert paper.text == "na\\xefve \\u2714\n"


def test_signs_are_typographic_only_where_all_of_them_can_be_written() -> None:
    assert glyphs_for("utf-8") is TYPOGRAPHIC
    assert [glyphs_for(name) for name in ("ascii", "latin-1", "cp437", None, "no-such")] == [ASCII] * 5


def test_lines_are_wrapped_for_a_terminal_and_left_whole_for_a_pipe() -> None:
    line = Line("one two three", Style.BAD, hang=2)
    terminal, pipe = Paper(), Paper()

    Streams(terminal, terminal, stdout_is_terminal=True, stdout_colour=True, width=8).print_data([line])
    Streams(pipe, pipe, width=8).print_data([line])

    assert terminal.text == "\x1b[31;1mone two\x1b[0m\n\x1b[31;1m  three\x1b[0m\n"
    assert pipe.text == "one two three\n"


@given(st.text())
def test_visible_text_is_one_line_without_control_characters(text: str) -> None:
    shown = visible(text)

    assert len(shown.splitlines()) <= 1
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in shown)
    shown.encode("utf-8")


@given(st.text(), st.integers(min_value=0, max_value=50))
def test_fitted_text_fits(text: str, width: int) -> None:
    assert len(fitted(text, width)) <= width


@given(st.lists(st.text("abc-/", min_size=1, max_size=30)), st.integers(min_value=10, max_value=60))
def test_wrapping_loses_no_word(words: list[str], width: int) -> None:
    lines = list(wrapped([Line("  + " + " ".join(words), hang=6, lead=4)], width))

    assert " ".join(line.text for line in lines).split() == ["+", *words]


def test_without_colour_nothing_but_the_text_is_written() -> None:
    assert [painted(Line("x", style), colour=False) for style in Style] == ["x"] * len(Style)


@pytest.mark.parametrize("text", ["::error::x", "  ::set-env name=A::b", "a ##[error] b", "\u00a0::group::"])
def test_in_a_workflow_no_line_of_text_is_a_command(text: str) -> None:
    paper = Paper()
    variables = {"GITHUB_ACTIONS": "true"}
    streams = Streams.from_environment(variables, stdin=Paper(), stdout=paper, stderr=paper)

    streams.print_aside([Line(text)])
    streams.print_data([Line(text, Style.BAD)])
    streams.write_data(f"# a document\n{text}\n")
    streams.write_data(json_text(OutsideFormat(content={text: [text]})))

    for line in paper.text.splitlines():
        assert not line.strip().startswith("::")
        assert "##[" not in line


@pytest.mark.parametrize("write", [json_text, json_line])
@pytest.mark.parametrize("text", ["##[error]x", "###[[##[", "\\##[", "#", "\n::error::x"])
def test_json_means_the_same_and_brings_no_command(write: Callable[[OutsideFormat], str], text: str) -> None:
    written = write(OutsideFormat(content={text: text}))

    assert json.loads(written) == {text: text}
    assert "##[" not in written
    assert not any(line.strip().startswith("::") for line in written.splitlines())


def test_elsewhere_text_is_left_as_it_is() -> None:
    paper = Paper()

    Streams(stdout=paper, stderr=paper).print_aside([Line("::error::x ##[error]")])

    assert paper.text == "::error::x ##[error]\n"


def test_muting_a_stream_in_memory_is_no_error() -> None:
    mute(Paper())


def test_the_outcome_reaches_stderr_with_colours_where_they_are_wanted() -> None:
    err = Paper()
    view = LogView(Streams(Paper(), err, stderr_colour=True), HEADING, SystemClock(), spell)

    view.handle(OUTCOME)

    assert "\n\x1b[32;1m✔ release 42 is live in staging" in err.text
