"""Whether a policy allows all that another allows: such a change cannot break a page.

It compares the text, not which URLs match. In doubt the answer is no: that costs a soak and a tour, but a
narrower policy is never called wider.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.policy.csp import NONE, REPORTING, canonical_source
from edgerollout.policy.fallback import SOURCE_LISTS
from edgerollout.policy.wording import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.policy.csp import Csp

_SECRET = re.compile(r"'(?P<of>nonce|sha|url-sha|eval-sha)(?:-?(?:256|384|512))?-.*'", re.IGNORECASE)
_SWITCHES_OFF = {
    "nonce": "a nonce switches 'unsafe-inline' off",
    "sha": "a hash switches 'unsafe-inline' off",
    "url-sha": "the hash of an address switches hosts, schemes and 'self' off for scripts",
    "eval-sha": "the hash of a text for eval() switches 'unsafe-eval' off",
}
_HARMLESS = frozenset(
    {
        "'self'",
        "'report-sample'",
        "'report-sha256'",
        "'report-sha384'",
        "'report-sha512'",
        "'wasm-eval'",
        "'wasm-unsafe-eval'",
        "'inline-speculation-rules'",
        "'allow-duplicates'",
    }
)
"""Quoted words that only allow one thing more, or nothing. The effect of other words is unknown."""

_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_NETWORK_SCHEMES = frozenset({"http:", "https:", "ws:", "wss:", "ftp:"})
_ANY_CODE = frozenset({"data:", "blob:", "filesystem:"})
_CODE_DIRECTIVES = frozenset(
    {"default-src", "script-src", "script-src-elem", "script-src-attr", "object-src", "worker-src"}
)
_LISTS_OF_WHAT_IS_ALLOWED = SOURCE_LISTS | {"sandbox", "trusted-types"}
"""In other directives a new value may restrict the page, as in require-trusted-types-for."""


@dataclass(frozen=True)
class Widening:
    """How a new policy differs from an old one.

    `reasons` says why it does not only allow more; `added` are the sources that only the new policy has, each
    with its directive. Two equal policies have neither.
    """

    reasons: tuple[str, ...] = ()
    added: tuple[tuple[str, str], ...] = ()

    @property
    def only_widens(self) -> bool:
        return not self.reasons


def widening(new: Csp, old: Csp) -> Widening:
    """What `new` allows beyond `old`, and whether that is the only change.

    It is, if both have the same directives, every list has all its old sources, and no new source changes the
    meaning of others (nonce, hash, 'strict-dynamic') or allows more than it names (wildcards, whole schemes,
    'unsafe-…'). Where reports go does not count.
    """
    new, old = new.without(REPORTING), old.without(REPORTING)
    names_new, names_old = {name for name, _ in new}, {name for name, _ in old}
    reasons = [f"{printable(name)} is new" for name, _ in new if name not in names_old]
    reasons += [f"{printable(name)} is gone" for name, _ in old if name not in names_new]
    added: list[tuple[str, str]] = []
    for name, sources in new:
        before = old.sources(name)
        if before is None:
            continue
        had, has = _spellings(name, before), _spellings(name, sources)
        reasons += [f"{name} lost {printable(had[key])}" for key in had if key not in has]
        more = {key: has[key] for key in has if key not in had}
        added += [(name, source) for source in more.values()]
        reasons += [f"{name} gained {printable(more[key])}: {why}" for key, why in _doubts(name, more)]
    return Widening(tuple(reasons), tuple(added))


def _spellings(directive: str, sources: tuple[str, ...]) -> dict[str, str]:
    """Canonical → written, without 'none', which means the empty list."""
    found: dict[str, str] = {}
    for source in sources:
        if source.lower() != NONE:
            found.setdefault(canonical_source(directive, source), source)
    return found


def _doubts(directive: str, added: dict[str, str]) -> Iterator[tuple[str, str]]:
    for source in added:
        why = _doubt(directive, source)
        if why is not None:
            yield source, why


def _doubt(directive: str, source: str) -> str | None:
    """Why adding `source` may do more than allow one more thing; None if it cannot."""
    if directive not in _LISTS_OF_WHAT_IS_ALLOWED:
        return "it may restrict the page"
    if (secret := _SECRET.fullmatch(source)) is not None:
        return _SWITCHES_OFF[secret["of"].lower()]
    if source == "'strict-dynamic'":
        return "it switches hosts, schemes and 'self' off"
    if source.startswith("'unsafe-"):
        return "it allows more than a source"
    if source.startswith("'") and source.lower() not in _HARMLESS:
        return "it may do more than allow something"
    if "*" in _SCHEME.sub("", source).split("/")[0]:
        return "a wildcard allows more than it names"
    if source in _NETWORK_SCHEMES or (source in _ANY_CODE and directive in _CODE_DIRECTIVES):
        return "a whole scheme allows more than it names"
    return None
