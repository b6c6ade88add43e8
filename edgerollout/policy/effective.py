"""What policies do: in one list, the sources that count; of several policies, what all allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.policy.csp import Csp
from edgerollout.policy.fallback import SOURCE_LISTS, effective_directive
from edgerollout.policy.source import Hash, Host, Keyword, Nonce, Scheme, parse_source, url_matches
from edgerollout.policy.url import Url

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgerollout.policy.source import Source

SCRIPT_DIRECTIVES = ("script-src", "script-src-elem", "script-src-attr")
STYLE_DIRECTIVES = ("style-src", "style-src-elem", "style-src-attr")
_SCRIPT_LIKE = frozenset({"script-src", "script-src-elem", "worker-src"})
"""Directives in which 'strict-dynamic' has an effect."""


def policies_of(values: Iterable[str]) -> tuple[Csp, ...]:
    """The policies of one response: a header each, or several in one with commas (CSP3 §2.2.2).

    Policies without any directive are left out: they forbid nothing.
    """
    found = (Csp.parse(part) for value in values for part in value.split(","))
    return tuple(policy for policy in found if not policy.is_empty)


def allows(policy: Csp, directive: str, url: str, *, self_origin: str, redirected: bool = False) -> bool:
    """Whether `policy` lets a page of `self_origin` (any URL of it) request `url`.

    `directive` is the directive for this kind of request (`img-src`, `script-src-elem`, …); if it is absent,
    its fallback decides. `redirected`: `url` is the target of a redirect. The answer is no for a script that
    only a nonce, a hash or the trust of another script allows, because none of these is in the URL. It is yes
    for a worker under 'strict-dynamic'. Any policy with the directive forbids an invalid URL.
    """
    name = effective_directive(policy, directive)
    if name is None or directive.lower() not in SOURCE_LISTS:
        return True
    target, origin = Url.parse(url), Url.parse(self_origin)
    if target is None or origin is None:
        return False
    strict = directive.lower() in _SCRIPT_LIKE
    counting = in_force(policy.sources(name) or (), strict=strict)
    if strict and Keyword("'strict-dynamic'") in counting:
        # No parser writes workers into a page, so a script that is trusted starts them (CSP3 §6.7.1.1).
        return directive.lower() == "worker-src"
    if strict and any(isinstance(source, Hash) and source.of == "url-" for source in counting):
        # Chromium only checks the hash of the address, not its host.
        return False
    return any(url_matches(source, target, origin, redirected=redirected) for source in counting)


def all_allow(
    policies: Iterable[Csp], directive: str, url: str, *, self_origin: str, redirected: bool = False
) -> bool:
    """Whether every one of `policies` allows it: several policies only ever forbid more (CSP3 §8.1)."""
    return all(
        allows(policy, directive, url, self_origin=self_origin, redirected=redirected) for policy in policies
    )


def in_force(sources: Iterable[str], *, strict: bool = True) -> tuple[Source, ...]:
    """The sources of a list that have an effect; invalid sources and 'none' are left out.

    A nonce, the hash of a text or 'strict-dynamic' switches 'unsafe-inline' off (CSP3 §6.7.3.2); hashes of
    addresses and of eval()'s texts do not. 'strict-dynamic' also switches hosts, schemes and 'self' off, but
    only for scripts: `strict` says whether the list is used for a script.
    """
    parsed = [source for text in sources if (source := parse_source(text)) is not None]
    dynamic = strict and Keyword("'strict-dynamic'") in parsed
    secret = dynamic or any(is_inline_secret(source) for source in parsed)
    return tuple(source for source in parsed if not _is_off(source, dynamic=dynamic, secret=secret))


def is_inline_secret(source: Source | None) -> bool:
    """Whether it allows an inline script or style: a nonce, or the hash of a text."""
    return isinstance(source, Nonce) or (isinstance(source, Hash) and not source.of)


def _is_off(source: Source, *, dynamic: bool, secret: bool) -> bool:
    match source:
        case Keyword(word="'none'"):
            return True
        case Keyword(word="'unsafe-inline'"):
            return secret
        case Keyword(word="'self'") | Host() | Scheme():
            return dynamic
        case _:
            return False
