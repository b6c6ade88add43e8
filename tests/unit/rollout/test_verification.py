from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import pytest

from edgerollout.errors import ExitCode
from edgerollout.net.answer import HttpAnswer
from edgerollout.policy.stage import Stage
from edgerollout.release.facts.events import RunResult, VerifiedUrls
from edgerollout.release.facts.served import Served, judge
from edgerollout.rollout.stopping import Deadline
from edgerollout.rollout.verification import verify
from tests.fakes.probe import FakeProbe, answer
from tests.spelling import said
from tests.unit.release.builders import P1, P2, make_release
from tests.unit.rollout.world import URL, World

if TYPE_CHECKING:
    from edgerollout.policy.render import RenderedResponse

OLD, NEW = make_release(report_only=P1).response(), make_release(report_only=P2).response()
REPORT_ONLY = "content-security-policy-report-only"
AT_ORIGIN, AT_VIEWER = "origin-response", "viewer-response"


def sends(response: RenderedResponse, **more: str) -> dict[str, str]:
    """The headers of a site that carries `response`; underscores in `more` stand for hyphens."""
    headers = {name: value for name, (_, value) in {**response.keep, **response.set}.items()}
    return {**headers, **{name.replace("_", "-"): value for name, value in more.items()}}


def site(headers: dict[str, str] | None = None, status: int = 200, cache: str | None = None) -> HttpAnswer:
    told = {} if cache is None else {"x-cache": cache}
    return HttpAnswer(URL, status, tuple({**(headers or {}), **told}.items()))


UNREACHABLE = HttpAnswer(URL, None, error="connection refused")


class Case(NamedTuple):
    seen: HttpAnswer
    verdict: Served
    baseline: HttpAnswer | None = None
    before: RenderedResponse | None = OLD


CASES = {
    "the release's headers, and others of the site": Case(site(sends(NEW, server="S3")), Served.OK),
    "the release's headers on an error page": Case(site(sends(NEW), status=404), Served.OK),
    "the headers of the release before": Case(site(sends(OLD)), Served.STALE),
    "the headers from before any release": Case(site({}), Served.STALE, baseline=site({}), before=None),
    "no headers though the release before had them": Case(site({}), Served.WRONG),
    "a policy of neither release": Case(site(sends(NEW, **{REPORT_ONLY: "default-src *"})), Served.WRONG),
    "one header old, one a third value": Case(
        site(sends(OLD, referrer_policy="origin")), Served.WRONG, baseline=site(sends(OLD))
    ),
    "a third value that was there at baseline": Case(
        site(sends(NEW, referrer_policy="origin")),
        Served.STALE,
        baseline=site({"referrer-policy": "origin"}),
    ),
    "no answer": Case(UNREACHABLE, Served.UNREACHABLE),
    "a 502 that is new": Case(site(status=502), Served.FAILING, baseline=site(sends(OLD))),
    "a 503 that was there before the swap": Case(
        site(status=503), Served.UNREACHABLE, baseline=site(status=500)
    ),
    "a 502 where nothing was reachable before": Case(
        site(status=502), Served.UNREACHABLE, baseline=UNREACHABLE
    ),
    "a 502 without a baseline": Case(site(status=502), Served.UNREACHABLE),
    "CloudFront's own redirect to HTTPS": Case(
        site(status=301, cache="Redirect from cloudfront"), Served.NOT_JUDGED
    ),
    "the origin's redirect without headers": Case(
        site(status=301, cache="Miss from cloudfront"), Served.WRONG, baseline=site(sends(OLD))
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_a_url_sends_is_judged_against_release_and_baseline(case: Case) -> None:
    judged = judge(NEW, AT_ORIGIN, case.seen, before=case.before, baseline=case.baseline)
    assert judged.verdict is case.verdict


@pytest.mark.parametrize(
    ("event", "seen", "verdict"),
    [
        (AT_VIEWER, site(status=404), Served.NOT_JUDGED),
        (AT_ORIGIN, site(status=404), Served.STALE),
        (AT_ORIGIN, site({"server": "CloudFront"}, 403, "Error from cloudfront"), Served.NOT_JUDGED),
        (AT_ORIGIN, site({"server": "S3"}, 403, "Error from cloudfront"), Served.STALE),
        (AT_VIEWER, site(status=503), Served.FAILING),
        (AT_ORIGIN, site(status=200, cache="LambdaExecutionError from cloudfront"), Served.FAILING),
    ],
)
def test_where_no_function_runs_no_header_is_missed(event: str, seen: HttpAnswer, verdict: Served) -> None:
    assert judge(NEW, event, seen, baseline=site({})).verdict is verdict


def verified(probe: FakeProbe, *, timeout: float | None = None) -> tuple[Served, float]:
    """The verdict on one URL, and the seconds it took."""
    world = World(probe=probe)
    session = world.session()
    if timeout is not None:
        session = world.session(timeout=timeout)
    [judgement] = verify(session, probe, (URL,), AT_ORIGIN, NEW, OLD, {})
    return judgement.verdict, world.clock.monotonic()


def test_ok_is_seen_once() -> None:
    probe = FakeProbe()
    probe.script(URL, answer(URL, headers=sends(NEW)))
    assert verified(probe) == (Served.OK, 0.0)
    assert len(probe.asked) == 1


@pytest.mark.parametrize(
    "bad", [answer(URL, headers=sends(NEW, referrer_policy="x")), UNREACHABLE], ids=["wrong", "unreachable"]
)
def test_anything_but_ok_is_seen_twice_before_it_is_believed(bad: HttpAnswer) -> None:
    probe = FakeProbe()
    probe.script(URL, bad, answer(URL, headers=sends(NEW)))
    assert verified(probe)[0] is Served.OK
    assert len(probe.asked) == 2


def test_a_url_that_stays_wrong_is_wrong() -> None:
    probe = FakeProbe()
    probe.script(URL, answer(URL, headers={}))
    assert verified(probe)[0] is Served.WRONG
    assert len(probe.asked) == 2


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_new_error_that_passes_within_seconds_is_no_fault_of_the_release(status: int) -> None:
    """Replicas of a new version answer 503 for moments."""
    probe = FakeProbe()
    probe.script(URL, *[answer(URL, status=status)] * 4, answer(URL, headers=sends(NEW)))
    world = World(probe=probe)
    before = {URL: answer(URL, headers=sends(OLD))}
    [judgement] = verify(world.session(), probe, (URL,), AT_ORIGIN, NEW, OLD, before)
    assert judgement.verdict is Served.OK


def test_a_new_error_that_stays_is_wrong_after_a_bound_and_several_looks() -> None:
    probe = FakeProbe()
    probe.script(URL, answer(URL, status=503))
    world = World(probe=probe)
    before = {URL: answer(URL, headers=sends(OLD))}
    [judgement] = verify(world.session(), probe, (URL,), AT_ORIGIN, NEW, OLD, before)
    assert judgement.verdict is Served.FAILING
    assert world.clock.monotonic() >= 15
    assert len(probe.asked) >= 3


def test_where_no_headers_can_be_expected_only_an_answer_is() -> None:
    assert judge(None, AT_ORIGIN, site({})).verdict is Served.NOT_JUDGED
    assert judge(None, AT_ORIGIN, site(status=502), baseline=site({})).verdict is Served.FAILING


def test_old_headers_are_given_some_seconds_to_go() -> None:
    probe = FakeProbe()
    probe.script(URL, *[answer(URL, headers=sends(OLD))] * 4, answer(URL, headers=sends(NEW)))
    assert verified(probe)[0] is Served.OK


def test_old_headers_that_stay_are_stale_after_a_bound() -> None:
    probe = FakeProbe()
    probe.script(URL, answer(URL, headers=sends(OLD)))
    verdict, seconds = verified(probe)
    assert verdict is Served.STALE
    assert 15 <= seconds <= 40


def test_a_certificate_that_is_not_accepted_is_not_waited_for() -> None:
    probe = FakeProbe()
    probe.script(URL, replace(UNREACHABLE, error="TLS: certificate not accepted", verified=False))
    verdict, seconds = verified(probe)
    assert verdict is Served.UNREACHABLE
    assert len(probe.asked) == 2
    assert seconds <= 2


def test_verifying_ends_at_the_deadline() -> None:
    probe = FakeProbe()
    probe.script(URL, answer(URL, headers=sends(OLD)))
    verdict, seconds = verified(probe, timeout=3)
    assert verdict is Served.STALE
    assert seconds <= 5


# --- what a run makes of the verdicts ----------------------------------------------------------------


def checked(*answers: HttpAnswer, urls: tuple[str, ...] = (URL,)) -> World:
    """A world whose release 1 is live, before the publish of release 2; the site answers in turn."""
    world = World()
    assert world.publish().exit_code is ExitCode.DONE
    world.settle()
    world.wants(P2)
    world.request = replace(world.request, environment=replace(world.request.environment, urls=urls))
    world.probe = FakeProbe()
    if answers:
        world.probe.script(URL, *answers)
    return world


BEFORE = answer(URL, headers=sends(OLD))


@pytest.mark.parametrize(
    ("after", "result", "code"),
    [
        pytest.param(answer(URL, headers=sends(NEW)), RunResult.COMPLETED, ExitCode.DONE, id="ok"),
        pytest.param(BEFORE, RunResult.IN_PROGRESS, ExitCode.IN_PROGRESS, id="stale"),
        pytest.param(answer(URL, headers={}), RunResult.NOT_RIGHT, ExitCode.NOT_RIGHT, id="wrong"),
        pytest.param(UNREACHABLE, RunResult.NOT_RIGHT, ExitCode.NOT_RIGHT, id="unreachable"),
    ],
)
def test_the_verdict_decides_how_the_run_ends(after: HttpAnswer, result: RunResult, code: ExitCode) -> None:
    world = checked(BEFORE, after)
    world.takes_back = False
    outcome = world.publish()
    assert (outcome.result, outcome.exit_code) == (result, code)
    assert world.triggers() == world.everywhere(2), "the release is rolled out all the same"
    assert said(outcome.undo) == "edgerollout rollback -e testing --from 2"
    if code is ExitCode.DONE:
        assert said(outcome.next_step) == "edgerollout tour -e testing", "what is observed is toured next"
        assert outcome.verified == VerifiedUrls(1, 1)
        assert outcome.csp is not None
        assert outcome.csp.stage is Stage.REPORT_ONLY


def test_differences_are_told_by_header() -> None:
    world = checked(BEFORE, answer(URL, headers=sends(NEW, referrer_policy="origin")))
    world.publish()
    assert f"{URL}: wrong (referrer-policy: not that of the release, is origin)" in world.notices


def test_without_urls_the_run_warns_that_nothing_is_checked() -> None:
    world = checked(urls=())
    assert world.publish().exit_code is ExitCode.DONE
    assert any("not be checked" in message for message in world.notices)


def test_a_run_with_nothing_to_do_probes_nothing() -> None:
    world = checked(BEFORE, answer(URL, headers=sends(NEW)))
    assert world.publish().exit_code is ExitCode.DONE
    assert world.probe is not None
    world.probe.asked.clear()
    assert world.publish().result is RunResult.NOTHING_TO_DO
    assert world.probe.asked == []


# --- reasons to end early ----------------------------------------------------------------------------


def test_a_deadline_counts_from_its_making() -> None:
    world = World()
    world.clock.advance(1000)
    deadline = Deadline(world.clock, 60)
    assert (deadline.passed, deadline.left(100), deadline.left(10)) == (False, 60, 10)
    world.clock.advance(60)
    assert (deadline.passed, deadline.left(10)) == (True, 0)


def test_without_a_deadline_there_is_always_time() -> None:
    world = World()
    deadline = Deadline(world.clock, None)
    world.clock.advance(10**9)
    assert (deadline.passed, deadline.left(12)) == (False, 12)
