"""The inline code of one HTML page, read as browsers read it (HTML §13.2, CSP3 §4.2.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from edgerollout.policy.inline_code import InlineKind, hash_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from justhtml import JustHTML
    from justhtml.dom import Element

_CLASSIC_TYPES = frozenset(
    f"{group}/{name}"
    for group, names in {
        "application": ("ecmascript", "javascript", "x-ecmascript", "x-javascript"),
        "text": (
            "ecmascript",
            "javascript",
            *(f"javascript1.{minor}" for minor in range(6)),
            "jscript",
            "livescript",
            "x-ecmascript",
            "x-javascript",
        ),
    }.items()
    for name in names
)
"""The types of classic scripts (MIME Sniffing §4.6)."""

_CODE_TYPES = _CLASSIC_TYPES | {"module", "importmap", "speculationrules"}
"""The types of script elements whose text a policy judges; with any other it is data."""

_NAVIGATION = {
    "a": ("href", "xlink:href"),
    "area": ("href",),
    "form": ("action",),
    "button": ("formaction",),
    "input": ("formaction",),
    "iframe": ("src",),
    "frame": ("src",),
}
"""Attributes by element to which a browser goes, and that may be `javascript:` addresses."""

_BLANKS = "\t\n\f\r "
_TRIMMED = "".join(map(chr, range(0x21)))
_JAVASCRIPT = re.compile("javascript:", re.IGNORECASE)
_DEEPEST_FRAME = 8


@dataclass(frozen=True)
class InlineCode:
    """A piece of inline code: its text as a browser hashes it, and the line of its element (from 1)."""

    kind: InlineKind
    text: str
    line: int

    @property
    def source(self) -> str:
        """The source that allows it."""
        return hash_source(self.text)


@dataclass(frozen=True)
class PageCode:
    """The inline code of a page, in the order of its text."""

    codes: tuple[InlineCode, ...]
    unread: tuple[int, ...] = ()
    """Lines of frames whose `srcdoc` was not read, since it is too deep in others."""


def read_page(content: bytes) -> PageCode:
    """The inline code that runs or applies when a browser shows this HTML.

    Not in it: data (JSON-LD, templates of scripts), scripts with an address, what stands in `<template>` and
    `<noscript>`. Scripts with `nomodule` are in it: old browsers run them. A page that does not say its
    encoding and is not pure ASCII is read in both that are likely, UTF-8 and windows-1252: what S3 says with
    it is not known here.
    """
    pages = [parse_page(content)]
    if pages[0].encoding == "windows-1252" and not content.isascii() and _is_utf8(content):
        pages.append(parse_page(content, encoding="utf-8"))
    codes: dict[InlineCode, None] = {}
    unread: list[int] = []
    for page in pages:
        codes |= dict.fromkeys(code for _, code in inline_elements(page, unread))
    return PageCode(tuple(codes), tuple(dict.fromkeys(unread)))


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def parse_page(content: bytes | str, *, encoding: str | None = None) -> JustHTML:
    """The page as browsers parse it, with the place of each element."""
    from justhtml import JustHTML

    return JustHTML(content, sanitize=False, track_node_locations=True, encoding=encoding)


def inline_elements(
    page: JustHTML, unread: list[int], depth: int = 0
) -> Iterator[tuple[Element | None, InlineCode]]:
    """Each piece of inline code with its element; None: it stands in the text of a frame (`srcdoc`).

    `unread` gets the lines of frames that are too deep in others.
    """
    for element in _elements(page):
        line = element.origin_line or 1
        if (kind := _element_kind(element)) is not None:
            text = _text(element)
            # An empty script is not prepared at all; an empty style is judged.
            if text or kind is InlineKind.STYLE:
                yield element, InlineCode(kind, text, line)
        for kind, text in _attributes(element):
            yield element, InlineCode(kind, text, line)
        if element.name == "iframe" and (inner := element.attrs.get("srcdoc")):
            # A srcdoc document inherits the policy of its page (HTML §7.6).
            if depth == _DEEPEST_FRAME:
                unread.append(line)
                continue
            within: list[int] = []
            for _, code in inline_elements(_frame(inner), within, depth + 1):
                yield None, InlineCode(code.kind, code.text, line)
            unread += [line] * len(within)


def _frame(text: str) -> JustHTML:
    from justhtml import JustHTML

    return JustHTML(text, sanitize=False, track_node_locations=True, iframe_srcdoc=True)


def _elements(page: JustHTML) -> Iterator[Element]:
    """Elements of the page and of its declarative shadow roots, in order."""
    from justhtml.dom import Element, Template

    waiting = [page.root]
    while waiting:
        node = waiting.pop()
        inner = list(node.children or ())
        if isinstance(node, Template):
            content = node.template_content
            # A template's content is inert, unless it is a shadow root (HTML §4.12.3).
            if content is not None and node.attrs.get("shadowrootmode") in ("open", "closed"):
                inner += content.children or ()
        if isinstance(node, Element):
            yield node
        waiting.extend(reversed(inner))


def _element_kind(element: Element) -> InlineKind | None:
    attributes = element.attrs
    if element.name == "script" and element.namespace in ("html", "svg"):
        addresses = ("src",) if element.namespace == "html" else ("href", "xlink:href")
        if any(name in attributes for name in addresses) or not _runs(attributes):
            return None
        return InlineKind.SCRIPT
    if element.name == "style" and element.namespace in ("html", "svg"):
        # Chromium judges it whatever its type is.
        return InlineKind.STYLE
    return None


def _runs(attributes: dict[str, str | None]) -> bool:
    """Whether a script element with these attributes is code (HTML §4.12.1.1, prepare the script)."""
    if "type" in attributes:
        kind = (attributes["type"] or "text/javascript").strip(_BLANKS).lower()
    elif attributes.get("language"):
        kind = f"text/{attributes['language']}".lower()
    else:
        kind = "text/javascript"
    return kind in _CODE_TYPES


def _text(element: Element) -> str:
    return "".join(child.data or "" for child in element.children if child.name == "#text")


def _attributes(element: Element) -> Iterator[tuple[InlineKind, str]]:
    for name, value in element.attrs.items():
        if value is None:
            continue
        if name.startswith("on"):
            yield InlineKind.HANDLER, value
        elif name == "style":
            yield InlineKind.STYLE_ATTRIBUTE, value
        elif name in _NAVIGATION.get(element.name, ()) and (address := _javascript(value)) is not None:
            yield InlineKind.JAVASCRIPT_URL, address


def _javascript(value: str) -> str | None:
    """The address as Chromium hashes it, escapes decoded; None when it is no `javascript:` one."""
    address = re.sub("[\t\n\r]", "", value.strip(_TRIMMED))
    found = _JAVASCRIPT.match(address)
    return None if found is None else f"javascript:{unquote(address[found.end() :])}"
