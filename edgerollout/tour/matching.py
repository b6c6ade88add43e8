"""Compares every hop of every request with the policy of the document that made it.

With a report-only policy the browser misses some violations that it would block with an enforced one: the
app's own image that redirects to another host is not reported in half of all loads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.policy.effective import allows, policies_of
from edgerollout.policy.fallback import FETCH_DIRECTIVES, effective_sources
from edgerollout.policy.source import Hash, Nonce, parse_source
from edgerollout.tour.model import Record
from edgerollout.tour.origin import origin_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from edgerollout.policy.csp import Csp
    from edgerollout.release.facts.evidence import Disposition
    from edgerollout.tour.model import PageRequest
    from edgerollout.tour.traffic import Policies

_DIRECTIVES: Mapping[str, str] = {
    "stylesheet": "style-src-elem",
    "image": "img-src",
    "media": "media-src",
    "texttrack": "media-src",
    "font": "font-src",
    "script": "script-src-elem",
    "xhr": "connect-src",
    "fetch": "connect-src",
    "eventsource": "connect-src",
    "websocket": "connect-src",
    "ping": "connect-src",
    "manifest": "manifest-src",
    "document": "frame-src",
    "prefetch": "default-src",
}
"""The browser's resource type → the directive made for it. `other` may be anything."""

_NETWORK = ("http://", "https://", "ws://", "wss://")


def directive_for(destination: str) -> str | None:
    """The directive for a request of this destination; None where that is unknown."""
    return _DIRECTIVES.get(destination)


def unreported(
    requests: Iterable[PageRequest],
    policies: Mapping[str, Policies],
    told: Iterable[Record],
    *,
    page: str,
    main: Policies,
    own_origins: frozenset[str],
) -> Iterator[Record]:
    """Those of `requests` that the policies forbid and nobody reported. `main` are the policies of the page
    itself; documents without their own policy (about:blank, srcdoc, blob:) inherit them.
    """
    known = {record.blocked for record in told} | {record.redirect_target for record in told}
    for request in requests:
        directive = _DIRECTIVES.get(request.destination)
        if directive is None or not request.document:
            continue
        document = request.document.partition("#")[0]
        origin = origin_of(document)
        if origin and origin not in own_origins:
            continue
        found = policies.get(document, main)
        self_origin = origin or origin_of(main.url)
        for disposition, values in _by_disposition(found):
            for policy in policies_of(values):
                record = _judged(policy, directive, request, self_origin, disposition, page)
                if record is not None and not _is_known(record, known):
                    known.update((record.blocked, record.redirect_target or record.blocked))
                    yield record


def misframed(
    framings: Iterable[tuple[str, tuple[str, ...]]],
    policies: Mapping[str, Policies],
    *,
    page: str,
    own_origins: frozenset[str],
) -> Iterator[Record]:
    """Documents of the app inside other documents that its frame-ancestors do not allow.

    The browser checks this with the headers from the network, never with an injected policy.
    """
    for document, around in framings:
        found = policies.get(document.partition("#")[0])
        if found is None or origin_of(document) not in own_origins:
            continue
        for disposition, values in _by_disposition(found):
            for policy in policies_of(values):
                forbidden = (
                    origin_of(url)
                    for url in around
                    if not allows(policy, "frame-ancestors", url, self_origin=document)
                )
                for origin in dict.fromkeys(forbidden):
                    yield Record(
                        channel="redirect",
                        page=page,
                        document=document,
                        directive="frame-ancestors",
                        blocked=origin,
                        disposition=disposition,
                        original_policy=policy.header_value(),
                    )


def _is_known(record: Record, known: set[str]) -> bool:
    target = record.redirect_target or record.blocked
    # For frames, other channels report only the origin.
    return record.blocked in known or target in known or origin_of(target) in known


def _by_disposition(found: Policies) -> tuple[tuple[Disposition, tuple[str, ...]], ...]:
    return (("report", found.report_only), ("enforce", found.enforced))


def _judged(
    policy: Csp, directive: str, request: PageRequest, self_origin: str, disposition: Disposition, page: str
) -> Record | None:
    """The first hop that the policy forbids."""
    if _may_be_trusted_otherwise(policy, directive):
        return None
    for index, url in enumerate(request.chain):
        if not url.startswith(_NETWORK) or _allowed(
            policy, directive, url, self_origin, redirected=index > 0
        ):
            continue
        return Record(
            channel="redirect",
            page=page,
            document=request.document,
            directive=directive,
            blocked=request.chain[0],
            disposition=disposition,
            original_policy=policy.header_value(),
            redirect_target=url if index else "",
            load=request.load,
        )
    return None


def _allowed(policy: Csp, directive: str, url: str, self_origin: str, *, redirected: bool) -> bool:
    # A prefetch may become anything, so it is allowed if any directive allows it (CSP3 §6.1.3). A document in
    # a frame may also belong to an <object>.
    asked: tuple[str, ...] = (directive,)
    if directive == "default-src":
        asked = tuple(sorted(FETCH_DIRECTIVES))
    elif directive == "frame-src":
        asked = (directive, "object-src")
    return any(allows(policy, name, url, self_origin=self_origin, redirected=redirected) for name in asked)


def _may_be_trusted_otherwise(policy: Csp, directive: str) -> bool:
    """Whether a nonce, a hash or another script's trust may allow the request, which its URL does not
    show.
    """
    if not directive.startswith(("script-src", "style-src")):
        return False
    sources = effective_sources(policy, directive) or ()
    return any(
        source.lower() == "'strict-dynamic'" or isinstance(parse_source(source), Nonce | Hash)
        for source in sources
    )
