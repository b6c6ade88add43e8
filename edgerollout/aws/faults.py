"""What a failed call means for a retry: was it refused, never sent, or is its result unknown?"""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING

from edgerollout.errors import own_frames
from edgerollout.net.failure import is_certificate
from edgerollout.net.proxy import tunnel_status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.exceptions import ClientError, ProxyConnectionError, SSLError

# AWS has no common name for "too fast": each family of services has its own.
THROTTLES = frozenset(
    {
        "BandwidthLimitExceeded",
        "PriorRequestNotComplete",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequests",
        "TooManyRequestsException",
    }
)

EXPIRED = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired", "ExpiredCredentials"}
)

_UNAVAILABLE = frozenset(
    {"InternalError", "InternalFailure", "InternalServerError", "ServiceException", "ServiceUnavailable"}
)

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_MEMBER = re.compile(r"[A-Z][A-Za-z]{0,40}")

_ERROR = 300
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500


class Fault(enum.Enum):
    """How far a failed call got."""

    THROTTLED = enum.auto()
    """Throttled: nothing happened."""
    NOT_SENT = enum.auto()
    """Never reached AWS (name resolution, connection refused, connect time-out): nothing happened."""
    UNKNOWN = enum.auto()
    """5xx, read time-out, reset: a write may or may not have been carried out."""
    MALFORMED = enum.auto()
    """The answer is not AWS's, or not complete: like UNKNOWN, and waiting seldom helps."""
    REFUSED = enum.auto()
    """A definite answer; asking again changes nothing."""


class TransferBroken(Exception):
    """A download from a presigned URL broke off or was answered with 5xx. Carries no URL."""


class MalformedAnswer(Exception):
    """An answer that is cut, empty, not AWS's, or lacks what the operation answers with.

    `operation` (`UpdateDistribution`) is the one that was called; `detail` says what is wrong in our own
    words: nothing of the answer itself is kept. `status` is its HTTP status.
    """

    def __init__(self, operation: str, detail: str, status: int = 200) -> None:
        super().__init__(detail)
        self.operation = operation
        self.detail = detail
        self.status = status


class Incomplete(ValueError):
    """What is wrong with an answer's members, in our own words."""


def unreadable(error: Exception, operation: str) -> MalformedAnswer:
    """The error of reading an answer's members, as a MalformedAnswer without its text.

    The text may quote the answer. The name of a missing member is known, so it is kept.
    """
    if isinstance(error, KeyError) and error.args and _MEMBER.fullmatch(str(error.args[0])):
        return MalformedAnswer(operation, f"it has no {error.args[0]}")
    if isinstance(error, Incomplete):
        return MalformedAnswer(operation, str(error))
    where = own_frames(error)
    place = f" at {where[-1]}" if where else ""
    return MalformedAnswer(operation, f"it cannot be read ({type(error).__name__}{place})")


def classify(error: Exception, operation: str) -> Fault:
    """What `error`, raised by a call of `operation` (`UpdateDistribution`), means for its result."""
    from botocore import exceptions as boto

    match error:
        case boto.ClientError():
            fault = _answered(error)
            # Assuming a role or refreshing a token happens inside the call, before anything is sent:
            # If STS fails there, the call itself was not sent.
            if fault is Fault.UNKNOWN and error.operation_name != operation:
                return Fault.NOT_SENT
            return fault
        case boto.SSLError():
            # TLS can also break in the middle of an answer.
            return Fault.REFUSED if untrusted(error) else Fault.UNKNOWN
        case boto.ProxyConnectionError():
            lasting = untrusted(error) or proxy_status(error) is not None
            return Fault.REFUSED if lasting else Fault.NOT_SENT
        case boto.ConnectionError():
            return Fault.NOT_SENT
        case boto.HTTPClientError() | TransferBroken():
            return Fault.UNKNOWN
        case MalformedAnswer():
            return _malformed(error, operation)
        case _:
            return Fault.REFUSED


def renewal_failed(error: Exception) -> bool:
    """Whether botocore gave up renewing the session's credentials, which it reports as RuntimeError."""
    return isinstance(error, RuntimeError) and "refreshed credentials are still expired" in str(error)


def retry_after(error: Exception) -> float:
    """Seconds AWS asks to wait (the Retry-After header; Lambda's 429 has it too), 0 when it asks nothing."""
    from botocore.exceptions import ClientError

    if not isinstance(error, ClientError):
        return 0.0
    headers: Mapping[str, str] = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    try:
        return max(0.0, float(headers.get("retry-after", "0")))
    except ValueError:
        # An HTTP date is allowed by RFC 9110; AWS sends seconds, so our own waits do for the rest.
        return 0.0


def code_of(error: Exception) -> str:
    """AWS's error code, or the name of what broke below HTTP (`ReadTimeoutError`)."""
    from botocore.exceptions import ClientError

    if isinstance(error, ClientError):
        code: object = error.response.get("Error", {}).get("Code")
        # It is a part of the answer, so it may be anything.
        return code if isinstance(code, str) and _CODE.fullmatch(code) else "Unknown"
    if isinstance(error, MalformedAnswer) and error.status >= _ERROR:
        return f"HTTP{error.status}"
    return type(error).__name__


def untrusted(error: SSLError | ProxyConnectionError) -> bool:
    """Whether a certificate, the server's or a proxy's, was not accepted, or the CA bundle cannot be read."""
    inner: object = error.kwargs.get("error")
    reason = inner.args[0] if isinstance(inner, Exception) and len(inner.args) > 0 else inner
    if isinstance(reason, FileNotFoundError | PermissionError):
        return True
    return isinstance(inner, Exception) and is_certificate(inner)


def proxy_status(error: ProxyConnectionError) -> int | None:
    """The status of a proxy's final refusal (4xx); None if it did not refuse, or a retry may help."""
    status = tunnel_status(str(error.kwargs.get("error")))
    return status if status is not None and 400 <= status < 500 else None


def _malformed(error: MalformedAnswer, operation: str) -> Fault:
    if error.status == _TOO_MANY_REQUESTS:
        return Fault.THROTTLED
    if error.operation != operation:
        # STS, inside the call: nothing of the call itself was sent.
        return Fault.NOT_SENT
    return Fault.UNKNOWN if error.status >= _SERVER_ERROR else Fault.MALFORMED


def _answered(error: ClientError) -> Fault:
    code = code_of(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in THROTTLES or status == _TOO_MANY_REQUESTS:
        return Fault.THROTTLED
    if status >= _SERVER_ERROR or code in _UNAVAILABLE:
        return Fault.UNKNOWN
    return Fault.REFUSED
