"""The hashes of a page's inline code, by us and by a real Chromium."""

from __future__ import annotations

import re

from edgerollout.inline.externalise import externalise_page
from edgerollout.inline.page import read_page
from edgerollout.policy.inline_code import InlineKind
from tests.browser.policies import policy_browser
from tests.made.inline_page import PAGE

UNTOLD = {InlineKind.HANDLER, InlineKind.JAVASCRIPT_URL}
"""Chromium blocks them and prints no hash."""


def test_the_hashes_of_a_page_are_those_that_chromium_asks_for_and_with_them_it_blocks_nothing() -> None:
    code = read_page(PAGE).codes
    with policy_browser() as browser:
        said = browser.said_of_page("script-src 'none'; style-src 'none'", PAGE)
        asked = set(re.findall(r"'sha256-[A-Za-z0-9+/=]+'", " ".join(said)))
        assert asked == {found.source for found in code if found.kind not in UNTOLD}
        hashes = " ".join(sorted({found.source for found in code}))
        policy = f"script-src 'unsafe-hashes' {hashes}; style-src 'unsafe-hashes' {hashes}"
        assert [
            text for text in browser.said_of_page(policy, PAGE) if "Content Security Policy" in text
        ] == []
        for found in code:
            if found.kind in UNTOLD:
                without = policy.replace(found.source, "")
                said = browser.said_of_page(without, PAGE)
                assert any("Content Security Policy" in text for text in said), found


MOVABLE = b"""<!doctype html><html><head><meta charset=utf-8><link rel=icon href='data:,'>
<script>window.order = ['first']; document.write('<meta name=written>')</script>
<style media="(min-width: 1px)">#a { color: rgb(1, 2, 3) }</style>
<script async integrity="sha256-no">order.push('second')</script>
<style id=later>#a { color: rgb(4, 5, 6) }</style>
</head><body><p id=a>a</p><div><template shadowrootmode=open><style>b { color: rgb(7, 8, 9) }</style><b>b</b>
</template></div>
<script>order.push(document.readyState, getComputedStyle(a).color)</script>
<script type=module>order.push('module', document.readyState)</script>
<script defer>
order.push('\xc3\xa9'); document.addEventListener('DOMContentLoaded', () => order.push('ready'))
</script>
<table><tr><td><script>order.push(document.querySelectorAll('td').length)</script></table>
</body></html>"""
STATE = """() => [
  order, getComputedStyle(a).color,
  getComputedStyle(document.querySelector('div').shadowRoot.querySelector('b')).color,
  document.styleSheets.length, document.scripts.length,
  [...document.querySelectorAll('*')].map(e => e.localName).filter(n => !['style', 'link'].includes(n)),
]"""


def test_a_page_whose_code_has_moved_into_files_is_the_same_page_without_any_hash() -> None:
    moved = externalise_page(MOVABLE, "/")
    assert moved.left == ()
    with policy_browser() as browser:
        said = browser.said_of_page("img-src data:", MOVABLE)
        before = browser.evaluate(STATE)
        assert (said, before[0][-2:]) == ((), ["interactive", "ready"])
        assert browser.said_of_page("default-src 'self'; img-src data:", moved.content, moved.files) == ()
        assert browser.evaluate(STATE) == before
