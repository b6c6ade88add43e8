from __future__ import annotations

from edgerollout.policy.csp import Csp, LayeredCsp
from edgerollout.policy.grade.grades import change_of, grade_change, grades_of, headers_with
from edgerollout.policy.headers import Header
from edgerollout.policy.render import render

from .observations import seen

_P1 = LayeredCsp(Csp.parse("default-src 'self' 'unsafe-inline'"))
_P2 = LayeredCsp(Csp.parse("default-src 'self'"))


def test_a_report_only_policy_is_also_graded_as_if_it_were_enforced() -> None:
    grades = grades_of(seen({"content-security-policy-report-only": "default-src 'none'"}))

    assert grades.now.observatory.score == 30
    assert grades.if_enforced is not None
    assert grades.if_enforced.observatory.uncurved == 55


def test_enforced_it_takes_the_place_of_the_policy_before() -> None:
    grades = grades_of(
        seen({"content-security-policy-report-only": "default-src 'self'"}, csp="script-src 'unsafe-inline'")
    )

    assert grades.now.letter.warnings
    assert grades.if_enforced is not None
    assert not grades.if_enforced.letter.warnings


def test_an_observed_header_is_also_graded_as_if_it_were_enforced() -> None:
    grades = grades_of(seen({"permissions-policy-report-only": "camera=()"}))
    assert grades.if_enforced is not None
    assert "permissions-policy" in grades.now.letter.missing
    assert "permissions-policy" not in grades.if_enforced.letter.missing


def test_without_a_report_only_policy_there_is_nothing_to_enforce() -> None:
    assert grades_of(seen(csp="default-src 'self'")).if_enforced is None


def test_a_change_is_graded_from_headers_alone() -> None:
    change = grade_change(
        (), (("Content-Security-Policy", "default-src 'none'"), ("X-Frame-Options", "DENY"))
    )

    assert change.before.now.observatory.score == 30
    assert change.after.now.observatory.score == 75


def test_a_release_is_graded_on_the_site_as_it_was_seen() -> None:
    response = render((Header("x-frame-options", "DENY"),), None, _P2)

    change = change_of(seen(cookies=("sess=1",)), response)

    assert change.after.now.observatory.uncurved == change.before.now.observatory.uncurved + 20
    assert change.after.if_enforced is not None


def test_what_the_live_release_set_goes_and_the_origins_own_stays() -> None:
    live = render((Header("x-old", "1"), Header("x-both", "1")), _P1, _P2)
    new = render(
        (Header("x-both", "2"), Header("x-keep", "ours", "keep"), Header("server", "", "remove")), _P2, None
    )
    sent = (
        ("X-Old", "1"),
        ("X-Both", "1"),
        ("X-Origin", "1"),
        ("X-Keep", "theirs"),
        ("Server", "S3"),
        ("Content-Security-Policy", "default-src 'self' 'unsafe-inline'"),
        ("Content-Security-Policy-Report-Only", "default-src 'self'"),
    )

    assert sorted(headers_with(sent, new, live)) == [
        ("content-security-policy", "default-src 'self'"),
        ("x-both", "2"),
        ("x-keep", "theirs"),
        ("x-origin", "1"),
    ]
