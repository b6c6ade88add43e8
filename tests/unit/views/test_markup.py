from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.views.ink import visible
from edgerollout.views.markup import element, joined, lines, web_link
from tests.unit.views.document import read


@given(st.text(), st.text())
def test_text_and_attributes_are_read_back_as_they_are_seen(text: str, attribute: str) -> None:
    document = read(element("p", text, title=attribute).text)

    assert [element.tag for element in document.elements] == ["p"]
    assert document.elements[0].attributes == {"title": visible(attribute)}
    assert document.text == visible(text)


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"])))
def test_a_listing_keeps_its_lines_and_brings_no_markup(text: str) -> None:
    document = read(element("pre", lines(text)).text)

    assert [element.tag for element in document.elements] == ["pre"]
    assert document.text.count("\n") == text.replace("\r\n", "\n").replace("\r", "\n").count("\n")


def test_children_are_joined_and_nothing_is_left_out_but_nothing() -> None:
    assert joined(("a<b", None, element("i", "c")), ", ").text == "a&lt;b, <i>c</i>"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "\tjavascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "about:srcdoc",
        "blob:https://site.example/1",
        "//site.example/",
        "/page",
        "",
    ],
)
def test_only_pages_of_the_web_can_be_clicked(url: str) -> None:
    assert read(web_link(url).text).all("a") == []


def test_a_link_tells_the_page_it_leads_to_nothing() -> None:
    link = read(web_link("https://site.example/?a=1&b=2", "here").text).elements[0]

    assert link.attributes["href"] == "https://site.example/?a=1&b=2"
    assert link.attributes["rel"] == "noreferrer noopener"
    assert link.text == "here"


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "data:image/svg+xml,x", "x"])
@pytest.mark.parametrize("name", ["href", "src"])
def test_an_address_that_could_run_is_refused(name: str, address: str) -> None:
    with pytest.raises(ValueError, match="address not allowed in a report"):
        element("a", "x", **{name: address})
