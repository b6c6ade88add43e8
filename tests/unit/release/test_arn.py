from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.release.facts.arn import VersionArn

ARNS = st.builds(
    VersionArn,
    account=st.from_regex(r"[0-9]{12}", fullmatch=True),
    function=st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True),
    version=st.integers(1, 10**9),
    partition=st.sampled_from(["aws", "aws-cn", "aws-us-gov"]),
)


@given(ARNS)
def test_an_arn_reads_back_as_it_was_written(arn: VersionArn) -> None:
    assert VersionArn.parse(str(arn)) == arn


def test_a_version_whose_digits_occur_in_the_account_id_is_told_apart_from_it() -> None:
    arn = VersionArn.parse("arn:aws:lambda:us-east-1:123456789012:function:headers:1234")
    assert arn == VersionArn("123456789012", "headers", 1234)
    assert arn.function_arn == "arn:aws:lambda:us-east-1:123456789012:function:headers"


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:lambda:us-east-1:123456789012:function:headers",
        "arn:aws:lambda:us-east-1:123456789012:function:headers:$LATEST",
        "arn:aws:lambda:us-east-1:123456789012:function:headers:live",
        "arn:aws:lambda:us-east-1:123456789012:function:headers:1:2",
        "arn:aws:lambda:us-east-1:12345678901:function:headers:1",
        "arn:aws:cloudfront::123456789012:function/headers",
        "",
    ],
)
def test_only_a_numbered_versions_arn_is_one(text: str) -> None:
    assert VersionArn.parse(text) is None
