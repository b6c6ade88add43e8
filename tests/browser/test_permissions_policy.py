"""What Chromium says of Permissions-Policy values and Referrer-Policy tokens has to be what lint says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgerollout.policy.lint import lint_headers
from tests.browser.policies import policy_browser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.policies import PolicyBrowser


@pytest.fixture(scope="module")
def browser() -> Iterator[PolicyBrowser]:
    with policy_browser() as found:
        yield found


def rules(header: str, value: str) -> set[str]:
    return {finding.rule for finding in lint_headers({header: value}) if finding.header == header}


@pytest.mark.parametrize(
    "value",
    [
        "camera=()", "camera=*", "camera=self", 'camera=(self "https://a.example")',
        "camera=(), geolocation=()",
        "camera=none", "camera", "camera=1", "camera=?0", "camera=src", "camera=(none)", 'camera=("self")',
        'camera=("none")', "camera=('self')", "camera=(https://a.example)", 'camera="foo"', "camera 'none'",
        "camera=() geolocation=()", "camera=(self", "camra=()", "camera=(), geolocaton=*", "camera=();x",
    ],
)  # fmt: skip
def test_lint_and_chromium_say_the_same_of_permissions(browser: PolicyBrowser, value: str) -> None:
    said = browser.said_of("permissions-policy", value)
    theirs = {
        "permissions-feature" if "Unrecognized feature" in text else "permissions-policy"
        for text in said
        if "Permissions-Policy header" in text
    }
    assert rules("permissions-policy", value) == theirs


@pytest.mark.parametrize(
    "value",
    ["no-referrer", "strict-orgin", "no-referrer, strict-origin", "never", "strict_origin", "Same-Origin"],
)
def test_lint_and_chromium_know_the_same_referrer_policies(browser: PolicyBrowser, value: str) -> None:
    said = browser.said_of("referrer-policy", value)
    assert ("referrer-policy" in rules("referrer-policy", value)) == any("eferrer" in text for text in said)
