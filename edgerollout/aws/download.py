"""Fetches a version's zip from the presigned URL of GetFunction.

The URL is a secret for its ten minutes: it appears in no error, log or event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.aws.endpoints import loopback
from edgerollout.aws.faults import TransferBroken
from edgerollout.net.answer import CertificateRefused, NoAnswer
from edgerollout.net.network import Network
from edgerollout.net.public import is_loopback
from edgerollout.net.trust import sdk_roots
from edgerollout.rollout.ports import CODE_TOO_LARGE, AwsFailure

if TYPE_CHECKING:
    from pathlib import Path

    from edgerollout.clock import Clock

LARGEST = 50 * 1024 * 1024
"""Bytes. Lambda's own limit for a zip uploaded directly, and CloudFront's for an edge function's code."""

LONGEST = 15.0
"""Seconds for one download: 50 MB take four at 100 Mbit/s, and our bundles have a few KB."""

_OK = 200
_SERVER_ERROR = 500


class Downloads:
    """Downloads code. With `loopback_only` (any custom endpoint) only from this machine."""

    def __init__(
        self,
        clock: Clock,
        *,
        loopback_only: bool,
        ca_bundle: Path | None = None,
        largest: int = LARGEST,
    ) -> None:
        self._clock = clock
        self._loopback_only = loopback_only
        # The same CAs as botocore's.
        self._network = Network(ca_file=ca_bundle or sdk_roots(), whole=LONGEST, body=LONGEST)
        self._largest = largest

    def fetch(self, url: str, operation: str) -> bytes:
        """The bytes at `url`. Raises TransferBroken when trying again may help, else AwsFailure."""
        from edgerollout.net.fetch import Fetcher

        if not self._leads_to_code(url):
            raise AwsFailure(
                operation,
                "UnexpectedLocation",
                "the code's download address is not where this endpoint keeps code",
            )
        fetcher = Fetcher(self._network, self._clock, may_ask=_here if self._loopback_only else None)
        ends = self._clock.monotonic() + LONGEST
        try:
            answer = fetcher.ask(url, headers={"Accept": "*/*"}, largest=self._largest + 1, ends=ends)
        except CertificateRefused as error:
            raise AwsFailure(operation, "CertificateNotAccepted", str(error)) from None
        except NoAnswer as error:
            # Messages may quote the URL: only the kind of failure is kept.
            kind = type(error.__cause__ or error).__name__
            raise TransferBroken(f"the download broke off ({kind})") from None
        if answer.status is None or answer.status >= _SERVER_ERROR:
            raise TransferBroken(f"the download was answered with {answer.status}")
        if answer.status != _OK:
            raise AwsFailure(operation, f"HTTP{answer.status}", "the version's code could not be downloaded")
        if len(answer.body) > self._largest:
            raise AwsFailure(
                operation, CODE_TOO_LARGE, f"the version's code is larger than {self._largest:,} bytes"
            )
        if answer.broken_off is not None:
            late = self._clock.monotonic() >= ends
            raise TransferBroken("the download is too slow" if late else "the download was cut short")
        return answer.body

    def _leads_to_code(self, url: str) -> bool:
        return loopback(url) if self._loopback_only else url.lower().startswith("https://")


def _here(_: str, address: str) -> bool:
    return is_loopback(address)
