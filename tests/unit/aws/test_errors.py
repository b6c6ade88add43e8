from __future__ import annotations

import pytest
from botocore import exceptions as boto

from edgerollout.aws.errors import translate, withheld
from edgerollout.rollout.ports import (
    AlreadyExists,
    AwsFailure,
    Busy,
    CredentialsExpired,
    LostAnswer,
    NotFound,
    PreconditionFailed,
    TooManyInvalidations,
)


def refused(code: str, message: str = "words", operation: str = "UpdateDistribution") -> boto.ClientError:
    return boto.ClientError({"Error": {"Code": code, "Message": message}}, operation)


@pytest.mark.parametrize(
    ("operation", "code", "message", "kind"),
    [
        ("cloudfront:GetDistribution", "NoSuchDistribution", "", NotFound),
        ("cloudfront:GetInvalidation", "NoSuchInvalidation", "", NotFound),
        ("lambda:GetFunction", "ResourceNotFoundException", "", NotFound),
        ("iam:GetRole", "NoSuchEntity", "", NotFound),
        ("cloudfront:UpdateDistribution", "PreconditionFailed", "", PreconditionFailed),
        ("cloudfront:UpdateDistribution", "InvalidIfMatchVersion", "", PreconditionFailed),
        ("lambda:UpdateFunctionCode", "PreconditionFailedException", "", PreconditionFailed),
        (
            "lambda:PublishVersion",
            "InvalidParameterValueException",
            "CodeSHA256 (a) is different from current CodeSHA256 in $LATEST (b).",
            PreconditionFailed,
        ),
        ("lambda:CreateFunction", "ResourceConflictException", "Function already exist", AlreadyExists),
        ("lambda:PublishVersion", "ResourceConflictException", "An update is in progress", Busy),
        ("iam:CreateRole", "EntityAlreadyExists", "", AlreadyExists),
        (
            "lambda:CreateFunction",
            "InvalidParameterValueException",
            "The role defined for the function cannot be assumed by Lambda.",
            Busy,
        ),
        ("cloudfront:CreateInvalidation", "TooManyInvalidationsInProgress", "", TooManyInvalidations),
        ("cloudfront:GetDistribution", "ExpiredToken", "", CredentialsExpired),
        ("lambda:GetFunction", "ExpiredTokenException", "", CredentialsExpired),
        ("lambda:PublishVersion", "InvalidParameterValueException", "something else", AwsFailure),
        ("cloudfront:UpdateDistribution", "InvalidLambdaFunctionAssociation", "", AwsFailure),
    ],
)
def test_each_of_aws_s_answers_becomes_what_the_engine_acts_on(
    operation: str, code: str, message: str, kind: type[AwsFailure]
) -> None:
    error = translate(refused(code, message, operation.partition(":")[2]), operation)
    assert type(error) is kind
    assert (error.operation, error.code, error.message) == (operation, code, message)


REFUSED = "InvalidLambdaFunctionAssociation"


@pytest.mark.parametrize(
    ("code", "message", "said"),
    [
        (
            REFUSED,
            "The function execution role must be assumable with edgelambda.amazonaws.com",
            "trust policy",
        ),
        (REFUSED, "Lambda@Edge cannot retrieve the specified Lambda function.", "lambda:GetFunction"),
        (REFUSED, "Lambda@Edge cannot enable replication for the", "lambda:EnableReplication*"),
        ("AccessDenied", "not authorized to create or assume a service linked role", "ServiceLinkedRole"),
        (REFUSED, "The function cannot have environment variables. Function: x", "environment variables"),
        (REFUSED, "The function cannot have a layer. Function: x", "layers"),
        ("TooManyInvalidationsInProgress", "Processing your request", "15 wildcard"),
        ("PreconditionFailed", "preconditions", "read it again"),
        ("AccessDenied", "User: x is not authorized to perform", "cloudfront:UpdateDistribution"),
        ("InvalidClientTokenId", "The security token included in the request is invalid.", "profile"),
        ("SignatureDoesNotMatch", "The request signature we calculated does not match", "clock"),
    ],
)
def test_a_known_cause_has_a_hint(code: str, message: str, said: str) -> None:
    hint = translate(refused(code, message), "cloudfront:UpdateDistribution").hint
    assert hint is not None
    assert said in hint


def test_a_refused_role_is_named_as_what_failed() -> None:
    error = translate(refused("AccessDenied", "no", "AssumeRole"), "cloudfront:ListDistributions")
    assert error.operation == "sts:AssumeRole"
    assert error.hint is not None
    assert "trust policy" in error.hint


def test_a_lost_answer_keeps_what_is_known_and_says_how_to_find_out() -> None:
    error = translate(boto.ReadTimeoutError(endpoint_url="https://x/"), "lambda:PublishVersion", lost=True)
    assert isinstance(error, LostAnswer)
    assert error.code == "ReadTimeoutError"
    assert error.hint is not None


@pytest.mark.parametrize(
    "error",
    [
        boto.UnauthorizedSSOTokenError(),
        boto.SSOTokenLoadError(error_msg="Token for x does not exist"),
        boto.TokenRetrievalError(provider="sso", error_msg="Token has expired and refresh failed"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_sign_in_that_ran_out_says_to_sign_in_again(error: Exception) -> None:
    translated = translate(error, "sts:GetCallerIdentity")
    assert isinstance(translated, CredentialsExpired)
    assert translated.hint is not None
    assert "aws sso login" in translated.hint


def test_a_canonical_request_and_its_session_token_are_never_shown() -> None:
    message = (
        "The request signature we calculated does not match. Check your key.\n\n"
        "The Canonical String for this request should have been\n'GET\n/x\n\n"
        "x-amz-security-token:FQoGsecret\n'"
    )
    error = translate(refused("SignatureDoesNotMatch", message), "lambda:GetFunction")
    assert "secret" not in str(error)
    assert "does not match" in str(error)


@pytest.mark.parametrize(
    "text",
    [
        "cannot fetch https://bucket.s3.amazonaws.com/code.zip?X-Amz-Signature=secret&X-Amz-Security-Token=secret",
        "header X-Amz-Security-Token: secret was wrong",
        "denied. Encoded authorization failure message: secretsecretsecret",
        "x-amz-signature=secret",
    ],
)
def test_presigned_urls_and_tokens_are_withheld(text: str) -> None:
    assert "secret" not in withheld(text)


def test_a_message_of_any_length_stays_readable() -> None:
    assert len(withheld("x" * 5000)) <= 700


@pytest.mark.parametrize(
    "text",
    [
        "<Items><OriginCustomHeader><HeaderValue>secret</HeaderValue></OriginCustomHeader></Items>",
        "near <HeaderValue>secret of an ori",
        "near <ns0:HeaderValue>secret</ns0:HeaderValue>",
    ],
)
def test_values_of_origins_headers_are_withheld(text: str) -> None:
    assert "secret" not in withheld(text)


def test_a_message_is_one_line_and_acts_on_no_terminal() -> None:
    assert withheld("one\ntwo\t\x1b[31mred\u202e") == "one two \\u001b[31mred\\u202e"


@pytest.mark.parametrize("message", [None, 5, {"a": 1}, ["x"]])
@pytest.mark.parametrize("code", [None, 5, {"a": 1}, "", "no code at all", "x" * 200, "<html>"])
def test_a_code_and_a_message_of_any_kind_become_words(code: object, message: object) -> None:
    odd = boto.ClientError({}, "GetFunction")
    odd.response["Error"] = {"Code": code, "Message": message}  # type: ignore[typeddict-item]
    error = translate(odd, "lambda:GetFunction")
    assert (error.code, error.message) == ("Unknown", "")


def test_what_urllib3_stumbled_over_is_not_quoted() -> None:
    odd = boto.HTTPClientError(error=ValueError("header line: secret"))
    assert "secret" not in str(translate(odd, "lambda:GetFunction"))
