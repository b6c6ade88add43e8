"""Uploaded code: its source, and whether Lambda can unpack it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING

from edgerollout.emulator.functions.errors import invalid, refusal

if TYPE_CHECKING:
    from edgerollout.emulator.messages import Members

MAX_UPLOAD = 50 * 1024 * 1024
"""Bytes of a zip sent in the request itself."""

FetchObject = Callable[[str, str, str, str | None], bytes | None]
"""An object of the account's S3: account, bucket, key, version → its bytes, or None."""


def uploaded_code(source: Members, account: str, fetch: FetchObject) -> bytes:
    """The zip in a request, or the one it points to. Raises ServiceError if Lambda would refuse it."""
    if source.get("ImageUri"):
        raise invalid("The sandbox runs zip archives only: container images are not supported.")
    if "S3Bucket" in source and "S3Key" in source:
        fetched = fetch(account, source["S3Bucket"], source["S3Key"], source.get("S3ObjectVersion"))
        if fetched is None:
            raise invalid(
                "Error occurred while GetObject. S3 Error Code: NoSuchKey. "
                "S3 Error Message: The specified key does not exist."
            )
        code = fetched
    else:
        code = source.get("ZipFile", b"")
        if len(code) > MAX_UPLOAD:
            raise refusal(
                "RequestEntityTooLargeException", f"Request must be smaller than {MAX_UPLOAD} bytes"
            )
    _check_zip(code)
    return code


def _check_zip(code: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(code)) as archive:
            broken, names = archive.testzip(), archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError):
        broken, names = "archive", []
    if broken is not None:
        raise invalid("Could not unzip uploaded file. Please check your file, then try to upload again.")
    if not names:
        raise invalid("Uploaded file must be a non-empty zip")
