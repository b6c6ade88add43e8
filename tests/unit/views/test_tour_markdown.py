from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from edgerollout.policy.csp import Csp
from edgerollout.tour.judgement import judge
from edgerollout.views.markdown import code
from edgerollout.views.tour import tour_document
from tests.unit.views import tours
from tests.unit.views.drawing import markdown_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.tour.model import Gathered

TOURS = {
    "clean": tours.clean,
    "dirty": tours.dirty,
    "hostile": tours.hostile,
    "headers": tours.broken_by_headers,
}


def markdown(tour: Gathered) -> str:
    return markdown_of(tour_document(tours.judged(tour), tour, tours.heading_of(tour)))


@pytest.mark.parametrize("name", TOURS)
def test_a_tour_is_markdown(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"tour-{name}-markdown", markdown(TOURS[name]()))


@pytest.mark.parametrize("name", TOURS)
def test_text_of_pages_brings_no_markup(name: str) -> None:
    """As a reader of Markdown sees it; the only HTML is that of the part one can unfold."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown(TOURS[name]()))
    every = [child for token in tokens for child in (token, *(token.children or ()))]

    markup = "".join(item.content for item in every if item.type in ("html_block", "html_inline"))
    assert set(re.findall(r"<[^>]*>", markup)) <= {"<details open>", "</details>", "<summary>", "</summary>"}
    assert [item for item in every if item.type in ("link_open", "image")] == []
    kinds = " ".join(
        item.type for item in every if item.type in ("table_open", "tr_open", "th_open", "td_open")
    )
    for table in kinds.split("table_open")[1:]:
        assert len({row.count("_open") for row in table.split("tr_open")[1:]}) == 1, "a text ends its cell"


@pytest.mark.parametrize("text", ["`", "``", "a```b``c", "`|`"])
def test_no_backticks_end_a_code_span(text: str) -> None:
    (inline,) = [token for token in MarkdownIt("commonmark").parse(code(text)) if token.type == "inline"]

    assert [child.type for child in inline.children or ()] == ["code_inline"]


def test_a_policy_cannot_end_the_block_it_is_shown_in() -> None:
    policy = Csp.parse("``` x `````; default-src 'self'")
    tour = tours.gathered(tours.visit("/", tours.record("img-src", "https://a.example/", original_policy="")))

    text = markdown_of(tour_document(judge(tour, policy), tour, tours.heading_of(tour)))

    fences = [item.info for item in MarkdownIt("commonmark").parse(text) if item.type == "fence"]
    assert fences == ["diff", "sh"]


def test_a_pull_request_takes_it_whatever_was_found() -> None:
    """GitHub refuses a comment of more than 65,536 characters."""
    found = [
        tours.record(
            "img-src", f"https://host{number}.example.net/", element="<img>", source="https://" + "s" * 5000
        )
        for number in range(500)
    ]
    evil = [
        tours.record("script-src-elem", "inline", sample="|" * 40, source="|" * 5000 + str(n))
        for n in range(500)
    ]
    pages = [tours.visit(f"/{number}", incomplete=("x|" * 5000,)) for number in range(500)]
    tour = tours.gathered(tours.visit("/", *found, *evil), *pages, partial=("<" * 10_000,) * 100)

    text = markdown(tour)

    assert len(text) < 65_536
    assert "other cause" in text
    assert "other reason" in text


@pytest.mark.parametrize("private", [True, False], ids=["logged in", "anonymous"])
def test_no_query_of_an_address_is_shown(private: bool) -> None:
    page = f"{tours.SITE}/account?token=hunter2"
    found = tours.record("img-src", "https://img.example.net/?token=hunter2", page, source=page, line=4)
    tour = tours.gathered(
        tours.visit(page, found, incomplete=(f"{page} never settled",)),
        private=private,
        partial=(f"{page} was seen only once",),
    )

    assert "hunter2" not in markdown(tour)
