"""What other sites may read (CORS), and a header that empties visitors' browsers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.policy.lint.finding import Found
from edgerollout.policy.url import DEFAULT_PORTS, Url
from edgerollout.policy.wording import did_you_mean, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.policy.lint.subject import HeadersSubject

ORIGIN, CREDENTIALS = "access-control-allow-origin", "access-control-allow-credentials"
_LISTS = ("access-control-allow-headers", "access-control-allow-methods", "access-control-expose-headers")

_CLEARED = {
    "cache": "every page empties the site's cache: each visit loads all of it again",
    "clientHints": "every page makes browsers forget the client hints that it asked for",
    "cookies": "every page signs its visitors out, on all hosts of the domain",
    "executionContexts": "every page reloads the site's other windows where a browser knows it",
    "prefetchCache": "every page throws away prefetched pages",
    "prerenderCache": "every page throws away prerendered pages",
    "storage": "every page deletes what the site's scripts keep, and their service workers",
    "*": "every page signs its visitors out and deletes all that the site keeps in their browsers",
}


def cors(subject: HeadersSubject) -> Iterator[Found]:
    origin, credentials = subject.headers.get(ORIGIN), subject.headers.get(CREDENTIALS)
    if credentials is not None and credentials != "true":
        message = f"browsers ignore {printable(credentials)!r}: other sites read nothing that needs cookies"
        fix = "write true, in small letters" if credentials.lower() == "true" else "true, or leave it out"
        yield Found(message, fix, source=credentials, header=CREDENTIALS)
    if origin is not None and (problem := _origin_problem(origin)) is not None:
        yield Found(*problem, source=origin, header=ORIGIN)
    if credentials != "true":
        return
    if origin == "*":
        message = "browsers refuse * for a request with cookies, so Allow-Credentials: true allows nothing"
        yield Found(
            message, "name the one site that may, or leave the credentials out", source=origin, header=ORIGIN
        )
    for name in _LISTS:
        if "*" in (part.strip() for part in subject.headers.get(name, "").split(",")):
            message = "with Allow-Credentials: true a * is a literal name, which matches nothing"
            yield Found(message, "list the names", source="*", header=name)


def _origin_problem(value: str) -> tuple[str, str] | None:
    if value in ("*", "null"):
        return None
    if "," in value or " " in value:
        return "browsers take one origin and refuse a list: no other site reads anything", "one origin, or *"
    if "*" in value:
        return (
            f"{printable(value)} is not a pattern: browsers compare the exact text, so it matches no site",
            "* or one origin",
        )
    url = Url.parse(value)
    right = "https://HOST" if url is None or not url.host else _written(url)
    if value == right:
        return None
    message = (
        f"no browser writes an origin as {printable(value)}, so it matches none: other sites read nothing"
    )
    return message, right


def _written(url: Url) -> str:
    """The origin of an address as browsers send it: no port where it is the scheme's own, no path."""
    host = f"[{url.host}]" if ":" in url.host else url.host
    port = "" if url.port in (None, DEFAULT_PORTS.get(url.scheme)) else f":{url.port}"
    return f"{url.scheme}://{host}{port}"


def null_origin(subject: HeadersSubject) -> Iterator[Found]:
    if subject.headers.get(ORIGIN) == "null":
        with_cookies = subject.headers.get(CREDENTIALS) == "true"
        what = "as the visitor that is signed in" if with_cookies else "which it may not read otherwise"
        message = (
            "null is the origin of every sandboxed frame: any site can make one and read the responses,"
            f" {what}"
        )
        yield Found(message, "name the one site that may", source="null", header=ORIGIN)


def cleared_data(subject: HeadersSubject) -> Iterator[Found]:
    for kind in _kinds(subject):
        known = kind[1:-1] if kind[:1] == kind[-1:] == '"' else ""
        if known in _CLEARED:
            fix = (
                'send it from the sign-out page alone, or accept it: [[lint.ignore]] rule = "clear-site-data"'
            )
            yield Found(f"it is sent with every response: {_CLEARED[known]}", fix, source=kind)


def unknown_data(subject: HeadersSubject) -> Iterator[Found]:
    for kind in _kinds(subject):
        bare = kind.strip("'\"")
        if kind != f'"{bare}"' or bare not in _CLEARED:
            message = f"browsers ignore {printable(kind)}: there is no such kind of data"
            near = next((data for data in _CLEARED if data.lower() == bare.lower()), None)
            fix = (
                f'write "{near}"'
                if near
                else did_you_mean(bare, _CLEARED) or '"cookies", "storage" or "cache"'
            )
            yield Found(message, fix, source=kind)


def _kinds(subject: HeadersSubject) -> tuple[str, ...]:
    value = subject.headers.get("clear-site-data")
    return () if value is None else tuple(part.strip() for part in value.split(","))
