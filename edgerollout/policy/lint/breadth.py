"""Sources that allow more than they name, or what the list already allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.policy.csp import NONE, canonical_source
from edgerollout.policy.fallback import FALLBACKS, chain
from edgerollout.policy.lint.bypasses import script_bypass
from edgerollout.policy.lint.code_lists import code_lists, counting
from edgerollout.policy.lint.finding import Edit, Found
from edgerollout.policy.lint.shared_hosts import shared
from edgerollout.policy.source import Host, Scheme

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.policy.lint.subject import PolicySubject
    from edgerollout.policy.source import Source

_CODE = frozenset({"object-src", "base-uri"})
_WEB = frozenset({"http", "https", "ws", "wss"})


_WHERE = {
    "connect-src": "a script can send what it reads to any of them",
    "form-action": "an injected form sends what visitors type to any of them",
    "frame-ancestors": "any site may show the page in a frame and trick its visitors into clicks",
    "frame-src": "any site can be shown inside the page, as if it were a part of it",
    "child-src": "any site can be shown inside the page, as if it were a part of it",
    "font-src": "the address of a font can carry data out of the page",
    "img-src": "the address of an image can carry data out of the page",
    "media-src": "the address of a file can carry data out of the page",
    "style-src": "injected styles can redraw the page and read attribute values",
    "worker-src": "workers load only from the page's own host: the list allows more than browsers do",
}
"""What an attacker does when every host is allowed, by directive."""


def _danger(directive: str) -> str:
    return _WHERE.get(directive.removesuffix("-elem"), "data can leave to any of them")


def wildcards(subject: PolicySubject) -> Iterator[Found]:
    for directive, text, source in subject.each():
        if directive in _CODE or directive in subject.script_lists:
            continue
        if isinstance(source, Host) and source.wildcard and not source.name and "*" not in source.path:
            message = f"{text} in {directive} allows every host: {_danger(directive)}"
            yield Found(message, _fix(directive), directive, text)
        elif isinstance(source, Scheme) and source.name in _WEB:
            message = f"{text} in {directive} allows every host over {source.name}: {_danger(directive)}"
            yield Found(message, _fix(directive), directive, text)


def _fix(directive: str) -> str:
    if directive == "frame-ancestors":
        return "'none', 'self', or the sites that may frame the page"
    return "name the hosts the site needs"


def shared_hosts(subject: PolicySubject) -> Iterator[Found]:
    for directive, text, source in subject.each():
        if directive not in code_lists(subject) and isinstance(source, Host) and (why := shared(source)):
            yield Found(
                f"{why}: {_stranger(directive)}", f"name the site's host instead of {text}", directive, text
            )


def shared_code(subject: PolicySubject) -> Iterator[Found]:
    scripts = subject.deciding("script-src", "script-src-elem")
    for directive in code_lists(subject):
        with_eval = subject.has(directive, "'unsafe-eval'")
        for text, source in counting(subject, directive):
            if not isinstance(source, Host) or (why := shared(source)) is None:
                continue
            # A host that is a known bypass gets that message instead.
            if directive not in scripts or script_bypass(source, with_eval=with_eval) is None:
                message = f"{why}: an attacker puts a script there and runs it in the page"
                fix = f"name the site's host instead of {text}, or use hashes"
                yield Found(message, fix, directive, text)


def _stranger(directive: str) -> str:
    if directive == "frame-ancestors":
        return "an attacker's site there may frame the page"
    if directive in ("frame-src", "child-src"):
        return "an attacker's page there can be shown inside this one"
    return "an attacker's place there is allowed, too"


def plain_http(subject: PolicySubject) -> Iterator[Found]:
    for directive, text, source in subject.each():
        if isinstance(source, Host) and source.scheme in ("http", "ws"):
            message = (
                f"{text} also allows the unencrypted protocol, where anyone on the way can change what"
                " arrives"
            )
            yield Found(message, f"write {source.scheme}s://", directive, text)
    for text in subject.csp.sources("report-uri") or ():
        if text.lower().startswith("http://"):
            message = "browsers send no report from an https page to http: this address gets none"
            yield Found(message, "write https://", "report-uri", text)


def repeated(subject: PolicySubject) -> Iterator[Found]:
    for directive, sources in subject.lists:
        seen: dict[str, str] = {}
        for text, _ in sources:
            canonical = canonical_source(directive, text)
            if canonical in seen:
                message = f"{text} is already there as {seen[canonical]}"
                # An edit finds the source by its text, and would remove the first one too.
                edit = Edit(text, None) if text != seen[canonical] else Edit(text, text)
                yield Found(message, "leave it out", directive, text, edit)
            seen.setdefault(canonical, text)


def shadowed(subject: PolicySubject) -> Iterator[Found]:
    for directive, sources in subject.lists:
        valid = [(text, source) for text, source in sources if source is not None]
        if directive.startswith("script-src") and subject.has(directive, "'strict-dynamic'"):
            # Hosts and schemes there are for old browsers, which may not count https: as a part of http:.
            continue
        for text, source in valid:
            wider = next(
                (
                    other
                    for other, by in valid
                    if by != source
                    and covers(by, source, sockets=directive in ("connect-src", "default-src"))
                ),
                None,
            )
            if wider is not None:
                message = f"{text} allows nothing that {wider} does not already allow"
                yield Found(
                    message,
                    f"leave it out; or, to allow less, leave {wider} out",
                    directive,
                    text,
                    Edit(text, None),
                )


def needless_directives(subject: PolicySubject) -> Iterator[Found]:
    present = dict(subject.csp)
    for directive, sources in subject.csp:
        stand_in = next((name for name in chain(directive)[1:] if name in present), None)
        if directive not in FALLBACKS or stand_in is None or not sources:
            continue
        if _meaning(directive, sources) == _meaning(stand_in, present[stand_in]):
            message = f"{directive} only repeats {stand_in}, its fallback"
            yield Found(message, "leave it out to save bytes, or keep it to add more later", directive)


def _meaning(directive: str, sources: tuple[str, ...]) -> frozenset[str]:
    return frozenset(canonical_source(directive, source) for source in sources) - {NONE}


def covers(wide: Source, narrow: Source, *, sockets: bool = False) -> bool:
    """Whether `wide` allows everything that `narrow` allows, in any page. False if in doubt.

    `sockets`: the list is also used for ws: and wss:, which a host without a scheme allows, too.
    """
    match wide, narrow:
        case Scheme(), Scheme():
            return (wide.name, narrow.name) in {("http", "https"), ("ws", "wss")}
        case Scheme(), Host():
            return narrow.scheme is not None and _scheme_covers(wide.name, narrow.scheme)
        case Host(), Scheme():
            return wide.is_star and narrow.name in _WEB
        case Host(), Host():
            if wide.is_star or narrow.is_star:
                return wide.is_star and (narrow.scheme is None or narrow.scheme in _WEB)
            return _host_covers(wide, narrow, sockets=sockets)
        case _:
            return False


def _scheme_covers(wide: str, narrow: str) -> bool:
    return wide == narrow or (wide, narrow) in {("http", "https"), ("ws", "wss")}


def _host_covers(wide: Host, narrow: Host, *, sockets: bool) -> bool:
    if narrow.scheme is None:
        if wide.scheme is not None and (wide.scheme != "http" or sockets):
            return False
    elif wide.scheme is None:
        if narrow.scheme != "https":
            return False
    elif not _scheme_covers(wide.scheme, narrow.scheme):
        return False
    if wide.wildcard:
        inside = not wide.name or narrow.name.endswith("." + wide.name)
        if not inside and not (narrow.wildcard and narrow.name == wide.name):
            return False
    elif narrow.wildcard or wide.name != narrow.name:
        return False
    # An upgrade does not carry a written port along, so ports must be the same or any.
    if wide.port != "*" and (wide.port != narrow.port or (wide.port and wide.scheme != narrow.scheme)):
        return False
    if not wide.path or wide.path == narrow.path:
        return True
    return wide.path.endswith("/") and narrow.path.startswith(wide.path)
