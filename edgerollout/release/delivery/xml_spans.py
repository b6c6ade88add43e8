"""The byte positions of the elements of an XML document, so that it can be edited in place. Pure.

The document comes from outside. So a document type, which could define endless entities, is refused, and
size, depth and number of attributes are limited.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_BYTES = 16 * 1024 * 1024
"""CloudFront's own documents stay under one megabyte with 75 behaviors; quotas can be raised."""
DEEPEST = 64
MOST_ATTRIBUTES = 64


class BadDocument(ValueError):
    """The bytes are not XML, or not accepted: with a document type, too large, too deep."""


@dataclass
class Element:
    """An element: its name without prefix, its text, its children, and the positions of its bytes.

    `begin` is the `<` of its start tag, `inside` the byte after that tag, `outside` the `<` of its end tag,
    `end` the byte after it. An empty-element tag (`<a/>`) has `inside`, `outside` and `end` at the same byte.
    """

    name: str
    written: str
    """The name with its prefix."""
    begin: int
    inside: int = 0
    outside: int = 0
    end: int = 0
    text: str = ""
    children: list[Element] = field(default_factory=list)

    @property
    def empty_tag(self) -> bool:
        return self.inside == self.end

    def all(self, name: str) -> Iterator[Element]:
        """The children of that name."""
        return (child for child in self.children if child.name == name)

    def first(self, *path: str) -> Element | None:
        """The first element on a path of names; None if there is none."""
        here: Element | None = self
        for name in path:
            here = None if here is None else next(here.all(name), None)
        return here

    def value(self, name: str) -> str:
        """The text of the first child of that name, "" without one."""
        child = self.first(name)
        return "" if child is None else child.text


def parse(xml: bytes) -> Element:
    """The document's root. Raises BadDocument."""
    if len(xml) > MOST_BYTES:
        raise BadDocument(f"the document has more than {MOST_BYTES:,} bytes")
    return _Reader(xml).root()


class _Reader:
    def __init__(self, xml: bytes) -> None:
        self._xml = xml
        self._open: list[Element] = []
        self._root: Element | None = None
        parser = self._parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartDoctypeDeclHandler = self._doctype
        parser.XmlDeclHandler = self._declaration
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._finish
        parser.CharacterDataHandler = self._characters

    def root(self) -> Element:
        if self._xml.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise BadDocument("the document is not in UTF-8")
        try:
            self._parser.Parse(self._xml, True)  # noqa: FBT003 – expat takes it by position only
        except expat.ExpatError as error:
            raise BadDocument(f"not XML: {error}") from None
        if self._root is None:
            raise BadDocument("not XML: no element found")
        return self._root

    def _doctype(self, *_: object) -> None:
        raise BadDocument("the document has a document type (DTD)")

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in {"utf-8", "us-ascii"}:
            # Offsets count the received bytes; in another encoding a splice could cut through a character.
            raise BadDocument("the document is not in UTF-8")

    def _start(self, written: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= DEEPEST:
            raise BadDocument(f"the document nests deeper than {DEEPEST} elements")
        if len(attributes) > MOST_ATTRIBUTES:
            raise BadDocument(f"an element has more than {MOST_ATTRIBUTES} attributes")
        begin = self._parser.CurrentByteIndex
        element = Element(written.rpartition(":")[2], written, begin, inside=_tag_end(self._xml, begin))
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element
        self._open.append(element)

    def _finish(self, _written: str) -> None:
        element = self._open.pop()
        if self._xml[element.inside - 2 : element.inside] == b"/>":
            element.outside = element.end = element.inside
        else:
            element.outside = self._parser.CurrentByteIndex
            element.end = _tag_end(self._xml, element.outside)

    def _characters(self, text: str) -> None:
        if self._open:
            self._open[-1].text += text


def _tag_end(xml: bytes, begin: int) -> int:
    """The byte after the tag that starts at `begin`: the first `>` outside quotes."""
    found = _TAG.match(xml, begin)
    if found is None:  # cannot happen: the parser accepted the document
        raise BadDocument(f"not XML: a tag without an end at byte {begin}")
    return found.end()


_TAG = re.compile(rb"""(?:[^"'>]++|"[^"]*"|'[^']*')*+>""")


@dataclass(frozen=True)
class Splice:
    """Bytes that replace those from `begin` to `end`. Where both are equal, it only inserts."""

    begin: int
    end: int
    instead: bytes = b""


def spliced(xml: bytes, splices: Sequence[Splice]) -> bytes:
    """The document after the splices, which must not overlap. Splices at the same place keep their order."""
    parts, at = [], 0
    for splice in sorted(splices, key=lambda splice: (splice.begin, splice.end)):
        parts += [xml[at : splice.begin], splice.instead]
        at = splice.end
    return b"".join((*parts, xml[at:]))
