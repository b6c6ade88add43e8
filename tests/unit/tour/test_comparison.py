"""What a header breaks goes when it alone is removed; what fails is told once."""

from __future__ import annotations

import asyncio

from edgerollout.tour.comparison import compare
from edgerollout.tour.conduct import Conduct, Happening, RequestedFile

PAGE = "https://app.example/"
SCRIPT = RequestedFile("script", "https://cdn.example/a.js")
LOADED = Happening("was loaded", SCRIPT)
SHOWN = Happening('the text "Hello" is shown')
WELL = Conduct(frozenset(), frozenset({LOADED, SHOWN}))
BROKEN = Conduct(frozenset({Happening("failed: coep", SCRIPT)}), frozenset())
HEADERS = {"cross-origin-embedder-policy": "require-corp", "referrer-policy": "no-referrer"}


async def _load(headers: frozenset[str]) -> Conduct:
    return WELL if "cross-origin-embedder-policy" in headers else BROKEN


def test_what_goes_with_one_header_is_broken_by_it_and_told_once() -> None:
    found = asyncio.run(compare(PAGE, HEADERS, (BROKEN, BROKEN), _load))
    assert {breakage.header for breakage in found.breakages} == {"cross-origin-embedder-policy"}
    assert [breakage.problem for breakage in found.breakages] == [
        f"{SCRIPT} failed: coep",
        'no longer: the text "Hello" is shown',
    ]
    assert found.notes == ()
