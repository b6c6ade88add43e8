from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.net.answer import HttpAnswer
from edgerollout.probe.live_headers import Expectation, LiveProbe, Verified, judge_answer, verify_live
from edgerollout.probe.survey import AnswerKind, SurveyAnswer
from edgerollout.probe.targets import Target
from edgerollout.release.facts.header_comparison import DifferenceCause
from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR, CustomError
from edgerollout.rollout.session import Pace
from tests.fakes.clock import FakeClock
from tests.spelling import said
from tests.unit.release.builders import FOREIGN_ARN

from .world import AT_VIEWER, EXPECTED, HOME, HOST, NEW, OLD, FakeSite, distribution, lines_of, site_of

if TYPE_CHECKING:
    from edgerollout.probe.targets import Site

NEW_LINES, OLD_LINES = lines_of(NEW.response()), lines_of(OLD.response())
REPORT_ONLY = "content-security-policy-report-only"


def verified(
    fake: FakeSite,
    site: Site | None = None,
    *,
    urls: tuple[str, ...] = (HOME,),
    timeout: float = 0,
    expectation: Expectation = EXPECTED,
    clock: FakeClock | None = None,
) -> Verified:
    numbers = iter(range(1000))
    return verify_live(
        fake,
        site or site_of(distribution()),
        urls,
        expectation,
        clock or FakeClock(),
        timeout=timeout,
        pace=Pace(first=1, most=4),
        token=lambda: f"token{next(numbers)}",
    )


def kinds(found: Verified) -> dict[str, bool]:
    return {probe.answer.kind.value: probe.ok for probe in found.probes}


def left_out(found: Verified) -> dict[str, str]:
    return {str(item.kind): item.why for item in found.left_out}


# --- in which ways a URL is asked -----------------------------------------------------------------------


def test_a_page_is_seen_in_every_way() -> None:
    fake = FakeSite(pages={"/app/": (("etag", '"1"'),)}, redirects={"/app"})
    site = site_of(distribution({"/app*": 2}))
    found = verified(fake, site, urls=(f"https://{HOST}/app/",))
    assert kinds(found) == dict.fromkeys(
        ("miss", "hit", "304", "redirect", "404", "head", "https-redirect"), True
    )
    assert left_out(found) == {}
    assert found.ok


def test_a_page_that_is_cached_already_is_missed_by_a_query_string() -> None:
    found = verified(FakeSite(cached={"/"}))
    assert {"miss", "hit"} <= kinds(found).keys()
    [miss] = [probe for probe in found.probes if probe.answer.kind is AnswerKind.MISS]
    assert miss.probed.url == f"{HOME}?token0"


def test_where_the_query_string_is_no_part_of_the_key_another_page_may_be_a_miss() -> None:
    html = (("content-type", "text/html"),)
    fake = FakeSite(
        pages={"/": html, "/other": html},
        bodies={"/": b"<a href=/other>"},
        cached={"/"},
        query_in_key=False,
    )
    [miss] = [probe for probe in verified(fake).probes if probe.answer.kind is AnswerKind.MISS]
    assert miss.probed.url == f"{HOME}other"


def test_what_cannot_be_provoked_is_said_and_is_no_failure() -> None:
    fake = FakeSite(pages={"/": ()}, cacheable=False)
    found = verified(fake, site_of(distribution({"/": 2})))
    assert found.ok
    assert left_out(found) == {
        "hit": "asked 3 times, it never came from the cache (Miss from cloudfront)",
        "304": "it has neither ETag nor Last-Modified",
        "redirect": "no address here is known to redirect",
        "404": "the behavior's pattern leaves no room for another path",
    }


def test_a_behavior_without_a_known_page_is_judged_by_its_error_page() -> None:
    found = verified(FakeSite(), site_of(distribution({"/api/*": 2, DEFAULT_BEHAVIOR: 2})))
    api = [
        probe for probe in found.probes if probe.place is not None and probe.place.behavior.path == "/api/*"
    ]
    assert {probe.answer.kind: probe.ok for probe in api}[AnswerKind.NOT_FOUND] is True


def test_further_pages_stand_in_for_behaviors_that_the_urls_do_not_show() -> None:
    html = (("content-type", "text/html"),)
    fake = FakeSite(pages={"/a/x": (), "/": html, "/b/y": ()}, bodies={"/": b"<a href=/b/y>"})
    site = site_of(distribution({"/a/*": 2, "/b/*": 2, DEFAULT_BEHAVIOR: 2}))
    found = verify_live(
        fake,
        site,
        (f"{HOME}a/x",),
        EXPECTED,
        FakeClock(),
        timeout=0,
        pace=Pace(),
        token=lambda: "token",
        further=(HOME,),
    )
    assert {probe.answer.target.url for probe in found.probes} == {f"{HOME}a/x", f"{HOME}b/y", HOME}


def test_a_behavior_of_which_nothing_could_carry_headers_is_told_as_not_judged() -> None:
    site = site_of(distribution({"/api/*": 2, DEFAULT_BEHAVIOR: 2}))
    found = verified(FakeSite(), site, expectation=AT_VIEWER)
    assert found.ok
    [told] = [item for item in found.left_out if item.kind is None]
    assert told.place is not None
    assert (told.place.behavior.path, told.why) == (
        "/api/*",
        "no answer here could carry the headers: name a page of this behavior",
    )


def test_pop_cache_and_age_are_told() -> None:
    [hit] = [probe for probe in verified(FakeSite()).probes if probe.answer.kind is AnswerKind.HIT]
    assert (hit.probed.pop, hit.probed.cache, hit.age) == ("TST1-P1", "Hit from cloudfront", 7)


def test_a_host_that_cannot_be_reached_is_one_failure() -> None:
    fake = FakeSite(overrides={"/": [HttpAnswer(HOME, None, error="connection refused")]})
    found = verified(fake, site_of(distribution({"/": 2})))
    assert [(probe.ok, probe.why) for probe in found.probes] == [(False, ("connection refused",))]


def test_a_host_that_does_not_answer_is_asked_once_and_not_for_every_behavior() -> None:
    fake = FakeSite(overrides={"/": [HttpAnswer(HOME, None, error="no answer within 10 s")]})
    found = verified(fake, site_of(distribution({"/a/*": 2, "/b/*": 2, DEFAULT_BEHAVIOR: 2})))
    assert [url for _, url in fake.asked] == [HOME]
    assert len(found.probes) == 3
    assert {probe.why for probe in found.probes} == {("no answer within 10 s",)}


def test_an_http_url_that_cloudfront_redirects_is_as_it_should_be() -> None:
    found = verified(FakeSite(), site_of(distribution({"/": 2})), urls=(f"http://{HOST}/",))
    assert kinds(found) == {"https-redirect": True}


def test_nothing_to_look_at_is_not_ok() -> None:
    assert not verified(FakeSite(), site_of(distribution(enabled=False)), urls=()).ok


# --- waiting ------------------------------------------------------------------------------------------


def test_one_look_is_enough_without_a_timeout() -> None:
    clock = FakeClock()
    found = verified(FakeSite(carries=OLD_LINES), clock=clock)
    assert (found.ok, found.looks, clock.monotonic()) == (False, 1, 0.0)


def test_what_is_wrong_is_looked_at_again_until_it_is_right() -> None:
    fake = FakeSite(carries=OLD_LINES)

    class Arriving(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if self.monotonic() >= 5:
                fake.carries = NEW_LINES

    found = verified(fake, timeout=60, clock=Arriving())
    assert found.ok
    assert found.looks > 2
    assert 5 <= found.elapsed < 10


def test_what_stays_wrong_is_wrong_when_the_time_is_up() -> None:
    clock = FakeClock()
    found = verified(FakeSite(carries=()), timeout=10, clock=clock)
    assert not found.ok
    assert clock.monotonic() == pytest.approx(10)


def test_a_certificate_that_is_not_accepted_is_not_waited_for() -> None:
    refused = HttpAnswer(HOME, None, error="TLS: certificate not accepted", verified=False)
    clock = FakeClock()
    found = verified(FakeSite(overrides={"/": [refused]}), timeout=120, clock=clock)
    assert (found.ok, found.looks, clock.monotonic()) == (False, 1, 0.0)


def test_only_what_is_wrong_is_asked_again() -> None:
    good, bad = f"https://{HOST}/good", f"https://{HOST}/bad"
    fake = FakeSite(
        pages={"/good": (), "/bad": ()},
        overrides={"/bad": [HttpAnswer(bad, 200, (("x-cache", "Miss from cloudfront"),))]},
    )
    verified(fake, site_of(distribution({"/good": 2, "/bad": 2})), urls=(good, bad), timeout=3)
    asked = [url for _, url in fake.asked]
    assert asked.count(bad) > 2 * asked.count(good)


# --- the judgement --------------------------------------------------------------------------------------


def judged(
    headers: tuple[tuple[str, str], ...],
    *,
    kind: AnswerKind = AnswerKind.MISS,
    status: int = 200,
    cache: str | None = "Miss from cloudfront",
    behaviors: dict[str, int | str | None] | None = None,
    expectation: Expectation = EXPECTED,
    custom_errors: tuple[CustomError, ...] = (),
) -> LiveProbe:
    site = site_of(distribution(behaviors, custom_errors=custom_errors))
    target = Target(HOME, site.place_of(HOME))
    told = () if cache is None else (("x-cache", cache),)
    return judge_answer(SurveyAnswer(target, kind, HttpAnswer(HOME, status, (*headers, *told))), expectation)


HIT = "Hit from cloudfront"
OWN_PAGE = (("server", "CloudFront"),)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (judged((), behaviors={DEFAULT_BEHAVIOR: None}), "does not have the release"),
        (judged(OLD_LINES, behaviors={"/new": 2, DEFAULT_BEHAVIOR: 1}), "carries version 1"),
        (judged((), behaviors={DEFAULT_BEHAVIOR: FOREIGN_ARN}), f": {FOREIGN_ARN}"),
        (judged((*OLD_LINES, ("age", "90")), kind=AnswerKind.HIT, cache=HIT), "cached 90 s ago, before rel"),
        (judged(OLD_LINES), "headers of release 1: this edge does not serve the new one yet"),
        (judged(()), "the trigger is there"),
        (judged((*NEW_LINES, (REPORT_ONLY, "img-src *"))), "sent more than once"),
        (judged(OWN_PAGE, status=502, cache="LambdaValidationError from cloudfront"), "CloudFront refuses"),
        (judged(OWN_PAGE, status=503, cache="LambdaExecutionError from cloudfront"), "the function fails"),
        (judged(NEW_LINES, status=500, cache="Error from cloudfront"), "the site itself fails"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(found: LiveProbe, words: str) -> None:
    assert not found.ok
    assert any(words in said(why) for why in found.why), found.why


@pytest.mark.parametrize(
    "found",
    [
        judged(NEW_LINES),
        judged((*NEW_LINES, ("server", "AmazonS3"))),
        judged(NEW_LINES, status=404, kind=AnswerKind.NOT_FOUND, cache="Error from cloudfront"),
        judged(OWN_PAGE, status=301, cache="Redirect from cloudfront"),
        judged((), status=200, cache="LambdaGeneratedResponse from cloudfront"),
        judged(OWN_PAGE, status=403, cache="Error from cloudfront"),
        judged((), status=404, kind=AnswerKind.NOT_FOUND, expectation=AT_VIEWER),
        judged(
            (),
            status=200,
            kind=AnswerKind.NOT_FOUND,
            expectation=AT_VIEWER,
            custom_errors=(CustomError(404, "/index.html", 200),),
        ),
        judged((), status=304, kind=AnswerKind.NOT_MODIFIED),
    ],
)
def test_what_is_right_or_cannot_carry_headers_is_ok(found: LiveProbe) -> None:
    assert found.ok
    assert found.differences == ()


@pytest.mark.parametrize(
    "found",
    [
        judged(OWN_PAGE, status=404, kind=AnswerKind.NOT_FOUND, cache="Error from cloudfront"),
        judged((), status=403, kind=AnswerKind.NOT_FOUND, cache="Error from cloudfront"),
        judged((), status=404, kind=AnswerKind.NOT_FOUND),
        judged(
            (), status=200, kind=AnswerKind.NOT_FOUND, custom_errors=(CustomError(404, "/index.html", 200),)
        ),
        judged(OLD_LINES, status=304, kind=AnswerKind.NOT_MODIFIED),
    ],
)
def test_a_missing_header_is_not_excused_where_a_function_should_have_run(found: LiveProbe) -> None:
    assert not found.ok


@pytest.mark.parametrize(
    ("location", "ok"),
    [("/", False), (HOME, False), (f"{HOME}#top", False), ("/other", True), ("http://[", True)],
)
def test_a_redirect_to_itself_is_a_finding(location: str, ok: bool) -> None:
    found = judged((*NEW_LINES, ("location", location)), kind=AnswerKind.REDIRECT, status=302)
    assert found.ok is ok
    assert ("it redirects to itself: a loop" in found.why) is not ok


def test_a_header_that_gives_way_may_be_the_origin_s() -> None:
    response = replace(NEW.response(), keep={"x-own": ("X-Own", "ours")})
    expectation = replace(EXPECTED, response=response)
    assert judged((*NEW_LINES, ("x-own", "the origin's")), expectation=expectation).ok
    assert not judged(NEW_LINES, expectation=expectation).ok


def test_a_header_of_the_old_release_that_only_the_cache_still_has_is_a_leftover() -> None:
    old = replace(OLD.response(), set={**OLD.response().set, "x-gone": ("X-Gone", "1")})
    stale = HttpAnswer(HOME, 200, (*NEW_LINES, ("x-gone", "1"), ("age", "3"), ("x-cache", HIT)))
    fresh = HttpAnswer(HOME, 200, (*NEW_LINES, ("x-cache", "Miss from cloudfront")))
    fake = FakeSite(overrides={"/": [fresh, stale]})
    found = verified(fake, site_of(distribution({"/": 2})), expectation=replace(EXPECTED, before=old))
    by_kind = {probe.answer.kind: probe for probe in found.probes}
    [left] = by_kind[AnswerKind.HIT].differences
    assert (left.header, left.cause(old)) == ("x-gone", DifferenceCause.LEFTOVER)
    assert by_kind[AnswerKind.MISS].ok


def test_the_same_header_on_a_fresh_response_is_the_origin_s_own() -> None:
    old = replace(OLD.response(), set={**OLD.response().set, "x-gone": ("X-Gone", "1")})
    fake = FakeSite(carries=(*NEW_LINES, ("x-gone", "1")))
    assert verified(fake, expectation=replace(EXPECTED, before=old)).ok
