from __future__ import annotations

import pytest

from edgerollout.policy.render import ENFORCED, REPORT_ONLY, RenderedResponse
from edgerollout.release.facts.difference import Change
from edgerollout.release.facts.header_comparison import Difference, DifferenceCause, compare

EXPECTED = RenderedResponse(set={"x-a": ("X-A", "1")}, keep={"x-own": ("X-Own", "ours")}, remove=("server",))


@pytest.mark.parametrize(
    ("headers", "differences"),
    [
        pytest.param((("x-a", "1"), ("x-own", "ours")), (), id="as the release says"),
        pytest.param((("x-a", "1"), ("x-own", "the origin's")), (), id="the origin's own is kept"),
        pytest.param((("x-own", "ours"),), (Difference("x-a", "1", ()),), id="missing"),
        pytest.param((("x-a", "2"), ("x-own", "ours")), (Difference("x-a", "1", ("2",)),), id="other value"),
        pytest.param(
            (("x-a", "1"), ("x-a", "1"), ("x-own", "ours")),
            (Difference("x-a", "1", ("1", "1")),),
            id="sent twice",
        ),
        pytest.param((("x-a", "1"),), (Difference("x-own", "ours", ()),), id="neither ours nor the origin's"),
        pytest.param(
            (("x-a", "1"), ("x-own", "ours"), ("server", "S3")),
            (Difference("server", None, ("S3",)),),
            id="still there though removed",
        ),
    ],
)
def test_every_header_is_there_exactly_once_with_its_value(
    headers: tuple[tuple[str, str], ...], differences: tuple[Difference, ...]
) -> None:
    assert compare(EXPECTED, headers) == differences


OLD = RenderedResponse(set={"x-a": ("X-A", "0"), "x-gone": ("X-Gone", "old")})


@pytest.mark.parametrize(
    ("seen", "cause"),
    [
        ((), DifferenceCause.MISSING),
        (("0",), DifferenceCause.LEFTOVER),
        (("2",), DifferenceCause.OTHER),
        (("1", "1"), DifferenceCause.DUPLICATE),
        (("1", "0"), DifferenceCause.DUPLICATE),
    ],
)
def test_a_difference_tells_what_it_looks_like(seen: tuple[str, ...], cause: DifferenceCause) -> None:
    assert Difference("x-a", "1", seen).cause(OLD) is cause


def test_a_header_that_should_be_gone_is_unwanted() -> None:
    assert Difference("server", None, ("S3",)).cause(OLD) is DifferenceCause.UNWANTED


def test_a_header_that_only_the_old_release_had_is_a_leftover_with_its_old_value() -> None:
    lines = (("x-a", "1"), ("x-own", "ours"), ("x-gone", "old"))
    [left] = compare(EXPECTED, lines, OLD)
    assert (left.header, left.expected, left.cause(OLD)) == ("x-gone", None, DifferenceCause.LEFTOVER)
    assert compare(EXPECTED, (*lines[:2], ("x-gone", "the origin's")), OLD) == ()
    assert compare(EXPECTED, lines) == ()


def csp(value: str, name: str = ENFORCED) -> RenderedResponse:
    return RenderedResponse(set={name: (name.title(), value)})


POLICY = "default-src 'self'; script-src 'self' https://cdn.example.com"


@pytest.mark.parametrize(
    "same",
    [
        POLICY,
        "script-src https://cdn.example.com 'self'; default-src 'self'",
        "DEFAULT-SRC 'SELF';script-src 'self' HTTPS://CDN.example.com;",
    ],
)
def test_a_policy_is_compared_by_what_it_says(same: str) -> None:
    assert compare(csp(POLICY), ((ENFORCED, same),)) == ()


def test_a_policy_s_difference_is_told_by_directive_and_source() -> None:
    seen = "default-src 'self'; script-src 'self' https://evil.example.com; img-src *"
    [difference] = compare(csp(POLICY), ((ENFORCED, seen),))
    told = {
        directive.name: (directive.change, directive.those(Change.REMOVED), directive.those(Change.ADDED))
        for directive in difference.directives
    }
    assert told == {
        "script-src": (Change.CHANGED, ("https://cdn.example.com",), ("https://evil.example.com",)),
        "img-src": (Change.ADDED, (), ("*",)),
    }


@pytest.mark.parametrize("seen", [(POLICY, "img-src *"), (f"{POLICY}, img-src *",), (POLICY, POLICY)])
def test_a_second_policy_is_a_duplicate_in_its_own_line_or_behind_a_comma(seen: tuple[str, ...]) -> None:
    [difference] = compare(csp(POLICY), tuple((ENFORCED, value) for value in seen))
    assert difference.cause(None) is DifferenceCause.DUPLICATE
    assert difference.directives == ()


def test_headers_other_than_the_policies_are_compared_to_the_letter() -> None:
    [difference] = compare(EXPECTED, (("x-a", "1 "), ("x-own", "x")))
    assert (difference.header, difference.directives) == ("x-a", ())


def test_a_report_only_policy_without_what_browsers_ignore_there_is_the_expected_one() -> None:
    expected = csp("default-src 'self'", REPORT_ONLY)
    assert compare(expected, ((REPORT_ONLY, "default-src 'self'"),)) == ()
