"""The site that the sandbox serves: a small ferry company with the CSP problems of real sites.

Its files are in site/: `web` goes into the buckets, `backend` is behind /api/*, `third_party` are the other
hosts from which its pages load.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILES = Path(__file__).parent / "site"

_TYPES = {
    ".css": "text/css",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".txt": "text/plain; charset=utf-8",
    ".xml": "application/xml",
}
_APP_ROUTES = ("app/", "app/departures", "app/tickets")
"""Routes of the single-page app: each is its own object, a copy of the app's page."""

FALLBACK_ONLY = frozenset({"moved.html"})
"""Files that only the second bucket has, so that the origin group's failover is visible."""


@dataclass(frozen=True)
class SiteFile:
    """One object as it is stored and sent."""

    body: bytes
    content_type: str
    cache_control: str


@dataclass(frozen=True)
class PageSurroundings:
    """The place of a page: its environment's name, its host, and the host of its API."""

    environment: str
    host: str
    api_host: str


def pages(around: PageSurroundings) -> Mapping[str, SiteFile]:
    """Every object of the site by key, both buckets' together."""
    found = {
        key: SiteFile(_filled(body, around), content_type, _cache_control(key))
        for key, (body, content_type) in _folder("web").items()
    }
    app = found["app/index.html"]
    return {**found, **dict.fromkeys(_APP_ROUTES, app)}


def backend() -> Mapping[str, SiteFile]:
    """The answers of the custom origin behind /api/*, by path without leading slash."""
    return _unfilled("backend")


def third_parties(api_hosts: tuple[str, ...]) -> Mapping[str, Mapping[str, SiteFile]]:
    """The other hosts' files: host → path without leading slash → file."""
    names = ("cdn", "fonts", "images", "metrics", "widgets")
    own = {f"{name}.example.com": _unfilled(f"third_party/{name}") for name in names}
    return {**own, **{host: _unfilled("third_party/api") for host in api_hosts}}


def _unfilled(folder: str) -> Mapping[str, SiteFile]:
    return {
        key: SiteFile(body, content_type, "public, max-age=60")
        for key, (body, content_type) in _folder(folder).items()
    }


def _cache_control(key: str) -> str:
    # Long enough that a page stays stale until it is invalidated.
    return "public, max-age=86400" if key.startswith("assets/") else "public, max-age=3600"


def _filled(body: bytes, around: PageSurroundings) -> bytes:
    values = {"environment": around.environment, "host": around.host, "api": around.api_host}
    for name, value in values.items():
        body = body.replace(b"{{%s}}" % name.encode(), value.encode())
    return body


@functools.cache
def _folder(name: str) -> Mapping[str, tuple[bytes, str]]:
    root = _FILES / name
    return {
        path.relative_to(root).as_posix(): (path.read_bytes(), _TYPES[path.suffix])
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }
