"""Which directive decides about a request if its own directive is absent (CSP3 §6.8.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.policy.csp import Csp

_DEFAULT = "default-src"
_SCRIPT = ("script-src", _DEFAULT)
_STYLE = ("style-src", _DEFAULT)

FALLBACKS: Mapping[str, tuple[str, ...]] = {
    "child-src": (_DEFAULT,),
    "connect-src": (_DEFAULT,),
    "fenced-frame-src": ("frame-src", "child-src", _DEFAULT),
    "font-src": (_DEFAULT,),
    "frame-src": ("child-src", _DEFAULT),
    "img-src": (_DEFAULT,),
    "manifest-src": (_DEFAULT,),
    "media-src": (_DEFAULT,),
    "object-src": (_DEFAULT,),
    "prefetch-src": (_DEFAULT,),
    "script-src": (_DEFAULT,),
    "script-src-attr": _SCRIPT,
    "script-src-elem": _SCRIPT,
    "style-src": (_DEFAULT,),
    "style-src-attr": _STYLE,
    "style-src-elem": _STYLE,
    "worker-src": ("child-src", *_SCRIPT),
}
"""The fetch directives without default-src, each with its fallbacks, in order.

base-uri, form-action, frame-ancestors, sandbox and the reporting directives have no fallback.
"""

FETCH_DIRECTIVES: frozenset[str] = frozenset({*FALLBACKS, _DEFAULT})
SOURCE_LISTS: frozenset[str] = FETCH_DIRECTIVES | {"base-uri", "form-action", "frame-ancestors"}
"""Directives whose values are source expressions."""


def chain(directive: str) -> tuple[str, ...]:
    """`directive` and its fallbacks, in the order browsers ask."""
    name = directive.lower()
    return (name, *FALLBACKS.get(name, ()))


def effective_directive(policy: Csp, directive: str) -> str | None:
    """The directive of `policy` that decides for `directive`: itself or a fallback. None: nothing is
    forbidden."""
    present = {name for name, _ in policy}
    return next((name for name in chain(directive) if name in present), None)


def effective_sources(policy: Csp, directive: str) -> tuple[str, ...] | None:
    """The sources that decide for `directive`. None: nothing is forbidden."""
    name = effective_directive(policy, directive)
    return None if name is None else policy.sources(name)
