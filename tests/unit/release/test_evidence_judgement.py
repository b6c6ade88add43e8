from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.errors import Refused
from edgerollout.policy.csp import Csp, LayeredCsp
from edgerollout.release.checks.judgement import ExpectedEvidence, expected_of, judge_evidence, judge_file
from edgerollout.release.facts.evidence import SANDBOX, Evidence, ToldViolation, TouredPage, sha256_of
from edgerollout.release.facts.lasting import lasting
from edgerollout.release.status.status import status_of

from .builders import (
    P1,
    P2,
    at,
    make_behavior,
    make_distribution,
    make_environment,
    make_release,
    make_snapshot,
)
from .evidences import EVIDENCES, EXPECTED, GOOD, HOME, SHOP

_PAGE, _OTHER = GOOD.pages
_SEEN = EXPECTED.seen
_OLD = P1.digest

REFUSED: dict[str, tuple[Evidence, ExpectedEvidence, str]] = {
    "another environment": (
        replace(GOOD, environment="staging"),
        EXPECTED,
        "it is of environment staging, this is testing",
    ),
    "another account": (
        replace(GOOD, account="999999999999"),
        EXPECTED,
        "it is of account 999999999999, testing is in 123456789012",
    ),
    "a distribution more": (
        replace(GOOD, distributions=("E1", "E2", "E3")),
        EXPECTED,
        "it is of E1, E2 and E3, testing has E1 and E2",
    ),
    "a distribution less": (
        replace(GOOD, distributions=("E1",)),
        EXPECTED,
        "it is of E1, testing has E1 and E2",
    ),
    "another release": (replace(GOOD, release=41), EXPECTED, "it is of release 41, release 42 is live"),
    "another policy": (
        replace(GOOD, digest=_OLD),
        EXPECTED,
        f"it is of policy {_OLD[:16]}, {P2.digest[:16]} is observed",
    ),
    "another policy on a page": (
        replace(GOOD, pages=(_PAGE, replace(_OTHER, digest=_OLD))),
        EXPECTED,
        f"{SHOP} had policy {_OLD[:16]}, expected was {_SEEN[:16]}",
    ),
    "no policy on a page": (
        replace(GOOD, pages=(_PAGE, replace(_OTHER, digest=None, reason="no header"))),
        EXPECTED,
        f"{SHOP} had no report-only policy, expected was {_SEEN[:16]}",
    ),
    "the sandbox's": (
        replace(GOOD, endpoint="sandbox"),
        EXPECTED,
        "it was gathered on the sandbox, this is AWS",
    ),
    "AWS's in the sandbox": (
        GOOD,
        replace(EXPECTED, endpoint=SANDBOX),
        "it was gathered on AWS, this is the sandbox",
    ),
    "another endpoint's": (
        replace(GOOD, endpoint="http://127.0.0.1:5000"),
        EXPECTED,
        "it was gathered on http://127.0.0.1:5000, this is AWS",
    ),
    "a candidate's": (
        replace(GOOD, mode="candidate"),
        EXPECTED,
        "it is of a candidate tour, only one of the deployed site counts",
    ),
    "a preview's": (replace(GOOD, mode="preview"), EXPECTED, "it is of a preview tour"),
    "from the future": (
        replace(GOOD, started=at(700), ended=at(703)),
        EXPECTED,
        "it is from the future: the tour ended at 2026-03-01 23:43:00 UTC, now it is 2026-03-01 23:40:00 UTC",
    ),
    "begun in the future": (
        replace(GOOD, started=at(9000), ended=at(9001)),
        EXPECTED,
        "it is from the future",
    ),
    "begun before the release was live": (
        replace(GOOD, started=at(499)),
        EXPECTED,
        "the tour began at 2026-03-01 20:19:00 UTC, release 42 is live since 2026-03-01 20:20:00 UTC",
    ),
    "stale": (
        GOOD,
        replace(EXPECTED, max_age=timedelta(hours=1)),
        "it is stale: the tour began at 2026-03-01 22:00:00 UTC, 1h 40m ago, allowed are 1h",
    ),
    "a blind detector": (
        replace(GOOD, self_test_passed=False, kinds=()),
        EXPECTED,
        "its detector found nothing in the self-test: the self-test failed",
    ),
    "partial": (
        replace(GOOD, partial=("https://cdn.example did not answer",)),
        EXPECTED,
        "the tour is partial: https://cdn.example did not answer",
    ),
    "a page not whole": (
        replace(GOOD, pages=(_PAGE, replace(_OTHER, reason="the enforced policy blocked a script"))),
        EXPECTED,
        f"{SHOP} could not be seen completely: the enforced policy blocked a script",
    ),
    "no page": (replace(GOOD, pages=(), asked=()), EXPECTED, "no page was visited"),
    "a configured page missing": (
        GOOD,
        replace(EXPECTED, pages=(HOME, "https://testing.example.com/basket")),
        "https://testing.example.com/basket should have been visited",
    ),
    "a page that was asked for missing": (
        replace(GOOD, pages=(_PAGE,)),
        EXPECTED,
        f"{SHOP} should have been visited",
    ),
    "dirty": (
        replace(
            GOOD,
            pages=(replace(_PAGE, violations=7), _OTHER),
            rows=(
                ToldViolation("img-src", "https://i.example/a.png", HOME, "report", 2),
                ToldViolation("script-src-elem", "inline", HOME, "enforce"),
            ),
            omitted=4,
        ),
        EXPECTED,
        (
            f"7 violations were seen (img-src by https://i.example/a.png on {HOME}, script-src-elem by"
            f" inline on {HOME} and 4 more), expected were none"
        ),
    ),
    "contradicting itself": (replace(GOOD, ended=at(1)), EXPECTED, "before it started"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_evidence_is_refused_when_it_is(name: str) -> None:
    evidence, expected, words = REFUSED[name]

    reasons = judge_evidence(evidence, expected)

    assert [reason for reason in reasons if words in reason], reasons


def test_a_clean_and_complete_tour_of_what_is_live_is_accepted() -> None:
    content = GOOD.to_bytes()

    judgement = judge_file(content, EXPECTED)

    assert judgement.accepted
    assert (judgement.reasons, judgement.evidence, judgement.sha256) == ((), GOOD, sha256_of(content))


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (replace(GOOD, distributions=("E2", "E1")), EXPECTED),
        (replace(GOOD, endpoint="sandbox"), replace(EXPECTED, endpoint=SANDBOX)),
        (replace(GOOD, started=at(500)), EXPECTED),
        (replace(GOOD, started=at(699), ended=at(701)), EXPECTED),
        (GOOD, replace(EXPECTED, now=GOOD.started + timedelta(days=1))),
        (GOOD, replace(EXPECTED, pages=("https://testing.example.com",))),
        (GOOD, replace(EXPECTED, pages=("HTTPS://Testing.Example.com:443/#top",))),
        (GOOD, replace(EXPECTED, pages=())),
    ],
    ids=[
        "its distributions are in another order",
        "both are the sandbox's",
        "it was begun the moment the release was live",
        "the clock of the other machine is a minute ahead",
        "it is as old as allowed",
        "the configuration leaves the slash out",
        "the configuration spells the page otherwise",
        "no pages are configured",
    ],
)
def test_evidence_is_accepted_when(evidence: Evidence, expected: ExpectedEvidence) -> None:
    assert judge_evidence(evidence, expected) == ()


def test_every_reason_is_given_at_once() -> None:
    bad = replace(GOOD, account="999999999999", release=1, self_test_passed=False, partial=("one", "two"))

    assert len(judge_evidence(bad, EXPECTED)) == 4


def test_many_pages_are_counted_instead_of_listed() -> None:
    pages = tuple(TouredPage(f"https://testing.example.com/{n}", _OLD) for n in range(9))

    reasons = judge_evidence(replace(GOOD, pages=pages, asked=()), EXPECTED)

    assert any("https://testing.example.com/2 and 6 other pages had policy" in reason for reason in reasons)


@given(EVIDENCES)
def test_evidence_of_something_else_is_never_accepted(evidence: Evidence) -> None:
    assert judge_evidence(evidence, EXPECTED) != ()


@given(st.binary(max_size=80))
def test_a_file_that_cannot_be_read_is_a_reason_and_no_error(content: bytes) -> None:
    judgement = judge_file(content, EXPECTED)

    assert not judgement.accepted
    assert judgement.evidence is None
    assert len(judgement.reasons) == 1


def test_expected_is_what_is_live_in_the_environment() -> None:
    observed = LayeredCsp(P2.base, Csp.of({"upgrade-insecure-requests": []}))
    environment = replace(make_environment(), urls=(HOME,))
    snapshot = make_snapshot(
        make_distribution("E1", make_behavior(version=3), minute=40),
        make_distribution("E2", make_behavior(version=3), minute=50),
        releases={3: make_release(report_only=observed)},
    )

    status = status_of(environment, snapshot)
    expected = expected_of(
        environment, status, make_release(report_only=observed), endpoint="aws", now=at(700)
    )

    assert expected == replace(
        EXPECTED,
        release=3,
        digest=observed.digest,
        seen=P2.digest,
        live_since=at(50),
        max_age=environment.gates.evidence_max_age,
    )


def test_nothing_live_has_no_evidence() -> None:
    environment = make_environment()

    with pytest.raises(Refused, match="nothing is live in testing"):
        expected_of(
            environment, status_of(environment, make_snapshot()), make_release(), endpoint="aws", now=at(0)
        )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0s"), (59, "59s"), (60, "1m"), (5400, "1h 30m"), (7 * 86400, "7d"), (86400 * 2 + 7261, "2d 2h")],
)
def test_a_time_span_is_told_in_its_two_largest_units(seconds: int, words: str) -> None:
    assert lasting(timedelta(seconds=seconds)) == words
