"""Fetching a version's zip from the presigned URL that GetFunction hands out.

The URL is a secret for its ten minutes: it appears in no error, log or event.
"""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from edgerollout.aws.endpoints import loopback
from edgerollout.aws.faults import TransferBroken
from edgerollout.rollout.ports import CODE_TOO_LARGE, AwsFailure

if TYPE_CHECKING:
    import urllib3

    from edgerollout.clock import Clock

LARGEST = 50 * 1024 * 1024
"""Bytes. Lambda's own limit for a zip uploaded directly, and CloudFront's for an edge function's code."""

LONGEST = 15.0
"""Seconds for one download: 50 MB take four at 100 Mbit/s, and a bundle of ours has some KB."""

_CONNECT_TIMEOUT = 5.0
_READ_TIMEOUT = 10.0
_CHUNK = 64 * 1024
_OK = 200
_SERVER_ERROR = 500


class Downloads:
    """Downloads code. With `loopback_only` (any custom endpoint) it leaves this machine for nothing."""

    def __init__(
        self,
        clock: Clock,
        *,
        loopback_only: bool,
        ca_bundle: str | None = None,
        largest: int = LARGEST,
    ) -> None:
        self._clock = clock
        self._loopback_only = loopback_only
        self._ca_bundle = ca_bundle
        self._largest = largest

    def fetch(self, url: str, operation: str) -> bytes:
        """The bytes at `url`. Raises TransferBroken when trying again may help, else AwsFailure."""
        import urllib3

        deadline = self._clock.monotonic() + LONGEST
        if not self._leads_to_code(url):
            raise AwsFailure(
                operation,
                "UnexpectedLocation",
                "the code's download address is not where this endpoint keeps code",
            )
        try:
            with self._pool(url) as pool:
                response = pool.request("GET", url, preload_content=False, redirect=False, retries=False)
                try:
                    return self._body(response, operation, deadline)
                finally:
                    response.release_conn()
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            # urllib3 quotes the URL in its messages: only the kind of failure goes on.
            raise TransferBroken(f"the download broke off ({type(error).__name__})") from None

    def _pool(self, url: str) -> urllib3.PoolManager:
        import urllib3

        timeout = urllib3.Timeout(connect=_CONNECT_TIMEOUT, read=_READ_TIMEOUT)
        parts = urlsplit(url)
        proxy = getproxies().get(parts.scheme)
        if proxy and not self._loopback_only and not proxy_bypass(parts.hostname or ""):
            return urllib3.ProxyManager(proxy, timeout=timeout, ca_certs=self._ca_bundle)
        return urllib3.PoolManager(timeout=timeout, ca_certs=self._ca_bundle)

    def _leads_to_code(self, url: str) -> bool:
        return loopback(url) if self._loopback_only else url.lower().startswith("https://")

    def _body(self, response: urllib3.BaseHTTPResponse, operation: str, deadline: float) -> bytes:
        if response.status >= _SERVER_ERROR:
            raise TransferBroken(f"the download was answered with {response.status}")
        if response.status != _OK:
            raise AwsFailure(
                operation, f"HTTP{response.status}", "the version's code could not be downloaded"
            )
        body = bytearray()
        # read1 returns what has come; a read of a whole chunk waits for its last byte, however slow.
        while chunk := response.read1(_CHUNK, decode_content=False):
            body += chunk
            if len(body) > self._largest:
                raise AwsFailure(
                    operation, CODE_TOO_LARGE, f"the version's code is larger than {self._largest:,} bytes"
                )
            if self._clock.monotonic() > deadline:
                raise TransferBroken("the download is too slow")
        length = response.headers.get("content-length", "")
        if length.isdecimal() and len(body) < int(length):
            raise TransferBroken("the download was cut short")
        return bytes(body)
