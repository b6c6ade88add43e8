"""The other security headers: values that browsers ignore in silence, or that do less than they seem to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edgerollout.policy.csp import NONE
from edgerollout.policy.lint.finding import Edit, Found
from edgerollout.policy.wording import did_you_mean, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.policy.lint.subject import HeadersSubject

_HALF_A_YEAR = 15_552_000
_A_YEAR = 31_536_000
_HSTS = re.compile(r'(?P<name>[A-Za-z-]+)\s*(?:=\s*"?(?P<value>[^";]*)"?)?')
_XFO = ("DENY", "SAMEORIGIN")

_REFERRERS = frozenset(
    {
        "no-referrer",
        "no-referrer-when-downgrade",
        "origin",
        "origin-when-cross-origin",
        "same-origin",
        "strict-origin",
        "strict-origin-when-cross-origin",
        "unsafe-url",
    }
)
_LEAKING = {
    "unsafe-url": "other sites, plain http ones too, read the full address of the page, with its query",
    "no-referrer-when-downgrade": "other sites read the full address of the page, with its query",
    "origin": "plain http sites read which site a visitor comes from",
    "origin-when-cross-origin": "plain http sites read which site a visitor comes from",
}
_RETIRED = {
    "expect-ct": "browsers check certificates' transparency by themselves",
    "feature-policy": "Permissions-Policy took its place",
    "p3p": "no browser reads it",
    "pragma": "Cache-Control took its place",
    "public-key-pins": "browsers removed it; a wrong pin locked visitors out",
    "public-key-pins-report-only": "browsers removed it",
    "x-download-options": "only Internet Explorer read it",
    "x-webkit-csp": "send Content-Security-Policy",
    "x-content-security-policy": "send Content-Security-Policy",
}
_EXPECTED = {
    "referrer-policy": "strict-origin-when-cross-origin",
    "strict-transport-security": "max-age=300, raised when all is well",
    "x-content-type-options": "nosniff",
}


def framing(subject: HeadersSubject) -> Iterator[Found]:
    value = subject.headers.get("x-frame-options")
    if value is None or value.upper() in _XFO:
        return
    if value.upper().startswith("ALLOW-FROM"):
        message = "browsers ignore ALLOW-FROM: any site may frame the page"
        fix = f"frame-ancestors {value[10:].strip() or 'https://…'} in the CSP"
    else:
        message = f"X-Frame-Options: {printable(value)} is ignored: any site may frame the page"
        fix = did_you_mean(value, [one.lower() for one in _XFO]) or "DENY or SAMEORIGIN, exactly"
    yield Found(message, fix, source=value)


def framing_twice(subject: HeadersSubject) -> Iterator[Found]:
    value = subject.headers.get("x-frame-options", "").upper()
    policy = subject.enforced or subject.report_only
    ancestors = None if policy is None else policy.sources("frame-ancestors")
    if value not in _XFO or ancestors is None:
        return
    said = frozenset(one.lower() for one in ancestors) - {NONE}
    if said != (frozenset() if value == "DENY" else frozenset({"'self'"})):
        which = (
            "frame-ancestors counts" if subject.enforced else f"{value} counts until the policy is enforced"
        )
        message = f"X-Frame-Options: {value} and frame-ancestors say different things: {which}"
        yield Found(message, "say the same in both", source=value)


def transport(subject: HeadersSubject) -> Iterator[Found]:
    for message, fix in _transport_errors(subject.headers.get("strict-transport-security")):
        yield Found(message, fix)


def _transport_errors(value: str | None) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    given = _hsts_directives(value)
    if given is None:
        yield (
            f"browsers ignore Strict-Transport-Security: {printable(value)}",
            "max-age=SECONDS; includeSubDomains",
        )
        return
    names = [name for name, _ in given]
    age = dict(given).get("max-age")
    if age is None or not age.isdecimal():
        yield "Strict-Transport-Security without max-age=SECONDS is ignored", "max-age=31536000"
    elif len(set(names)) != len(names):
        yield (
            "a directive of Strict-Transport-Security is there twice: browsers ignore the header",
            "leave one out",
        )


def transport_preload(subject: HeadersSubject) -> Iterator[Found]:
    given = dict(_hsts_directives(subject.headers.get("strict-transport-security", "")) or ())
    age = given.get("max-age", "")
    if "preload" in given and ("includesubdomains" not in given or not age.isdecimal() or int(age) < _A_YEAR):
        message = "preload is not accepted without includeSubDomains and a max-age of a year"
        yield Found(
            message, "max-age=31536000; includeSubDomains; preload, or without preload", source="preload"
        )


def transport_short(subject: HeadersSubject) -> Iterator[Found]:
    age = dict(_hsts_directives(subject.headers.get("strict-transport-security", "")) or ()).get(
        "max-age", ""
    )
    if age.isdecimal() and int(age) == 0:
        message = "max-age=0 makes browsers forget that the site is https only"
        yield Found(message, "right while taking HSTS back, else raise it", source="max-age")
    elif age.isdecimal() and int(age) < _HALF_A_YEAR:
        message = (
            f"browsers keep to https for {int(age):,} seconds; a first visit after that can be intercepted"
        )
        yield Found(message, "raise it to 31536000 when all is well", source="max-age")


def _hsts_directives(value: str) -> list[tuple[str, str]] | None:
    """Names, lower-cased, with values ("" for none); None where the header does not parse (RFC 6797 §6.1)."""
    found: list[tuple[str, str]] = []
    for part in value.split(";"):
        if not part.strip():
            continue
        match = _HSTS.fullmatch(part.strip())
        if match is None:
            return None
        found.append((match["name"].lower(), (match["value"] or "").strip()))
    return found


def referrers(subject: HeadersSubject) -> Iterator[Found]:
    value = subject.headers.get("referrer-policy")
    if value is None:
        return
    for token in (part.strip() for part in value.split(",")):
        if token.lower() not in _REFERRERS:
            message = f"browsers ignore the referrer policy {printable(token)!r}"
            yield Found(
                message, did_you_mean(token, _REFERRERS) or "strict-origin-when-cross-origin", source=token
            )


def leaking_referrers(subject: HeadersSubject) -> Iterator[Found]:
    tokens = [part.strip().lower() for part in subject.headers.get("referrer-policy", "").split(",")]
    # Of several, browsers take the last that they know.
    taken = next((token for token in reversed(tokens) if token in _REFERRERS), None)
    if taken in _LEAKING:
        yield Found(_LEAKING[taken], "strict-origin-when-cross-origin", source=taken)


def sniffing(subject: HeadersSubject) -> Iterator[Found]:
    value = subject.headers.get("x-content-type-options")
    if value is not None and value.lower() != "nosniff":
        message = (
            f"X-Content-Type-Options: {printable(value)} is ignored: an uploaded text may run as a script"
        )
        near = value.strip("'\" ").lower() == "nosniff"
        yield Found(message, "nosniff", source=value, edit=Edit(None, "nosniff") if near else None)


def old_filter(subject: HeadersSubject) -> Iterator[Found]:
    value = subject.headers.get("x-xss-protection")
    if value is not None and value.strip() != "0":
        message = "the old XSS filter could be turned against the page; browsers of today do not have it"
        yield Found(message, "0, or leave the header out", source=value)


def retired(subject: HeadersSubject) -> Iterator[Found]:
    for name in sorted(_RETIRED.keys() & subject.headers.keys()):
        yield Found(f"{name} does nothing any more: {_RETIRED[name]}", "leave it out", source=name)


def absent(subject: HeadersSubject) -> Iterator[Found]:
    for name, value in _EXPECTED.items():
        if name not in subject.headers:
            yield Found(f"{name} is not sent", value, source=name)
