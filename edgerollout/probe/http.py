"""Asks live URLs for their headers. Redirects are not followed: their own headers count."""

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
"""Bytes of a body to read; for more the connection is dropped."""

KEPT_BODY = 256 * 1024
"""Bytes of a body kept in an answer."""


class HttpProbe:
    """Fulfils `edgerollout.rollout.ports.Probe`. Safe to use from several threads."""

    def __init__(self, network: Network | None = None) -> None:
        self.network = network or Network()
        self._fetcher = Fetcher(self.network, SystemClock())

    def headers(self, url: str) -> HttpAnswer:
        """One GET. Raises UsageError for anything but an http(s) URL; failures of the site are answers."""
        return self.ask(url)

    def ask(self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None) -> HttpAnswer:
        """One request, with `headers` of its own if given; otherwise as `headers`."""
        try:
            answer = self._fetcher.ask(url, method, headers, largest=LARGEST_BODY)
        except NotAUrl as error:
            why = "only http:// and https:// URLs with a host can be asked"
            raise UsageError(f"{url!r} cannot be probed", why=why) from error
        except NoAnswer as error:
            accepted = not isinstance(error, CertificateRefused)
            return HttpAnswer(url, None, error=str(error), verified=accepted)
        return replace(answer, body=answer.body[:KEPT_BODY])
