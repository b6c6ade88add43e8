"""botocore's exceptions as the engine's errors, each with a hint where the cause is known.

Messages pass through a filter: SignatureDoesNotMatch answers with the canonical request, session
token included, and some messages quote presigned URLs.
"""

from __future__ import annotations

import re

from edgerollout.aws.faults import EXPIRED, code_of
from edgerollout.aws.hints import hint_for
from edgerollout.rollout.ports import (
    AlreadyExists,
    AwsFailure,
    Busy,
    CredentialsExpired,
    LostAnswer,
    NotFound,
    PreconditionFailed,
    Referenced,
    Replicated,
    TooManyInvalidations,
)

_LONGEST_MESSAGE = 700
_SIGN_IN = "sign in again (`aws sso login` or `aws login`), then repeat the command"

_REPLICATED = "because it is a replicated function"
"""In the message of an InvalidParameterValueException (terraform-provider-aws#1721); it has no code of its
own."""

_NOT_FOUND = frozenset(
    {
        "NoSuchDistribution",
        "NoSuchInvalidation",
        "NoSuchEntity",
        "NoSuchResource",
        "NoSuchResponseHeadersPolicy",
        "ResourceNotFoundException",
    }
)
_PRECONDITION = frozenset({"PreconditionFailed", "PreconditionFailedException", "InvalidIfMatchVersion"})

_SECRETS = (
    (re.compile(r"\s*The Canonical String for this request.*", re.DOTALL), ""),
    (re.compile(r"\s*Encoded authorization failure message:.*", re.DOTALL), ""),
    (re.compile(r"(https?://[^\s\"'?]+)\?[^\s\"']*"), r"\1"),
    (re.compile(r"(?i)x-amz-(security-token|signature|credential)[=:]\s*\S+"), r"x-amz-\1 withheld"),
)


def translate(error: Exception, operation: str, *, lost: bool = False) -> AwsFailure:
    """`error`, raised while calling `operation` (`cloudfront:UpdateDistribution`), as the engine knows it.

    `lost` says that the call was a write whose fate is unknown.
    """
    from botocore import exceptions as boto

    code, message = code_of(error), _message(error)
    operation = _really(error, operation)
    if lost:
        return LostAnswer(
            operation,
            code,
            message,
            hint="it may have been carried out: run the same command again to find out",
        )
    match error:
        case boto.ClientError():
            kind = _kind(operation, code, message)
            return kind(operation, code, message, hint=hint_for(operation, code, message))
        case (
            boto.UnauthorizedSSOTokenError()
            | boto.SSOTokenLoadError()
            | boto.TokenRetrievalError()
            | boto.LoginError()
        ):
            return CredentialsExpired(
                operation,
                code,
                message,
                hint=_SIGN_IN,
            )
        case RuntimeError():
            return CredentialsExpired(operation, "ExpiredToken", message, hint=_SIGN_IN)
        case boto.EndpointConnectionError() | boto.ConnectTimeoutError() | boto.ProxyConnectionError():
            hint = "check the network and proxy; with a local endpoint, that it is running"
            return AwsFailure(operation, code, message, hint=hint)
        case boto.SSLError():
            return AwsFailure(
                operation,
                code,
                message,
                hint="behind a TLS-inspecting proxy, point AWS_CA_BUNDLE at its certificate",
            )
        case _:
            return AwsFailure(operation, code, message)


def withheld(text: str) -> str:
    """`text` without presigned query strings, tokens and canonical requests, cut to a readable length."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    text = text.strip()
    return text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 1] + "…"


def _kind(operation: str, code: str, message: str) -> type[AwsFailure]:
    if code in EXPIRED:
        return CredentialsExpired
    if code in _NOT_FOUND:
        return NotFound
    if code in _PRECONDITION:
        return PreconditionFailed
    if code == "EntityAlreadyExists":
        return AlreadyExists
    if code == "TooManyInvalidationsInProgress":
        return TooManyInvalidations
    if operation == "lambda:DeleteFunction" and _REPLICATED in message:
        return Replicated
    if operation == "lambda:DeleteFunction" and code == "ResourceConflictException" and "alias" in message:
        return Referenced
    if code == "ResourceConflictException":
        # On create it means the name is taken, on everything else that an update is in progress.
        return AlreadyExists if operation == "lambda:CreateFunction" else Busy
    if code == "InvalidParameterValueException":
        if "cannot be assumed by Lambda" in message:
            # A role is not assumable everywhere for some seconds after CreateRole.
            return Busy
        if message.startswith("CodeSHA256"):
            return PreconditionFailed
    return AwsFailure


def _message(error: Exception) -> str:
    from botocore.exceptions import ClientError

    if isinstance(error, ClientError):
        return withheld(error.response.get("Error", {}).get("Message", ""))
    return withheld(str(error))


def _really(error: Exception, operation: str) -> str:
    """The operation that failed: a role is assumed inside other calls, and its refusal is not theirs."""
    from botocore.exceptions import ClientError

    service, _, name = operation.partition(":")
    if isinstance(error, ClientError) and error.operation_name != name:
        return f"sts:{error.operation_name}" if error.operation_name.startswith("AssumeRole") else operation
    return f"{service}:{name}"
