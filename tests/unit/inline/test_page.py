"""The inline code of a page; tests/browser compares it with a real Chromium."""

from __future__ import annotations

from edgerollout.inline.page import read_page
from edgerollout.policy.inline_code import InlineKind, hash_source
from tests.made.inline_page import PAGE


def test_only_what_runs_is_inline_code() -> None:
    code = read_page(PAGE).codes
    assert [
        found.text for found in code if "no()" in found.text or "no{}" in found.text or '"no"' in found.text
    ] == []
    texts = "\n".join(found.text for found in code)
    assert [number for number in range(1, 18) if f"a{number}" not in texts] == []


def test_a_piece_of_code_has_the_line_of_its_element() -> None:
    found = read_page(b"<p>\n<script\n>\r\na()</script>").codes
    assert [(code.kind, code.text, code.line) for code in found] == [(InlineKind.SCRIPT, "\na()", 2)]


def test_scripts_for_old_browsers_count_although_others_skip_them() -> None:
    assert [code.text for code in read_page(b"<script nomodule>old()</script>").codes] == ["old()"]


def test_a_page_that_hides_its_encoding_is_read_in_both_that_are_likely() -> None:
    told, untold = (f"{meta}<script>'é'</script>".encode() for meta in ("<meta charset=utf-8>", ""))
    assert [code.source for code in read_page(told).codes] == [hash_source("'é'")]
    assert {code.source for code in read_page(untold).codes} == {hash_source("'é'"), hash_source("'Ã©'")}


def test_frames_without_end_are_named_and_not_read() -> None:
    page = "<script>deep()</script>"
    for _ in range(3):
        page = f'<iframe srcdoc="{page.replace("&", "&amp;").replace(chr(34), "&quot;")}"></iframe>'
    assert [code.text for code in read_page(page.encode()).codes] == ["deep()"]
    for _ in range(7):
        page = f'<iframe srcdoc="{page.replace("&", "&amp;").replace(chr(34), "&quot;")}"></iframe>'
    found = read_page(b"\n" + page.encode())
    assert (found.codes, found.unread) == ((), (2,))
