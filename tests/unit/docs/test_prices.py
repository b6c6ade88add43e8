"""The pages say what the table of prices says."""

from __future__ import annotations

from pathlib import Path

from edgerollout.release.facts import prices
from edgerollout.release.facts.prices import edge_cost

DOCS = Path(__file__).parents[3] / "docs"


def test_the_pages_on_cost_and_means_have_the_figures_of_the_table_and_its_date() -> None:
    viewer, origin = (f"{edge_cost(event):.0f}" for event in ("viewer-response", "origin-response"))
    quoted = f"{prices.QUOTED.day} {prices.QUOTED:%B %Y}"
    cost, means = ((DOCS / name).read_text(encoding="utf-8") for name in ("cost.md", "means.md"))
    assert f"{prices.MILLION_CALLS:.2f} per million calls, {prices.GB_SECOND:.8f} per GB-second" in cost
    assert f"about {viewer} |" in cost
    assert f"about {origin} with {prices.MISSES:.0%} misses".replace("%", " %") in cost
    assert f"about ${origin} (origin-response" in means
    assert f"to ${viewer} (viewer-response)" in means
    assert quoted in cost
    assert quoted in means
