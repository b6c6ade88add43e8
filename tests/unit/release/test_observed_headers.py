"""Headers with stages on their way: observed, promoted, rolled back, carried over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.errors import Refused
from edgerollout.net.answer import HttpAnswer
from edgerollout.policy.headers import Header
from edgerollout.release.checks.gates import GateFacts, after_gate, observable_gate, reporting_gate
from edgerollout.release.checks.judgement import expected_of, judge_file
from edgerollout.release.delivery.policy_config import misfits, worst_stage
from edgerollout.release.facts.bundle import code_sha256, pack, unpack
from edgerollout.release.facts.difference import headers_before_after
from edgerollout.release.facts.evidence import WITHOUT_CSP, Evidence, WatchedHeader
from edgerollout.release.facts.ledger import LedgerLine
from edgerollout.release.facts.live import brings_again
from edgerollout.release.facts.release import Release
from edgerollout.release.facts.site_today import headers_today
from edgerollout.release.facts.snapshot import Version
from edgerollout.release.facts.soak import soaked_since
from edgerollout.release.plans.advancing import plan_advance
from edgerollout.release.plans.promotion import plan_promotion
from edgerollout.release.plans.publish import plan_publish
from edgerollout.release.status.status import status_of
from tests.fakes.answers import planned

from .builders import (
    CAMERA,
    CAMERA_USB,
    FILES,
    HEADERS,
    P1,
    P2,
    at,
    make_behavior,
    make_distribution,
    make_environment,
    make_invalidation,
    make_release,
    make_request,
    make_snapshot,
)
from .evidences import GOOD, HOME

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgerollout.release.checks.gates import Gate
    from edgerollout.release.facts.reads import Planning
    from edgerollout.release.facts.snapshot import Snapshot
    from edgerollout.release.plans.desired import PublishRequest

TWIN = "permissions-policy-report-only"


def live(*releases: Release) -> Snapshot:
    """Releases 1, 2, …, the last on every behavior."""
    number = len(releases)
    return make_snapshot(
        make_distribution("E1", make_behavior(version=number), minute=10 * number + 1),
        releases=dict(enumerate(releases, 1)),
        invalidations={"E1": make_invalidation(number, minute=10 * number + 5)},
    )


def wants(*headers: Header, **more: object) -> PublishRequest:
    return make_request(headers=(*headers, *HEADERS), **more)  # type: ignore[arg-type]


def published(request: PublishRequest, snapshot: Snapshot) -> Release:
    made = planned(plan_publish, request, snapshot)
    assert made.release is not None
    return made.release


def met(*_: object) -> Planning[tuple[Gate, ...]]:
    yield frozenset()
    return ()


OBSERVING = make_release(report_only=P1, observed=(CAMERA,))
ENFORCING = make_release(report_only=P1, headers=(CAMERA, *HEADERS))


def test_the_first_release_observes_what_may_break_a_page_and_sends_its_twin() -> None:
    release = published(wants(CAMERA, create=True), make_snapshot(no_function=True))
    assert (release.headers, release.observed) == (HEADERS, (CAMERA,))
    assert release.response().set[TWIN] == ("Permissions-Policy-Report-Only", "camera=()")
    assert "permissions-policy" not in release.response().set


def test_while_it_is_observed_there_is_nothing_to_do() -> None:
    made = planned(plan_publish, wants(CAMERA), live(OBSERVING))
    assert made.target == 1


@pytest.mark.parametrize(
    ("wanted", "enforced", "observed"),
    [((CAMERA_USB,), (CAMERA,), (CAMERA_USB,)), ((CAMERA,), (CAMERA,), ()), ((), (), ())],
)
def test_publish_never_enforces_what_is_stricter(
    wanted: tuple[Header, ...], enforced: tuple[Header, ...], observed: tuple[Header, ...]
) -> None:
    release = published(wants(*wanted), live(ENFORCING))
    assert (release.headers, release.observed) == ((*enforced, *HEADERS), observed)


def test_what_loosens_is_shown() -> None:
    before = make_release(headers=(CAMERA_USB, *HEADERS))
    difference = headers_before_after(before, make_release(headers=(CAMERA, *HEADERS)))
    assert [header.name for header in difference.headers if header.loosened] == ["permissions-policy"]


def test_a_live_release_that_cannot_be_read_may_enforce_headers() -> None:
    snapshot = replace(live(make_release(headers=(CAMERA, *HEADERS))), documents={})
    with pytest.raises(Refused, match="headers to carry over"):
        planned(plan_publish, wants(CAMERA_USB), snapshot)
    assert published(wants(), snapshot).observed == ()


# --- the flip ----------------------------------------------------------------------------------------


def test_a_promotion_enforces_exactly_what_is_observed_whatever_the_configuration_says() -> None:
    snapshot = live(make_release(enforced=P2, headers=(CAMERA, *HEADERS), observed=(CAMERA_USB,)))
    for request in (wants(enforce=True), wants(CAMERA, enforce=True)):
        made = planned(plan_promotion, request, snapshot, met)
        assert made.release is not None
        assert made.release.headers == (CAMERA_USB, *HEADERS)
        assert (made.release.observed, made.release.enforced, made.release.report_only) == ((), P2, None)


def test_headers_that_are_configured_later_wait_for_a_publish() -> None:
    made = planned(plan_promotion, wants(CAMERA, enforce=True), live(make_release(report_only=P1)), met)
    assert made.release is not None
    assert (made.release.headers, made.release.observed) == (HEADERS, ())


def test_advance_enforces_headers_without_a_policy() -> None:
    observing = make_release(enforced=P1, observed=(CAMERA,))
    advanced = planned(plan_advance, wants(CAMERA), live(observing), met, met)
    assert advanced.step.value == "enforce"


def test_a_withdrawn_header_is_not_observed_again() -> None:
    before = make_release(report_only=P1)
    assert brings_again(OBSERVING, before, {2: (OBSERVING, before)}) == ((2, "observed headers"),)


# --- the record --------------------------------------------------------------------------------------


def test_a_release_reads_back_with_what_it_observes() -> None:
    kept = Header("cross-origin-opener-policy", "same-origin", "keep")
    release = replace(OBSERVING, observed=(kept, CAMERA))
    bundle = pack(FILES, release)
    version = Version(7, str(LedgerLine.of(release)), code_sha256(bundle), at(0))
    read = unpack(bundle, version)
    assert isinstance(read, Release)
    assert (read.observed, read.digest()) == ((kept, CAMERA), release.digest())
    assert release.digest() != replace(release, observed=()).digest()


def test_all_in_force_is_what_a_promotion_would_make() -> None:
    forced = OBSERVING.in_force()
    assert (forced.enforced, forced.report_only, forced.observed) == (P1, None, ())
    assert set(forced.headers) == {CAMERA, *HEADERS}


# --- the soak ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("releases", "since"),
    [
        ((OBSERVING, replace(OBSERVING, previous=1, observed_since=at(15))), 15),
        ((make_release(report_only=P1), replace(OBSERVING, previous=1)), 25),
        # What is left of two goes on when the other one is given up.
        ((OBSERVING, replace(make_release(report_only=P1, previous=1), observed_since=at(15))), 15),
    ],
)
def test_the_soak_counts_what_is_observed_now(releases: tuple[Release, ...], since: int) -> None:
    assert soaked_since(live(*releases)) == at(since)


def test_a_release_that_observes_more_starts_the_soak_over() -> None:
    assert published(wants(CAMERA), live(make_release(report_only=P1))).observed_since is None
    new = {"index.py": b"def handler(event, context):\n    return None\n"}
    assert published(wants(CAMERA, files=new), live(OBSERVING)).observed_since == at(15)


# --- gates -------------------------------------------------------------------------------------------

LIVE = make_release(enforced=P1, observed=(CAMERA,))


def evidence(*, watched: Iterable[WatchedHeader] = (WatchedHeader(CAMERA.name),), **more: object) -> Evidence:
    pages = tuple(replace(page, digest=WITHOUT_CSP, observed=LIVE.observed_digest) for page in GOOD.pages)
    seen = {"digest": WITHOUT_CSP, "pages": pages, "distributions": ("E1",), "release": 1, **more}
    return replace(GOOD, observed=tuple(watched), **seen)  # type: ignore[arg-type]


def facts(shown: Evidence | None) -> GateFacts:
    environment = make_environment(after="staging", urls=(HOME,))
    status = status_of(environment, live(LIVE))
    expected = expected_of(environment, status, LIVE, endpoint="aws", now=at(700))
    return GateFacts(
        environment=environment,
        status=status,
        live=LIVE,
        release=LIVE.in_force(),
        now=at(700),
        soaked_since=at(0),
        evidence=None if shown is None else judge_file(shown.to_bytes(), expected),
    )


def test_evidence_of_headers_alone_is_accepted_and_reads_back() -> None:
    shown = evidence()
    assert Evidence.from_bytes(shown.to_bytes()) == shown
    judged = facts(shown)
    assert judged.evidence is not None
    assert judged.evidence.reasons == ()
    assert observable_gate(judged).passed
    assert reporting_gate(judged).passed
    assert after_gate(judged).vacuous


def test_pages_without_the_twins_are_no_evidence() -> None:
    judged = facts(evidence(pages=tuple(replace(page, digest=WITHOUT_CSP) for page in GOOD.pages)))
    assert judged.evidence is not None
    assert "did not have the headers that are observed" in judged.evidence.reasons[0]


@pytest.mark.parametrize(
    ("watched", "why"),
    [
        ((WatchedHeader(CAMERA.name, "nobody tried it"),), "nobody tried it"),
        ((), "the evidence says nothing of it"),
    ],
)
def test_what_was_not_really_observed_is_a_gate(watched: tuple[WatchedHeader, ...], why: str) -> None:
    gate = observable_gate(facts(evidence(watched=watched)))
    assert not gate.passed
    assert why in gate.detail


def test_nobody_hears_of_a_header_without_a_tour_or_an_endpoint() -> None:
    judged = facts(None)
    assert "permissions-policy" in reporting_gate(judged).detail
    told = replace(CAMERA, value="camera=();report-to=x")
    assert reporting_gate(replace(judged, live=replace(LIVE, observed=(told,)))).passed


# --- the means and adoption --------------------------------------------------------------------------


def test_fit_is_judged_with_every_twin_at_once() -> None:
    response = worst_stage((CAMERA, *HEADERS), P1, None, (Header("integrity-policy", "x"),))
    names = {TWIN, "permissions-policy", "integrity-policy", "integrity-policy-report-only"}
    assert names <= set(response.set)
    nine = tuple(Header(f"x-{number}", "v") for number in range(9))
    assert misfits(nine, None, None) == ()
    assert "11 custom headers" in misfits((*nine, CAMERA), None, None)[0].message


def answer(url: str, **headers: str) -> HttpAnswer:
    return HttpAnswer(url, 200, tuple((name.replace("_", "-"), value) for name, value in headers.items()))


def test_headers_of_today_are_those_that_all_pages_send() -> None:
    home, shop = answer("https://a/", permissions_policy="usb=()"), answer("https://a/shop")
    assert headers_today((home, home), (CAMERA,)) == (Header("permissions-policy", "usb=()"),)
    assert headers_today((shop,), (CAMERA,)) == ()
    with pytest.raises(Refused, match="different values of permissions-policy"):
        headers_today((home, shop), (CAMERA,))
