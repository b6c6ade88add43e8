"""What a correct header may break: said once, so that somebody checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.policy import fields
from edgerollout.policy.fields import Malformed
from edgerollout.policy.lint.finding import Found
from edgerollout.policy.lint.isolation import COEP, COOP, CORP, DIP, token
from edgerollout.policy.staging import STAGED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.policy.lint.subject import HeadersSubject

_FILES = "files of other sites are blocked unless they send Cross-Origin-Resource-Policy or CORS headers"
_BREAKS = {
    (COOP, "same-origin"): "popups to sign in or to pay, which other sites serve, cannot answer the page",
    (COOP, "same-origin-allow-popups"): "a site that opens this page in a popup gets no answer from it",
    (
        COOP,
        "noopener-allow-popups",
    ): "pages that open this one in a popup get no answer from it, the site's own too",
    (COEP, "require-corp"): f"{_FILES}; framed pages must send this header, too",
    (
        COEP,
        "credentialless",
    ): "files of other sites come without cookies, framed pages must send this header; Safari ignores it",
    (
        DIP,
        "isolate-and-require-corp",
    ): f"{_FILES}; the page's own frames without this header cannot be scripted",
    (
        DIP,
        "isolate-and-credentialless",
    ): "files of other sites come without cookies; the page's own frames without"
    " this header cannot be scripted",
    (CORP, "same-origin"): "no other host can show these files, sister hosts and mail programs too",
    (CORP, "same-site"): "no other site can show these files, feed readers and mail programs too",
}

_REPORTS_FIRST = "it goes out report-only first: tour the pages that do this before promote --enforce"
_COMPARE = "no browser reports on it beforehand: tour --candidate loads pages with it and without"
_ASK = "no tour of this site can see it: ask who uses its files elsewhere"


def breaking(subject: HeadersSubject) -> Iterator[Found]:
    for (header, value), what in _BREAKS.items():
        if token(subject, header) == value:
            yield Found(f"{value}: {what}", _fix(header), header=header)
    for header, what in _others(subject):
        yield Found(what, _fix(header), header=header)


def _fix(header: str) -> str:
    if header in STAGED:
        return _REPORTS_FIRST
    return _ASK if header == CORP else _COMPARE


def _others(subject: HeadersSubject) -> Iterator[tuple[str, str]]:
    integrity = fields.dictionary(subject.headers.get("integrity-policy", ""))
    blocked = None if isinstance(integrity, Malformed) else integrity.get("blocked-destinations")
    if blocked is not None and "script" in blocked.words:
        yield "integrity-policy", "scripts without integrity and crossorigin do not load, the site's own too"
    allowed = fields.items(subject.headers.get("connection-allowlist", ""))
    if allowed and not isinstance(allowed, Malformed):
        yield "connection-allowlist", "all other addresses fail, as files, in fetch() and as links"
    document = fields.dictionary(subject.headers.get("document-policy", ""))
    if not isinstance(document, Malformed):
        if "force-load-at-top" in document and document["force-load-at-top"].only is True:
            yield "document-policy", "force-load-at-top: links to a place in a page no longer scroll there"
        if "sync-xhr" in document and document["sync-xhr"].only is False:
            yield "document-policy", "sync-xhr=?0: synchronous requests of old scripts fail"
    cluster = fields.item(subject.headers.get("origin-agent-cluster", ""))
    if not isinstance(cluster, Malformed) and cluster.only is True:
        yield "origin-agent-cluster", "document.domain can no longer be set to talk with sister hosts"
