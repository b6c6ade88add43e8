"""Moves inline scripts and styles of a page into files, so that `'self'` allows them without a hash.

The bytes of a page stay as they are but for the elements that moved. Whatever could behave differently in a
file of its own stays in the page, with the reason.
"""

from __future__ import annotations

import enum
import hashlib
import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.inline.page import InlineCode, inline_elements, parse_page
from edgerollout.policy.inline_code import InlineKind

if TYPE_CHECKING:
    from justhtml.dom import Element

FOLDER = "_inline"
"""Where the files go, at the top of the site."""

_DIGITS = 20
_PLACED = re.compile(
    rb"""\bimport\s*\.\s*meta\b|\bcurrentScript\b"""
    rb"""|\bimport\s*\(\s*(?!['"`](?:/|https?:|data:))"""
    rb"""|\b(?:import|from)\s*['"]\.{1,2}/"""
)
"""What means something else in a file: where the script is, and modules by addresses relative to it."""
_STYLE_ADDRESS = re.compile(rb"""@import|url\(\s*['"]?(?!data:|https?:|//|/)""", re.IGNORECASE)
_RUNTIME_STYLES = frozenset(
    {"data-emotion", "data-styled", "data-jss", "data-fela-type", "data-vite-dev-id", "data-precedence"}
)
"""Attributes by which a library finds the styles that it rendered, and reads them on."""
_WIDE = ("utf-16le", "utf-16be", "utf-16")


class Stays(enum.StrEnum):
    """Why a piece of inline code stays in its page."""

    ATTRIBUTE = "it stands in an attribute"
    IMPORT_MAP = "browsers read import maps and speculation rules from the page alone"
    FOREIGN = "it stands in an SVG image or in the text of a frame"
    PLACE = "it depends on its place: a relative address, currentScript or import.meta"
    BODY = "a framework that takes over the page may look for it: it stands in the body"
    TYPE = "its type is not CSS"
    RUNTIME = "a library of the page finds it by its attributes"
    HANDLER = "it is a handler of Internet Explorer"
    ENCODING = "its page is in UTF-16"
    UNSURE = "its text was not found again in the file"


@dataclass(frozen=True)
class LeftCode:
    """A piece of inline code that stays, and why."""

    code: InlineCode
    why: Stays


@dataclass(frozen=True)
class MovedPage:
    """A page after the move: its bytes, the new files by name, what stays in it, and how much moved."""

    content: bytes
    files: dict[str, bytes]
    left: tuple[LeftCode, ...]
    moved: int


@dataclass(frozen=True)
class _Cut:
    """A part of the page's bytes, and what takes its place."""

    start: int
    end: int
    instead: bytes


def externalise_page(content: bytes, base: str) -> MovedPage:
    """The page with its inline scripts and styles in files under `base`: an absolute path, `/` at its end."""
    page = parse_page(content)
    codes = [code for _, code in inline_elements(page, [])]
    if (page.encoding or "").lower() in _WIDE:
        return MovedPage(content, {}, tuple(LeftCode(code, Stays.ENCODING) for code in codes), 0)
    # A character a byte: places in the text are places in the file. In all other encodings markup is ASCII.
    raw = inline_elements(parse_page(content.decode("latin-1")), [])
    files: dict[str, bytes] = {}
    cuts: list[_Cut] = []
    left: list[LeftCode] = []
    for (element, _), code in zip(raw, codes, strict=True):
        match _cut(content, element, code, base):
            case Stays() as why:
                left.append(LeftCode(code, why))
            case cut, name, text:
                cuts.append(cut)
                files[name] = text
    return MovedPage(_changed(content, cuts), files, tuple(left), len(cuts))


def _cut(
    content: bytes, element: Element | None, code: InlineCode, base: str
) -> Stays | tuple[_Cut, str, bytes]:
    """What to cut, and the name and content of the file; or why it stays."""
    if code.kind not in (InlineKind.SCRIPT, InlineKind.STYLE):
        return Stays.ATTRIBUTE
    if element is None or element.namespace != "html":
        return Stays.FOREIGN
    if (why := _why_it_stays(element, code.kind)) is not None:
        return why
    place = _place(content, element)
    if place is None:
        return Stays.UNSURE
    start, inner, inner_end, end = place
    text = content[inner:inner_end]
    if b"\0" in text:
        # In a page it is read as another character.
        return Stays.UNSURE
    if (_PLACED if code.kind is InlineKind.SCRIPT else _STYLE_ADDRESS).search(text):
        return Stays.PLACE
    name = _name(code.kind, text)
    return _Cut(start, end, _element(element, code.kind, f"{base}{name}")), name, text


def _why_it_stays(element: Element, kind: InlineKind) -> Stays | None:
    said = (element.attrs.get("type") or "").strip().lower()
    if kind is InlineKind.SCRIPT:
        if said in ("importmap", "speculationrules"):
            return Stays.IMPORT_MAP
        return Stays.HANDLER if "for" in element.attrs and "event" in element.attrs else None
    if said not in ("", "text/css"):
        return Stays.TYPE
    if not _in_head(element):
        # React compares the body with what it renders, and throws it away where a style has become a link.
        return Stays.BODY
    return Stays.RUNTIME if _RUNTIME_STYLES & element.attrs.keys() else None


def _in_head(element: Element) -> bool:
    """Whether it stands in the head, or in a shadow root, which no framework compares."""
    parent = element.parent
    return parent is None or parent.name in ("head", "#document-fragment")


def _place(content: bytes, element: Element) -> tuple[int, int, int, int] | None:
    """Where the element begins, where its text begins and ends, and where the element ends; in bytes."""
    if element.origin_offset is None:
        return None
    start, name = element.origin_offset, element.name.encode()
    texts = [child for child in element.children if child.name == "#text"]
    if not texts:
        opened = re.compile(rb"<%b[^>]*>" % name, re.IGNORECASE).match(content, start)
        inner = None if opened is None else opened.end()
    else:
        inner = texts[0].origin_offset
    if inner is None:
        return None
    wanted = "".join(child.data or "" for child in texts)
    for closing in re.compile(rb"</%b[\t\n\f\r ]*>" % name, re.IGNORECASE).finditer(content, inner):
        if _as_parsed(content[inner : closing.start()]) == wanted:
            return start, inner, closing.start(), closing.end()
    return None


def _as_parsed(text: bytes) -> str:
    return text.decode("latin-1").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


def _name(kind: InlineKind, text: bytes) -> str:
    """The file's name, by its content."""
    ending = "js" if kind is InlineKind.SCRIPT else "css"
    return f"{FOLDER}/{hashlib.sha256(text).hexdigest()[:_DIGITS]}.{ending}"


def _element(element: Element, kind: InlineKind, address: str) -> bytes:
    """The element that loads the file, with the attributes that mean the same there."""
    attributes = dict(element.attrs)
    if kind is InlineKind.STYLE:
        attributes.pop("type", None)
        rest = {"rel": "stylesheet", "href": address, **attributes}
        return f"<link{_written(rest)}>".encode("latin-1")
    # On inline scripts browsers ignore these; in front of a file they would change when and whether it runs.
    module = (attributes.get("type") or "").strip().lower() == "module"
    for name in ("integrity", *(() if module else ("async", "defer"))):
        attributes.pop(name, None)
    return f"<script{_written({'src': address, **attributes})}></script>".encode("latin-1")


def _written(attributes: dict[str, str | None]) -> str:
    return "".join(
        f' {name}="{html.escape(value, quote=True)}"' if value else f" {name}"
        for name, value in attributes.items()
    )


def _changed(content: bytes, cuts: list[_Cut]) -> bytes:
    parts: list[bytes] = []
    at = 0
    for cut in sorted(cuts, key=lambda found: found.start):
        parts += [content[at : cut.start], cut.instead]
        at = cut.end
    return b"".join([*parts, content[at:]])
