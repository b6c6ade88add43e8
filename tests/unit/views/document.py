"""A report read back as browsers read it: its elements, in order, and its text."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Document:
    elements: list[Element] = field(default_factory=list)
    text: str = ""

    def all(self, *tags: str) -> list[Element]:
        return [one for one in self.elements if one.tag in tags]

    def values(self, attribute: str) -> list[str]:
        return [one.attributes[attribute] for one in self.elements if attribute in one.attributes]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.document = Document()
        self._open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        one = Element(tag, {name: value or "" for name, value in attrs})
        self.document.elements.append(one)
        if tag not in ("meta", "link", "br", "img", "input"):
            self._open.append(one)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.document.elements.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for one in self._open:
            one.text += data
        if not any(one.tag == "style" for one in self._open):
            self.document.text += data


def read(html: str) -> Document:
    """The document of `html`. Every element it opens it also closes, in order."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader._open == []
    return reader.document
