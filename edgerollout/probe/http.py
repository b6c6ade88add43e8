"""Asks live URLs for their headers: redirects are not followed, their headers are the question."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edgerollout.clock import SystemClock
from edgerollout.errors import UsageError
from edgerollout.net.answer import CertificateRefused, HttpAnswer, NoAnswer
from edgerollout.net.fetch import Fetcher
from edgerollout.net.network import Network
from edgerollout.net.url import NotAUrl

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST_BODY = 1024 * 1024
"""Bytes of a body that are read before the connection is dropped instead."""

KEPT_BODY = 256 * 1024
"""Bytes of a body that an answer keeps."""


class HttpProbe:
    """Fulfils `edgerollout.rollout.ports.Probe`. Safe to use from several threads."""

    def __init__(self, network: Network | None = None) -> None:
        self.network = network or Network()
        self._fetcher = Fetcher(self.network, SystemClock())

    def headers(self, url: str) -> HttpAnswer:
        """One GET. Raises UsageError for what is no http(s) URL; what a site does comes back as an answer."""
        return self.ask(url)

    def ask(self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None) -> HttpAnswer:
        """One request, with `headers` of its own where they are given; otherwise as `headers`."""
        try:
            answer = self._fetcher.ask(url, method, headers, largest=LARGEST_BODY)
        except NotAUrl as error:
            why = "only http:// and https:// URLs with a host can"
            raise UsageError(f"{url!r} cannot be probed", why=why) from error
        except NoAnswer as error:
            accepted = not isinstance(error, CertificateRefused)
            return HttpAnswer(url, None, error=str(error), verified=accepted)
        return replace(answer, body=answer.body[:KEPT_BODY])
