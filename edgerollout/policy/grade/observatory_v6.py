"""MDN HTTP Observatory's scoring, algorithm version 6 (2026-08-19), as data.

Result names and modifiers are Observatory's (github.com/mdn/mdn-http-observatory, src/grader/charts.js);
the words are edgerollout's. Version 6 is different from version 4, the version of the npm package 1.4.8:

- `x-frame-options-sameorigin-or-deny` is worth 5 (since version 5; 0 before);
- `cross-origin-opener-policy` and `cross-origin-embedder-policy` are tests of their own (+10, 0, -5);
- a `Content-Security-Policy` header is split at commas into policies before it is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

ALGORITHM = 6

EXTRA_CREDIT_FROM = 90
"""Bonuses count only if the score without them is at least this: they do not replace missing headers."""

GRADES = (
    (100, "A+"), (90, "A"), (85, "A-"), (80, "B+"), (70, "B"), (65, "B-"), (60, "C+"), (50, "C"),
    (45, "C-"), (40, "D+"), (30, "D"), (25, "D-"), (0, "F"),
)  # fmt: skip
"""The least score of each grade, best first."""


@dataclass(frozen=True)
class Row:
    """One result: the test it belongs to, its modifier, whether it counts as passed, why, what to do."""

    test: str
    modifier: int
    verdict: Literal["pass", "fail"]
    reason: str
    advice: str = ""


CSP = "content-security-policy"
COOKIES = "cookies"
CORS = "cross-origin-resource-sharing"
REDIRECTION = "redirection"
REFERRER = "referrer-policy"
HSTS = "strict-transport-security"
SRI = "subresource-integrity"
XCTO = "x-content-type-options"
XFO = "x-frame-options"
CORP = "cross-origin-resource-policy"
COOP = "cross-origin-opener-policy"
COEP = "cross-origin-embedder-policy"

TESTS = (CSP, COOKIES, CORS, REDIRECTION, REFERRER, HSTS, SRI, XCTO, XFO, CORP, COOP, COEP)
"""The tests, in the order in which they are shown."""

_DEFAULT_NONE = "start from default-src 'none' and name every directive the site needs"
_ENFORCE = "watch a report-only policy until it is clean, then enforce it"
_SECURE = "add Secure, HttpOnly and SameSite to the cookie"
_HALF_A_YEAR = "raise max-age to 31536000 once every host works over HTTPS"
_NAMED_SCRIPTS = "name the hosts of scripts, use nonces or hashes for inline ones; object-src 'none'"

RESULTS: Mapping[str, Row] = {
    "csp-implemented-with-no-unsafe-default-src-none": Row(
        CSP, 10, "pass", "nothing unsafe, and nothing is allowed that is not named"
    ),
    "csp-implemented-with-no-unsafe": Row(CSP, 5, "pass", "nothing unsafe is allowed", _DEFAULT_NONE),
    "csp-implemented-with-unsafe-inline-in-style-src-only": Row(
        CSP, 0, "pass", "inline styles, data: or any host are allowed for styles, not for scripts",
        "move inline styles into files, or allow them by hash",
    ),
    "csp-implemented-with-insecure-scheme-in-passive-content-only": Row(
        CSP, -10, "pass", "images or media may come over plain HTTP", "load images and media over https://",
    ),
    "csp-implemented-with-unsafe-eval": Row(
        CSP, -10, "fail", "'unsafe-eval' lets strings run as code", "remove 'unsafe-eval'",
    ),
    "csp-implemented-with-unsafe-inline": Row(
        CSP, -20, "fail",
        "inline scripts, data: or nearly any host are allowed for scripts, or nearly any host for plug-ins",
        _NAMED_SCRIPTS,
    ),
    "csp-implemented-with-insecure-scheme": Row(
        CSP, -20, "fail", "something other than images and media may come over plain HTTP",
        "use https:// in every source, report-uri included",
    ),
    "csp-header-invalid": Row(
        CSP, -25, "fail", "the policy is empty, has a directive twice, or 'strict-dynamic' alone",
        "correct it: lint says where",
    ),
    "csp-not-implemented": Row(CSP, -25, "fail", "no policy is enforced", _ENFORCE),
    "csp-not-implemented-but-reporting-enabled": Row(
        CSP, -25, "fail", "a policy is observed (report-only) and none is enforced", _ENFORCE,
    ),
    "csp-implemented-but-duplicate-directives": Row(
        CSP, 0, "pass", "report-uri or report-to is there twice; browsers use the first", "keep one of them",
    ),
    "cookies-secure-with-httponly-sessions-and-samesite": Row(
        COOKIES, 5, "pass", "every cookie is Secure and has SameSite, session cookies are HttpOnly"
    ),
    "cookies-secure-with-httponly-sessions": Row(
        COOKIES, 0, "pass", "every cookie is Secure and session cookies are HttpOnly",
        "add SameSite to every cookie",
    ),
    "cookies-not-found": Row(COOKIES, 0, "pass", "no cookie is set"),
    "cookies-without-secure-flag-but-protected-by-hsts": Row(
        COOKIES, -5, "fail", "a cookie is not Secure; HSTS keeps it off plain HTTP", _SECURE,
    ),
    "cookies-session-without-secure-flag-but-protected-by-hsts": Row(
        COOKIES, -10, "fail", "a session cookie is not Secure; HSTS keeps it off plain HTTP", _SECURE,
    ),
    "cookies-without-secure-flag": Row(
        COOKIES, -20, "fail", "a cookie may be sent over plain HTTP", _SECURE,
    ),
    "cookies-samesite-flag-invalid": Row(
        COOKIES, -20, "fail", "SameSite has an unknown value, or is None without Secure",
        "use SameSite=Lax or Strict, or None together with Secure",
    ),
    "cookies-anticsrf-without-samesite-flag": Row(
        COOKIES, -20, "fail", "an anti-CSRF cookie has no SameSite", "add SameSite=Strict to it",
    ),
    "cookies-session-without-httponly-flag": Row(
        COOKIES, -30, "fail", "scripts can read a session cookie", _SECURE,
    ),
    "cookies-session-without-secure-flag": Row(
        COOKIES, -40, "fail", "a session cookie may be sent over plain HTTP", _SECURE,
    ),
    "cross-origin-resource-sharing-not-implemented": Row(
        CORS, 0, "pass", "other sites may not read the page"
    ),
    "cross-origin-resource-sharing-implemented-with-public-access": Row(
        CORS, 0, "pass", "any site may read the page, without its visitors' cookies"
    ),
    "cross-origin-resource-sharing-implemented-with-restricted-access": Row(
        CORS, 0, "pass", "certain other sites may read the page"
    ),
    "cross-origin-resource-sharing-implemented-with-universal-access": Row(
        CORS, -50, "fail", "any site may read the page as its visitor: the Origin asked with is sent back,"
        " credentials allowed", "answer with the origins you know, never with the one that asks",
    ),
    "redirection-all-redirects-preloaded": Row(
        REDIRECTION, 0, "pass", "browsers go to HTTPS at once: every host is on the preload list"
    ),
    "redirection-to-https": Row(REDIRECTION, 0, "pass", "http:// redirects to https:// on the same host"),
    "redirection-not-needed-no-http": Row(REDIRECTION, 0, "pass", "nothing answers on http://"),
    "redirection-off-host-from-http": Row(
        REDIRECTION, -5, "fail", "http:// redirects to another host at once: HSTS of this one is never seen",
        "redirect to https:// on the same host first",
    ),
    "redirection-not-to-https-on-initial-redirection": Row(
        REDIRECTION, -10, "fail", "http:// redirects to http:// before it reaches https://",
        "redirect to https:// at once",
    ),
    "redirection-not-to-https": Row(
        REDIRECTION, -20, "fail", "http:// redirects and never reaches https://", "redirect to https://",
    ),
    "redirection-missing": Row(
        REDIRECTION, -20, "fail", "the page is served over plain HTTP",
        "let CloudFront redirect to HTTPS (viewer protocol policy)",
    ),
    "redirection-invalid-cert": Row(
        REDIRECTION, -20, "fail", "http:// redirects to a certificate that is not valid",
        "renew the certificate, for every host on the way",
    ),
    "referrer-policy-private": Row(REFERRER, 5, "pass", "other sites learn at most the origin, over HTTPS"),
    "referrer-policy-not-implemented": Row(
        REFERRER, 0, "pass", "none: browsers take strict-origin-when-cross-origin",
        "send strict-origin-when-cross-origin, or stricter",
    ),
    "referrer-policy-unsafe": Row(
        REFERRER, -5, "fail", "other sites may learn whole URLs, or anything over plain HTTP",
        "send strict-origin-when-cross-origin, or stricter",
    ),
    "referrer-policy-header-invalid": Row(
        REFERRER, -5, "fail", "not a known policy", "send strict-origin-when-cross-origin, or stricter",
    ),
    "hsts-preloaded": Row(HSTS, 5, "pass", "the host is on the browsers' preload list"),
    "hsts-implemented-max-age-at-least-six-months": Row(
        HSTS, 0, "pass", "browsers stay on HTTPS for half a year or longer",
        "preloading brings 5 and is hard to take back: hstspreload.org",
    ),
    "hsts-implemented-max-age-less-than-six-months": Row(
        HSTS, -10, "fail", "browsers forget it in less than 180 days", _HALF_A_YEAR,
    ),
    "hsts-not-implemented": Row(
        HSTS, -20, "fail", "no header: the first visit may be taken over on plain HTTP",
        "send max-age=300 first, then raise it to 31536000",
    ),
    "hsts-header-invalid": Row(
        HSTS, -20, "fail", "no max-age, or the header is sent twice", "send one header: max-age=31536000",
    ),
    "hsts-not-implemented-no-https": Row(
        HSTS, -20, "fail", "the site does not answer over HTTPS", "serve it over HTTPS",
    ),
    "hsts-invalid-cert": Row(
        HSTS, -20, "fail", "the certificate is not valid: browsers ignore the header",
        "renew the certificate",
    ),
    "sri-implemented-and-all-scripts-loaded-securely": Row(
        SRI, 5, "pass", "scripts are of the site itself, with integrity"
    ),
    "sri-implemented-and-external-scripts-loaded-securely": Row(
        SRI, 5, "pass", "scripts of other sites come over HTTPS with integrity"
    ),
    "sri-not-implemented-response-not-html": Row(SRI, 0, "pass", "the answer is not HTML"),
    "sri-not-implemented-but-no-scripts-loaded": Row(SRI, 0, "pass", "the page has no script"),
    "sri-not-implemented-but-all-scripts-loaded-from-secure-origin": Row(
        SRI, 0, "pass", "all scripts are of the site itself", "add integrity to them",
    ),
    "sri-not-implemented-but-external-scripts-loaded-securely": Row(
        SRI, -5, "fail", "a script of another site has no integrity", "add integrity and crossorigin to it",
    ),
    "sri-implemented-but-external-scripts-not-loaded-securely": Row(
        SRI, -20, "fail", "a script of another site comes over plain HTTP, or `//`",
        "write https:// in its src",
    ),
    "sri-not-implemented-and-external-scripts-not-loaded-securely": Row(
        SRI, -50, "fail", "a script of another site comes over plain HTTP, or `//`, without integrity",
        "write https:// in its src and add integrity",
    ),
    "html-not-parseable": Row(
        SRI, -20, "fail", "the page could not be read: which scripts it loads is not known",
        "save the page, and grade it with --headers and --html",
    ),
    "x-content-type-options-nosniff": Row(XCTO, 0, "pass", "nosniff"),
    "x-content-type-options-not-implemented": Row(
        XCTO, -5, "fail", "browsers may guess another type than was sent", "send nosniff",
    ),
    "x-content-type-options-header-invalid": Row(
        XCTO, -5, "fail", "not nosniff, or sent twice", "send nosniff, once",
    ),
    "x-frame-options-implemented-via-csp": Row(XFO, 5, "pass", "frame-ancestors of the CSP decides"),
    "x-frame-options-sameorigin-or-deny": Row(
        XFO, 5, "pass", "other sites cannot frame the page", "add frame-ancestors to the CSP as well",
    ),
    "x-frame-options-allow-from-origin": Row(
        XFO, 0, "pass", "ALLOW-FROM, which no current browser supports", "use frame-ancestors in the CSP",
    ),
    "x-frame-options-not-implemented": Row(
        XFO, -20, "fail", "any site may frame the page", "send DENY, and frame-ancestors 'none' in the CSP",
    ),
    "x-frame-options-header-invalid": Row(
        XFO, -20, "fail", "neither DENY nor SAMEORIGIN, or sent twice", "send DENY or SAMEORIGIN, once",
    ),
    "corp-header-invalid": Row(CORP, -5, "fail", "an unknown value", "send same-origin or same-site"),
    "corp-implemented-with-cross-origin": Row(CORP, 0, "pass", "any site may load it", "send same-origin"),
    "corp-implemented-with-same-origin": Row(CORP, 10, "pass", "only the same origin may load it"),
    "corp-implemented-with-same-site": Row(CORP, 10, "pass", "only the same site may load it"),
    "corp-not-implemented": Row(
        CORP, 0, "pass", "none: other sites may load it", "send same-origin where no other site embeds it",
    ),
    "coep-implemented-with-require-corp": Row(COEP, 10, "pass", "only files that opt in are embedded"),
    "coep-implemented-with-credentialless": Row(COEP, 10, "pass", "files without opt-in get no cookies"),
    "coep-implemented-with-unsafe-none": Row(COEP, 0, "pass", "no protection", "send credentialless"),
    "coep-not-implemented": Row(
        COEP, 0, "pass", "none", "send credentialless; require-corp stops third parties that do not opt in",
    ),
    "coep-header-invalid": Row(
        COEP, -5, "fail", "an unknown value, or sent twice: browsers ignore it", "send credentialless, once",
    ),
    "coop-implemented-with-same-origin": Row(COOP, 10, "pass", "windows of other sites are kept apart"),
    "coop-implemented-with-same-origin-allow-popups": Row(
        COOP, 10, "pass", "windows of other sites are kept apart, except popups of the page"
    ),
    "coop-implemented-with-noopener-allow-popups": Row(
        COOP, 10, "pass", "windows that open the page are kept apart"
    ),
    "coop-implemented-with-unsafe-none": Row(COOP, 0, "pass", "no protection", "send same-origin"),
    "coop-not-implemented": Row(
        COOP, 0, "pass", "none", "send same-origin, or same-origin-allow-popups with popups for logins",
    ),
    "coop-header-invalid": Row(
        COOP, -5, "fail", "an unknown value, or sent twice: browsers ignore it", "send same-origin, once",
    ),
}  # fmt: skip
"""All results."""


def best_of(test: str) -> int:
    """The highest modifier of a test."""
    return max(row.modifier for row in RESULTS.values() if row.test == test)


def grade_of(score: int) -> str:
    """The grade of a score; below 0 counts as 0."""
    return next(grade for least, grade in GRADES if max(score, 0) >= least)
