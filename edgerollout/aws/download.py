"""Fetching a version's zip from the presigned URL that GetFunction hands out.

The URL is a secret for its ten minutes: it appears in no error, log or event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from edgerollout.aws.endpoints import loopback
from edgerollout.aws.faults import TransferBroken
from edgerollout.rollout.ports import AwsFailure

if TYPE_CHECKING:
    import urllib3

LARGEST = 50 * 1024 * 1024
"""Bytes. Lambda's own limit for a zip uploaded directly, and CloudFront's for an edge function's code."""

_CONNECT_TIMEOUT = 10.0
_READ_TIMEOUT = 60.0
_CHUNK = 64 * 1024
_OK = 200
_SERVER_ERROR = 500


class Downloads:
    """Downloads code. With `loopback_only` (any custom endpoint) it leaves this machine for nothing."""

    def __init__(self, *, loopback_only: bool, ca_bundle: str | None = None, largest: int = LARGEST) -> None:
        self._loopback_only = loopback_only
        self._ca_bundle = ca_bundle
        self._largest = largest

    def fetch(self, url: str, operation: str) -> bytes:
        """The bytes at `url`. Raises TransferBroken when trying again may help, else AwsFailure."""
        import urllib3

        if not (loopback(url) if self._loopback_only else urlsplit(url).scheme == "https"):
            raise AwsFailure(
                operation,
                "UnexpectedLocation",
                "the code's download address is not where this endpoint keeps code",
            )
        try:
            with self._pool(url) as pool:
                response = pool.request("GET", url, preload_content=False, redirect=False, retries=False)
                try:
                    return _body(response, operation, self._largest)
                finally:
                    response.release_conn()
        except urllib3.exceptions.HTTPError as error:
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


def _body(response: urllib3.BaseHTTPResponse, operation: str, largest: int) -> bytes:
    if response.status >= _SERVER_ERROR:
        raise TransferBroken(f"the download was answered with {response.status}")
    if response.status != _OK:
        raise AwsFailure(operation, f"HTTP{response.status}", "the version's code could not be downloaded")
    body = bytearray()
    for chunk in response.stream(_CHUNK):
        body += chunk
        if len(body) > largest:
            raise AwsFailure(operation, "CodeTooLarge", f"the version's code is larger than {largest} bytes")
    return bytes(body)
