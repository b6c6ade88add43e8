"""botocore's exceptions as the engine's errors, each with a hint where the cause is known.

Messages pass through a filter: SignatureDoesNotMatch answers with the canonical request, session
token included, and some messages quote presigned URLs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edgerollout.aws.faults import EXPIRED, MalformedAnswer, code_of, proxy_status, untrusted
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

if TYPE_CHECKING:
    from collections.abc import Iterable

    from botocore.exceptions import ProxyConnectionError, SSLError

_LONGEST_MESSAGE = 700
_SHORTEST_SECRET = 4
"""Characters. A shorter value hides nothing, and replacing it would break words."""

_SIGN_IN = "sign in again (`aws sso login` or `aws login`), then repeat the command"

_NOT_RENEWED = (
    "check that the profile's source of credentials works (credential_process, token file, role of the"
    " machine), then repeat the command"
)
_CERTIFICATE = "behind a proxy that opens TLS, name its CA's file in AWS_CA_BUNDLE or the profile's ca_bundle"

_REPLICATED = "because it is a replicated function"
"""In the message of an InvalidParameterValueException (terraform-provider-aws#1721); it has no code of its
own."""

_BY_CODE: dict[str, type[AwsFailure]] = {
    **dict.fromkeys(EXPIRED, CredentialsExpired),
    **dict.fromkeys(
        (
            "NoSuchDistribution",
            "NoSuchInvalidation",
            "NoSuchEntity",
            "NoSuchResource",
            "NoSuchResponseHeadersPolicy",
            "ResourceNotFoundException",
        ),
        NotFound,
    ),
    **dict.fromkeys(
        ("PreconditionFailed", "PreconditionFailedException", "InvalidIfMatchVersion"), PreconditionFailed
    ),
    **dict.fromkeys(("EntityAlreadyExists", "ResponseHeadersPolicyAlreadyExists"), AlreadyExists),
    "ResponseHeadersPolicyInUse": Referenced,
    "TooManyInvalidationsInProgress": TooManyInvalidations,
}

_SECRETS = (
    (re.compile(r"\s*The Canonical String for this request.*", re.DOTALL), ""),
    (re.compile(r"\s*Encoded authorization failure message:.*", re.DOTALL), ""),
    (re.compile(r"(https?://[^\s\"'?]+)\?[^\s\"']*"), r"\1"),
    (re.compile(r"(?i)x-amz-(security-token|signature|credential)[=:]\s*\S+"), r"x-amz-\1 withheld"),
    # Origins' custom headers are often what an origin knows CloudFront by.
    (re.compile(r"<(\w*:?)HeaderValue>.*?(</\w*:?HeaderValue>|$)", re.DOTALL), "HeaderValue withheld"),
)
_CANNOT_BE_READ = (
    "AWS's answer was cut off or changed on its way, perhaps by a proxy: run the same command again"
)


def translate(
    error: Exception, operation: str, *, lost: bool = False, hidden: Iterable[str] = ()
) -> AwsFailure:
    """`error`, raised by a call of `operation` (`cloudfront:UpdateDistribution`), as an engine error.

    `lost`: the call was a write with an unknown result; `hidden` are values to remove from AWS's
    message.
    """
    from botocore import exceptions as boto

    code, message = code_of(error), _message(error, hidden)
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
        case MalformedAnswer():
            return AwsFailure(operation, code, message, hint=_CANNOT_BE_READ)
        case boto.ProxyConnectionError() | boto.SSLError():
            return AwsFailure(operation, code, message + _by_proxy(error), hint=_of_the_way(error))
        case boto.EndpointConnectionError() | boto.ConnectTimeoutError():
            hint = "check the network and proxy; with a local endpoint, that it is running"
            return AwsFailure(operation, code, message, hint=hint)
        case boto.MissingDependencyException():
            hint = "profiles of `aws login` need one more package: pip install 'edgerollout[login]'"
            return AwsFailure(operation, code, message, hint=hint)
        case RuntimeError():
            return CredentialsExpired(operation, "ExpiredToken", message, hint=_SIGN_IN)
    remedy = _for_fresh_credentials(error)
    kind = AwsFailure if remedy is None else CredentialsExpired
    return kind(operation, code, message, hint=remedy)


def _for_fresh_credentials(error: Exception) -> str | None:
    """What to do about expired credentials that cannot be renewed; None for another failure."""
    from botocore import exceptions as boto

    match error:
        case (
            boto.UnauthorizedSSOTokenError()
            | boto.SSOTokenLoadError()
            | boto.TokenRetrievalError()
            | boto.LoginError()
        ):
            return _SIGN_IN
        case boto.RefreshWithMFAUnsupportedError():
            return "the MFA session ran out: run the same command again, it asks for a new code"
        case boto.CredentialRetrievalError() | boto.MetadataRetrievalError() | boto.NoCredentialsError():
            return _NOT_RENEWED
        case _:
            return None


def _by_proxy(error: ProxyConnectionError | SSLError) -> str:
    """A proxy's refusal, from urllib3: botocore hides it."""
    from botocore.exceptions import ProxyConnectionError

    if not isinstance(error, ProxyConnectionError):
        return ""
    status = proxy_status(error)
    return " (its certificate)" if untrusted(error) else "" if status is None else f" (status {status})"


def _of_the_way(error: ProxyConnectionError | SSLError) -> str:
    from botocore.exceptions import SSLError

    if isinstance(error, SSLError) or untrusted(error):
        return _CERTIFICATE
    match proxy_status(error):
        case None:
            return "check the network and proxy"
        case 407:
            return "the proxy needs a valid user and password: http://USER:PASSWORD@HOST:PORT in HTTPS_PROXY"
        case _:
            return "allow it on the proxy, or add the host to NO_PROXY"


def withheld(text: str, hidden: Iterable[str] = ()) -> str:
    """`text` without presigned query strings, tokens, canonical requests, values of origins' headers, and the
    `hidden` ones; on one line, cut to a readable length.
    """
    for value in sorted(
        {secret for secret in hidden if len(secret) >= _SHORTEST_SECRET}, key=len, reverse=True
    ):
        text = text.replace(value, "…")
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    text = " ".join(text.split())
    text = "".join(character if character.isprintable() else f"\\u{ord(character):04x}" for character in text)
    return text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 1] + "…"


def _kind(operation: str, code: str, message: str) -> type[AwsFailure]:
    if code in _BY_CODE:
        return _BY_CODE[code]
    if operation == "lambda:DeleteFunction" and _REPLICATED in message:
        return Replicated
    if operation == "lambda:DeleteFunction" and code == "ResourceConflictException" and "alias" in message:
        return Referenced
    if code == "ResourceConflictException":
        # On create it means the name is taken, on everything else that an update is in progress.
        return AlreadyExists if operation == "lambda:CreateFunction" else Busy
    if "must be in an Active state" in message and "is Pending" in message:
        return Busy
    if code == "InvalidParameterValueException":
        if "cannot be assumed by Lambda" in message:
            # For some seconds after CreateRole a role cannot be assumed everywhere.
            return Busy
        if message.startswith("CodeSHA256"):
            return PreconditionFailed
    return AwsFailure


def _message(error: Exception, hidden: Iterable[str]) -> str:
    from botocore.exceptions import ClientError, HTTPClientError

    if isinstance(error, ClientError):
        said: object = error.response.get("Error", {}).get("Message")
        return withheld(said, hidden) if isinstance(said, str) else ""
    if type(error) is HTTPClientError:
        # It quotes the data that urllib3 could not read.
        return "the answer could not be received"
    return withheld(str(error), hidden)


def _really(error: Exception, operation: str) -> str:
    """The operation that failed: roles are assumed inside other calls, and fail on their own."""
    from botocore.exceptions import ClientError

    failed = ""
    if isinstance(error, ClientError):
        failed = error.operation_name
    elif isinstance(error, MalformedAnswer):
        failed = error.operation
    return f"sts:{failed}" if failed.startswith("AssumeRole") else operation
