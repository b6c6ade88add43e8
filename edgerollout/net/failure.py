"""Why a request failed, in a few words: urllib3 wraps the reason several layers deep."""

from __future__ import annotations

import http.client
import ssl
from typing import TYPE_CHECKING

from edgerollout.net.trust import remedy

if TYPE_CHECKING:
    from collections.abc import Iterator


def is_certificate(error: BaseException) -> bool:
    """Whether a certificate was not accepted."""
    import urllib3.util.ssl_match_hostname as matching

    kinds = (ssl.SSLCertVerificationError, matching.CertificateError)
    return any(isinstance(layer, kinds) for layer in _layers(error))


def words(error: BaseException, read: float) -> str:
    """Why no answer came, or only a part; `read` is the time-out that was set, in seconds."""
    import urllib3

    layers = list(_layers(error))
    last = str(layers[-1]) or type(layers[-1]).__name__

    def has(kind: type[BaseException]) -> bool:
        return any(isinstance(layer, kind) for layer in layers)

    match error:
        case _ if has(http.client.LineTooLong):
            return "a header line is longer than 64 KiB"
        case _ if has(ConnectionRefusedError):
            return "connection refused"
        case urllib3.exceptions.NewConnectionError():
            return "cannot connect"
        case urllib3.exceptions.TimeoutError() | TimeoutError():
            return f"no answer within {read:g} s"
        case _ if is_certificate(error):
            told = next((layer for layer in layers if isinstance(layer, ssl.SSLCertVerificationError)), None)
            why = last if told is None else told.verify_message
            return f"TLS: certificate not accepted ({why}): {remedy(told)}"
        case _ if has(ssl.SSLError) or has(urllib3.exceptions.SSLError):
            return f"TLS: {last}"
        case _ if has(http.client.IncompleteRead):
            return "the answer is shorter than its Content-Length"
        case _ if has(http.client.RemoteDisconnected) or has(ConnectionResetError):
            return "the connection was closed without an answer"
        case _ if has(http.client.BadStatusLine):
            return "the answer is not HTTP"
        case _ if has(http.client.HTTPException) and last.startswith("got more than"):
            return "more than 100 header lines came"
        case _:
            return last


def _layers(error: BaseException) -> Iterator[BaseException]:
    layer: BaseException | None = error
    for _ in range(8):
        if layer is None:
            return
        yield layer
        inner = next((cause for cause in layer.args if isinstance(cause, BaseException)), None)
        layer = layer.__cause__ if inner is None else inner
