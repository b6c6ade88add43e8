"""The place of a new source in a policy: the directive that decides, or a new one that copies it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgerollout.policy.csp import NONE, Csp, canonical_source, merge
from edgerollout.policy.fallback import effective_directive
from edgerollout.policy.policy import Overlay
from edgerollout.policy.source import Hash, Keyword, Nonce, parse_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from edgerollout.policy.policy import Policy

_FAMILIES = {
    "script-src-elem": "script-src",
    "script-src-attr": "script-src",
    "style-src-elem": "style-src",
    "style-src-attr": "style-src",
    "fenced-frame-src": "frame-src",
}
"""The directive to make where none of the family exists."""

UNSAFE_INLINE = "'unsafe-inline'"

_STYLES = frozenset({"style-src-elem", "style-src-attr"})
"""Directives that are made only for 'unsafe-inline', without the hashes that would disable it."""

_CODE = frozenset({"default-src", "script-src", "style-src"})
"""Directives in which keywords, nonces and hashes have a meaning."""

_FOR_REQUESTS = frozenset({"'self'", "'strict-dynamic'", "'report-sample'"})
"""The keywords with a meaning for requests."""


@dataclass(frozen=True)
class Addition:
    """Sources that one directive gains.

    Where the directive is new, `copied_from` is the one that decided in its place, and `copied` the part of
    that list that stays allowed.
    """

    directive: str
    sources: tuple[str, ...]
    copied_from: str | None = None
    copied: tuple[str, ...] = ()


def place_for(policy: Csp, directive: str, source: str = "") -> str | None:
    """The directive of `policy`, new or existing, that gets a source for `directive`; None: nothing is
    forbidden, so no source is needed.

    It does not widen default-src for one kind of request, nor script-src for a worker: such a source gets its
    own directive. So does 'unsafe-inline' only for style elements or only for style attributes.
    """
    present = effective_directive(policy, directive)
    if present is None or present == directive:
        return present
    if source == UNSAFE_INLINE and directive in _STYLES:
        return directive
    if present == "default-src" or directive == "worker-src":
        return _FAMILIES.get(directive, directive)
    return present


def additions(policy: Csp, wanted: Iterable[tuple[str, str]]) -> tuple[Addition, ...]:
    """What `policy` gains from sources, each given with the effective directive that needs it.

    Existing sources, or those for which nothing is forbidden, add nothing.
    """
    by_place: dict[str, dict[str, str]] = {}
    for directive, source in wanted:
        place = place_for(policy, directive, source)
        if place is not None:
            by_place.setdefault(place, {}).setdefault(canonical_source(place, source), source)
    return tuple(_addition(policy, place, sources) for place, sources in by_place.items())


def _addition(policy: Csp, place: str, sources: dict[str, str]) -> Addition:
    present = policy.sources(place)
    if present is not None:
        known = {canonical_source(place, source) for source in present}
        return Addition(place, tuple(text for source, text in sources.items() if source not in known))
    stand_in = effective_directive(policy, place)
    copied = inherited(policy.sources(stand_in) or (), place) if stand_in is not None else ()
    known = {canonical_source(place, source) for source in copied}
    return Addition(
        place, tuple(text for source, text in sources.items() if source not in known), stand_in, copied
    )


def inherited(sources: Iterable[str], directive: str) -> tuple[str, ...]:
    """The sources of the old list that the new `directive` needs, so that it does not forbid more."""
    return tuple(
        source for source in sources if source.lower() != NONE and _means_something(source, directive)
    )


def _means_something(source: str, directive: str) -> bool:
    if directive in _CODE:
        return True
    if directive == "style-src-attr":
        return source.lower() == "'report-sample'"
    match parse_source(source):
        case Keyword(word=word):
            return word in _FOR_REQUESTS
        case Hash() | Nonce():
            return False
        case _:
            return True


def apply(policy: Csp, wanted: Iterable[tuple[str, str]]) -> Csp:
    """`policy` with sources added, each given with the effective directive that needs it."""
    grown = dict(policy)
    for addition in additions(policy, wanted):
        grown[addition.directive] = _with(addition.directive, policy.sources(addition.directive), addition)
    return Csp(tuple(grown.items()))


def _with(directive: str, present: tuple[str, ...] | None, addition: Addition) -> tuple[str, ...]:
    if present is None:
        return (*addition.copied, *addition.sources)
    return dict(merge(Csp.of({directive: present}), Csp.of({directive: addition.sources})))[directive]


def grow(
    policy: Policy, environment: str, wanted: Iterable[tuple[str, str]], *, overlay: bool = False
) -> Policy:
    """`policy` with sources added for `environment`: to the base, or to its overlay.

    What only the overlay forbids is always added there: in the base it would forbid something in the other
    environments.
    """
    effective = policy.for_environment(environment).csp.effective
    grown = policy
    for addition in additions(effective, wanted):
        if addition.sources:
            grown = _grown(grown, environment, addition, overlay=overlay)
    return grown


def _grown(policy: Policy, environment: str, addition: Addition, *, overlay: bool) -> Policy:
    own = policy.overlays.get(environment, Overlay())
    decides = addition.copied_from or addition.directive
    if overlay or policy.csp.sources(decides) is None:
        changed = replace(own, csp=_changed(own.csp, addition, own.csp if not overlay else None))
        return replace(policy, overlays={**policy.overlays, environment: changed})
    if addition.copied_from is None:
        return replace(policy, csp=_changed(policy.csp, addition, policy.csp))
    # Where overlays add to the copied list, their sources are copied, too: each environment keeps what it
    # allows.
    overlays = {name: _copied_along(overlay, addition) for name, overlay in policy.overlays.items()}
    return replace(policy, csp=_changed(policy.csp, addition, policy.csp), overlays=overlays)


def _changed(layer: Csp, addition: Addition, copy_from: Csp | None) -> Csp:
    """A layer with the addition. A new directive copies what `copy_from` says, or the whole list."""
    lists = dict(layer)
    copied = addition.copied
    if addition.copied_from is not None and copy_from is not None:
        copied = inherited(copy_from.sources(addition.copied_from) or (), addition.directive)
    lists[addition.directive] = _with(
        addition.directive, layer.sources(addition.directive), replace(addition, copied=copied)
    )
    return Csp(tuple(lists.items()))


def _copied_along(overlay: Overlay, addition: Addition) -> Overlay:
    more = inherited(overlay.csp.sources(addition.copied_from or "") or (), addition.directive)
    if not more or overlay.csp.sources(addition.directive) is not None:
        return overlay
    return replace(overlay, csp=Csp((*overlay.csp.directives, (addition.directive, more))))


def differences(before: Policy, after: Policy) -> Iterator[tuple[str | None, str, tuple[str, ...]]]:
    """What `after` has and `before` lacks: environment (None: the base), directive, and sources to add."""
    yield from ((None, name, more) for name, more in _more(before.csp, after.csp))
    for environment, overlay in after.overlays.items():
        own = before.overlays.get(environment, Overlay())
        yield from ((environment, name, more) for name, more in _more(own.csp, overlay.csp))


def _more(before: Csp, after: Csp) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, sources in after:
        known = before.sources(name) or ()
        more = tuple(source for source in sources if source not in known)
        if more:
            yield name, more
