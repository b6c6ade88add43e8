"""How the line of a problem is drawn: carets under what is meant, whatever the characters and the width."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.errors import Excerpt
from edgerollout.views.excerpt import display_width, excerpt_lines
from edgerollout.views.glyphs import ASCII, TYPOGRAPHIC, Glyphs

LINES = st.text("ab 東é\u0301\t\u200b\x1b\"'…", max_size=120)


def drawn(excerpt: Excerpt, columns: int = 80, glyphs: Glyphs = TYPOGRAPHIC) -> tuple[str, str]:
    line, carets = (line.text for line in excerpt_lines(excerpt, 7, columns, glyphs))
    return line, carets


@pytest.mark.parametrize(
    ("text", "start", "end", "line", "carets"),
    [
        ("a = 1", 4, 5, "  7 | a = 1", "    |     ^"),
        ("a = ", 4, 5, "  7 | a =", "    |     ^"),
        ("", 0, 1, "  7 |", "    | ^"),
        ("\ta = 1", 5, 6, "  7 |     a = 1", "    |         ^"),
        ("東京 = 東", 5, 6, "  7 | 東京 = 東", "    |        ^^"),
        ("e\u0301 = 1", 5, 6, "  7 | e\u0301 = 1", "    |     ^"),
        ("a\x1b = 1", 5, 6, "  7 | a\\u001b = 1", "    |           ^"),
    ],
)
def test_carets_stand_below_what_is_meant(text: str, start: int, end: int, line: str, carets: str) -> None:
    assert drawn(Excerpt(text, start, end)) == (line, carets)


def test_where_a_stream_has_no_such_character_the_carets_stand_below_its_escape() -> None:
    assert drawn(Excerpt("é = 1", 4, 5), glyphs=ASCII) == (r"  7 | \xe9 = 1", "    |        ^")


@given(LINES, st.data(), st.integers(10, 100), st.sampled_from([ASCII, TYPOGRAPHIC]))
def test_a_line_fits_and_its_mark_is_seen(
    text: str, data: st.DataObject, columns: int, glyphs: Glyphs
) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start + 1, max(len(text), start + 1)))

    line, carets = drawn(Excerpt(text, start, end), columns, glyphs)

    room = max(columns, 22)
    assert display_width(line) <= room
    assert display_width(carets) <= room
    assert carets.endswith("^")


@given(st.integers(0, 200), st.integers(12, 100))
def test_the_mark_stays_below_its_word_however_the_line_is_cut(before: int, columns: int) -> None:
    text = "x" * before + "HERE" + "y" * (200 - before)

    line, carets = drawn(Excerpt(text, before, before + 4), columns)

    assert line[carets.index("^") : len(carets)] == "HERE"
