"""A release as a response headers policy: what visitors get is what the handler would make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.edge.message import EdgeRequest, EdgeResponse
from edgerollout.edge.response_policy import response_policy
from edgerollout.policy.csp import Csp, LayeredCsp
from edgerollout.policy.headers import Header
from edgerollout.policy.render import render
from edgerollout.release.delivery.policy_config import misfits, policy_config, quota_asked
from edgerollout.release.delivery.variants import variant_config
from edgerollout.release.facts.headers_policies import content_digest

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


THEIRS = st.dictionaries(
    st.sampled_from(
        sorted(set(FITTING) - {"content-security-policy", "content-security-policy-report-only"})
    ),
    st.tuples(st.integers(0, 9), st.booleans()),
)


@given(
    HEADERS,
    st.lists(ACTIONS, min_size=9, max_size=9),
    HEADERS,
    THEIRS,
    st.sets(st.sampled_from(sorted(FITTING))),
)
def test_a_variant_does_what_their_policy_and_then_the_handler_do(
    wanted: dict[str, int],
    actions: list[str],
    sent: dict[str, int],
    theirs: dict[str, tuple[int, bool]],
    removed: set[str],
) -> None:
    def value(name: str, at: int) -> str:
        return FITTING[name][at % len(FITTING[name])]

    def config(*, override: bool) -> dict[str, Any]:
        own = [
            Header(name, value(name, at), "set" if over else "keep") for name, (at, over) in theirs.items()
        ]
        return policy_config(
            render([header for header in own if (header.action == "set") is override], None, None)
        )

    def merged(part: str) -> dict[str, Any]:
        lines = [
            item for over in (True, False) for item in config(override=over).get(part, {}).get("Items", ())
        ]
        return {"Quantity": len(lines), "Items": lines}

    their_config = {
        "SecurityHeadersConfig": {
            **config(override=True).get("SecurityHeadersConfig", {}),
            **config(override=False).get("SecurityHeadersConfig", {}),
        },
        "CustomHeadersConfig": merged("CustomHeadersConfig"),
        "RemoveHeadersConfig": {"Quantity": len(removed), "Items": [{"Header": name} for name in removed]},
    }
    headers = [
        Header(name, value(name, at), action)  # type: ignore[arg-type]
        for action, (name, at) in zip(actions, wanted.items(), strict=False)
    ]
    response = render(headers, None, None)
    origin = {name: value(name, at) for name, at in sent.items()}
    request, answer = (
        EdgeRequest("GET", "www.example.com", "/"),
        EdgeResponse(200, "OK", tuple(origin.items())),
    )

    def after(policy: dict[str, Any]) -> dict[str, str]:
        made = response_policy(policy).applied(request, answer, "")
        return {name.lower(): line for name, line in made.headers}

    both = after(variant_config(response, their_config))
    ours_alone = {"content-security-policy", "content-security-policy-report-only"}
    expected = handled(response, after(their_config))
    assert {k: v for k, v in both.items() if k not in ours_alone} == {
        k: v for k, v in expected.items() if k not in ours_alone
    }


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
        ("x-long", "a" * 1784, "1,784 characters, the limit is 1,783"),
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
    assert "the limit is 10,240" in misfits(long, None, None)[0].message
    gone = [Header(f"x-{number}", "", "remove") for number in range(11)]
    assert "11 headers to remove" in misfits(gone, None, None)[0].message


def test_a_policy_that_is_only_enforced_today_is_judged_with_the_next_one_beside_it() -> None:
    """Its report-only twin is one custom header more."""
    ten = [Header(f"x-{number}", "1", "set") for number in range(10)]
    policy = LayeredCsp(Csp.of({"default-src": ["'self'"]}))
    assert misfits(ten, None, None) == ()
    assert "11 custom headers" in misfits(ten, policy, None)[0].message


def test_an_enforced_policy_may_be_as_long_as_the_account_says_and_an_observed_one_may_not() -> None:
    hosts = [f"https://host-{number}.example.com" for number in range(80)]
    long, short = (
        LayeredCsp(Csp.of({"img-src": hosts, "script-src": ["'self'"]})),
        LayeredCsp(Csp.of({"img-src": ["*"]})),
    )
    (misfit,) = misfits([], long, short)
    assert (misfit.header, misfit.key) == ("content-security-policy", "[csp]")
    assert "img-src with 2,2" in misfit.remedy
    assert "L-E9944CCE" in misfit.remedy
    assert misfits([], long, short, (), 4_000) == ()
    (misfit,) = misfits([], long, long, (), 4_000)
    assert misfit.header == "content-security-policy-report-only"
    assert misfits([], long, long) == (misfit,)
    assert quota_asked([], long, short)
    assert not quota_asked([], short, short)


def test_the_digest_of_what_a_policy_says_does_not_hang_on_order_nor_on_what_aws_fills_in() -> None:
    said = policy_config(render([Header("x-a", "1", "set"), Header("x-b", "2", "set")], None, None))
    other = policy_config(render([Header("x-b", "2", "set"), Header("x-a", "1", "set")], None, None))
    filled = {**said, "RemoveHeadersConfig": {"Quantity": 0}, "CorsConfig": {}}
    assert content_digest(said) == content_digest(other) == content_digest(filled)
    changed = policy_config(render([Header("x-a", "1", "set"), Header("x-b", "3", "set")], None, None))
    assert content_digest(said) != content_digest(changed)
