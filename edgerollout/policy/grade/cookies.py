"""Observatory's test of the cookies that a site sets."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.policy.grade.sites import is_suffix
from edgerollout.policy.grade.transport import hsts_result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.policy.grade.observation import Observation, SentCookie

_IGNORED = frozenset({"heroku-session-affinity"})
_SAME_SITE = frozenset({"lax", "strict", "none"})
_LONG_HSTS = frozenset({"hsts-implemented-max-age-at-least-six-months", "hsts-preloaded"})

_WORSENING = (
    "cookies-without-secure-flag-but-protected-by-hsts",
    "cookies-without-secure-flag",
    "cookies-session-without-secure-flag-but-protected-by-hsts",
    "cookies-samesite-flag-invalid",
    "cookies-anticsrf-without-samesite-flag",
    "cookies-session-without-httponly-flag",
    "cookies-session-without-secure-flag",
)
"""Of several results the later one here counts."""


@dataclass(frozen=True)
class Cookie:
    """A cookie as set. `same_site` is lower-case, empty where it is missing or unknown."""

    name: str
    secure: bool
    http_only: bool
    same_site: str
    same_site_is_wrong: bool
    """It has a SameSite with an unknown value."""
    domain: str = ""
    path: str = ""

    @property
    def is_session(self) -> bool:
        return any(part in self.name.lower() for part in ("login", "sess"))

    @property
    def is_anti_csrf(self) -> bool:
        return "csrf" in self.name.lower()


def read_cookie(value: str) -> Cookie:
    """A Set-Cookie value (RFC 6265 §5.2); unknown attributes are skipped."""
    pair, *attributes = value.split(";")
    parts = [part.partition("=") for part in attributes]
    given = [(name.strip().lower(), text.strip()) for name, _, text in parts]
    # Of duplicate attributes the last counts; a Domain without a value is ignored.
    named = dict(attribute for attribute in given if attribute != ("domain", ""))
    same_site, path = named.get("samesite", "").lower(), named.get("path", "")
    return Cookie(
        name=pair.partition("=")[0].strip() if "=" in pair else "",
        secure="secure" in named,
        http_only="httponly" in named,
        same_site=same_site if same_site in _SAME_SITE else "",
        same_site_is_wrong=any(name == "samesite" and text.lower() not in _SAME_SITE for name, text in given),
        domain=named.get("domain", "").lower().lstrip("."),
        path=path if path.startswith("/") else "",
    )


def cookie_result(seen: Observation) -> str:
    """The name of the result."""
    cookies = tuple(cookies_of(seen))
    if not cookies:
        # Observatory's own order: a wrong SameSite does not count where browsers drop the cookie.
        return "cookies-not-found"
    protected = hsts_result(seen) in _LONG_HSTS
    found = [fault for cookie in cookies for fault in _faults(cookie, protected=protected)]
    if any(read_cookie(value).same_site_is_wrong for value in seen.page.values("set-cookie")):
        found.append("cookies-samesite-flag-invalid")
    if found:
        return max(found, key=_WORSENING.index)
    if all(cookie.same_site for cookie in cookies):
        return "cookies-secure-with-httponly-sessions-and-samesite"
    return "cookies-secure-with-httponly-sessions"


def cookies_of(seen: Observation) -> tuple[Cookie, ...]:
    """The cookies in a browser's jar afterwards: one set again replaces itself."""
    jar: dict[tuple[str, str, str], Cookie] = {}
    for sent in seen.cookies:
        cookie = read_cookie(sent.value)
        if cookie.name not in _IGNORED and _is_taken(cookie, sent):
            jar[cookie.name, cookie.domain or sent.host, cookie.path] = cookie
    return tuple(jar.values())


def refused_cookies(seen: Observation) -> tuple[str, ...]:
    """The names of cookies that no browser takes."""
    read = ((read_cookie(sent.value), sent) for sent in seen.cookies)
    return tuple(
        dict.fromkeys(cookie.name for cookie, sent in read if cookie.name and not _is_taken(cookie, sent))
    )


def _is_taken(cookie: Cookie, sent: SentCookie) -> bool:
    """Whether a browser accepts it: not without a name, for another domain, or against its prefix."""
    if not cookie.name:
        return False
    if cookie.domain and not _covers(cookie.domain, sent.host):
        return False
    if cookie.name.startswith("__Host-"):
        return cookie.secure and not cookie.domain and cookie.path in ("", "/")
    return cookie.secure or not cookie.name.startswith("__Secure-")


def _covers(domain: str, host: str) -> bool:
    """Whether a host may set cookies for a domain (RFC 6265 §5.3): its own or a parent, no public suffix."""
    if domain == host:
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.endswith(f".{domain}") and not is_suffix(domain)
    return False


def _faults(cookie: Cookie, *, protected: bool) -> Iterator[str]:
    if not cookie.secure:
        if cookie.same_site == "none":
            yield "cookies-samesite-flag-invalid"
        kind = "session-without-secure-flag" if cookie.is_session else "without-secure-flag"
        yield f"cookies-{kind}{'-but-protected-by-hsts' if protected else ''}"
    if cookie.is_anti_csrf and not cookie.same_site:
        yield "cookies-anticsrf-without-samesite-flag"
    if cookie.is_session and not cookie.http_only:
        yield "cookies-session-without-httponly-flag"
