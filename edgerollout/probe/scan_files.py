"""Saved answers of a site: a file of headers, or a HAR."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgerollout.errors import ConfigError, Place, Problem, UsageError
from edgerollout.policy.grade.observation import Observation, SentCookie, assumed_site, host_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_STATUS = re.compile(r"HTTP/[0-9.]+ ([0-9]{3})(?: .*)?")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HTML = ("text/html", "application/xhtml+xml")
_MOST_PROBLEMS = 20
"""The most problems to report: a file of another kind has one in every line."""


def read_headers(path: Path, url: str, html: Path | None = None) -> Observation:
    """A file of `Name: value` lines, repeats kept, as the answer of `url`; `html` is the body.

    The output of `curl -sI` works: status lines are understood, and of several answers the last counts.
    Raises ConfigError with the first invalid lines, UsageError for a file that cannot be read or
    holds nothing.
    """
    status, headers = 200, list[tuple[str, str]]()
    problems: list[Problem] = []
    answered = ended = False
    for number, line in enumerate(_text(path).splitlines(), 1):
        found = _STATUS.fullmatch(line.strip())
        if found is not None:
            status, headers, answered, ended = int(found[1]), [], True, False
        elif not line.strip():
            ended = bool(headers)
        elif ended:
            problems.append(_problem(path, number, "a header after the empty line that ends the headers"))
        else:
            name, colon, value = line.partition(":")
            name = name.rstrip()  # browsers take a space before the colon
            if not colon or not _NAME.fullmatch(name):
                problems.append(_problem(path, number, "not a header: `Name: value` is expected"))
            headers.append((name, value.strip()))
        if len(problems) == _MOST_PROBLEMS:
            break
    if not (problems or headers or answered):
        raise UsageError(f"{path} has no header in it", hint="Save one with `curl -sI URL`.")
    if problems:
        raise ConfigError(tuple(problems), hint="One header a line, as `curl -sI URL` prints them.")
    body = "" if html is None else _text(html)
    if html is not None and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("content-type", "text/html"))
    return assumed_site(url, headers, status=status, body=body)


def read_har(path: Path) -> tuple[Observation, ...]:
    """The documents that a browser opened: one for each page of a HAR (HTTP Archive 1.2).

    Frames, scripts and the like are left out. Redirects before a document are its `http_route`.
    Raises UsageError for anything but a HAR with a document.
    """
    try:
        log = json.loads(_text(path))["log"]
        entries = [_entry(entry) for entry in log["entries"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError(f"{path} is not a HAR", why=f"{type(error).__name__}: {error}") from error
    found = tuple(_documents([entry for entry in entries if entry is not None]))
    if not found:
        raise UsageError(
            f"{path} has no document in it",
            why="no answer in it is a page: resource type document, or HTML",
            hint="Save the HAR from the browser's network panel after loading the page.",
        )
    return found


@dataclass(frozen=True)
class _Entry:
    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    page: str
    redirect: str


def _entry(entry: Mapping[str, object]) -> _Entry | None:
    """The parts of an entry that count; None if it is not a document, or has no answer."""
    request, response = _object(entry["request"]), _object(entry["response"])
    content = _object(response.get("content", {}))
    url, status = str(request["url"]), response["status"]
    if not isinstance(status, int) or status <= 0 or not url.startswith(("http://", "https://")):
        return None
    asked = dict(_pairs(request.get("headers", [])))
    kind = entry.get("_resourceType")
    mime = str(content.get("mimeType", "")).partition(";")[0].strip().lower()
    wanted = kind == "document" if kind is not None else mime in _HTML or 300 <= status < 400
    if not wanted or asked.get("sec-fetch-dest", "document") != "document":
        return None
    body = str(content.get("text") or "")
    if content.get("encoding") == "base64":
        body = base64.b64decode(body).decode("utf-8", "replace")
    headers = _pairs(response.get("headers", []))
    redirect = str(response.get("redirectURL") or "")
    return _Entry(url, status, headers, body, str(entry.get("pageref", "")), redirect)


def _documents(entries: Sequence[_Entry]) -> Iterator[Observation]:
    """The first document of each page, with the redirects before it."""
    done: set[str] = set()
    route: dict[str, list[_Entry]] = {}
    for entry in entries:
        if entry.page in done:
            continue
        before = route.setdefault(entry.page, [])
        if 300 <= entry.status < 400 and entry.redirect:
            before.append(entry)
            continue
        done.add(entry.page)
        yield _seen(entry, before)


def _seen(entry: _Entry, before: Sequence[_Entry]) -> Observation:
    first = before[0].url if before else entry.url
    seen = assumed_site(entry.url, entry.headers, status=entry.status, body=entry.body)
    cookies = tuple(
        SentCookie(host_of(step.url), value)
        for step in (*before, entry)
        for name, value in step.headers
        if name == "set-cookie"
    )
    if not first.startswith("http://"):
        return replace(seen, url=first, cookies=cookies)
    secure = entry.url.startswith("https://")
    told = seen.assumed if not secure else ("a valid certificate is assumed", *seen.assumed[1:])
    route = (*(step.url for step in before), entry.url)
    return replace(seen, url=first, cookies=cookies, http_route=route, assumed=told)


def _pairs(headers: object) -> tuple[tuple[str, str], ...]:
    """(lower-case name, value); Firefox and Chromium put a repeated header's values into one, a line each."""
    if not isinstance(headers, list):
        raise TypeError("headers must be a list")
    named = [(str(header["name"]).lower(), str(header["value"])) for header in headers]
    return tuple((name, line) for name, value in named for line in value.split("\n") or [""])


def _object(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError(f"an object was expected, not {type(value).__name__}")
    return value


def _problem(path: Path, line: int, message: str) -> Problem:
    return Problem(Place(str(path), line), message)


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig", "replace")
    except OSError as error:
        raise UsageError(f"{path} cannot be read", why=error.strerror) from error
