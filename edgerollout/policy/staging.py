"""Headers that are observed before they are enforced, and how two values of one compare.

Each has a `-Report-Only` twin that Chromium heeds. The twins of Connection-Allowlist and Document-Policy stay
silent, so those headers have no stage here. In doubt two values are INCOMPARABLE: that costs a soak and a
tour, but never enforces what nobody observed.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgerollout.policy import fields
from edgerollout.policy.fields import Malformed, Member, Word
from edgerollout.policy.url import Url

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from edgerollout.policy.headers import Header

INTEGRITY, PERMISSIONS = "integrity-policy", "permissions-policy"
COOP, COEP = "cross-origin-opener-policy", "cross-origin-embedder-policy"

STAGED = (COEP, COOP, INTEGRITY, PERMISSIONS)
"""The headers that go out as their twin first, unless `staged = false`."""

_TWIN = "-report-only"
_OPEN = "unsafe-none"
_EVERYONE = "*"

_STRICTER_THAN: Mapping[str, Mapping[str, frozenset[str]]] = {
    COOP: {
        "same-origin": frozenset({_OPEN, "same-origin-allow-popups"}),
        "same-origin-allow-popups": frozenset({_OPEN}),
        "noopener-allow-popups": frozenset({_OPEN}),
        _OPEN: frozenset(),
    },
    COEP: {
        # require-corp blocks files, credentialless loads them without cookies: each breaks other pages.
        "require-corp": frozenset({_OPEN}),
        "credentialless": frozenset({_OPEN}),
        _OPEN: frozenset(),
    },
}
"""Header → value → the values that restrict less (HTML §7.1)."""


class ValueComparison(enum.Enum):
    """How a value compares with an earlier one, by what browsers make of it."""

    EQUAL = "equal"
    LOOSER = "looser"
    STRICTER = "stricter"
    INCOMPARABLE = "incomparable"

    @property
    def breaks_nothing(self) -> bool:
        """Whether all that worked with the earlier value works with this one."""
        return self in (ValueComparison.EQUAL, ValueComparison.LOOSER)


def twin_of(name: str) -> str:
    """The name of a header's -Report-Only twin, in lower case."""
    return f"{name}{_TWIN}"


def is_twin(name: str) -> bool:
    """Whether it is the name of such a twin."""
    return name.removesuffix(_TWIN) in STAGED and name.endswith(_TWIN)


def compare_values(name: str, new: str | None, old: str | None) -> ValueComparison:
    """Compare two values of a header in STAGED; None stands for a response without the header.

    Where reports go does not count. Raises ValueError for any other header.
    """
    match name:
        case "integrity-policy":
            # The more destinations, the stricter.
            return _by_inclusion(_integrity(old), _integrity(new))
        case "permissions-policy":
            return _permissions(_allowlists(new), _allowlists(old))
        case "cross-origin-opener-policy" | "cross-origin-embedder-policy":
            return _tokens(_STRICTER_THAN[name], _token(name, new), _token(name, old))
        case _:
            raise ValueError(f"{name} has no stages")


def _tokens(stricter_than: Mapping[str, frozenset[str]], new: str, old: str) -> ValueComparison:
    if new == old:
        return ValueComparison.EQUAL
    if old in stricter_than[new]:
        return ValueComparison.STRICTER
    return ValueComparison.LOOSER if new in stricter_than[old] else ValueComparison.INCOMPARABLE


def _token(name: str, value: str | None) -> str:
    """The token of a value; browsers take any other value for `unsafe-none`."""
    found = fields.item(value or "")
    word = "" if isinstance(found, Malformed) else next(iter(found.words), "")
    return word if word in _STRICTER_THAN[name] else _OPEN


def _integrity(value: str | None) -> frozenset[str]:
    """What an Integrity-Policy blocks without a hash (SRI §3.5): scripts, styles."""
    given = fields.dictionary(value or "")
    if isinstance(given, Malformed) or "blocked-destinations" not in given:
        return frozenset()
    sources = given.get("sources")
    if sources is not None and "inline" not in sources.words:
        return frozenset()
    return frozenset(given["blocked-destinations"].words) & {"script", "style"}


def _allowlists(value: str | None) -> Mapping[str, frozenset[str]]:
    """Feature → who may use it. A feature that everyone may use restricts nothing, so it is left out."""
    given = fields.dictionary(value or "")
    if isinstance(given, Malformed):
        return {}
    lists = {feature: _allowed(member) for feature, member in given.items()}
    return {feature: allowed for feature, allowed in lists.items() if _EVERYONE not in allowed}


def _allowed(member: Member) -> frozenset[str]:
    return frozenset(found for item in member.items if (found := _origin(item)) is not None)


def _origin(item: object) -> str | None:
    """A member of an allowlist in one spelling; None for what browsers drop."""
    match item:
        case Word(text="self" | "*" as word):
            return word
        case str() if (url := Url.parse(item)) is not None and url.host:
            return f'"{url.scheme}://{url.host}:{url.port}"'
        case str():
            return f'"{item}"'
        case _:
            return None


def _permissions(new: Mapping[str, frozenset[str]], old: Mapping[str, frozenset[str]]) -> ValueComparison:
    found = {
        _by_inclusion(new[feature], old[feature])
        if feature in new and feature in old
        else ValueComparison.STRICTER
        if feature in new
        else ValueComparison.LOOSER
        for feature in {*new, *old}
    } - {ValueComparison.EQUAL}
    if not found:
        return ValueComparison.EQUAL
    return found.pop() if len(found) == 1 else ValueComparison.INCOMPARABLE


def _by_inclusion(new: frozenset[str], old: frozenset[str]) -> ValueComparison:
    """Compare what is allowed: the more, the looser."""
    if new == old:
        return ValueComparison.EQUAL
    if new > old:
        return ValueComparison.LOOSER
    return ValueComparison.STRICTER if new < old else ValueComparison.INCOMPARABLE


@dataclass(frozen=True)
class StagedHeaders:
    """What a release enforces and what it observes. `observed` have the names and values that they are to be
    enforced with.
    """

    enforced: tuple[Header, ...]
    observed: tuple[Header, ...] = ()


def stage_headers(wanted: Iterable[Header], live: Iterable[Header]) -> StagedHeaders:
    """What becomes of the headers `wanted` where those of `live` are enforced.

    A value that may break a page is observed while the live one stays enforced; any other is enforced at
    once.
    """
    standing = {header.name: header for header in live}
    enforced: list[Header] = []
    observed: list[Header] = []
    for header in wanted:
        before = standing.get(header.name)
        if header.name in STAGED and header.staged and not _change(before, header).breaks_nothing:
            observed.append(header)
            enforced += () if before is None else (before,)
        else:
            enforced.append(header)
    return StagedHeaders(tuple(enforced), tuple(observed))


def loosens(before: Header | None, after: Header | None) -> bool:
    """Whether a staged header restricts less after a change."""
    header = before or after
    return header is not None and header.name in STAGED and _change(before, after) is ValueComparison.LOOSER


def _change(before: Header | None, after: Header | None) -> ValueComparison:
    old = None if before is None or before.action == "remove" else before
    new = None if after is None or after.action == "remove" else after
    if old is not None and new is not None and old.action != new.action:
        # Whose value wins, ours or the origin's, changes: the origin's is not known here.
        return ValueComparison.INCOMPARABLE
    header = new or old
    if header is None:
        return ValueComparison.EQUAL
    return compare_values(header.name, _value(new), _value(old))


def _value(header: Header | None) -> str | None:
    return None if header is None else header.value


def with_twins(headers: Iterable[Header], observed: Iterable[Header]) -> tuple[Header, ...]:
    """The headers of a response: those that are enforced, and the twin of each that is observed."""
    # The twin reports on every page, whoever's value wins there.
    twins = [_twin(header) for header in observed]
    names = {twin.name for twin in twins}
    return (*(header for header in headers if header.name not in names), *twins)


def _twin(header: Header) -> Header:
    return replace(header, name=twin_of(header.name), action="set")


def reports(header: Header) -> bool:
    """Whether its value names where browsers are to report."""
    return "report-to" in header.value or "endpoints" in header.value


def promoted(live: Iterable[Header], observed: Iterable[Header]) -> tuple[Header, ...]:
    """The staged headers of a release that enforces what the live one enforced and observed."""
    standing = {header.name: header for header in live if header.name in STAGED}
    return tuple((standing | {header.name: header for header in observed}).values())
