"""Who is calling: account, region and service, from the request's own signature. Nothing is verified."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.sandbox.messages import Request

DEFAULT_ACCOUNT = "123456789012"
_SCOPE = re.compile(
    r"Credential=(?P<key>[^/,\s]+)/\d{8}/(?P<region>[^/,\s]+)/(?P<service>[^/,\s]+)/aws4_request"
)
_OURS = re.compile(r"AKIA(?P<account>\d{12})")


@dataclass(frozen=True)
class Caller:
    """`service` is the signing name ("cloudfront", "lambda", "iam"…), empty for an unsigned request."""

    account: str
    region: str
    service: str


def access_key(account: str) -> str:
    """The access key id that acts for `account` (twelve digits) in the sandbox."""
    return f"AKIA{account}"


def caller_of(request: Request, account_of_key: Callable[[str], str]) -> Caller:
    """The caller. `account_of_key` answers for keys that are not of the sandbox's own shape, such as
    those of an assumed role."""
    scope = _SCOPE.search(request.headers.get("authorization", ""))
    if scope is None:
        presigned = dict(request.query).get("X-Amz-Credential", "")
        scope = _SCOPE.search(f"Credential={presigned}")
    if scope is None:
        return Caller(DEFAULT_ACCOUNT, "us-east-1", "")
    ours = _OURS.fullmatch(scope["key"])
    account = ours["account"] if ours else account_of_key(scope["key"])
    return Caller(account, scope["region"], scope["service"])
