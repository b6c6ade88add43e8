"""What a header does that no load of a page shows is named all the same."""

from __future__ import annotations

import pytest

from edgerollout.tour.conduct import Happening, RequestedFile
from edgerollout.tour.header_kinds import known_differences

OWN = "https://www.example.com"
REFUSED = "failed: net::ERR_BLOCKED_BY_ORB"
OWN_IMAGE = Happening(REFUSED, RequestedFile("image", f"{OWN}/a.png"))
THEIR_IMAGE = Happening(REFUSED, RequestedFile("image", "https://other.example/a.png"))
NOSNIFF = {"x-content-type-options": "nosniff"}
DOMAIN = Happening("console: document.domain mutation is ignored")


@pytest.mark.parametrize(
    ("headers", "troubles", "named"),
    [
        ({"document-policy": "force-load-at-top"}, (), ("document-policy",)),
        ({"document-policy": "js-profiling"}, (), ()),
        (NOSNIFF, (OWN_IMAGE,), ("x-content-type-options",)),
        (NOSNIFF, (THEIR_IMAGE,), ()),
        ({}, (OWN_IMAGE,), ()),
        ({"origin-agent-cluster": "?1"}, (DOMAIN,), ("origin-agent-cluster",)),
        ({"origin-agent-cluster": "?1"}, (), ()),
        ({"origin-agent-cluster": "?0"}, (DOMAIN,), ()),
    ],
)
def test_an_effect_that_a_comparison_cannot_show_is_named_with_its_header(
    headers: dict[str, str], troubles: tuple[Happening, ...], named: tuple[str, ...]
) -> None:
    told = known_differences(headers, troubles, {OWN})
    assert tuple(words.partition(":")[0] for words in told) == named
