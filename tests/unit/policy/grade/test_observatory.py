from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.policy.grade.grades import grades_of
from edgerollout.policy.grade.letter import LETTERS
from edgerollout.policy.grade.observation import assumed_site
from edgerollout.policy.grade.observatory import is_at_least, observatory_grade
from edgerollout.policy.grade.observatory_v6 import (
    COEP,
    COOKIES,
    COOP,
    CSP,
    GRADES,
    HSTS,
    RESULTS,
    SRI,
    TESTS,
    XFO,
    best_of,
    grade_of,
)
from edgerollout.policy.grade.sites import site_of
from tests.spelling import said

from .observations import seen

_GOOD = {
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
}


def test_no_headers_at_all_over_good_https_are_30_and_a_d() -> None:
    grade = observatory_grade(assumed_site("https://www.site.test/", ()))

    assert (grade.score, grade.grade, grade.algorithm) == (30, "D", 6)


def test_everything_good_comes_to_the_highest_score_but_for_what_was_not_there() -> None:
    headers = {
        **_GOOD,
        "cross-origin-resource-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "credentialless",
    }
    script = '<script src="/a.js" integrity="sha384-x"></script>'
    best = observatory_grade(
        seen(
            headers,
            csp="default-src 'none'; frame-ancestors 'none'",
            html=script,
            cookies=("a=1; Secure; SameSite=Lax",),
            host="preloaded.test",
        )
    )

    assert (best.score, best.grade) == (165, "A+")
    assert best.score == 100 + sum(best_of(test) for test in TESTS)
    assert all(test.missing == 0 for test in best.tests)


def test_bonuses_count_from_90_without_them() -> None:
    counted = observatory_grade(
        seen({**_GOOD, "strict-transport-security": "max-age=300"}, csp="default-src 'self'")
    )
    assert (counted.uncurved, counted.bonus, counted.score) == (90, 15, 105)
    assert counted.bonus_counts

    below = observatory_grade(
        seen(
            {**_GOOD, "strict-transport-security": "max-age=300", "x-content-type-options": "x"},
            csp="default-src 'self'",
        )
    )
    assert (below.uncurved, below.bonus, below.score, below.grade) == (85, 15, 85, "A-")
    assert not below.bonus_counts


def test_the_score_never_falls_below_0() -> None:
    worst = seen(
        cookies=("sess=1",),
        html='<script src="http://other.test/a.js"></script>',
        cors=("https://asker.test", "true"),
        route=("http://www.site.test/",),
    )

    assert (observatory_grade(worst).score, observatory_grade(worst).grade) == (0, "F")


@pytest.mark.parametrize(
    ("score", "grade"),
    [(165, "A+"), (100, "A+"), (99, "A"), (90, "A"), (85, "A-"), (80, "B+"), (75, "B"), (65, "B-"),
     (60, "C+"), (55, "C"), (45, "C-"), (40, "D+"), (30, "D"), (25, "D-"), (24, "F"), (-5, "F")],
)  # fmt: skip
def test_a_score_has_its_grade(score: int, grade: str) -> None:
    assert grade_of(score) == grade


def test_grades_are_compared_from_best_to_worst() -> None:
    names = [name for _, name in GRADES]

    for place, name in enumerate(names):
        assert [is_at_least(name, wanted) for wanted in names] == [place <= at for at in range(len(names))]


# --- what version 6 has over version 4 ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "result", "modifier"),
    [
        (None, "coop-not-implemented", 0),
        ("same-origin", "coop-implemented-with-same-origin", 10),
        ('same-origin; report-to="here"', "coop-implemented-with-same-origin", 10),
        ("same-origin-allow-popups", "coop-implemented-with-same-origin-allow-popups", 10),
        ("noopener-allow-popups", "coop-implemented-with-noopener-allow-popups", 10),
        ("unsafe-none", "coop-implemented-with-unsafe-none", 0),
        ("Same-Origin", "coop-header-invalid", -5),
        ('"same-origin"', "coop-header-invalid", -5),
        (("same-origin", "same-origin"), "coop-header-invalid", -5),
    ],
)
def test_the_opener_policy_is_a_token(
    value: str | tuple[str, ...] | None, result: str, modifier: int
) -> None:
    test = observatory_grade(seen({} if value is None else {"cross-origin-opener-policy": value})).test(COOP)

    assert (test.result, test.modifier) == (result, modifier)


@pytest.mark.parametrize(
    ("value", "result", "modifier"),
    [
        (None, "coep-not-implemented", 0),
        ("require-corp", "coep-implemented-with-require-corp", 10),
        ("credentialless", "coep-implemented-with-credentialless", 10),
        ("unsafe-none", "coep-implemented-with-unsafe-none", 0),
        ("same-origin", "coep-header-invalid", -5),
    ],
)
def test_the_embedder_policy_is_a_token(value: str | None, result: str, modifier: int) -> None:
    test = observatory_grade(seen({} if value is None else {"cross-origin-embedder-policy": value})).test(
        COEP
    )

    assert (test.result, test.modifier) == (result, modifier)


def test_a_comma_separates_policies_as_several_headers_do() -> None:
    test = observatory_grade(seen(csp="default-src 'self', default-src 'none'")).test(CSP)
    two = observatory_grade(seen(csp=("default-src 'self'", "default-src 'none'"))).test(CSP)

    assert test == two
    assert test.result != "csp-header-invalid"


def test_frame_options_alone_are_worth_5() -> None:
    test = observatory_grade(seen({"x-frame-options": "DENY"})).test(XFO)

    assert (test.result, test.modifier) == ("x-frame-options-sameorigin-or-deny", 5)


# --- the table ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RESULTS)
def test_every_result_says_why_and_what_to_do_where_more_can_be_had(name: str) -> None:
    row = RESULTS[name]

    assert row.test in TESTS
    assert row.reason
    assert row.advice or row.verdict == "pass"


_ANY_HEADER = st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=80)
_NAMES = st.sampled_from(
    ["content-security-policy", "strict-transport-security", "set-cookie", "x-frame-options",
     "referrer-policy", "cross-origin-opener-policy", "content-security-policy-report-only",
     "x-content-type-options"]
)  # fmt: skip


@given(st.lists(st.tuples(_NAMES, _ANY_HEADER), max_size=6), st.text(max_size=40))
def test_whatever_is_sent_has_a_grade(headers: list[tuple[str, str]], body: str) -> None:
    site = assumed_site("https://www.site.test/", [*headers, ("content-type", "text/html")], body=body)

    grades = grades_of(site)

    assert 0 <= grades.now.observatory.score <= 165
    assert grades.now.letter.grade in LETTERS


@given(_ANY_HEADER)
def test_a_second_policy_never_lets_scripts_in_that_the_first_keeps_out(second: str) -> None:
    first = "script-src 'self'; object-src 'none'"
    result = observatory_grade(seen(csp=(first, second))).test(CSP).result

    assert result != "csp-implemented-with-unsafe-inline"


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("www.site.test", "site.test"),
        ("a.b.c.site.co.uk", "site.co.uk"),
        ("site.co.uk", "site.co.uk"),
        ("co.uk", "co.uk"),
        ("www.site.de", "site.de"),
        ("localhost", "localhost"),
        ("10.0.0.1", "10.0.0.1"),
        ("::1", "::1"),
        ("", ""),
    ],
)
def test_a_hosts_site_is_its_registrable_domain(host: str, site: str) -> None:
    assert site_of(host) == site


def test_preloading_is_never_taken_for_granted() -> None:
    asking = seen({"strict-transport-security": "max-age=63072000; includeSubDomains; preload"})

    assert observatory_grade(asking).test(HSTS).modifier == 0


@pytest.mark.parametrize("status", [200, 201, 206, 226, 401, 403])
def test_what_observatory_grades_is_graded(status: int) -> None:
    assert seen(status=status).page.no_page is None


@pytest.mark.parametrize("status", [101, 204, 205, 301, 304, 404, 410, 429, 500, 503, 599])
def test_an_answer_that_is_no_page_has_no_grade(status: int) -> None:
    assert f"the answer is {status}" in said(seen(status=status).page.no_page)


def test_a_page_that_was_not_read_is_not_one_without_scripts() -> None:
    site = seen()
    unread = replace(site, page=replace(site.page, unread="it cannot be unpacked"))

    assert observatory_grade(site).test(SRI).modifier == 0
    assert observatory_grade(unread).test(SRI).result == "html-not-parseable"


@pytest.mark.parametrize(
    "cookie",
    [
        "sess=1; Domain=other.test", "sess=1; Domain=sub.www.site.test", "sess=1; Domain=test",
        "__Host-sess=1; Path=/", "__Secure-sess=1", "__Host-sess=1; Secure; Path=/; Domain=site.test",
    ],
)  # fmt: skip
def test_a_cookie_that_no_browser_takes_does_not_count(cookie: str) -> None:
    assert observatory_grade(seen(cookies=(cookie,))).test(COOKIES).result == "cookies-not-found"


@pytest.mark.parametrize("cookie", ["a=1; Domain=site.test", "a=1; Domain=.www.site.test", "a=1; Domain="])
def test_a_cookie_for_the_site_itself_counts(cookie: str) -> None:
    assert observatory_grade(seen(cookies=(cookie,))).test(COOKIES).result == "cookies-without-secure-flag"


def test_an_empty_policy_after_a_trailing_comma_does_not_count() -> None:
    result = observatory_grade(seen(csp="default-src 'none',")).test(CSP).result

    assert result == "csp-implemented-with-no-unsafe-default-src-none"
