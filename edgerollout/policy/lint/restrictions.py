"""What a page may load and do: Integrity-Policy, Document-Policy, Connection-Allowlist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.policy import fields
from edgerollout.policy.fields import Malformed, Member, Word
from edgerollout.policy.lint.finding import Found
from edgerollout.policy.url import Url
from edgerollout.policy.wording import did_you_mean, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edgerollout.policy.lint.subject import HeadersSubject

_INTEGRITY = ("integrity-policy", "integrity-policy-report-only")
_INTEGRITY_KEYS = ("blocked-destinations", "sources", "endpoints")
_DESTINATIONS = ("script", "style")

_DOCUMENT = ("document-policy", "document-policy-report-only")
_DOCUMENT_FEATURES = (
    "expect-no-linked-resources",
    "force-load-at-top",
    "include-js-call-stacks-in-crash-reports",
    "js-profiling",
    "network-efficiency-guardrails",
    "sync-xhr",
)
"""The features of Chromium 156, the only browser that reads the header. All are booleans."""

_CONNECTIONS = ("connection-allowlist", "connection-allowlist-report-only")


def _sent(subject: HeadersSubject, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for name in names:
        value = subject.headers.get(name)
        if value is not None:
            yield name, value


def integrity(subject: HeadersSubject) -> Iterator[Found]:
    for name, value in _sent(subject, _INTEGRITY):
        parsed = fields.dictionary(value)
        if isinstance(parsed, Malformed):
            message = f"browsers drop all of it, which does not parse: {parsed.reason}"
            yield Found(message, "blocked-destinations=(script)", source=value, header=name)
            continue
        for message, fix, source in _integrity_problems(value, parsed):
            yield Found(message, fix, source=source, header=name)


def _integrity_problems(value: str, given: Mapping[str, Member]) -> Iterator[tuple[str, str, str | None]]:
    for key in fields.repeated_keys(value):
        yield f"{key} is there more than once: browsers take the last one", "write one list", key
    for key, member in given.items():
        if key not in _INTEGRITY_KEYS:
            yield (
                f"browsers do not know {printable(key)}",
                did_you_mean(key, _INTEGRITY_KEYS) or "leave it out",
                key,
            )
        elif not member.is_list:
            yield (
                f"{key} is not a list: browsers skip it",
                f"{key}=({printable(fields.shown(member.items[0]))})",
                key,
            )
        else:
            for item in member.items:
                if not isinstance(item, Word):
                    yield (
                        f"{printable(str(item))} in quotes is skipped",
                        f"write {printable(str(item))}",
                        key,
                    )
    destinations = given.get("blocked-destinations")
    if destinations is None:
        yield "it blocks nothing without blocked-destinations", "blocked-destinations=(script)", None
        return
    for word in destinations.words:
        if word not in _DESTINATIONS:
            near = did_you_mean(word, _DESTINATIONS) or "known are script and style"
            yield f"browsers know no destination {printable(word)}", near, "blocked-destinations"
    if destinations.is_list and not set(destinations.words) & set(_DESTINATIONS):
        yield (
            "it blocks nothing: no destination is left",
            "blocked-destinations=(script)",
            "blocked-destinations",
        )
    sources = given.get("sources")
    if sources is not None and "inline" not in sources.words:
        yield "it blocks nothing: inline is the only possible source", "leave sources out", "sources"


def integrity_of_styles(subject: HeadersSubject) -> Iterator[Found]:
    for name, value in _sent(subject, _INTEGRITY):
        parsed = fields.dictionary(value)
        member = None if isinstance(parsed, Malformed) else parsed.get("blocked-destinations")
        if member is not None and "style" in member.words:
            only = (
                "style sheets load without a check there"
                if "script" in member.words
                else "nothing is checked there"
            )
            message = f"Chromium does not know the destination style: {only}"
            yield Found(message, "name the hosts of style sheets in style-src", source="style", header=name)


def document(subject: HeadersSubject) -> Iterator[Found]:
    for name, value in _sent(subject, _DOCUMENT):
        parsed = fields.dictionary(value)
        if isinstance(parsed, Malformed):
            message = f"browsers drop all of it, which does not parse: {parsed.reason}"
            yield Found(message, "force-load-at-top", source=value, header=name)
            continue
        for feature in fields.repeated_keys(value):
            message = f"{feature} is there more than once: browsers take the last one"
            yield Found(message, "leave one out", source=feature, header=name)
        for feature, member in parsed.items():
            if feature != "*" and feature not in _DOCUMENT_FEATURES:
                hint = did_you_mean(feature, _DOCUMENT_FEATURES) or "leave it out"
                message = f"no browser has the feature {printable(feature)}: nothing is restricted"
                yield Found(message, hint, source=feature, header=name)
            elif feature != "*" and not isinstance(member.only, bool):
                message = f"{feature} is on or off: browsers drop any other value"
                yield Found(message, f"{feature}, or {feature}=?0", source=feature, header=name)


def connections(subject: HeadersSubject) -> Iterator[Found]:
    for name, value in _sent(subject, _CONNECTIONS):
        parsed = fields.items(value)
        if isinstance(parsed, Malformed) or not parsed or not parsed[0].is_list:
            why = f": {parsed.reason}" if isinstance(parsed, Malformed) else ""
            message = f"the value is not a list in parentheses, so Chromium allows no connection at all{why}"
            yield Found(message, '(response-origin "https://api.example")', source=value, header=name)
            continue
        if len(parsed) > 1:
            message = "of several lists Chromium takes the first: what the others allow is blocked"
            yield Found(message, "write one list", header=name)
        for message, fix, source in _pattern_problems(parsed[0]):
            yield Found(message, fix, source=source, header=name)


def _pattern_problems(allowed: Member) -> Iterator[tuple[str, str, str]]:
    for item in allowed.items:
        text = fields.shown(item)
        if isinstance(item, Word):
            if text != "response-origin":
                meant = {"self": "write response-origin", "*": 'write "*://*:*"'}
                fix = (
                    meant.get(text) or did_you_mean(text, ("response-origin",)) or "write addresses in quotes"
                )
                yield f"Chromium skips {printable(text)}: what it should allow is blocked", fix, text
        elif text == "response-origin" or not isinstance(item, str):
            yield (
                f"Chromium skips {printable(text)} in quotes",
                "write response-origin without quotes",
                text,
            )
        elif "://" not in text or (Url.parse(text.replace("*", "x").replace(":x", ":1")) is None):
            message = f"{printable(text)} is not a pattern of an address: what it should allow is blocked"
            yield message, '"https://HOST", with * where anything goes', text
    if Word("response-origin") not in allowed.items:
        message = "without response-origin the page can no longer reach its own host, not even by a link"
        yield message, "(response-origin …)", "response-origin"
