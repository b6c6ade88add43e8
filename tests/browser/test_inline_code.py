"""The hashes of a page's inline code, by us and by a real Chromium."""

from __future__ import annotations

import re

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
