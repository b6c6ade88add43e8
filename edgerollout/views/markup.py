"""Makes HTML. Every string is escaped; only `Html` is markup."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from edgerollout.views.ink import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

_VOID = frozenset({"br", "hr", "img", "image", "input", "meta", "rect", "wbr", "use"})
_ADDRESSES = frozenset({"href", "src"})
_SAFE_ADDRESSES = ("#", "https://", "http://", "data:image/png;base64,")


@dataclass(frozen=True)
class Html:
    """Markup that is written unchanged."""

    text: str


Child = Html | str | None
"""The content of an element: markup, text to escape, or nothing."""


def element(tag: str, *children: Child, **attributes: str | int | None) -> Html:
    """An element. In names of attributes a trailing `_` is dropped and `_` becomes `-`; None leaves one out.

    Raises ValueError for an address that could run code when clicked or loaded: only `#…`, http(s) and
    PNG data are allowed.
    """
    written = "".join(_attribute(name, str(value)) for name, value in attributes.items() if value is not None)
    if tag in _VOID:
        return Html(f"<{tag}{written}>" if tag not in ("image", "rect", "use") else f"<{tag}{written}/>")
    return Html(f"<{tag}{written}>{joined(children).text}</{tag}>")


def _attribute(name: str, value: str) -> str:
    name = name.rstrip("_").replace("_", "-")
    if name in _ADDRESSES and not value.lower().startswith(_SAFE_ADDRESSES):
        raise ValueError(f"address not allowed in a report: {value[:80]!r}")
    return f' {name}="{escape(visible(value))}"'


def joined(children: Iterable[Child], between: str = "") -> Html:
    """Several children joined into one."""
    return Html(between.join(_written(child) for child in children if child is not None))


def _written(child: Html | str) -> str:
    return child.text if isinstance(child, Html) else escape(visible(child))


def lines(text: str) -> Html:
    """Text of several lines for a <pre>. Line ends stay; other invisible characters are made visible."""
    clean = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(2)
    return Html("\n".join(escape(visible(line)) for line in clean.split("\n")))


def web_link(url: str, text: str | None = None) -> Html:
    """A link to a web page. For any other address (`javascript:`, `data:`, `about:`) only its text."""
    shown = url if text is None else text
    if not url.lower().startswith(("https://", "http://")):
        return element("span", shown)
    return element("a", shown, href=url, rel="noreferrer noopener", referrerpolicy="no-referrer")
