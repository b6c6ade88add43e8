"""What AWS's answers suffer, as rules of the sandbox."""

from __future__ import annotations

import enum
from dataclasses import replace

from edgerollout.emulator.faults import FaultKind, FaultRule

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

    def rules(self, operation: str) -> list[FaultRule]:
        """The rules that make it happen to an operation; several are several cases."""
        rule = _ANSWERS.get(self)
        if rule is not None:
            return [replace(rule, operation=operation)]
        if self is Trouble.MISSING:
            members = MEMBERS.get(operation.partition(":")[2], ())
            return [FaultRule(operation, FaultKind.MISSING, member=member) for member in members]
        in_lambda, elsewhere = _REFUSALS[self]
        return [replace(in_lambda if operation.startswith("lambda:") else elsewhere, operation=operation)]


_ANSWERS = {
    Trouble.ERROR: FaultRule("", code="InternalError", status=500),
    Trouble.ERROR_AFTER: FaultRule("", code="InternalError", status=500, after_commit=True),
    Trouble.CUT: FaultRule("", FaultKind.CUT),
    Trouble.HTML: FaultRule("", FaultKind.HTML, status=200),
    Trouble.HTML_ERROR: FaultRule("", FaultKind.HTML, status=502, after_commit=True),
    Trouble.EMPTY: FaultRule("", FaultKind.EMPTY, status=200, after_commit=True),
    Trouble.RESET: FaultRule("", FaultKind.RESET),
    Trouble.RESET_AFTER: FaultRule("", FaultKind.RESET, after_commit=True),
    Trouble.SLOW: FaultRule("", FaultKind.DELAY, seconds=1.5, after_commit=True),
}
_RATE = FaultRule("", message="Rate exceeded", times=2)
_EXPIRED = FaultRule(
    "", status=403, message="The security token included in the request is expired", times=EVER
)
_DENIED = FaultRule("", status=403, message="User: x is not authorized to perform this", times=EVER)
_REFUSALS = {
    Trouble.THROTTLE: (
        replace(_RATE, code="TooManyRequestsException", status=429),
        replace(_RATE, code="Throttling", status=400),
    ),
    Trouble.EXPIRED: (
        replace(_EXPIRED, code="ExpiredTokenException"),
        replace(_EXPIRED, code="ExpiredToken"),
    ),
    Trouble.DENIED: (replace(_DENIED, code="AccessDeniedException"), replace(_DENIED, code="AccessDenied")),
}
"""As Lambda says it, and as the others do."""

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
