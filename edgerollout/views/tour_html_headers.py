"""The section of the HTML report about other headers than the CSP: what they break, what no tour can see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.views.ink import fitted
from edgerollout.views.markup import element
from edgerollout.views.tour_wording import shown_url

if TYPE_CHECKING:
    from edgerollout.tour.judgement import TourVerdict
    from edgerollout.views.markup import Html

_MOST = 100
_LISTED = 5
_URL = 200


def headers_section(verdict: TourVerdict) -> Html:
    """The section. The caller leaves it out if it would be empty."""
    rows = (
        element(
            "tr",
            element("td", element("code", breakage.header)),
            element("td", breakage.problem),
            element("td", ", ".join(fitted(shown_url(page), _URL) for page in breakage.pages[:_LISTED])),
        )
        for breakage in verdict.breakages[:_MOST]
    )
    heads = element("tr", *(element("th", name, scope="col") for name in ("header", "problem", "pages")))
    table = element(
        "div",
        element("table", element("thead", heads), element("tbody", *rows)),
        class_="scroll",
        tabindex="0",
        role="region",
        aria_label="Other headers",
    )
    asks = (
        element("li", element("code", header), f" cannot be judged here: {ask}")
        for header, ask in verdict.asks
    )
    return element(
        "section",
        element("h2", "Other headers", id="headers-title"),
        element(
            "p",
            _what_it_is(verdict),
        ),
        table if verdict.breakages else None,
        element("ul", *asks, class_="bullets") if verdict.asks else None,
        id="headers",
        aria_labelledby="headers-title",
    )


def _what_it_is(verdict: TourVerdict) -> str:
    if not verdict.breakages:
        return "The tour saw nothing on these pages that they break."
    if any(breakage.value for breakage in verdict.breakages):
        return "Each of these happened in every load with the header, and in no load without it."
    return "Browsers reported this about other headers than the CSP."
