"""Response headers other than the CSP, and the usual spelling of their names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

HeaderAction = Literal["set", "keep", "remove"]
"""`set` replaces the origin's header, `keep` is used only without one, `remove` deletes it."""

_SPELLINGS = {
    part.lower(): part for part in ("CH", "CT", "DNS", "ETag", "MD5", "NEL", "P3P", "UA", "WWW", "XSS")
}


@dataclass(frozen=True)
class Header:
    """What to do with a header. `name` is lower-case; `value` is empty for `remove`."""

    name: str
    value: str = ""
    action: HeaderAction = "set"
    staged: bool = field(default=True, compare=False)
    """Whether a value that may break a page is observed first, where the header has stages. It says how the
    header gets there, not what is sent.
    """


def cased(name: str) -> str:
    """`name` as it is usually written: `X-Frame-Options`, `X-XSS-Protection`, `NEL`."""
    parts = name.lower().split("-")
    return "-".join(_SPELLINGS.get(part, part.capitalize()) for part in parts)
