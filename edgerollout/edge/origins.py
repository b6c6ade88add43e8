"""Where content comes from: a folder, a bucket, or a server on loopback."""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, assert_never
from urllib.parse import unquote
from xml.sax.saxutils import escape

from edgerollout.edge.message import EdgeResponse, first, without

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import urllib3

    from edgerollout.handlers.events import Lines

HOP_BY_HOP = frozenset({"connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade"})
"""Headers about one connection only (RFC 9110 §7.6.1)."""


@dataclass(frozen=True)
class OriginRequest:
    """The edge's request to an origin. `path` is raw and starts with the origin's own path."""

    method: str
    path: str
    querystring: str = ""
    headers: Lines = ()
    body: bytes = b""


class OriginUnreachable(Exception):
    """The origin gave no HTTP answer."""


class Origin(Protocol):
    """A source of content."""

    def fetch(self, request: OriginRequest) -> EdgeResponse:
        """The origin's answer, also errors. Raises OriginUnreachable without an answer."""
        ...


@dataclass(frozen=True)
class StoredObject:
    """One object of a bucket or folder. The ETag has its quotes; `headers` are additional."""

    body: bytes
    content_type: str = "binary/octet-stream"
    etag: str = ""
    last_modified: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    headers: Lines = ()


@dataclass(frozen=True)
class StoreOrigin:
    """Answers as S3 does with what `find` returns; `find` gets a key without leading slash.

    A missing key is a 403 if the reader may not list the bucket, which is how CloudFront
    usually reads buckets, and a 404 otherwise: `missing_status`.
    """

    find: Callable[[str], StoredObject | None]
    missing_status: int = 403

    def fetch(self, request: OriginRequest) -> EdgeResponse:
        if request.method not in ("GET", "HEAD"):
            return _s3_error(405, "MethodNotAllowed", "The specified method is not allowed.", request)
        found = self.find(unquote(request.path.removeprefix("/")))
        if found is None:
            if self.missing_status == HTTPStatus.FORBIDDEN:
                return _s3_error(403, "AccessDenied", "Access Denied", request)
            return _s3_error(404, "NoSuchKey", "The specified key does not exist.", request)
        etag = found.etag or f'"{hashlib.md5(found.body, usedforsecurity=False).hexdigest()}"'
        validators = (("Last-Modified", http_date(found.last_modified)), ("ETag", etag))
        if is_unchanged(request.headers, validators):
            return EdgeResponse(304, "Not Modified", (*validators, ("Server", "AmazonS3")))
        headers = (
            ("Content-Type", found.content_type),
            ("Content-Length", str(len(found.body))),
            *validators,
            ("Accept-Ranges", "bytes"),
            ("Server", "AmazonS3"),
            *found.headers,
        )
        return EdgeResponse(200, "OK", headers, b"" if request.method == "HEAD" else found.body)


def folder_origin(
    files: Path | Mapping[str, bytes | StoredObject], *, missing_status: int = 403
) -> StoreOrigin:
    """An origin over a folder, or over a mapping of keys to bytes; content types from file names.

    Files are read at each fetch, so a rebuilt site is served at once.
    """
    match files:
        case Path():
            root = files.resolve()
            return StoreOrigin(lambda key: _read_file(root, key), missing_status)
        case _:
            return StoreOrigin(lambda key: _read_mapping(files, key), missing_status)


def s3_origin(
    fetch_s3: Callable[[str, str], StoredObject | None], bucket: str, *, missing_status: int = 403
) -> StoreOrigin:
    """An origin over one bucket; `fetch_s3` gets the bucket and a key."""
    return StoreOrigin(lambda key: fetch_s3(bucket, key), missing_status)


class HttpOrigin:
    """A server on this machine, by its base URL (`http://127.0.0.1:5000/bucket`)."""

    def __init__(self, base_url: str, *, host: str | None = None, timeout: float = 10.0) -> None:
        """`host` is the Host header to send, if the server needs names; `timeout` is in seconds."""
        self._base = base_url.rstrip("/")
        self._host = host
        self._timeout = timeout
        self._pool: urllib3.PoolManager | None = None

    def fetch(self, request: OriginRequest) -> EdgeResponse:
        import urllib3

        if self._pool is None:
            self._pool = urllib3.PoolManager(maxsize=8)
        query = f"?{request.querystring}" if request.querystring else ""
        own = (("Host", self._host),) if self._host is not None else ()
        sent = urllib3.HTTPHeaderDict((*without(request.headers, {"host", "content-length"}), *own))
        try:
            answer = self._pool.request(
                request.method,
                f"{self._base}{request.path}{query}",
                body=request.body or None,
                headers=sent,
                redirect=False,
                retries=False,
                decode_content=False,
                timeout=self._timeout,
            )
        except urllib3.exceptions.HTTPError as error:
            raise OriginUnreachable(str(error)) from error
        headers = without(tuple(answer.headers.iteritems()), HOP_BY_HOP)
        return EdgeResponse(answer.status, answer.reason or "", headers, answer.data)


def is_unchanged(conditions: Lines, validators: Lines) -> bool:
    """Whether a conditional GET or HEAD is answered with 304, by If-None-Match, else If-Modified-Since.

    RFC 9110 §13.2.2: If-None-Match decides alone when it is present; it compares weakly.
    """
    wanted = first(conditions, "if-none-match")
    etag = first(validators, "etag")
    if wanted is not None:
        tags = {tag.strip().removeprefix("W/") for tag in wanted.split(",")}
        return etag is not None and ("*" in tags or etag.removeprefix("W/") in tags)
    since, modified = first(conditions, "if-modified-since"), first(validators, "last-modified")
    if since is None or modified is None:
        return False
    try:
        return parsedate_to_datetime(modified) <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False


def http_date(moment: datetime) -> str:
    """A date in HTTP's form: `Thu, 01 Jan 2026 00:00:00 GMT`."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def _read_file(root: Path, key: str) -> StoredObject | None:
    try:
        path = (root / key).resolve()
        if not path.is_relative_to(root) or not path.is_file():
            return None
        modified = datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
        return StoredObject(path.read_bytes(), _content_type(key), last_modified=modified)
    except (OSError, ValueError):
        # A name that no file system accepts (too long, a NUL) is a missing key.
        return None


def _read_mapping(files: Mapping[str, bytes | StoredObject], key: str) -> StoredObject | None:
    found = files.get(key)
    match found:
        case None | StoredObject():
            return found
        case bytes():
            return StoredObject(found, _content_type(key))
        case _:
            assert_never(found)


def _content_type(key: str) -> str:
    # Browsers accept scripts with any of these types; the machine's own table may say anything.
    fixed = {".js": "text/javascript", ".mjs": "text/javascript", ".html": "text/html", ".css": "text/css"}
    return fixed.get(Path(key).suffix) or mimetypes.guess_type(key)[0] or "binary/octet-stream"


def _s3_error(status: int, code: str, message: str, request: OriginRequest) -> EdgeResponse:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    ).encode()
    headers = (
        ("Content-Type", "application/xml"),
        ("Content-Length", str(len(body))),
        ("Server", "AmazonS3"),
    )
    return EdgeResponse(status, HTTPStatus(status).phrase, headers, b"" if request.method == "HEAD" else body)
