"""Strict-Transport-Security (RFC 6797 §6.1), and the requirements of the preload list."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from edgerollout.policy.lint.finding import Found
from edgerollout.policy.wording import listed, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.policy.lint.subject import HeadersSubject

HEADER = "strict-transport-security"

_HALF_A_YEAR = 15_552_000
_A_YEAR = 31_536_000
_DIRECTIVE = re.compile(
    r'(?P<name>[!#$%&\'*+.^_`|~0-9A-Za-z-]+)\s*(?:=\s*(?:"(?P<quoted>[^"]*)"|(?P<value>[^";\s]*)))?'
)
_SPELLED = {"max-age": "max-age=SECONDS", "includesubdomains": "includeSubDomains", "preload": "preload"}


def transport(subject: HeadersSubject) -> Iterator[Found]:
    value = subject.headers.get(HEADER)
    problem = None if value is None else _problem(value)
    if problem is not None:
        yield Found(*problem)


def _problem(value: str) -> tuple[str, str] | None:
    """Why all or strict browsers ignore a value, and what to write; None if all accept it."""
    all_ignore, strict_ignore = "browsers ignore the whole header", "strict browsers ignore the whole header"
    if "," in value:
        message = f"a comma is not a separator here: {strict_ignore}, others ignore the directives next to it"
        return message, printable(value.replace(",", ";"))
    given = _directives(value)
    if given is None:
        return f"{printable(value)!r} does not parse: {strict_ignore}", "max-age=31536000; includeSubDomains"
    named = {name.lower(): value for name, value in given}
    names = [name.lower() for name, _ in given]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        who = all_ignore if twice in ("max-age", "includesubdomains") else strict_ignore
        return f"{twice} appears twice: {who}", "leave one out"
    age = named.get("max-age")
    if age is None or not (age.isascii() and age.isdecimal()):
        return f"there is no max-age=SECONDS: {all_ignore}", "max-age=31536000"
    if named.get("includesubdomains"):
        return f"includeSubDomains takes no value: {all_ignore}", "includeSubDomains"
    return None


def unknown_directives(subject: HeadersSubject) -> Iterator[Found]:
    for written, _ in _valid(subject, as_written=True):
        if (name := written.lower()) not in _SPELLED:
            near = get_close_matches(name, _SPELLED, 1)
            message = f"browsers skip {printable(written)}: there is no such directive"
            fix = f"did you mean {_SPELLED[near[0]]}?" if near else "leave it out"
            yield Found(message, fix, source=written)


def preload(subject: HeadersSubject) -> Iterator[Found]:
    given = dict(_valid(subject))
    if "preload" not in given:
        return
    lacks = [] if "includesubdomains" in given else ["includeSubDomains"]
    lacks += [] if _seconds(given["max-age"]) >= _A_YEAR else ["a max-age of a year, 31536000"]
    if lacks:
        message = f"the preload list does not accept the site: it requires {listed(lacks)}"
        fix = "max-age=31536000; includeSubDomains; preload, or without preload"
        yield Found(message, fix, source="preload")


def preloadable(subject: HeadersSubject) -> Iterator[Found]:
    given = dict(_valid(subject))
    if "preload" in given and next(preload(subject), None) is None:
        message = (
            "anyone can now put the site, and every subdomain, on the browsers' list as https only;"
            " to leave that list takes months"
        )
        yield Found(
            message, "fine if the whole domain redirects http to https on its own host", source="preload"
        )


def short(subject: HeadersSubject) -> Iterator[Found]:
    age = dict(_valid(subject)).get("max-age")
    if age is None:
        return
    seconds = _seconds(age)
    if seconds == 0:
        message = "max-age=0 makes browsers forget that the site is https only"
        yield Found(message, "fine while you take HSTS back; otherwise raise it", source="max-age")
    elif seconds < _HALF_A_YEAR:
        message = (
            f"browsers keep to https for {seconds:,} seconds; a first visit after that can be intercepted"
        )
        yield Found(message, "raise it to 31536000 once everything works", source="max-age")


def _seconds(age: str) -> int:
    """A max-age, cut to 18 digits."""
    return int(age[:18])


def _valid(subject: HeadersSubject, *, as_written: bool = False) -> list[tuple[str, str]]:
    """The directives of a header that browsers accept, names in lower case unless `as_written`."""
    value = subject.headers.get(HEADER)
    if value is None or _problem(value) is not None:
        return []
    return [(name if as_written else name.lower(), given) for name, given in _directives(value) or []]


def _directives(value: str) -> list[tuple[str, str]] | None:
    """Names, as written, with values ("" for none); None if the header does not parse."""
    found: list[tuple[str, str]] = []
    for part in value.split(";"):
        if not part.strip():
            continue
        match = _DIRECTIVE.fullmatch(part.strip())
        if match is None:
            return None
        given = match["value"] if match["quoted"] is None else match["quoted"]
        found.append((match["name"], given or ""))
    return found
