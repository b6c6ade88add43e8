"""An element of a DistributionConfig that remembers which of its parts were read."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterator

_OFF = frozenset({"", "0", "false", "none", "ipv4", "direct"})
"""Values without effect; "ipv4" (to origins) and "direct" (no tenants) are defaults."""


class DocumentElement:
    """`path` is its place in the document, `A/Items/B`. A missing element reads as empty."""

    def __init__(self, element: ET.Element | None, path: str) -> None:
        self._element = element
        self._path = path
        self._read = False
        self._children: dict[str, list[DocumentElement]] = {}
        for child in () if element is None else element:
            name = child.tag.rpartition("}")[2]
            self._children.setdefault(name, []).append(DocumentElement(child, f"{path}/{name}".lstrip("/")))

    @classmethod
    def parse(cls, xml: bytes) -> DocumentElement:
        """The document's root."""
        return cls(ET.fromstring(xml), "")

    def __bool__(self) -> bool:
        """Whether it is in the document."""
        return self._element is not None

    @property
    def content(self) -> str | None:
        """Its text; None if it is missing or empty."""
        self._read = True
        return None if self._element is None else self._element.text or None

    def child(self, name: str) -> DocumentElement:
        """The child of that name, or a missing one."""
        found = self._children.get(name)
        return found[0] if found else DocumentElement(None, f"{self._path}/{name}")

    def text(self, name: str) -> str | None:
        """A child's text; None if it is missing or empty."""
        return self.child(name).content

    def flag(self, name: str) -> bool:
        """Whether a child's text is true."""
        return self.text(name) == "true"

    def number(self, name: str) -> int | None:
        """A child's whole number."""
        text = self.text(name)
        return None if text is None else int(text)

    def pass_over(self, name: str, usual: str) -> None:
        """Mark a child with a default value as read; a child with another value stays unread."""
        self.child(name).pass_over_if(usual)

    def pass_over_if(self, usual: str) -> None:
        """Mark it as read if it has a default value."""
        self._read = self._element is not None and self._element.text == usual

    def listed(self, item: str) -> list[DocumentElement]:
        """The items of this list: Quantity, Items, and for some Enabled, which repeats Quantity."""
        self.text("Quantity")
        self.text("Enabled")
        return self.child("Items").all(item)

    def listed_texts(self, item: str) -> list[str]:
        """The texts of this list's items."""
        return [element.content or "" for element in self.listed(item)]

    def items(self, name: str, item: str) -> list[DocumentElement]:
        """The items of the list `name`."""
        return self.child(name).listed(item)

    def texts(self, name: str, item: str) -> list[str]:
        """The texts of the items of the list `name`."""
        return self.child(name).listed_texts(item)

    def all(self, name: str) -> list[DocumentElement]:
        """Every child of that name."""
        return self._children.get(name, [])

    def unread(self) -> Iterator[str]:
        """The paths of all unread elements with a value."""
        if self._children:
            for children in self._children.values():
                for child in children:
                    yield from child.unread()
        elif not self._read and self._element is not None and (self._element.text or "").strip() not in _OFF:
            yield self._path
