"""What AWS's answers suffer, as rules of the sandbox."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from edgerollout.sandbox.faults import FaultKind, FaultRule

if TYPE_CHECKING:
    from collections.abc import Iterable

EVER = 1_000_000


class Trouble(enum.Enum):
    """What happens to the first call of an operation, or to all of them where it does not pass by itself."""

    THROTTLE = "throttled twice"
    ERROR = "500 before it was done"
    ERROR_AFTER = "500 after it was done"
    CUT = "its body cut"
    HTML = "HTML with 200 instead of doing it"
    HTML_ERROR = "HTML with 502 after it was done"
    EMPTY = "an empty body after it was done"
    MISSING = "a member missing"
    RESET = "the connection reset before it was done"
    RESET_AFTER = "the connection reset after it was done"
    SLOW = "late"
    EXPIRED = "credentials expired"
    DENIED = "denied"

    @property
    def lasts(self) -> bool:
        """Until somebody does something about it."""
        return self in {Trouble.EXPIRED, Trouble.DENIED}

    def rules(self, operation: str) -> Iterable[FaultRule]:
        """The rules that make it happen; several are several ways."""
        is_lambda = operation.startswith("lambda:")
        match self:
            case Trouble.THROTTLE:
                code, status = ("TooManyRequestsException", 429) if is_lambda else ("Throttling", 400)
                yield FaultRule(operation, code=code, status=status, message="Rate exceeded", times=2)
            case Trouble.ERROR:
                yield FaultRule(operation, code="InternalError", status=500)
            case Trouble.ERROR_AFTER:
                yield FaultRule(operation, code="InternalError", status=500, after_commit=True)
            case Trouble.CUT:
                yield FaultRule(operation, FaultKind.CUT)
            case Trouble.HTML:
                yield FaultRule(operation, FaultKind.HTML, status=200)
            case Trouble.HTML_ERROR:
                yield FaultRule(operation, FaultKind.HTML, status=502, after_commit=True)
            case Trouble.EMPTY:
                yield FaultRule(operation, FaultKind.EMPTY, status=200, after_commit=True)
            case Trouble.MISSING:
                for member in MEMBERS.get(operation.partition(":")[2], ()):
                    yield FaultRule(operation, FaultKind.MISSING, member=member)
            case Trouble.RESET:
                yield FaultRule(operation, FaultKind.RESET)
            case Trouble.RESET_AFTER:
                yield FaultRule(operation, FaultKind.RESET, after_commit=True)
            case Trouble.SLOW:
                yield FaultRule(operation, FaultKind.DELAY, seconds=1.5, after_commit=True)
            case Trouble.EXPIRED:
                code = "ExpiredTokenException" if is_lambda else "ExpiredToken"
                words = "The security token included in the request is expired"
                yield FaultRule(operation, code=code, status=403, message=words, times=EVER)
            case Trouble.DENIED:
                code = "AccessDeniedException" if is_lambda else "AccessDenied"
                words = "User: arn:aws:iam::1:user/x is not authorized to perform this"
                yield FaultRule(operation, code=code, status=403, message=words, times=EVER)


MEMBERS = {
    "CreateFunction": ("FunctionArn", "CodeSha256", "State"),
    "CreateInvalidation": ("Id", "Status", "InvalidationBatch"),
    "CreateRole": ("Arn",),
    "GetCallerIdentity": ("Account", "Arn"),
    "GetDistribution": ("ETag", "Status", "DistributionConfig", "DefaultCacheBehavior"),
    "GetDistributionConfig": ("ETag", "DefaultCacheBehavior"),
    "GetFunction": ("Configuration", "CodeSha256", "Version", "Code", "Location"),
    "GetFunctionConfiguration": ("State", "CodeSha256", "Version", "LastUpdateStatus"),
    "GetInvalidation": ("Status", "InvalidationBatch", "CallerReference", "CreateTime"),
    "GetRole": ("Arn", "AssumeRolePolicyDocument"),
    "ListDistributions": ("Items", "Id", "ARN", "Status", "DefaultCacheBehavior"),
    "ListInvalidations": ("Items", "Id", "Status", "CreateTime"),
    "ListVersionsByFunction": ("Versions", "Version", "CodeSha256"),
    "PublishVersion": ("Version", "CodeSha256", "FunctionArn"),
    "UpdateDistribution": ("ETag", "Status", "DistributionConfig"),
    "UpdateFunctionCode": ("CodeSha256", "RevisionId"),
}
"""Members that AWS always sends where there is anything to send, by operation."""
