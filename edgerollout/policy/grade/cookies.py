"""Observatory's test of the cookies that a site sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.policy.grade.transport import hsts_result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.policy.grade.observation import Observation

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
"""Of several results the one that is later here counts."""


@dataclass(frozen=True)
class Cookie:
    """A cookie as set. `same_site` is lower-case, empty where it is missing or unknown."""

    name: str
    secure: bool
    http_only: bool
    same_site: str
    same_site_is_wrong: bool
    """SameSite is there and has no value that is known."""
    domain: str = ""
    path: str = ""

    @property
    def is_session(self) -> bool:
        return any(part in self.name.lower() for part in ("login", "sess"))

    @property
    def is_anti_csrf(self) -> bool:
        return "csrf" in self.name.lower()


def read_cookie(value: str) -> Cookie:
    """A Set-Cookie value (RFC 6265 §5.2); attributes that are not known are skipped."""
    pair, *attributes = value.split(";")
    given = [part.partition("=") for part in attributes]
    named = {name.strip().lower(): text.strip() for name, _, text in given}
    same_site = named.get("samesite", "").lower()
    return Cookie(
        name=pair.partition("=")[0].strip() if "=" in pair else "",
        secure="secure" in named,
        http_only="httponly" in named,
        same_site=same_site if same_site in _SAME_SITE else "",
        same_site_is_wrong="samesite" in named and same_site not in _SAME_SITE,
        domain=named.get("domain", "").lower().lstrip("."),
        path=named.get("path", ""),
    )


def cookie_result(seen: Observation) -> str:
    """The name of the result."""
    cookies = tuple(cookies_of(seen))
    if not cookies:
        # Observatory's own order: a SameSite that is wrong does not count where no cookie comes of it.
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
    for value in seen.cookies:
        cookie = read_cookie(value)
        if cookie.name and cookie.name not in _IGNORED:
            jar[cookie.name, cookie.domain, cookie.path] = cookie
    return tuple(jar.values())


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
