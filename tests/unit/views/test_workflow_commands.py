from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.views.annotations import SHOWN, Annotation, Annotations
from edgerollout.views.ink import visible
from edgerollout.views.workflow_commands import command, harmless

_REMOTE = st.text(st.sampled_from("a:,;%\n\r \t#[]=\u2028\u00a0\x1b") | st.characters(), max_size=40)


def _is_command(line: str) -> bool:
    """As the runner sees it: `::name…::` after white space, or `##[name]` anywhere."""
    return re.match(r"\s*::.*?::", line) is not None or "##[" in line


def _parsed(line: str) -> tuple[str, dict[str, str], str]:
    """Name, properties and message of a command, read as the runner reads them."""
    found = re.fullmatch(r"::(\w+)(?: (.*?))?::(.*)", line, flags=re.DOTALL)
    assert found is not None, line
    pairs = (pair.split("=", 1) for pair in (found[2] or "").split(",") if pair)
    return found[1], {name: _unescaped(value) for name, value in pairs}, _unescaped(found[3])


def _unescaped(text: str) -> str:
    for token, replacement in (("\r", "%0D"), ("\n", "%0A"), (":", "%3A"), (",", "%2C"), ("%", "%25")):
        text = text.replace(replacement, token)
    return text


@given(_REMOTE)
def test_no_text_from_elsewhere_is_a_command(text: str) -> None:
    assert not any(_is_command(line) for line in harmless(visible(text)).splitlines())


@pytest.mark.parametrize("text", ["a::b", "x", "", " : :", "# #[x]", "[   1.0s] ::error::"])
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


@given(_REMOTE, _REMOTE, st.integers(0, 10_000))
def test_a_command_reads_back_as_what_was_meant(message: str, title: str, line: int) -> None:
    made = Annotation("error", message, title or "t", "config/policy.toml", line).command()

    assert len(made.splitlines()) == 1
    assert _parsed(made) == (
        "error",
        {"file": "config/policy.toml", "line": str(line), "title": visible(title or "t")},
        visible(message),
    )


def test_properties_nobody_gave_are_left_out() -> None:
    assert Annotation("notice", "50% done: fine, really").command() == "::notice::50%25 done: fine, really"
    assert Annotation("error", "x", "a:b,c%").command() == "::error title=a%3Ab%2Cc%25::x"
    assert command("endgroup") == "::endgroup::"


def test_of_too_many_annotations_the_last_one_counts_those_left_out() -> None:
    annotations = Annotations()

    lines = [annotations.line(Annotation("error", f"failure {number}")) for number in range(25)]
    warning = annotations.line(Annotation("warning", "a warning has a count of its own"))
    rest = list(annotations.rest())

    written = [line for line in (*lines, *rest) if line is not None]
    assert sum(line.startswith("::error") for line in written) == SHOWN
    assert rest == ["::error::16 more errors: see the log"]
    assert lines[8:10] == ["::error::failure 8", "error: failure 9"], "the log still says them"
    assert warning is not None
    assert warning.startswith("::warning")
    assert list(annotations.rest()) == []


def test_the_same_annotation_is_told_once() -> None:
    annotations = Annotations()

    assert annotations.line(Annotation("warning", "x")) == "::warning::x"
    assert annotations.line(Annotation("warning", "x")) is None
