from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.policy.csp import Csp, LayeredCsp
from edgerollout.policy.headers import Header
from edgerollout.policy.stage import Stage
from edgerollout.release.facts.difference import Change, ReleaseDifference, headers_before_after

from .sample import AFTER, BEFORE

if TYPE_CHECKING:
    from edgerollout.release.facts.release import Release


def _csp(**directives: list[str]) -> LayeredCsp:
    return LayeredCsp(Csp.of({name.replace("_", "-"): sources for name, sources in directives.items()}))


def _release(
    *,
    enforced: LayeredCsp | None = None,
    report_only: LayeredCsp | None = None,
    headers: tuple[Header, ...] = (),
) -> Release:
    return replace(BEFORE, headers=headers, enforced=enforced, report_only=report_only)


def _stages(difference: ReleaseDifference) -> dict[Stage, tuple[Change, Stage | None]]:
    return {policy.stage: (policy.change, policy.compared_with) for policy in difference.policies}


P1, P2 = _csp(script_src=["'self'"]), _csp(script_src=["'self'", "https://cdn.example.com"])


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (None, Header("a", "1"), Change.ADDED),
        (Header("a", "1"), None, Change.REMOVED),
        (Header("a", "1"), Header("a", "1"), Change.UNCHANGED),
        (Header("a", "1"), Header("a", "2"), Change.CHANGED),
        (Header("a", "1"), Header("a", "1", "keep"), Change.CHANGED),
    ],
)
def test_headers_are_compared_one_by_one(before: Header | None, after: Header | None, change: Change) -> None:
    difference = headers_before_after(
        _release(headers=() if before is None else (before,)),
        _release(headers=() if after is None else (after,)),
    )

    assert [header.change for header in difference.headers] == [change]


def test_a_policy_entering_report_only_is_compared_with_the_enforced_one() -> None:
    difference = headers_before_after(_release(enforced=P1), _release(enforced=P1, report_only=P2))

    assert _stages(difference) == {
        Stage.ENFORCED: (Change.UNCHANGED, Stage.ENFORCED),
        Stage.REPORT_ONLY: (Change.ADDED, Stage.ENFORCED),
    }
    (directive,) = difference.policies[1].directives
    assert directive.those(Change.ADDED) == ("https://cdn.example.com",)
    assert directive.those(Change.UNCHANGED) == ("'self'",)


def test_a_promoted_policy_has_no_directive_that_changes() -> None:
    difference = headers_before_after(_release(report_only=P1), _release(enforced=P1))

    assert _stages(difference) == {
        Stage.ENFORCED: (Change.ADDED, Stage.REPORT_ONLY),
        Stage.REPORT_ONLY: (Change.REMOVED, Stage.REPORT_ONLY),
    }
    assert {directive.change for directive in difference.policies[0].directives} == {Change.UNCHANGED}
    assert not difference.is_empty


def test_a_first_policy_is_compared_with_nothing() -> None:
    difference = headers_before_after(None, _release(report_only=P1))

    assert _stages(difference) == {Stage.REPORT_ONLY: (Change.ADDED, None)}
    assert [directive.change for directive in difference.policies[0].directives] == [Change.ADDED]


def test_what_browsers_ignore_in_report_only_is_marked_as_not_sent() -> None:
    policy = _csp(upgrade_insecure_requests=[])
    difference = headers_before_after(None, _release(enforced=policy, report_only=policy))

    assert [policy.directives[0].sent for policy in difference.policies] == [True, False]


def test_order_case_and_repeats_of_sources_are_no_difference() -> None:
    other = _csp(SCRIPT_SRC=["HTTPS://cdn.example.COM", "'SELF'", "'self'"])

    assert headers_before_after(_release(enforced=P2), _release(enforced=other)).is_empty


def test_the_sample_releases_differ() -> None:
    assert not headers_before_after(BEFORE, AFTER).is_empty
    assert headers_before_after(AFTER, AFTER).is_empty
    assert headers_before_after(None, None).is_empty


_SOURCES = st.lists(
    st.sampled_from(["'self'", "https://a.example", "https://b.example", "data:"]), max_size=4
)
_POLICIES = st.none() | st.dictionaries(
    st.sampled_from(["script-src", "img-src", "sandbox"]), _SOURCES, max_size=3
).map(lambda directives: LayeredCsp(Csp.of(directives)))
_RELEASES = st.none() | st.builds(
    lambda enforced, report_only: _release(enforced=enforced, report_only=report_only), _POLICIES, _POLICIES
)


@given(_RELEASES, _RELEASES)
def test_a_difference_read_backwards_swaps_added_and_removed(
    before: Release | None, after: Release | None
) -> None:
    there, back = headers_before_after(before, after), headers_before_after(after, before)

    for policy in there.policies:
        if policy.compared_with is not policy.stage:
            continue
        reverse = next(difference for difference in back.policies if difference.stage is policy.stage)
        if reverse.compared_with is not reverse.stage:
            continue
        for directive in policy.directives:
            other = next(item for item in reverse.directives if item.name == directive.name)
            assert set(directive.those(Change.ADDED)) == set(other.those(Change.REMOVED))


@given(_RELEASES)
def test_a_release_does_not_differ_from_itself(release: Release | None) -> None:
    assert headers_before_after(release, release).is_empty
