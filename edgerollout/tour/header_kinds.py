"""Headers that can break a page without a violation of its CSP, and which of these problems a tour can
see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.tour.origin import origin_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from edgerollout.tour.conduct import Happening

COMPARED = (
    "integrity-policy",
    "permissions-policy",
    "feature-policy",
    "cross-origin-embedder-policy",
    "cross-origin-opener-policy",
    "x-content-type-options",
    "referrer-policy",
    "x-frame-options",
    "document-policy",
    "document-isolation-policy",
    "origin-agent-cluster",
    "connection-allowlist",
)
"""Headers without which pages are also loaded, those that break pages most often first."""

NOT_OBSERVABLE = {
    "x-frame-options": "it keeps other sites from framing these pages: does any do so on purpose?",
    "cross-origin-resource-policy": "it keeps other sites from using these files: which do so on purpose?",
    "cross-origin-opener-policy": "it cuts off windows of other sites: does a login come back by one?",
    "strict-transport-security": "it closes plain HTTP to all who came: does each host under it speak HTTPS?",
    "clear-site-data": "it takes away what browsers had stored: on which pages is that wanted?",
    "access-control-allow-origin": "it says which other sites may read these files: are all of them named?",
}
"""Headers that break other sites' pages, or act before a tour could remove them: header → the question to
ask.
"""

OF_FILES = frozenset({"x-content-type-options"})
"""Those compared headers that act on the responses of scripts, styles and pictures."""

_WORDS = {
    "integrity": "integrity-policy",
    "permissions": "permissions-policy",
    "coep": "cross-origin-embedder-policy",
    "corp": "cross-origin-embedder-policy",
    "embedder": "cross-origin-embedder-policy",
    "coop": "cross-origin-opener-policy",
    "popup": "cross-origin-opener-policy",
    "opener": "cross-origin-opener-policy",
    "mime": "x-content-type-options",
    "x-frame": "x-frame-options",
    "403": "referrer-policy",
    "whence": "referrer-policy",
    "scrolled": "document-policy",
    "document.domain": "origin-agent-cluster",
    "revoked": "connection-allowlist",
}


def known_differences(
    headers: Mapping[str, str], troubles: Collection[Happening], own_origins: Collection[str]
) -> Iterator[str]:
    """Effects of a header that no channel reports and no load of the page shows, or that are the same here
    without it. `troubles` are what went wrong on the page.
    """
    if "force-load-at-top" in headers.get("document-policy", ""):
        yield "document-policy: links to a place in a page (#…) lead to its top (force-load-at-top)"
    is_alone = "?1" in headers.get("origin-agent-cluster", "")
    if is_alone and any("document.domain" in trouble.said for trouble in troubles):
        yield "origin-agent-cluster: document.domain is set; this browser ignores that anyway, others do not"
    if "x-content-type-options" in headers:
        refused = (trouble.file for trouble in troubles if trouble.said.endswith("BLOCKED_BY_ORB"))
        for file in sorted(file for file in refused if file is not None):
            # The browser refuses it before anybody could take the header away.
            if origin_of(file.url) in own_origins:
                yield f"x-content-type-options: {file} is refused; without this header it may be shown"


def likely_first(headers: tuple[str, ...], told: str) -> tuple[str, ...]:
    """The headers in the order in which they are the probable cause of what is `told`."""
    lowered = told.lower()
    suspects = {header for word, header in _WORDS.items() if word in lowered}
    return tuple(sorted(headers, key=lambda header: (header not in suspects, COMPARED.index(header))))
