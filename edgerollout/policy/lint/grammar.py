"""Directives that browsers drop, or that do not mean what they seem to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edgerollout.policy.csp import NONE
from edgerollout.policy.fallback import SOURCE_LISTS
from edgerollout.policy.lint.finding import Edit, Found
from edgerollout.policy.refusals import KNOWN_DIRECTIVES
from edgerollout.policy.wording import did_you_mean, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.policy.lint.subject import PolicySubject

_NAME = re.compile(r"[a-z0-9-]+", re.IGNORECASE)

REMOVED = {
    "disown-opener": "send Cross-Origin-Opener-Policy instead",
    "navigate-to": "nothing replaced it",
    "plugin-types": "object-src 'none' blocks plugins",
    "prefetch-src": "default-src governs prefetches where a browser still checks them",
    "referrer": "send Referrer-Policy instead",
    "reflected-xss": "nothing replaced it; a policy without 'unsafe-inline' does more",
    "require-sri-for": "write integrity attributes",
}
"""Directives of earlier drafts that no browser supports any more, and what to do instead."""

_UNSUPPORTED = {"webrtc": "Chromium does not know it"}
_EXTRA = frozenset({"treat-as-public-address"})
_KNOWN = frozenset(KNOWN_DIRECTIVES) | _EXTRA
_VALUELESS = frozenset({"block-all-mixed-content", "upgrade-insecure-requests", "treat-as-public-address"})

_SANDBOX_FLAGS = frozenset(
    {
        "allow-downloads",
        "allow-forms",
        "allow-modals",
        "allow-orientation-lock",
        "allow-pointer-lock",
        "allow-popups",
        "allow-popups-to-escape-sandbox",
        "allow-presentation",
        "allow-same-origin",
        "allow-scripts",
        "allow-storage-access-by-user-activation",
        "allow-top-navigation",
        "allow-top-navigation-by-user-activation",
        "allow-top-navigation-to-custom-protocols",
    }
)
_TT_NAME = re.compile(r"[A-Za-z0-9\-#=_/@.%]+")
_TT_KEYWORDS = frozenset({NONE, "'allow-duplicates'", "*"})


def is_known_directive(name: str) -> bool:
    """Whether browsers know the directive, or once did."""
    return name in _KNOWN or name in REMOVED


def directive_names(subject: PolicySubject) -> Iterator[Found]:
    for name, _ in subject.csp.directives:
        if _NAME.fullmatch(name) is None:
            bare = re.sub(r"[^a-z0-9-]", "-", name.rstrip(":").lower())
            hint = f"write {bare}" if bare in _KNOWN else "letters, digits and - only"
            message = f"browsers drop the directive {printable(name)}: it is not a valid directive name"
            yield Found(message, hint, name)


def unknown_directives(subject: PolicySubject) -> Iterator[Found]:
    for name, _ in subject.csp:
        if _NAME.fullmatch(name) is not None and name not in _KNOWN | REMOVED.keys():
            message = f"no browser supports {name}: it restricts nothing"
            yield Found(message, did_you_mean(name, _KNOWN) or "leave it out", name)


def removed_directives(subject: PolicySubject) -> Iterator[Found]:
    for name, _ in subject.csp:
        if name in REMOVED:
            message = f"browsers no longer support {name}, which was removed from the specification"
            yield Found(message, REMOVED[name], name)


def unsupported_directives(subject: PolicySubject) -> Iterator[Found]:
    for name, _ in subject.csp:
        if name in _UNSUPPORTED:
            yield Found(f"{name} restricts nothing for most visitors: {_UNSUPPORTED[name]}", None, name)


def obsolete_directives(subject: PolicySubject) -> Iterator[Found]:
    for name, _ in subject.csp:
        if name == "block-all-mixed-content":
            message = (
                "block-all-mixed-content no longer does anything: browsers block or upgrade by themselves"
            )
            yield Found(message, "leave it out, or write upgrade-insecure-requests", name)


def duplicate_directives(subject: PolicySubject) -> Iterator[Found]:
    seen: set[str] = set()
    for name, _ in subject.csp.directives:
        if name in seen:
            message = f"{name} is there more than once: browsers use the first and ignore this one"
            yield Found(message, "write all its sources in one list", name)
        seen.add(name)


def missing_semicolons(subject: PolicySubject) -> Iterator[Found]:
    for name, sources in subject.csp:
        for source in sources:
            if source.lower() in _KNOWN | REMOVED.keys():
                message = f"{source} is among the sources of {name}: browsers read it as a host name, and the"
                yield Found(f"{message} directive has no effect", f"put a ; before {source}", name, source)


def separators(subject: PolicySubject) -> Iterator[Found]:
    for name, sources in subject.csp.directives:
        for text in (name, *sources):
            if ";" in text or "," in text:
                mark, part = (";", "directive") if ";" in text else (",", "policy")
                hint = f"write %{ord(mark):X} where a path needs one"
                message = f"the {mark} in {printable(text)} ends the list: what follows starts another {part}"
                yield Found(message, hint, name, None if text is name else text)
                break


def not_ascii(subject: PolicySubject) -> Iterator[Found]:
    for name, sources in subject.csp.directives:
        bad = next((text for text in (name, *sources) if not text.isascii()), None)
        if bad is not None:
            message = f"{printable(bad)} is not ASCII: browsers drop all of {printable(name)}, not this alone"
            yield Found(message, _ascii_hint(bad), name, None if bad is name else bad)


def _ascii_hint(text: str) -> str:
    straight = text.translate(dict.fromkeys(map(ord, "‘’“”"), "'"))
    if straight.isascii():
        return f"use straight quotes: {straight}"
    scheme, sep, rest = text.rpartition("://")
    host, slash, path = rest.partition("/")
    try:
        puny = host.encode("idna").decode()
    except UnicodeError:
        return "write host names in punycode, paths percent-encoded"
    return f"write {scheme}{sep}{puny}{slash}{path if path.isascii() else '…'}"


def empty_lists(subject: PolicySubject) -> Iterator[Found]:
    for name, sources in subject.csp:
        if name in SOURCE_LISTS and not sources:
            message = f"{name} has no source: browsers read it as 'none', people and other tools overlook it"
            yield Found(message, "write 'none'", name, edit=Edit(None, NONE))


def needless_values(subject: PolicySubject) -> Iterator[Found]:
    for name, sources in subject.csp:
        if name in _VALUELESS:
            for source in sources:
                message = f"{name} takes no value: browsers ignore {printable(source)}"
                yield Found(message, "leave the value out", name, source, Edit(source, None))


def sandbox_flags(subject: PolicySubject) -> Iterator[Found]:
    for source in subject.csp.sources("sandbox") or ():
        if source.lower() not in _SANDBOX_FLAGS:
            message = f"{printable(source)} is not a sandbox flag: it allows nothing"
            yield Found(message, did_you_mean(source.strip("'"), _SANDBOX_FLAGS), "sandbox", source)


def sandbox_escapes(subject: PolicySubject) -> Iterator[Found]:
    flags = {flag.lower() for flag in subject.csp.sources("sandbox") or ()}
    if {"allow-scripts", "allow-same-origin"} <= flags:
        message = "with allow-scripts and allow-same-origin a framed page can remove its own sandbox"
        yield Found(message, "leave one of the two out", "sandbox", "allow-same-origin")


def trusted_types(subject: PolicySubject) -> Iterator[Found]:
    names = subject.csp.sources("trusted-types") or ()
    for name in names:
        if name not in _TT_KEYWORDS and _TT_NAME.fullmatch(name) is None:
            message = f"{printable(name)} is not a valid name of a Trusted Types policy: browsers ignore it"
            yield Found(message, "letters, digits and -#=_/@.% only", "trusted-types", name)
        elif name == NONE and len(names) > 1:
            message = "'none' next to other names is ignored"
            yield Found(message, "leave 'none' out", "trusted-types", name, Edit(name, None))
    sinks = subject.csp.sources("require-trusted-types-for")
    if sinks is not None and "'script'" not in sinks:
        message = "require-trusted-types-for without 'script' has no effect: DOM injection is not stopped"
        given = sinks[0] if sinks else None
        yield Found(message, "write 'script' with its quotes", "require-trusted-types-for", given)
    for sink in sinks or ():
        if sink != "'script'" and "'script'" in (sinks or ()):
            message = f"{printable(sink)} is not a group of sinks: browsers ignore it"
            yield Found(
                message, "'script' is the only one", "require-trusted-types-for", sink, Edit(sink, None)
            )
