"""Hosts that strangers share: told where an attacker could have one, and nowhere else."""

from __future__ import annotations

import pytest

from edgerollout.policy.lint.shared_hosts import known_shared_hosts, shared
from edgerollout.policy.source import Host, parse_source


@pytest.mark.parametrize(
    "text",
    [
        "*.com", "https://*.co.uk", "*.com.au", "*.or.jp", "*.github.io", "*.cloudfront.net",
        "*.s3.amazonaws.com", "*.s3.eu-west-1.amazonaws.com", "*.s3-eu-west-1.amazonaws.com",
        "s3.dualstack.us-east-1.amazonaws.com", "*.amazonaws.com", "*.execute-api.eu-west-1.amazonaws.com",
        "https://s3.amazonaws.com/", "storage.googleapis.com", "*.googleapis.com",
        "*.fra1.digitaloceanspaces.com", "*.lambda-url.eu-west-1.on.aws",
    ],
)  # fmt: skip
def test_what_anyone_can_have_is_shared(text: str) -> None:
    source = parse_source(text)
    assert isinstance(source, Host)
    assert shared(source)


@pytest.mark.parametrize(
    "text",
    [
        "*", "co.uk", "our-app.vercel.app", "*.our-app.vercel.app", "*.example.com", "*.example.co.uk",
        "10.0.0.1", "https://s3.amazonaws.com/our-bucket/", "our-bucket.s3.amazonaws.com", "*.internal",
        "*.corp", "*.web.de", "d111111abcdef8.cloudfront.net", "*.google.com", "fonts.googleapis.com",
    ],
)  # fmt: skip
def test_what_has_one_owner_is_not(text: str) -> None:
    source = parse_source(text)
    assert isinstance(source, Host)
    assert shared(source) is None


def test_the_list_holds_plain_names_once() -> None:
    known = known_shared_hosts()
    for name in known.hosting | known.by_path | known.second_levels:
        source = parse_source(name)
        assert isinstance(source, Host)
        assert source == Host(name)
