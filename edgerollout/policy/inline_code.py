"""Inline code: its kinds, its hashes, and whether a policy allows it."""

from __future__ import annotations

import base64
import hashlib
from enum import StrEnum
from typing import TYPE_CHECKING

from edgerollout.policy.effective import in_force
from edgerollout.policy.fallback import effective_directive
from edgerollout.policy.source import Hash, Keyword, parse_source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgerollout.policy.csp import Csp


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


def allows_attributes(sources: Iterable[str]) -> bool:
    """Whether a hash in this list counts for handlers, style attributes and `javascript:` addresses."""
    return Keyword("'unsafe-hashes'") in in_force(sources)


def allows_inline(policy: Csp, kind: InlineKind, text: str) -> bool:
    """Whether a page with this policy runs or applies inline code with this text (CSP3 §6.7.3.3).

    A nonce does not count: a page that is the same for everyone has none that is worth its name.
    """
    name = effective_directive(policy, kind.directive)
    if name is None:
        return True
    sources = policy.sources(name) or ()
    counting = in_force(sources)
    if Keyword("'unsafe-inline'") in counting:
        return True
    if kind.needs_unsafe_hashes and not allows_attributes(sources):
        return False
    return any(
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
