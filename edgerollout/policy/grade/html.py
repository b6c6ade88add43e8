"""The parts of an HTML page that count for grades: policies in <meta>, and the scripts it loads.

It has its own tokenizer, after HTML §13.2.5, which reads any text in one pass. The standard library's
tokenizer takes minutes for a megabyte of unclosed tags, which a scanned site may send.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin

if TYPE_CHECKING:
    from collections.abc import Iterator

_TEXT_ONLY = ("script", "style", "textarea", "title", "iframe", "noembed", "noframes", "xmp")
"""Elements whose content is text up to their own end tag."""

_DRAWINGS = ("svg", "math")
_HTML_IN_DRAWINGS = ("title", "desc", "foreignobject", "mi", "mo", "mn", "ms", "mtext")
"""Elements of SVG and MathML whose content is HTML again."""
_END_DRAWINGS = frozenset(
    [
        "b",
        "big",
        "blockquote",
        "body",
        "br",
        "center",
        "code",
        "dd",
        "div",
        "dl",
        "dt",
        "em",
        "embed",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "hr",
        "i",
        "img",
        "li",
        "listing",
        "menu",
        "meta",
        "nobr",
        "ol",
        "p",
        "pre",
        "ruby",
        "s",
        "small",
        "span",
        "strong",
        "strike",
        "sub",
        "sup",
        "table",
        "tt",
        "u",
        "ul",
        "var",
    ]
)
"""Elements that end an unclosed SVG or MathML element."""

_DEEPEST = 100
"""The deepest nesting of SVG that is followed: a page may nest without end."""

_TAG = re.compile(r"</?([A-Za-z][^\s/>]*)")
_END_OF = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in _TEXT_ONLY}
_BETWEEN = re.compile(r"[\s/]*+")
_NAME = re.compile(r"=?[^\s/>=]*")
_EQUALS = re.compile(r"\s*+=\s*+")
_BARE = re.compile(r"[^\s>]*")

_WEB = re.compile(r"(https?):([/\\]*)", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_NOT_IN_URLS = dict.fromkeys(map(ord, "\t\n\r"))


@dataclass(frozen=True)
class Script:
    """A <script>. `src` is empty for an inline script, otherwise as written, resolved against a <base>."""

    src: str
    integrity: str


@dataclass(frozen=True)
class HtmlPage:
    """`policies` and `report_only` are the contents of <meta http-equiv> CSP elements; `referrer` is the
    last `<meta name="referrer">`.
    """

    policies: tuple[str, ...] = ()
    report_only: tuple[str, ...] = ()
    referrer: str | None = None
    scripts: tuple[Script, ...] = ()


def read_page(text: str) -> HtmlPage:
    """Read a page. Any text is accepted; what cannot be understood is skipped."""
    policies: list[str] = []
    report_only: list[str] = []
    referrer: str | None = None
    scripts: list[Script] = []
    base: str | None = None
    templates = 0
    for tag, given, in_drawing in _tags(text):
        match tag:
            case "template":
                templates += 1
            case "/template":
                templates = max(0, templates - 1)
            case _ if templates:
                # It is not part of the document until a script inserts it.
                continue
            case "base" if base is None and "href" in given:
                href = _resolved("", given["href"])
                base = href if _WEB.match(href) else ""
            case "script":
                # In SVG it has href instead of src; Observatory only sees that it exists.
                loads = "src" in given and not in_drawing
                src = _resolved(base or "", given["src"]) if loads else ""
                scripts.append(Script(src, given.get("integrity", "")))
            case "meta" if "http-equiv" in given and "content" in given:
                kind = given["http-equiv"].strip().lower()
                if kind == "content-security-policy" and given["content"]:
                    policies.append(given["content"])
                elif kind == "content-security-policy-report-only":
                    report_only.append(given["content"])
            case "meta" if given.get("name", "").strip().lower() == "referrer":
                referrer = given.get("content") or referrer
            case _:
                pass
    return HtmlPage(tuple(policies), tuple(report_only), referrer, tuple(scripts))


def _tags(text: str) -> Iterator[tuple[str, dict[str, str], bool]]:
    """Start tags with their attributes, end tags as `/name`; and whether they belong to SVG or MathML.

    A tag that does not end is dropped.
    """
    drawings = _Drawings()
    at = text.find("<")
    while at != -1:
        if text.startswith("<!--", at):
            # `<!-->` is a whole comment.
            end = text.find("-->", at + 2)
            at = -1 if end == -1 else text.find("<", end)
            continue
        opening = _TAG.match(text, at)
        if opening is None:
            # `<!`, `<?` and `</3` open comments up to the next `>`; a bare `<` is text.
            bogus = text[at + 1 : at + 2] in ("!", "?", "/")
            end = text.find(">", at) if bogus else at
            at = -1 if end == -1 else text.find("<", end + 1)
            continue
        given = _attributes(text, opening.end())
        if given is None:
            return
        attributes, after = given
        name = opening[1].lower()
        closing = text[at + 1] == "/"
        inside = drawings.meet(name, closing=closing, empty=text.endswith("/>", 0, after))
        yield (f"/{name}" if closing else name), attributes, inside
        if name == "plaintext" and not closing and not inside:
            return
        if name in _END_OF and not closing and not inside:
            end_tag = _END_OF[name].search(text, after)
            if end_tag is None:
                return
            after = end_tag.start()
        at = text.find("<", after)


class _Drawings:
    """The open SVG and MathML elements, and their parts whose content is HTML."""

    def __init__(self) -> None:
        self._open: list[str] = []

    def meet(self, name: str, *, closing: bool, empty: bool) -> bool:
        """Note a tag; returns whether its element belongs to SVG or MathML."""
        if closing:
            inside = self._inside()
            if name in self._open:
                del self._open[self._open.index(name) :]
            return inside
        while self._inside() and name in _END_DRAWINGS:
            self._open.pop()
        inside = self._inside()
        opens = name in _DRAWINGS or (inside and name in _HTML_IN_DRAWINGS)
        if opens and not empty and len(self._open) < _DEEPEST:
            self._open.append(name)
        return inside

    def _inside(self) -> bool:
        return bool(self._open) and self._open[-1] in _DRAWINGS


def _attributes(text: str, at: int) -> tuple[dict[str, str], int] | None:
    """The attributes from `at`, and where the tag ends; None if it does not end."""
    found: dict[str, str] = {}
    while True:
        at = _end(_BETWEEN, text, at)
        if at >= len(text):
            return None
        if text[at] == ">":
            return found, at + 1
        after = _end(_NAME, text, at)
        name, value, at = text[at:after].lower(), "", after
        equals = _EQUALS.match(text, at)
        if equals is not None:
            at = equals.end()
            quote = text[at : at + 1]
            if quote in ("'", '"') and quote:
                close = text.find(quote, at + 1)
                if close == -1:
                    return None
                value, at = text[at + 1 : close], close + 1
            else:
                after = _end(_BARE, text, at)
                value, at = text[at:after], after
        # The first of repeated attributes counts.
        found.setdefault(name, html.unescape(value))


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return at if found is None else found.end()


def _resolved(base: str, src: str) -> str:
    """A URL as browsers complete it (URL standard §4.4); a relative URL without a base stays as written."""
    url = src.strip("".join(map(chr, range(33)))).translate(_NOT_IN_URLS)
    found = _WEB.match(url)
    if found is not None:
        scheme, slashes = found[1].lower(), found[2]
        if len(slashes) >= 2 or not base.startswith(f"{scheme}:"):
            return f"{scheme}://{url[found.end() :]}"
        url = url[found.end(1) + 1 :]
    elif not base or _OTHER_SCHEME.match(url):
        return src
    rest = url.lstrip("/\\")
    if len(url) - len(rest) >= 2:
        return f"{base.partition(':')[0]}://{rest}"
    try:
        return urljoin(base, url.replace("\\", "/"))
    except ValueError:
        return src
