"""The signed URLs from which GetFunction lets callers download code."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from edgerollout.emulator.functions.state import LATEST, Regions
from edgerollout.emulator.messages import Call, Request, Response
from edgerollout.emulator.names import FunctionArn

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

PREFIX = "/_sandbox/code/"
OPERATION = "DownloadCode"
"""The name for faults."""
_LIFETIME = 600
"""Seconds; AWS's URLs are also valid for ten minutes."""


def _signature(path: str, expires: int, secret: bytes) -> str:
    return hmac.new(secret, f"{path} {expires}".encode(), hashlib.sha256).hexdigest()


def signed_location(call: Call, arn: str, secret: bytes) -> str:
    """A URL for the code of `arn` (unqualified: $LATEST) on the server that the caller talks to."""
    path = PREFIX + quote(arn, safe=":")
    expires = int(call.now.timestamp()) + _LIFETIME
    return (
        f"{call.base_url}{path}?X-Amz-Expires={expires}&X-Amz-Signature={_signature(path, expires, secret)}"
    )


def download(
    request: Request, regions: Regions, secret: bytes, now: datetime, instead: Mapping[str, bytes]
) -> Response:
    """The zip of a signed URL; 403 if the URL was altered or is too old, as on S3.

    `instead`, by ARN, is the wrong zip of a bad mirror.
    """
    query = dict(request.query)
    expires = query.get("X-Amz-Expires", "")
    forbidden = Response(403, (("content-type", "text/plain"),), b"AccessDenied")
    if not expires.isdecimal() or int(expires) < now.timestamp():
        return forbidden
    if not hmac.compare_digest(
        query.get("X-Amz-Signature", ""), _signature(request.path, int(expires), secret)
    ):
        return forbidden
    arn = FunctionArn.parse(unquote(request.path.removeprefix(PREFIX)))
    found = None if arn is None else regions.of(arn.account, arn.region).functions.get(arn.name)
    code: bytes | None = None
    if arn is not None and found is not None:
        if arn.number is not None:
            version = found.versions.get(arn.number)
            code = None if version is None else version.code
        elif arn.qualifier in (None, LATEST):
            code = found.code
    if code is None:
        return Response(404, (("content-type", "text/plain"),), b"NoSuchKey")
    code = instead.get(unquote(request.path.removeprefix(PREFIX)), code)
    return Response(200, (("content-type", "application/zip"),), code)
