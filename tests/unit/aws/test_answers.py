"""Is it AWS's answer, and all of it? What botocore would have believed."""

from __future__ import annotations

import functools
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import botocore.session
import pytest
from botocore.awsrequest import HeadersDict

from edgerollout.aws.answers import ListPage, check_answer, pages, same
from edgerollout.aws.faults import Incomplete, MalformedAnswer
from edgerollout.aws.retry import SHORT_ATTEMPTS, Operation, RetryingCaller
from edgerollout.rollout.ports import AwsFailure
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from botocore.model import OperationModel

SPACE = 'xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"'
DECLARED = b"<?xml version='1.0'?>\n"
CONFIG = DECLARED + f"<DistributionConfig {SPACE}><Comment>x</Comment></DistributionConfig>".encode()
HTML = b"<!DOCTYPE html><html><body>s3cr3t</body></html>"
XHTML = b"<html><body>s3cr3t</body></html>"
IDENTITY = b"<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>"
ATTACHED = b"<AttachRolePolicyResponse><ResponseMetadata/></AttachRolePolicyResponse>"
DENIED = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"


@functools.cache
def model(operation: str) -> OperationModel:
    service, _, name = operation.partition(":")
    return botocore.session.get_session().get_service_model(service).operation_model(name)


def check(operation: str, body: bytes, status: int = 200, **headers: str) -> None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    check_answer(
        model(operation), {"body": body, "status_code": status, "headers": HeadersDict(named), "context": {}}
    )


@pytest.mark.parametrize(
    ("operation", "body", "status"),
    [
        ("cloudfront:GetDistributionConfig", CONFIG, 200),
        ("cloudfront:GetDistributionConfig", CONFIG.replace(DECLARED, b"\n  "), 200),
        ("cloudfront:ListTagsForResource", f"<Tags {SPACE}><Items/></Tags>".encode(), 200),
        ("cloudfront:GetDistribution", DENIED, 403),
        ("lambda:GetFunction", b"{}", 200),
        ("lambda:ListTags", b' {"Tags": {}}', 200),
        ("lambda:TagResource", b"", 204),
        ("lambda:TagResource", b"", 200),
        ("lambda:GetFunction", b'{"__type": "com.aws#Throttled", "message": "x"}', 429),
        ("sts:GetCallerIdentity", IDENTITY, 200),
        ("iam:AttachRolePolicy", ATTACHED, 200),
        ("iam:GetRole", DENIED, 403),
    ],
)
def test_an_answer_of_aws_passes(operation: str, body: bytes, status: int) -> None:
    check(operation, body, status)


def test_lambda_names_its_errors_in_a_header() -> None:
    check("lambda:GetFunction", b'{"Message": null}', 413, x_amzn_errortype="RequestTooLargeException")
    check("lambda:GetFunction", b"", 404, x_amzn_errortype="ResourceNotFoundException")


READS = [
    "cloudfront:GetDistributionConfig",
    "cloudfront:ListDistributions",
    "lambda:GetFunction",
    "lambda:ListTags",
    "sts:GetCallerIdentity",
    "iam:GetRole",
]
WITHOUT_BODY = ["lambda:TagResource", "iam:AttachRolePolicy", "lambda:DeleteFunction"]


@pytest.mark.parametrize("operation", [*READS, *WITHOUT_BODY])
@pytest.mark.parametrize("body", [HTML, XHTML, b"Bad gateway", b"<a", b"[]", b'"text"', b"\xff\xfe"])
@pytest.mark.parametrize("status", [200, 302, 403, 502])
def test_what_is_not_aws_s_is_malformed_and_not_quoted(operation: str, body: bytes, status: int) -> None:
    with pytest.raises(MalformedAnswer) as malformed:
        check(operation, body, status)
    assert malformed.value.status == status
    assert "s3cr3t" not in str(malformed.value)
    assert "gateway" not in str(malformed.value)


@pytest.mark.parametrize("operation", READS)
def test_an_empty_answer_is_malformed_where_one_is_due(operation: str) -> None:
    with pytest.raises(MalformedAnswer, match="empty"):
        check(operation, b" ")


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("cloudfront:GetDistributionConfig", CONFIG),
        ("lambda:GetFunction", b"{}"),
        ("sts:GetCallerIdentity", DENIED),
    ],
)
def test_a_body_shorter_than_its_length_is_malformed_even_where_it_could_be_read(
    operation: str, body: bytes
) -> None:
    with pytest.raises(MalformedAnswer, match=f"ended after {len(body)} of {len(body) + 1}"):
        check(operation, body, content_length=str(len(body) + 1))


@pytest.mark.parametrize(
    "root", [b"<DistributionList/>", b"<ErrorResponse/>", b"<DistributionConfigs/>", b"<a:b xmlns:a='x'/>"]
)
def test_another_document_than_the_operation_s_is_malformed(root: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        check("cloudfront:GetDistributionConfig", root)
    with pytest.raises(MalformedAnswer):
        check("sts:GetCallerIdentity", root)


@pytest.mark.parametrize("body", [b"<Error/>", b"<Error><Code/></Error>", b'{"message": "no code"}'])
@pytest.mark.parametrize("operation", READS)
def test_an_error_without_a_code_is_none_of_aws_s(operation: str, body: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        check(operation, body, 400)


def test_depth_without_end_is_malformed() -> None:
    with pytest.raises(MalformedAnswer):
        check("lambda:GetFunction", b'{"a":' * 100_000)


def test_an_answer_about_something_else_is_none() -> None:
    assert same("E1", "E1") == "E1"
    with pytest.raises(Incomplete):
        same("E2", "E1")


# --- lists -------------------------------------------------------------------------------------------

LIST = Operation("cloudfront", "ListDistributions")


def listed(answers: dict[str | None, list[ListPage[int]]]) -> tuple[list[int], list[str | None]]:
    """What a list comes to whose pages answer in turn, by marker, and which markers were asked for."""
    asked: list[str | None] = []

    def ask(marker: str | None) -> ListPage[int]:
        asked.append(marker)
        found = answers[marker]
        return found.pop(0) if len(found) > 1 else found[0]

    found = pages(RetryingCaller(FakeClock(), lambda _: None), LIST, ask)
    return [item for page in found for item in page.items], asked


def test_every_page_is_read_once() -> None:
    items, asked = listed(
        {None: [ListPage((1,), "a")], "a": [ListPage((2,), "b")], "b": [ListPage((3,), None)]}
    )
    assert items == [1, 2, 3]
    assert asked == [None, "a", "b"]


def test_a_page_that_goes_on_nowhere_is_not_the_last_one() -> None:
    with pytest.raises(Incomplete):
        ListPage.of((1,), None, truncated=True)
    assert ListPage.of((1,), "a", truncated=False).following is None


@pytest.mark.parametrize("again", ["a", "b"])
def test_a_marker_that_leads_back_ends_in_words_and_not_in_a_circle(again: str) -> None:
    with pytest.raises(AwsFailure, match="repeats the marker"):
        listed({None: [ListPage((1,), "a")], "a": [ListPage((2,), "b")], "b": [ListPage((3,), again)]})


def test_a_page_that_led_back_once_is_asked_for_again() -> None:
    items, asked = listed({None: [ListPage((1,), "a")], "a": [ListPage((2,), "a"), ListPage((2,), None)]})
    assert items == [1, 2]
    assert asked == [None, "a", "a"]
    assert SHORT_ATTEMPTS > 1


def test_a_date_is_read_in_the_attempt() -> None:
    caller = RetryingCaller(FakeClock(), lambda _: None)
    with pytest.raises(AwsFailure, match="MalformedAnswer"):
        caller.call(LIST, lambda: datetime.fromisoformat("yesterday").astimezone(UTC))
