"""Inline code that a policy allows by its hash, and `@build`: all that a site's build has of it.

`@build` stands in a source list for the hashes of the inline code in the build. Browsers never see it: a
release is made of the policy with the hashes in its place.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from edgerollout.policy.csp import Csp, LayeredCsp
from edgerollout.policy.effective import in_force
from edgerollout.policy.fallback import effective_directive
from edgerollout.policy.shape import string_lists
from edgerollout.policy.source import Hash, Keyword, parse_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

BUILD = "@build"
"""The source that stands for the hashes of the inline code in the site's build."""

DIGEST_DIGITS = 12
_UNSAFE_HASHES = "'unsafe-hashes'"


class InlineKind(StrEnum):
    """How inline code stands in a page."""

    SCRIPT = "script"
    """A script element: classic, module, import map or speculation rules."""
    STYLE = "style"
    """A style element."""
    HANDLER = "handler"
    """An event handler in an attribute, such as onclick."""
    STYLE_ATTRIBUTE = "style-attribute"
    """The value of a style attribute."""
    JAVASCRIPT_URL = "javascript-url"
    """An address that is a script; its hash is that of the whole address (CSP3 §4.2.3)."""

    @property
    def directive(self) -> str:
        """The directive that browsers ask first (CSP3 §6.8.2)."""
        match self:
            case InlineKind.SCRIPT | InlineKind.JAVASCRIPT_URL:
                return "script-src-elem"
            case InlineKind.STYLE:
                return "style-src-elem"
            case InlineKind.HANDLER:
                return "script-src-attr"
            case InlineKind.STYLE_ATTRIBUTE:
                return "style-src-attr"

    @property
    def needs_unsafe_hashes(self) -> bool:
        """Whether a hash counts for it only beside 'unsafe-hashes' (CSP3 §6.7.3.3)."""
        return self not in (InlineKind.SCRIPT, InlineKind.STYLE)


def hash_source(text: str) -> str:
    """The source that allows this inline code: SHA-256 of its text in UTF-8 (CSP3 §6.7.3.3)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@dataclass(frozen=True)
class InlineHashes:
    """The hashes of the inline code of a build, sorted, by kind; a kind without any is left out."""

    by_kind: Mapping[InlineKind, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, hashes: Iterable[tuple[InlineKind, str]]) -> InlineHashes:
        """Hashes from pairs of kind and source, in any order; duplicates count once."""
        found: dict[InlineKind, set[str]] = {}
        for kind, source in hashes:
            found.setdefault(kind, set()).add(source)
        return cls({kind: tuple(sorted(found[kind])) for kind in InlineKind if kind in found})

    @classmethod
    def union(cls, builds: Iterable[InlineHashes]) -> InlineHashes:
        """All hashes of several builds."""
        return cls.of((kind, source) for build in builds for kind, source in build.pairs())

    @classmethod
    def from_json(cls, value: object) -> InlineHashes:
        """The inverse of `to_json`. Raises ValueError when `value` has another shape."""
        lists = string_lists(value, "the hashes of a build")
        found = [(InlineKind(kind), sources) for kind, sources in lists]
        return cls.of((kind, source) for kind, sources in found for source in sources)

    def to_json(self) -> dict[str, list[str]]:
        """Kind → hashes, sorted."""
        return {str(kind): list(sources) for kind, sources in sorted(self.by_kind.items())}

    def pairs(self) -> tuple[tuple[InlineKind, str], ...]:
        """Kind and source of each hash."""
        return tuple((kind, source) for kind, sources in self.by_kind.items() for source in sources)

    @property
    def digest(self) -> str:
        """The build digest, 12 hex digits: builds with the same inline code have the same."""
        lines = (f"{kind} {source}\n" for kind, source in sorted(self.pairs()))
        return hashlib.sha256("".join(lines).encode()).hexdigest()[:DIGEST_DIGITS]


def names_build(csp: Csp) -> bool:
    """Whether a source list of the policy has `@build`."""
    return any(BUILD in sources for _, sources in csp)


def resolve_build(policy: Csp, hashes: InlineHashes, *, within: Csp | None = None) -> Csp:
    """The policy with hashes in the place of `@build`.

    A list gets the hashes of the kinds that it decides about: `script-src` those of script elements and,
    beside 'unsafe-hashes', of handlers and javascript: addresses, unless a list of their own is there. A list
    that would be left without any source says 'none'. `within` is the whole policy where this is a layer of
    it: what decides is seen there.
    """
    whole = policy if within is None else within
    return Csp(tuple((name, _resolved(name, sources, hashes, whole)) for name, sources in policy.directives))


def resolve_layers(policy: LayeredCsp, hashes: InlineHashes) -> LayeredCsp:
    """Both layers with hashes in the place of `@build`."""
    whole = policy.effective
    return LayeredCsp(
        base=resolve_build(policy.base, hashes, within=whole),
        overlay=resolve_build(policy.overlay, hashes, within=whole),
    )


def hashes_for(directive: str, hashes: InlineHashes, whole: Csp) -> tuple[str, ...]:
    """The hashes that `@build` in `directive` of this policy stands for, sorted."""
    attributes = allows_attributes(whole.sources(directive) or ())
    kinds = [
        kind
        for kind in hashes.by_kind
        if effective_directive(whole, kind.directive) == directive.lower()
        and (attributes or not kind.needs_unsafe_hashes)
    ]
    return tuple(sorted({source for kind in kinds for source in hashes.by_kind[kind]}))


def allows_attributes(sources: Iterable[str]) -> bool:
    """Whether a hash in this list counts for handlers, style attributes and `javascript:` addresses."""
    return Keyword(_UNSAFE_HASHES) in in_force(sources)


def _resolved(name: str, sources: tuple[str, ...], hashes: InlineHashes, whole: Csp) -> tuple[str, ...]:
    if BUILD not in sources:
        return sources
    found = hashes_for(name, hashes, whole)
    at = sources.index(BUILD)
    rest = tuple(source for source in sources[at + 1 :] if source != BUILD)
    return (*sources[:at], *found, *rest) or ("'none'",)


def allows_inline(policy: Csp, kind: InlineKind, text: str) -> bool:
    """Whether a page with this policy runs or applies inline code with this text (CSP3 §6.7.3.3).

    A nonce does not count: a page that is the same for everyone has none that is worth its name. `@build`
    counts as what it stands for.
    """
    name = effective_directive(policy, kind.directive)
    if name is None:
        return True
    sources = policy.sources(name) or ()
    counting = in_force(sources)
    if Keyword("'unsafe-inline'") in counting and BUILD not in sources:
        return True
    if kind.needs_unsafe_hashes and not allows_attributes(sources):
        return False
    return BUILD in sources or any(
        isinstance(source, Hash) and not source.of and _is_hash_of(source, text) for source in counting
    )


def inline_hashes(policy: Csp) -> tuple[tuple[str, str], ...]:
    """The hashes of texts in the policy's lists: directive and source, as written."""
    return tuple(
        (name, text)
        for name, sources in policy
        for text in sources
        if isinstance(source := parse_source(text), Hash) and not source.of
    )


def is_hash_of(source: str, text: str) -> bool:
    """Whether a source is a hash of this text."""
    parsed = parse_source(source)
    return isinstance(parsed, Hash) and not parsed.of and _is_hash_of(parsed, text)


def _is_hash_of(source: Hash, text: str) -> bool:
    digest = base64.b64encode(hashlib.new(source.algorithm, text.encode()).digest()).decode()
    # Browsers take both alphabets of base64.
    written = source.digest.replace("-", "+").replace("_", "/")
    return digest.rstrip("=") == written.rstrip("=")
