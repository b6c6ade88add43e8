"""The other security headers: values that browsers silently ignore, or that do less than they seem to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.policy.csp import NONE
from edgerollout.policy.header_rules import REFERRER_POLICIES
from edgerollout.policy.lint.finding import Edit, Found
from edgerollout.policy.wording import did_you_mean, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.policy.lint.subject import HeadersSubject

_XFO = ("DENY", "SAMEORIGIN")

_LEAKING = {
    "unsafe-url": "other sites, plain http ones too, read the full address of the page, with its query",
    "no-referrer-when-downgrade": "other sites read the full address of the page, with its query",
    "origin": "plain http sites read which site a visitor comes from",
    "origin-when-cross-origin": "plain http sites read which site a visitor comes from",
}


def framing(subject: HeadersSubject) -> Iterator[Found]:
    value = subject.headers.get("x-frame-options")
    if value is None or _frames(value) is not None:
        return
    said = {part.strip().upper() for part in value.split(",")}
    if len(said) > 1 and said & {*_XFO, "ALLOWALL"}:
        # HTML §7.5: several different values, one of them known, block all framing.
        message = (
            f"browsers find several values in {printable(value)!r} and block every frame, the site's own too"
        )
        fix = "DENY or SAMEORIGIN, once"
    elif value.upper().startswith("ALLOW-FROM"):
        message = "browsers ignore ALLOW-FROM: any site may frame the page"
        fix = f"frame-ancestors {value[10:].strip() or 'https://…'} in the CSP"
    else:
        message = f"X-Frame-Options: {printable(value)} is ignored: any site may frame the page"
        fix = did_you_mean(value, [word.lower() for word in _XFO]) or "DENY or SAMEORIGIN, exactly"
    yield Found(message, fix, source=value)


def _frames(value: str) -> str | None:
    """DENY or SAMEORIGIN, written once or more often; None for anything else."""
    said = {part.strip().upper() for part in value.split(",")}
    return next(iter(said)) if len(said) == 1 and said <= set(_XFO) else None


def framing_twice(subject: HeadersSubject) -> Iterator[Found]:
    value = _frames(subject.headers.get("x-frame-options", ""))
    policy = subject.enforced or subject.report_only
    ancestors = None if policy is None else policy.sources("frame-ancestors")
    if value is None or ancestors is None:
        return
    said = frozenset(ancestor.lower() for ancestor in ancestors) - {NONE}
    if said != (frozenset() if value == "DENY" else frozenset({"'self'"})):
        which = (
            "frame-ancestors counts" if subject.enforced else f"{value} counts until the policy is enforced"
        )
        message = f"X-Frame-Options: {value} and frame-ancestors say different things: {which}"
        yield Found(message, "say the same in both", source=value)


def referrers(subject: HeadersSubject) -> Iterator[Found]:
    value = subject.headers.get("referrer-policy")
    if value is None:
        return
    for token in (part.strip() for part in value.split(",")):
        if token.lower() not in REFERRER_POLICIES:
            message = f"browsers ignore the referrer policy {printable(token)!r}"
            yield Found(
                message,
                did_you_mean(token, REFERRER_POLICIES) or "strict-origin-when-cross-origin",
                source=token,
            )


def leaking_referrers(subject: HeadersSubject) -> Iterator[Found]:
    tokens = [part.strip().lower() for part in subject.headers.get("referrer-policy", "").split(",")]
    # Browsers use the last one that they know.
    taken = next((token for token in reversed(tokens) if token in REFERRER_POLICIES), None)
    if taken in _LEAKING:
        yield Found(_LEAKING[taken], "strict-origin-when-cross-origin", source=taken)


def sniffing(subject: HeadersSubject) -> Iterator[Found]:
    value = subject.headers.get("x-content-type-options")
    # Of several values browsers use the first (Fetch §3.6).
    if value is not None and value.partition(",")[0].strip().lower() != "nosniff":
        message = (
            f"X-Content-Type-Options: {printable(value)} is ignored: an uploaded text may run as a script"
        )
        near = value.strip("'\" ").lower() == "nosniff"
        yield Found(message, "nosniff", source=value, edit=Edit(None, "nosniff") if near else None)


def old_filter(subject: HeadersSubject) -> Iterator[Found]:
    value = subject.headers.get("x-xss-protection")
    if value is not None and value.strip() != "0":
        message = "the old XSS filter could be turned against the page; current browsers do not have it"
        yield Found(message, "0, or leave the header out", source=value)
