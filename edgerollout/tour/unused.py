"""The hosts and hashes of a policy that nothing on the toured pages used."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edgerollout.policy.fallback import effective_directive
from edgerollout.policy.source import Hash, Host, parse_source, url_matches
from edgerollout.policy.url import Url
from edgerollout.tour.matching import directive_for
from edgerollout.tour.origin import origin_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from edgerollout.policy.csp import Csp
    from edgerollout.policy.source import Source
    from edgerollout.tour.model import PageRequest, Visit

_JUDGED = frozenset(
    {
        "default-src", "script-src", "script-src-elem", "script-src-attr", "style-src", "style-src-elem",
        "style-src-attr", "img-src", "font-src", "connect-src", "media-src", "frame-src", "manifest-src",
    }
)  # fmt: skip
"""Directives whose uses are all seen: by the requests of a tour, or by the hash of inline code."""


def unused(policy: Csp, visits: Iterable[Visit], own: Collection[str]) -> tuple[tuple[str, str], ...]:
    """The sources of `policy`, each with its directive, that no page used. `own` are the site's origins.

    These are only hosts and SHA-256 hashes: whether a keyword or a scheme is needed cannot be seen. A request
    whose kind the browser does not report uses every host that it matches.
    """
    every = tuple(visits)
    # Browsers compute hashes only for secure contexts; for other pages the inline code is unknown.
    known = all(map(_is_secure, (visit.final_url for visit in every)))
    hashes = {code for visit in every for code in visit.inline} if known else None
    # The requesting origin matters only for 'self', and for upgrades: any origin of the site works.
    origin = Url.parse(next(iter(sorted(own)), ""))
    hops = {hop for visit in every for request in visit.requests for hop in _hops(request, policy, own)}
    return tuple(
        (name, source)
        for name, sources in policy
        if name in _JUDGED
        for source in sources
        if source != "*" and _is_unused(name, parse_source(source), hashes, hops, origin)
    )


def _is_secure(url: str) -> bool:
    """Whether it is a secure context: https, or on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.hostname or "").split(".")[-1] == "localhost"


_Hop = tuple[str | None, str, bool]
"""The directive that decides on a request, None: any; its URL; whether a redirect led to it."""


def _hops(request: PageRequest, policy: Csp, own: Collection[str]) -> Iterator[_Hop]:
    origin = origin_of(request.document)
    if origin and origin not in own:
        return
    made_for = directive_for(request.destination)
    decides = None if made_for is None else effective_directive(policy, made_for)
    if made_for is not None and decides is None:
        return
    for number, url in enumerate(request.chain):
        yield decides, url, number > 0


def _is_unused(
    directive: str,
    source: Source | None,
    hashes: Collection[str] | None,
    hops: Collection[_Hop],
    origin: Url | None,
) -> bool:
    match source:
        case Hash(algorithm="sha256", digest=digest, of=""):
            spelled = digest.replace("-", "+").replace("_", "/")
            return hashes is not None and f"sha256-{spelled}" not in hashes
        case Host():
            return origin is not None and not any(
                decides in (None, directive) and _matches(source, url, origin, redirected=redirected)
                for decides, url, redirected in hops
            )
        case _:
            return False


def _matches(source: Host, text: str, origin: Url, *, redirected: bool) -> bool:
    url = Url.parse(text)
    return url is not None and url_matches(source, url, origin, redirected=redirected)
