"""A Content-Security-Policy as a value: written order kept, meaning compared by digest."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edgerollout.policy.shape import object_of, string_lists

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

REPORTING = ("report-uri", "report-to")
"""Directives that say where violations are reported. They do not change what is blocked."""

UNOBSERVABLE = ("sandbox", "upgrade-insecure-requests", "treat-as-public-address")
"""Directives browsers ignore in a report-only policy: it cannot test them."""

NONE = "'none'"

KEYWORDS: frozenset[str] = frozenset(
    {
        "'none'",
        "'self'",
        "'unsafe-inline'",
        "'unsafe-eval'",
        "'strict-dynamic'",
        "'unsafe-hashes'",
        "'report-sample'",
        "'report-sha256'",
        "'report-sha384'",
        "'report-sha512'",
        "'wasm-unsafe-eval'",
        "'wasm-eval'",
        "'trusted-types-eval'",
        "'inline-speculation-rules'",
    }
)
"""The quoted words of source lists that Chromium accepts, in lower case."""

_NOT_SOURCE_LISTS = frozenset({"trusted-types", "require-trusted-types-for"})
"""Their values are names that the page defines, compared exactly (Trusted Types §3.2)."""

_WORDS = re.compile(r"[^\t\n\f\r ]+")
"""ASCII white space separates; other Unicode blanks do not."""

_QUOTED_SECRET = re.compile(r"'(nonce|(?:url-|eval-)?sha(?:256|384|512))-(.*)'", re.IGNORECASE)
_HOST = re.compile(r"(?P<origin>(?:[a-z][a-z0-9+.-]*://)?[^/]*)(?P<path>/.*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Csp:
    """Directives in the order written, each with its sources: `(("script-src", ("'self'",)), …)`.

    A plain value, not checked: `refusals.check_csp` says what may not be sent.
    """

    directives: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @classmethod
    def of(cls, directives: Mapping[str, Collection[str]]) -> Csp:
        """A policy from a mapping of directive to sources, names lower-cased."""
        return cls(tuple((name.lower(), tuple(sources)) for name, sources in directives.items()))

    @classmethod
    def parse(cls, header: str) -> Csp:
        """The policy of one header value, read as browsers do (CSP3 §2.2.1).

        The first of duplicates counts; a directive with any character that is not ASCII is dropped
        whole. A comma in a header separates policies: the caller refuses such a value, or splits it with
        `effective.policies_of`.
        """
        directives: dict[str, tuple[str, ...]] = {}
        for name, sources in cls.as_written(header).directives:
            if name.isascii() and all(source.isascii() for source in sources):
                directives.setdefault(name, sources)
        return cls(tuple(directives.items()))

    @classmethod
    def as_written(cls, header: str) -> Csp:
        """Every directive of a header value, also those that browsers drop: for judging what was written."""
        parts = (_WORDS.findall(part) for part in header.split(";"))
        return cls(tuple((words[0].lower(), tuple(words[1:])) for words in parts if words))

    @classmethod
    def from_json(cls, value: object) -> Csp:
        """The inverse of `to_json`. Raises ValueError when `value` has another shape."""
        return cls(tuple(string_lists(value, "a policy")))

    def to_json(self) -> dict[str, list[str]]:
        """Directive → sources, in the order written."""
        return {name: list(sources) for name, sources in self}

    def __iter__(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Each directive once: of duplicates browsers use the first (CSP3 §2.2.1)."""
        seen: set[str] = set()
        for name, sources in self.directives:
            if name.lower() not in seen:
                seen.add(name.lower())
                yield name.lower(), sources

    @property
    def is_empty(self) -> bool:
        return not self.directives

    def sources(self, directive: str) -> tuple[str, ...] | None:
        """The sources of `directive`, None when the policy does not have it."""
        return next((sources for name, sources in self if name == directive.lower()), None)

    def header_value(self) -> str:
        """The value of the header, in the order written."""
        return "; ".join(" ".join((name, *sources)) for name, sources in self)

    def canonical(self) -> str:
        """One spelling for every way to write the policy, reporting directives included."""
        return "; ".join(
            " ".join((name, *sorted({canonical_source(name, source) for source in sources})))
            for name, sources in sorted(self)
        )

    def digest(self) -> str:
        """The policy digest, 64 hex digits of SHA-256. It depends on what is blocked, not on how that is
        written.

        These do not change it: order, duplicates, case of names, schemes, hosts and keywords, and where
        reports go. Paths, nonces and hashes are case-sensitive.
        """
        return hashlib.sha256(self.without(REPORTING).canonical().encode()).hexdigest()

    def without(self, directives: Collection[str]) -> Csp:
        """The policy without these directives."""
        return Csp(tuple((name, sources) for name, sources in self if name not in directives))

    def for_report_only(self) -> Csp:
        """The directives that have an effect in `content-security-policy-report-only`."""
        return self.without(UNOBSERVABLE)


@dataclass(frozen=True)
class LayeredCsp:
    """The base policy and an environment's additions, kept apart: `promote` only carries the base."""

    base: Csp
    overlay: Csp = field(default_factory=Csp)

    @classmethod
    def from_json(cls, value: object) -> LayeredCsp:
        """The inverse of `to_json`. Raises ValueError when `value` has another shape."""
        layers = object_of(value, "a layered policy", ("base", "overlay"))
        return cls(base=Csp.from_json(layers["base"]), overlay=Csp.from_json(layers["overlay"]))

    def to_json(self) -> dict[str, dict[str, list[str]]]:
        return {"base": self.base.to_json(), "overlay": self.overlay.to_json()}

    @property
    def effective(self) -> Csp:
        """The policy as sent."""
        return merge(self.base, self.overlay)

    @property
    def digest(self) -> str:
        """The policy digest of what is sent."""
        return self.effective.digest()

    @property
    def base_digest(self) -> str:
        """The policy digest of the base alone. Environments are compared by it."""
        return self.base.digest()

    @property
    def is_empty(self) -> bool:
        return self.base.is_empty and self.overlay.is_empty


def merge(base: Csp, overlay: Csp) -> Csp:
    """`base` with the sources of `overlay` added; directives new to `base` come last.

    An overlay only adds: sources that are added to 'none' replace it, and 'none' in an overlay does not
    change a list that has sources.
    """
    merged = dict(base)
    for name, sources in overlay:
        merged[name] = _add(name, merged[name], sources) if name in merged else sources
    return Csp(tuple(merged.items()))


def _add(directive: str, present: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    if not present:
        return more
    known = {canonical_source(directive, source) for source in present} | {NONE}
    added: dict[str, str] = {}
    for source in more:
        canonical = canonical_source(directive, source)
        if canonical not in known:
            added.setdefault(canonical, source)
    if not added:
        return present
    kept = (source for source in present if canonical_source(directive, source) != NONE)
    return (*kept, *added.values())


def canonical_source(directive: str, source: str) -> str:
    """One spelling for a source: case dropped where CSP3 §2.3.1 ignores it, kept where it counts."""
    # Browsers fold the case of ASCII only: the Kelvin sign is not a k.
    if directive in _NOT_SOURCE_LISTS or directive in REPORTING or not source.isascii():
        return source
    if source.startswith("'"):
        secret = _QUOTED_SECRET.fullmatch(source)
        if secret is not None:
            return f"'{secret[1].lower()}-{secret[2]}'"
        # In an unknown quoted word case may count: it may be a new kind of secret.
        return source.lower() if source.lower() in KEYWORDS else source
    host = _HOST.fullmatch(source)
    if host is None:
        return source
    return host["origin"].lower() + (host["path"] or "")
