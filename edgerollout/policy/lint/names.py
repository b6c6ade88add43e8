"""Header names: misspelt, obsolete, telling too much, missing."""

from __future__ import annotations

import functools
from difflib import get_close_matches
from typing import TYPE_CHECKING

from edgerollout.policy.header_rules import CSP_HEADERS
from edgerollout.policy.headers import cased
from edgerollout.policy.lint.finding import Found
from edgerollout.policy.lint.tables import table
from edgerollout.policy.shape import strings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.policy.lint.subject import HeadersSubject

_RETIRED = {
    "expect-ct": "browsers check certificates' transparency by themselves",
    "feature-policy": "Permissions-Policy replaced it",
    "p3p": "no browser reads it",
    "pragma": "Cache-Control replaced it",
    "public-key-pins": "browsers removed it; a wrong pin locked visitors out",
    "public-key-pins-report-only": "browsers removed it",
    "x-download-options": "only Internet Explorer read it",
    "x-ua-compatible": "only Internet Explorer read it",
    "x-webkit-csp": "send Content-Security-Policy",
    "x-content-security-policy": "send Content-Security-Policy",
}
_TELLING = (
    "server", "x-aspnet-version", "x-aspnetmvc-version", "x-backend-server", "x-drupal-cache",
    "x-drupal-dynamic-cache", "x-generator", "x-php-version", "x-powered-by", "x-powered-cms",
    "x-redirect-by", "x-runtime", "x-server", "x-turbo-charged-by", "x-version",
)  # fmt: skip
"""Headers that tell what runs a site."""

_EXPECTED = {
    "referrer-policy": "strict-origin-when-cross-origin",
    "strict-transport-security": "max-age=300, raised once everything works",
    "x-content-type-options": "nosniff",
}

_UNLIKE = frozenset(_TELLING) - {"server", "x-powered-by"}
"""Names that are also endings of private names: `x-version-id` is not a misspelt `x-version`."""

_ACTS = ("access-control-", "cross-origin-", "x-")
_ACTS_ALIKE = (
    "-agent-cluster",
    "-allowlist",
    "-endpoints",
    "-policy",
    "-report-only",
    "-security",
    "-site-data",
)
"""How the names of headers that browsers use begin and end."""

_NEAR = 0.85
"""How similar a name with x- must be to a known name to count as a typing mistake."""


@functools.cache
def known_names() -> frozenset[str]:
    """The known names: IANA's, and common ones with x-."""
    data = table("header_names.json", "standard", "unofficial")
    return frozenset((*strings(data["standard"]), *strings(data["unofficial"]), *_TELLING, *CSP_HEADERS))


def misspelt(subject: HeadersSubject) -> Iterator[Found]:
    for name in sorted(subject.headers):
        if name in known_names():
            continue
        near = _meant(name)
        if near is not None:
            message = f"no browser knows a header {cased(name)}: it does nothing"
            yield Found(message, f"did you mean {near}?", header=name)
        elif not name.startswith("x-"):
            message = f"{cased(name)} is not a standard header: browsers ignore it"
            fix = f'rename it x-{name}, or accept it: [[lint.ignore]] rule = "header-name", header = "{name}"'
            yield Found(message, fix, header=name)
    for name in sorted(subject.removed - known_names()):
        if (near := _meant(name)) is not None:
            message = f"this removes nothing: no browser knows a header {cased(name)}"
            yield Found(message, f"did you mean {near}?", header=name)


def _meant(name: str) -> str | None:
    known = known_names()
    # A missing or additional x- is a common mistake: frame-options, x-referrer-policy. But x-cache-status and
    # similar names are private names of servers.
    other = name.removeprefix("x-") if name.startswith("x-") else f"x-{name}"
    if other in known and (other.startswith(_ACTS) or other.endswith(_ACTS_ALIKE)):
        return other
    own = name.startswith("x-")
    alike = sorted(candidate for candidate in known - _UNLIKE if candidate.startswith("x-") or not own)
    near = get_close_matches(name, alike, 1, _NEAR if own else 0.8)
    return near[0] if near else None


def retired(subject: HeadersSubject) -> Iterator[Found]:
    for name in sorted(_RETIRED.keys() & subject.headers.keys()):
        yield Found(f"{name} no longer does anything: {_RETIRED[name]}", "leave it out", header=name)


def telling(subject: HeadersSubject) -> Iterator[Found]:
    for name in _TELLING:
        if name in subject.headers:
            message = "it tells attackers which software runs the site, and visitors nothing"
            yield Found(message, "{ remove = true }", source=subject.headers[name], header=name)


def absent(subject: HeadersSubject) -> Iterator[Found]:
    for name, value in _EXPECTED.items():
        if name not in subject.headers:
            yield Found(f"{name} is not sent", value, header=name)
