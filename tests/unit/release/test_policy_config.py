"""A release as a response headers policy: what visitors get is what the handler would make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.edge.message import EdgeRequest, EdgeResponse
from edgerollout.edge.response_policy import response_policy
from edgerollout.policy.csp import Csp, LayeredCsp
from edgerollout.policy.headers import Header
from edgerollout.policy.render import render
from edgerollout.release.delivery.policy_config import content_digest, misfits, policy_config

if TYPE_CHECKING:
    from edgerollout.policy.render import RenderedResponse

FITTING = {
    "content-security-policy": ("default-src 'self'", "script-src 'none'; object-src 'none'"),
    "content-security-policy-report-only": ("default-src 'self'",),
    "strict-transport-security": ("max-age=300", "max-age=63072000; includeSubDomains; preload"),
    "x-content-type-options": ("nosniff",),
    "x-frame-options": ("DENY", "SAMEORIGIN"),
    "x-xss-protection": ("0", "1", "1; mode=block", "1; report=https://r.example.com/"),
    "referrer-policy": ("no-referrer", "strict-origin-when-cross-origin"),
    "permissions-policy": ("camera=()",),
    "x-own": ("1", "two words"),
}
HEADERS = st.dictionaries(st.sampled_from(sorted(FITTING)), st.integers(0, 9), min_size=1)
ACTIONS = st.sampled_from(("set", "keep", "remove"))


def handled(response: RenderedResponse, sent: dict[str, str]) -> dict[str, str]:
    """What the handler makes of an origin's headers (handler/python/index.py)."""
    made = dict(sent)
    made.update({name: value for name, (_, value) in response.set.items()})
    for name, (_, value) in response.keep.items():
        made.setdefault(name, value)
    return {name: value for name, value in made.items() if name not in response.remove}


@given(HEADERS, st.lists(ACTIONS, min_size=9, max_size=9), HEADERS)
def test_a_policy_makes_of_a_response_what_the_handler_makes_of_it(
    wanted: dict[str, int], actions: list[str], sent: dict[str, int]
) -> None:
    def values(chosen: dict[str, int]) -> dict[str, str]:
        return {name: FITTING[name][at % len(FITTING[name])] for name, at in chosen.items()}

    headers = [
        Header(name, value, action)  # type: ignore[arg-type]
        for action, (name, value) in zip(actions, values(wanted).items(), strict=False)
    ]
    response, origin = render(headers, None, None), values(sent)
    assert misfits(headers, None, None) == ()
    policy = response_policy(policy_config(response))
    answer = EdgeResponse(200, "OK", tuple(origin.items()))
    made = policy.applied(EdgeRequest("GET", "www.example.com", "/"), answer, "")
    assert {name.lower(): value for name, value in made.headers} == handled(response, origin)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("x-frame-options", "ALLOW-FROM https://a.example.com", "DENY or SAMEORIGIN"),
        ("referrer-policy", "no-referrer, strict-origin", "one of no-referrer"),
        ("strict-transport-security", "max-age=300; includeSubDomains; other", "max-age, includeSubDomains"),
        ("strict-transport-security", "includeSubDomains", "max-age, includeSubDomains"),
        ("x-content-type-options", "sniff", "nosniff"),
        ("x-xss-protection", "1; mode=filter", "mode=block"),
        ("access-control-allow-origin", "*", "cannot be a custom header"),
        ("x-long", "a" * 1784, "1784 characters, the limit is 1783"),
    ],
)
def test_what_cloudfront_cannot_say_is_named_with_its_value_or_its_limit(
    name: str, value: str, words: str
) -> None:
    (misfit,) = misfits([Header(name, value, "set")], None, None)
    assert words in misfit.message
    assert misfit.header == name


def test_counts_and_sizes_are_judged_together() -> None:
    eleven = [Header(f"x-{number}", "1", "set") for number in range(11)]
    assert "11 custom headers, the limit is 10" in misfits(eleven, None, None)[0].message
    long = [Header(f"x-{number}", "a" * 1783, "set") for number in range(6)]
    assert "the limit is 10240" in misfits(long, None, None)[0].message
    gone = [Header(f"x-{number}", "", "remove") for number in range(11)]
    assert "11 headers to remove" in misfits(gone, None, None)[0].message


def test_a_policy_that_is_only_enforced_today_is_judged_with_the_next_one_beside_it() -> None:
    """Its report-only twin is one custom header more."""
    ten = [Header(f"x-{number}", "1", "set") for number in range(10)]
    policy = LayeredCsp(Csp.of({"default-src": ["'self'"]}))
    assert misfits(ten, None, None) == ()
    assert "11 custom headers" in misfits(ten, policy, None)[0].message


def test_the_digest_of_what_a_policy_says_does_not_hang_on_order_nor_on_what_aws_fills_in() -> None:
    said = policy_config(render([Header("x-a", "1", "set"), Header("x-b", "2", "set")], None, None))
    other = policy_config(render([Header("x-b", "2", "set"), Header("x-a", "1", "set")], None, None))
    filled = {**said, "RemoveHeadersConfig": {"Quantity": 0}, "CorsConfig": {}}
    assert content_digest(said) == content_digest(other) == content_digest(filled)
    changed = policy_config(render([Header("x-a", "1", "set"), Header("x-b", "3", "set")], None, None))
    assert content_digest(said) != content_digest(changed)
