from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from edgerollout.advice import CommandLine, Typed, advise
from edgerollout.views.document import (
    Advised,
    Code,
    Diff,
    DiffRow,
    Doc,
    Fold,
    Item,
    Labelled,
    List,
    Marker,
    Paragraph,
    Strong,
    Table,
    TableRow,
    Title,
    Verdict,
)
from edgerollout.views.glyphs import ASCII
from edgerollout.views.ink import visible

from .drawing import markdown_of, text_of

_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_HOSTILE = st.text(
    st.one_of(
        st.sampled_from("|`*_#<>[]()!~\\-+=1.&; \n\t\r\x1b@:"),
        st.characters(exclude_categories=["Cs"]),
    ),
    min_size=1,
    max_size=12,
).filter(lambda text: bool(visible(text).strip()))
_PROMOTE = CommandLine("promote", "production")


def _everything(text: str) -> Doc:
    """A document with `text` at every place where text can be."""
    item = Item((text, Code(text), "x"), Marker.FAILED, under=(Item(text, label="why"), Item(_PROMOTE)))
    table = Table(
        (text, "b"),
        (TableRow((text, Code(text)), Marker.DONE), TableRow((Code(text),), more=text)),
        note=text,
    )
    return Doc(
        text,
        (
            Title(text),
            Paragraph(text),
            Labelled((("label", text), ("none", None))),
            table,
            Diff((DiffRow(Marker.CHANGED, 0, text), DiffRow(Marker.NONE, 0, text))),
            List((item, Item(text))),
            Fold(text, (Paragraph(("a ", Strong(text), " b")),)),
        ),
        Verdict(text, Marker.DONE),
        (Advised("next", advise(_PROMOTE, Typed(text))),),
    )


def _structure(markdown: str) -> list[str]:
    """What the Markdown is made of, without its words."""
    found = []
    for token in _MARKDOWN.parse(markdown):
        found.append(token.type)
        children = token.children or ()
        found += [
            child.type for child in children if child.type not in ("text", "code_inline", "text_special")
        ]
    return found


@given(_HOSTILE)
def test_no_text_brings_markup_of_its_own(text: str) -> None:
    assert _structure(markdown_of(_everything(text))) == _structure(markdown_of(_everything("word")))


@given(_HOSTILE)
def test_text_reads_in_markdown_as_it_is(text: str) -> None:
    tokens = _MARKDOWN.parse(markdown_of(Doc("t", (Paragraph(("a", text, "b", Code(text), "c")),))))
    read = "".join(child.content for token in tokens[3:] for child in token.children or ())

    assert read == f"a{visible(text)}b{visible(text)}c"


@given(_HOSTILE, st.integers(20, 120))
def test_no_control_character_reaches_a_terminal_or_a_pull_request(text: str, width: int) -> None:
    document = _everything(text)

    for line in (*text_of(document, width).split("\n"), *markdown_of(document).split("\n")):
        assert visible(line) == line


@given(st.text("ab ", max_size=60), st.integers(20, 120))
def test_no_line_is_wider_than_the_terminal_but_for_a_command_or_a_word(words: str, width: int) -> None:
    document = _everything(f"word {words} word")

    told, _, _ = text_of(document, width).partition("\nnext:")
    for line in told.splitlines():
        longest = max(map(len, re.split(r" +", line.strip())), default=0)
        assert len(line) <= width or "edgerollout promote" in line or longest > width // 2 - 8


@pytest.mark.parametrize("width", [10, 20, 40, 60])
def test_a_command_is_never_broken(width: int) -> None:
    command = "edgerollout promote -e production"
    item = Item(advise("To go on, `", _PROMOTE, "` helps; or again ", _PROMOTE), label="next")
    note = Item(("not finished: ", _PROMOTE, " ends it"), Marker.WARNING)
    document = Doc(
        "t", (List((item, note, Item(_PROMOTE, label="next"))),), advised=(Advised("next", advise(_PROMOTE)),)
    )

    lines = text_of(document, width).splitlines()

    assert sum(command in line for line in lines) == 5
    assert f"next: {command}" in lines


def test_a_command_among_words_is_set_apart() -> None:
    document = Doc("t", (Paragraph(("see ", _PROMOTE, " or call ", Typed("terraform apply"))),))

    for text in (text_of(document), markdown_of(document)):
        assert "see `edgerollout promote -e production` or call `terraform apply`" in text


@given(st.integers(20, 120))
def test_an_ascii_terminal_gets_ascii(width: int) -> None:
    marks = List(tuple(Item("a → b…", mark) for mark in Marker))

    assert text_of(Doc("t", (marks,)), width, ASCII).isascii()


def test_a_table_that_has_no_room_is_stacked() -> None:
    rows = (TableRow((Code("/a/long/path/*"), "origin-response", "attach :42, as it is new there")),)
    document = Doc("t", (Table(("behavior", "event", "change"), rows),))

    assert "    /a/long/path/*  origin-response  attach :42" in text_of(document, 80)
    assert "    /a/long/path/*\n      origin-response  attach" in text_of(document, 40)


def test_a_cell_that_is_too_long_beside_a_far_column_goes_below_the_first() -> None:
    found = "script-src https://widgets.example.com  (/app/departures:46)"
    rows = (TableRow(("inline script: document.documentElement.dat…", found)),)

    shown = text_of(Doc("t", (Table(("what breaks", "to allow"), rows),)), 80)

    assert f"documentElement.dat…\n      {found}\n" in shown


def test_facts_in_a_row_are_parted_at_their_dots() -> None:
    document = Doc(None, (), Verdict("release 1 is live in testing · CSP report-only · 1 URL verified"))

    assert text_of(document, 40) == "release 1 is live in testing\n· CSP report-only · 1 URL verified\n"
    assert "testing | CSP" in text_of(document, 80, ASCII)


def test_many_rows_that_are_alike_are_counted() -> None:
    rows = tuple(TableRow((Code(f"/{number}/*"), ":42 current"), Marker.DONE) for number in range(500))
    document = Doc("t", (Table(("behavior", "carries"), rows, fold="behavior"),))

    assert "✔ 500 behaviors  :42 current" in text_of(document)
    assert "| ✔ | 500 behaviors | :42 current |" in markdown_of(document)
    assert "/0/*" not in text_of(document)


def test_the_verdict_ends_text_and_opens_markdown() -> None:
    document = Doc(
        "t", (Paragraph("words"),), Verdict("well", Marker.DONE), (Advised("next", advise(_PROMOTE)),)
    )

    assert text_of(document) == "t\n  words\n\n✔ well\nnext: edgerollout promote -e production\n"
    assert markdown_of(document).startswith("## t\n\n✔ **well**\n\nwords\n")
