"""Response headers other than the CSP, and how their names are spelled on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edgerollout.policy.shape import object_of, string_of

Action = Literal["set", "keep", "remove"]
"""`set` replaces the origin's header, `keep` gives way to it, `remove` deletes it."""

_SPELLINGS = {
    part.lower(): part for part in ("CH", "CT", "DNS", "ETag", "MD5", "NEL", "P3P", "UA", "WWW", "XSS")
}


@dataclass(frozen=True)
class Header:
    """What to do about one header. `name` is lower-case; `value` is empty for `remove`."""

    name: str
    value: str = ""
    action: Action = "set"

    @classmethod
    def from_json(cls, value: object) -> Header:
        """The inverse of `to_json`. Raises ValueError when `value` has another shape."""
        fields = object_of(value, "a header", ("name", "value", "action"))
        name = string_of(fields["name"], "a header's name")
        match fields["action"]:
            case "set" | "keep" | "remove" as action:
                return cls(name, string_of(fields["value"], f"the value of {name}"), action)
            case other:
                raise ValueError(f"the action of {name} must be set, keep or remove, not {other!r}")

    def to_json(self) -> dict[str, str]:
        return {"name": self.name, "value": self.value, "action": self.action}


def cased(name: str) -> str:
    """`name` as it is usually written: `X-Frame-Options`, `X-XSS-Protection`, `NEL`."""
    parts = name.lower().split("-")
    return "-".join(_SPELLINGS.get(part, part.capitalize()) for part in parts)
