"""Files of a page that did not arrive, and would have requested more: what follows them was not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edgerollout.tour.model import UnseenFile
from edgerollout.tour.origin import origin_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from edgerollout.tour.model import PageRequest

_UNREACHABLE = (
    "net::ERR_NAME_", "net::ERR_CONNECTION_", "net::ERR_ADDRESS_", "net::ERR_TIMED_OUT", "net::ERR_CERT_",
    "net::ERR_SSL_", "net::ERR_EMPTY_RESPONSE", "net::ERR_INTERNET_", "net::ERR_NETWORK_", "net::ERR_PROXY_",
    "net::ERR_HTTP2_", "net::ERR_TUNNEL_",
)  # fmt: skip
"""Failures of the network; requests that a policy or the page itself stops have other names."""

_LOADS_MORE = frozenset({"script", "stylesheet", "document"})
"""Kinds of files that may request more when they arrive."""


def unseen_file(
    request: PageRequest, *, own_origins: Collection[str], stubbed: Collection[str]
) -> UnseenFile | None:
    """The file of a request that did not arrive, with the reason; None: it did, or nothing would follow it.

    `stubbed` are hosts that do not answer, for which the tour does.
    """
    if request.destination not in _LOADS_MORE:
        return None
    last = request.chain[-1]
    host = urlsplit(last).hostname or ""
    if host in stubbed:
        reason = f"{host} does not answer: what its {request.destination} would load was not seen"
    elif request.failure.startswith(_UNREACHABLE):
        reason = f"{last} could not be loaded ({request.failure})"
    elif (request.status or 0) >= 500 and origin_of(last) not in own_origins:
        reason = f"{last} answered {request.status}"
    else:
        return None
    return UnseenFile(last, request.destination, reason)
