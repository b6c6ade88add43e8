"""The caller: account, region and service, from the request's signature, which is checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from edgerollout.emulator.messages import ServiceError
from edgerollout.emulator.signature import Signature

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.emulator.messages import Request

DEFAULT_ACCOUNT = "123456789012"
_OURS = re.compile(r"AKIA(?P<account>\d{12})")


class KnownKey(NamedTuple):
    """An access key that may sign: the account it acts for, and its secret."""

    account: str
    secret: str


@dataclass(frozen=True)
class Caller:
    """`service` is the signing name ("cloudfront", "lambda", "iam"…)."""

    account: str
    region: str
    service: str


class Unsigned(ServiceError):
    """The request does not prove its caller; `caller` is the one that it claims."""

    def __init__(self, code: str, message: str, caller: Caller) -> None:
        super().__init__(code, message, 403)
        self.caller = caller


def caller_of(request: Request, secret: str, given_out: Callable[[str], KnownKey | None]) -> Caller:
    """The caller, proved by its signature.

    An access key id of `AKIA` and an account's twelve digits acts for that account with the sandbox's
    `secret`; `given_out` knows the keys from IAM and STS. Raises Unsigned for any other, with the service's
    codes (IAM User Guide, "Common errors"; Lambda API, "Common Errors").
    """
    signature = Signature.of(request)
    if signature is None:
        nobody = Caller(DEFAULT_ACCOUNT, "us-east-1", "")
        raise Unsigned("MissingAuthenticationToken", "Request is missing Authentication Token", nobody)
    ours = _OURS.fullmatch(signature.key)
    known = KnownKey(ours["account"], secret) if ours else given_out(signature.key)
    caller = Caller(known.account if known else DEFAULT_ACCOUNT, signature.region, signature.service)
    is_lambda = caller.service == "lambda"
    if known is None:
        code = "UnrecognizedClientException" if is_lambda else "InvalidClientTokenId"
        raise Unsigned(code, "The security token included in the request is invalid.", caller)
    if not signature.fits(request, known.secret):
        code = "InvalidSignatureException" if is_lambda else "SignatureDoesNotMatch"
        raise Unsigned(
            code,
            "The request signature we calculated does not match the signature you provided. Check your AWS "
            "Secret Access Key and signing method. Consult the service documentation for details.",
            caller,
        )
    return caller
