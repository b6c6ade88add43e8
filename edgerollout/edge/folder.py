"""A built site's folder as an origin: it answers like a bucket with these files, read at each request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from edgerollout.edge.message import EdgeResponse
from edgerollout.edge.origins import StoredObject, StoreOrigin, folder_origin

if TYPE_CHECKING:
    from pathlib import Path

    from edgerollout.edge.origins import OriginRequest

INDEX = "index.html"
ERROR_PAGE = "404.html"

_FRESH = (("Cache-Control", "no-store"),)
"""A browser that caches a page caches its headers too, and so an old policy."""

_TYPES = {
    ".avif": "image/avif",
    ".cjs": "text/javascript",
    ".ico": "image/x-icon",
    ".json": "application/json",
    ".map": "application/json",
    ".otf": "font/otf",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}
"""Types of build files that some Pythons lack: under `nosniff` a wrong type breaks the page."""


@dataclass(frozen=True)
class SiteFolder:
    """The files of `root`, by their paths.

    `spa`: a path without a file and without an extension belongs to the single-page app: the answer is
    index.html with status 200. `pages`: `/docs/` is docs/index.html, `/docs` redirects there, `/about` is
    about.html, as with a bucket's website endpoint or the usual rewriting function; a plain bucket does not.
    `missing_status` is a bucket's status for a missing file: 403, or 404 if the reader may list it.
    """

    root: Path
    spa: bool = True
    pages: bool = True
    missing_status: int = 404

    def fetch(self, request: OriginRequest) -> EdgeResponse:
        key = unquote(request.path.removeprefix("/"))
        files = StoreOrigin(self.find, self.missing_status)
        if self.pages and self._is_page_folder(key):
            query = f"?{request.querystring}" if request.querystring else ""
            headers = (("Location", f"/{quote(key)}/{query}"), ("Content-Length", "0"), *_FRESH)
            return EdgeResponse(302, "Found", headers)
        answer = files.fetch(request)
        if answer.status != self.missing_status or not self.pages:
            return answer
        page = files.fetch(replace(request, path=f"/{ERROR_PAGE}"))
        if page.status != HTTPStatus.OK:
            return answer
        return replace(page, status=404, reason="Not Found")

    def find(self, key: str) -> StoredObject | None:
        """The file for a key (no leading slash), by the rules of this site."""
        for candidate in self._candidates(key):
            found = self._file(candidate)
            if found is not None:
                return found
        return None

    def _candidates(self, key: str) -> tuple[str, ...]:
        bare = "." not in PurePosixPath(key).name
        found = [key]
        if self.pages:
            if not key or key.endswith("/"):
                found.append(f"{key}{INDEX}")
            elif bare:
                found.append(f"{key}.html")
        if self.spa and bare:
            found.append(INDEX)
        return tuple(found)

    def _file(self, key: str) -> StoredObject | None:
        if not key or key.endswith("/"):
            return None
        found = folder_origin(self.root).find(key)
        if found is None:
            return None
        content_type = _TYPES.get(PurePosixPath(key).suffix.lower(), found.content_type)
        return replace(found, content_type=content_type, headers=_FRESH)

    def _is_page_folder(self, key: str) -> bool:
        if not key or key.endswith("/") or self._file(key) is not None:
            return False
        return self._file(f"{key}/{INDEX}") is not None
