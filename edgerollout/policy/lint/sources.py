"""Sources that browsers drop, or that have another meaning than their author wanted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edgerollout.policy.csp import KEYWORDS, NONE
from edgerollout.policy.effective import SCRIPT_DIRECTIVES, STYLE_DIRECTIVES
from edgerollout.policy.lint.finding import Edit, Found
from edgerollout.policy.source import Hash, Host, Keyword, Nonce, parse_source
from edgerollout.policy.url import ipv4
from edgerollout.policy.wording import did_you_mean, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.policy.lint.subject import PolicySubject
    from edgerollout.policy.source import Source

_BARE_SECRET = re.compile(r"(?:nonce|sha256|sha384|sha512)-.*", re.IGNORECASE)
_SEPARATOR = re.compile(r"[;,]")
_SAFE_TO_QUOTE = frozenset({"'self'", "'report-sample'"})
SCHEMES = frozenset({"data", "blob", "https", "http", "wss", "ws", "mediastream", "filesystem"})
"""Schemes that are used in policies."""

_NETWORK = re.compile(r"(https?|wss?):/*(?=[^/])", re.IGNORECASE)
_DIGEST_LENGTH = {"sha256": 43, "sha384": 64, "sha512": 86}
"""Characters of base64 before its padding."""
_NONCE_SHORT = 8
"""Characters below which a nonce can be guessed (csp_evaluator's bound; CSP3 §7.1 wants 128 bits)."""
_MAX_PORT = 65_535

_SCRIPT_LISTS = frozenset({*SCRIPT_DIRECTIVES, "default-src", "worker-src", "child-src"})
_INLINE_LISTS = _SCRIPT_LISTS | set(STYLE_DIRECTIVES)
_MEANT_FOR = {
    "'unsafe-inline'": _INLINE_LISTS,
    "'unsafe-hashes'": _INLINE_LISTS,
    "'unsafe-eval'": _SCRIPT_LISTS,
    "'wasm-unsafe-eval'": _SCRIPT_LISTS,
    "'wasm-eval'": _SCRIPT_LISTS,
    "'trusted-types-eval'": _SCRIPT_LISTS,
    "'strict-dynamic'": _SCRIPT_LISTS,
    "'inline-speculation-rules'": _SCRIPT_LISTS,
}
"""Keywords that have an effect only in some lists."""


def unquoted_keywords(subject: PolicySubject) -> Iterator[Found]:
    for directive, text, _ in subject.each():
        quoted = f"'{text.lower()}'"
        if quoted in KEYWORDS:
            alone = quoted == NONE and len(subject.csp.sources(directive) or ()) == 1
            edit = Edit(text, quoted) if alone or quoted in _SAFE_TO_QUOTE else None
            message = f"{text} without quotes is read as a host name: it allows nothing of the site"
            yield Found(message, f"write {quoted}", directive, text, edit)
        elif _BARE_SECRET.fullmatch(text) is not None:
            message = (
                f"{printable(text)} without quotes is read as a host name: what it should allow is blocked"
            )
            edit = (
                Edit(text, f"'{text}'") if text.lower().startswith("sha") and not text.endswith("-") else None
            )
            yield Found(message, f"write '{printable(text)}'", directive, text, edit)


def is_unquoted(text: str) -> bool:
    """Whether browsers read a host where a keyword, a hash or a scheme was meant."""
    word = text.lower()
    return f"'{word}'" in KEYWORDS or word in SCHEMES or _BARE_SECRET.fullmatch(text) is not None


def bare_scheme_words(subject: PolicySubject) -> Iterator[Found]:
    for directive, text, _ in subject.each():
        if text.lower() in SCHEMES:
            harmless = directive in {"img-src", "font-src", "media-src"} and text.lower() in {"data", "blob"}
            message = f"{text} is read as a host name, not as the scheme: what it should allow is blocked"
            edit = Edit(text, f"{text.lower()}:") if harmless else None
            yield Found(message, f"write {text.lower()}: for the scheme", directive, text, edit)


def unknown_keywords(subject: PolicySubject) -> Iterator[Found]:
    for directive, text, source in subject.each():
        if source is None and text.isascii() and _looks_quoted(text):
            message = f"browsers drop {printable(text)}: it is not a keyword, nonce or hash"
            yield Found(message, _keyword_hint(text), directive, text)


def _looks_quoted(text: str) -> bool:
    return text[:1] in "'\"" or text[-1:] in "'\""


def _keyword_hint(text: str) -> str:
    word = f"'{text.strip(chr(39) + chr(34)).lower()}'"
    if word in KEYWORDS:
        return f"write {word}"
    if parse_source(f"'{text.strip(chr(39) + chr(34))}'") is not None:
        return "put one straight quote on either side"
    return (
        did_you_mean(word, KEYWORDS) or "a nonce or hash is base64: letters, digits, + / - _ and = at the end"
    )


def invalid_sources(subject: PolicySubject) -> Iterator[Found]:
    for directive, text, source in subject.each():
        if source is None and text.isascii() and not _looks_quoted(text) and not _SEPARATOR.search(text):
            message = (
                f"browsers drop {printable(text)}: it is not a source, and what it should allow is blocked"
            )
            yield Found(message, _source_hint(text), directive, text)


def _source_hint(text: str) -> str:
    _, slashes, rest = text.rpartition("://")
    authority = rest.split("/")[0]
    if (scheme := _NETWORK.match(text)) is not None and not slashes:
        return f"write {scheme[1].lower()}://{text[scheme.end() :]}"
    if text.lower().startswith(("data:", "blob:")):
        return f"a scheme is allowed as a whole: {text[:5].lower()}"
    if "@" in authority:
        return "a source cannot have a user name or password"
    if text.startswith("//"):
        return f"write https:{text}"
    if text.startswith("/"):
        return "a path needs its host before it; 'self' is the page's own origin"
    if "[" in text:
        return "an IPv6 address cannot be a source: name a host"
    if "*" in authority:
        return "a * must be alone, or be the whole first label: *.example.com"
    if "_" in authority:
        return "Chromium does not accept _ in host names"
    if "?" in authority or "#" in authority:
        return "a source cannot have a query or a fragment"
    return "[scheme://]host[:port][/path], scheme: or a quoted keyword"


def none_with_others(subject: PolicySubject) -> Iterator[Found]:
    for directive, sources in subject.lists:
        others = [text for text, _ in sources if text.lower() not in (NONE, "'report-sample'")]
        written = next((text for text, _ in sources if text.lower() == NONE), None)
        if written is not None and others:
            message = (
                f"'none' counts only alone: {directive} allows {printable(others[0])} and the other sources"
            )
            yield Found(message, "leave 'none' out", directive, written, Edit(written, None))


def dropped_queries(subject: PolicySubject) -> Iterator[Found]:
    for directive, text, source in subject.each():
        if isinstance(source, Host) and source.dropped:
            kept = text[: -len(source.dropped)]
            message = f"browsers ignore {source.dropped} and allow all of {kept}"
            yield Found(message, f"write {kept}", directive, text, Edit(text, kept))


def impossible_ports(subject: PolicySubject) -> Iterator[Found]:
    for directive, text, source in subject.each():
        if isinstance(source, Host) and source.port.isdecimal() and int(source.port) > _MAX_PORT:
            yield Found(f"no URL has the port {source.port}: {text} allows nothing", None, directive, text)


def ip_sources(subject: PolicySubject) -> Iterator[Found]:
    for directive, text, source in subject.each():
        if isinstance(source, Host) and ipv4(source.name) == source.name:
            if source.name.startswith("127."):
                message = f"{text} is the visitor's own machine: a program there could send data to the page"
            else:
                message = f"{text} is an IP address, which the specification tells browsers to ignore"
            yield Found(message, "name the host", directive, text)


def digest_lengths(subject: PolicySubject) -> Iterator[Found]:
    for directive, text, source in subject.each():
        if isinstance(source, Hash):
            wanted = _DIGEST_LENGTH[source.algorithm]
            has = len(source.digest.rstrip("="))
            if has != wanted:
                message = (
                    f"{text} can match nothing: a {source.algorithm} has {wanted} characters, this {has}"
                )
                yield Found(message, "copy the hash from the browser's message", directive, text)


def static_nonces(subject: PolicySubject) -> Iterator[Found]:
    if not subject.static:
        return
    for directive, text, source in subject.each():
        if isinstance(source, Nonce):
            message = f"{text} is the same in every response: an attacker reads it once and writes it into"
            fix = "use hashes; a nonce must be new in every response"
            yield Found(f"{message} every script injected", fix, directive, text)


def short_nonces(subject: PolicySubject) -> Iterator[Found]:
    for directive, text, source in subject.each():
        if isinstance(source, Nonce) and len(source.value) < _NONCE_SHORT:
            yield Found(f"{text} can be guessed", "128 random bits: 22 characters", directive, text)


def idle_keywords(subject: PolicySubject) -> Iterator[Found]:
    for directive, text, source in subject.each():
        if source is not None and (why := _idle(directive, source)) is not None:
            yield Found(
                f"{text} does nothing in {directive}: {why}",
                "leave it out",
                directive,
                text,
                Edit(text, None),
            )


def _idle(directive: str, source: Source) -> str | None:
    match source:
        case Nonce() | Hash() if directive not in _INLINE_LISTS:
            return "nonces and hashes are for scripts and styles"
        case Keyword(word=word) if directive not in _MEANT_FOR.get(word, {directive}):
            return (
                "it is for scripts" if _MEANT_FOR[word] is _SCRIPT_LISTS else "it is for scripts and styles"
            )
        case Keyword(word=word) if directive == "frame-ancestors" and word not in ("'self'", NONE):
            return "browsers take hosts, schemes, 'self' and 'none' there"
        case _:
            return None
