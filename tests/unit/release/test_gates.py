from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgerollout.advice import spelled
from edgerollout.policy.csp import Csp, LayeredCsp
from edgerollout.policy.headers import Header
from edgerollout.release.checks.gates import (
    GATES,
    Gate,
    GateFacts,
    MetBy,
    after_gate,
    drift_gate,
    evaluate,
    headers_gate,
    lint_gate,
    observable_gate,
    reporting_gate,
    soak_gate,
    tour_gate,
)
from edgerollout.release.checks.judgement import JudgedEvidence
from edgerollout.release.facts.environment import Gates
from edgerollout.release.facts.environment_before import Before
from edgerollout.release.facts.release import GateResult, Override
from edgerollout.release.status.before import before_of
from edgerollout.release.status.status import BehaviorState, BehaviorStatus, status_of
from tests.spelling import spell

from .builders import (
    HEADERS,
    P1,
    P2,
    P3,
    at,
    make_behavior,
    make_distribution,
    make_environment,
    make_invalidation,
    make_release,
    make_snapshot,
)
from .evidences import GOOD

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from edgerollout.release.status.status import Status

_LIVE = make_release(enforced=P1, report_only=P2)
_ACCEPTED = JudgedEvidence("ab" * 32, GOOD, ())
_REJECTED = JudgedEvidence(
    "cd" * 32, GOOD, ("it is of release 41, release 42 is live", "no page was visited")
)


def _status(*, status: str = "Deployed", invalidated: bool = True) -> Status:
    snapshot = make_snapshot(
        make_distribution("E1", make_behavior("/api/*", 42), make_behavior(version=42), status=status),
        releases={42: _LIVE},
        invalidations={"E1": make_invalidation(42)} if invalidated else {},
    )
    return status_of(make_environment(), snapshot)


_SETTLED = _status()
_SPLIT = LayeredCsp(P2.base, Csp.of({"img-src": ["data:"]}))
_JOINED = LayeredCsp(_SPLIT.effective)
_BEFORE = Before("staging", "123456789012", 17, P2.base_digest, P2, HEADERS)


def _facts(
    *,
    gates: Gates = Gates(),  # noqa: B008 (frozen)
    after: str | None = None,
    observed: LayeredCsp | None = P2,
    enforced: LayeredCsp | None = P1,
    headers: tuple[Header, ...] = HEADERS,
    new_headers: tuple[Header, ...] | None = None,
    status: Status = _SETTLED,
    soaked: float | None = 0,
    evidence: JudgedEvidence | None = _ACCEPTED,
    before: Before | None = None,
    lint: tuple[str, ...] = (),
    only_widens: bool = False,
) -> GateFacts:
    """The facts of a flip from P1 to P2 in `testing`, every gate met, at minute 10000."""
    return GateFacts(
        environment=replace(make_environment(after=after), gates=gates),
        status=status,
        live=make_release(enforced=enforced, report_only=observed, headers=headers),
        release=make_release(enforced=observed, headers=headers if new_headers is None else new_headers),
        now=at(10000),
        soaked_since=None if soaked is None else at(soaked),
        evidence=evidence,
        before=before,
        lint=lint,
        only_widens=only_widens,
    )


def _after(**facts: object) -> GateFacts:
    return _facts(**{"after": "staging", "before": _BEFORE, **facts})  # type: ignore[arg-type]


def _csp(**directives: Sequence[str]) -> LayeredCsp:
    named = {name.replace("_", "-"): sources for name, sources in directives.items()}
    return LayeredCsp(Csp.of({"default-src": ["'self'"], **named}))


_WEEK = Gates(soak=timedelta(days=7))
_SANDBOXED = _csp(sandbox=["allow-scripts"])
_UPGRADING = LayeredCsp(P2.base, Csp.of({"upgrade-insecure-requests": []}))
_ENDPOINTS = Header("reporting-endpoints", 'other="https://o.example/r", csp="https://r.example/csp"')
_HSTS, _LONG_HSTS = (Header("strict-transport-security", f"max-age={age}") for age in (300, 63072000))


def _with_base(policy: LayeredCsp) -> Before:
    return replace(_BEFORE, base=policy.base_digest, policy=policy)


CASES: dict[str, tuple[Callable[[GateFacts], Gate], GateFacts, bool, str]] = {
    # --- soak
    "no soak is asked for": (soak_gate, _facts(soaked=None), True, "no soak is required"),
    "a week was asked for, six days and 22 hours have passed": (
        soak_gate,
        _facts(gates=_WEEK, soaked=10000 - 6 * 1440 - 22 * 60),
        False,
        "observed for 6d 22h since 2026-03-01 12:40 UTC; 7d are required",
    ),
    "a week was asked for and has passed": (
        soak_gate,
        _facts(gates=_WEEK, soaked=10000 - 7 * 1440),
        True,
        "observed for 7d",
    ),
    "nobody knows since when it is observed": (
        soak_gate,
        _facts(gates=_WEEK, soaked=None),
        False,
        "not every behavior observes the policy",
    ),
    "a policy that only widens needs no soak": (
        soak_gate,
        _facts(gates=_WEEK, soaked=9999, only_widens=True),
        True,
        "only widens",
    ),
    "a clock behind AWS's makes no soak": (
        soak_gate,
        _facts(gates=_WEEK, soaked=10001),
        False,
        "observed for 0s",
    ),
    # --- tour
    "a clean tour": (tour_gate, _facts(), True, "2 pages without a violation, toured 2026-03-01 22:00 UTC"),
    "no evidence": (tour_gate, _facts(evidence=None), False, "there is no evidence of a tour"),
    "evidence that does not do": (
        tour_gate,
        _facts(evidence=_REJECTED),
        False,
        "it is of release 41, release 42 is live; no page was visited",
    ),
    "evidence that could not be read": (
        tour_gate,
        _facts(evidence=JudgedEvidence("ef" * 32, None, ("the evidence was altered",))),
        False,
        "the evidence was altered",
    ),
    "no tour is asked for": (
        tour_gate,
        _facts(gates=Gates(tour=False), evidence=None),
        True,
        "no tour is required",
    ),
    "a policy that only widens needs no tour": (
        tour_gate,
        _facts(evidence=_REJECTED, only_widens=True),
        True,
        "only widens",
    ),
    # --- after
    "no environment comes before": (after_gate, _facts(), True, "it comes after no other environment"),
    "the environment before enforces it": (
        after_gate,
        _after(),
        True,
        f"staging enforces the same base policy {P2.base_digest[:16]} (release 17)",
    ),
    "of which only 16 digits are known": (
        after_gate,
        _after(before=replace(_BEFORE, base=P2.base_digest[:16])),
        True,
        "enforces the same base policy",
    ),
    "of which too few digits are known": (
        after_gate,
        _after(before=replace(_BEFORE, base=P2.base_digest[:8], policy=None)),
        False,
        "here it would be",
    ),
    "whose own overlay differs": (
        after_gate,
        _after(observed=LayeredCsp(P2.base, Csp.of({"img-src": ["data:"]}))),
        True,
        "enforces the same base policy",
    ),
    "what moved from the overlay into the base there is the same policy": (
        after_gate,
        _after(observed=_SPLIT, before=replace(_with_base(_JOINED), policy=_JOINED)),
        True,
        f"staging enforces base policy {_JOINED.base_digest[:16]}, which means the same here (release 17)",
    ),
    "what moved from the overlay into the base there, and is not settled there": (
        after_gate,
        _after(
            observed=_SPLIT,
            before=replace(_with_base(_JOINED), policy=_JOINED, unsettled="staging is mixed"),
        ),
        False,
        "staging is mixed",
    ),
    "the environment before enforced it until it moved on to a newer one": (
        after_gate,
        _after(before=replace(_with_base(P3), proven=(P2.base_digest[:16], P3.base_digest[:16]))),
        True,
        "staging enforced this base policy before it moved on to a newer one",
    ),
    "the environment before enforces another policy": (
        after_gate,
        _after(before=_with_base(P3)),
        False,
        f"staging enforces base policy {P3.base_digest[:16]}, here it would be {P2.base_digest[:16]}",
    ),
    "the environment before enforced it and went on": (
        after_gate,
        _after(before=replace(_with_base(P3), proven=(P1.base_digest[:16], P2.base_digest[:16]))),
        True,
        "staging enforced this base policy before it moved on to a newer one",
    ),
    "the environment before only observes": (
        after_gate,
        _after(before=replace(_BEFORE, base=None)),
        False,
        "staging enforces no policy",
    ),
    "the environment before cannot be read": (
        after_gate,
        _after(before=None),
        False,
        "the policy that staging enforces is unknown",
    ),
    "the environment before is unsettled": (
        after_gate,
        _after(before=replace(_BEFORE, unsettled="staging is mixed")),
        False,
        "staging is mixed",
    ),
    # --- drift
    "the policy of the live release was edited": (
        drift_gate,
        _facts(status=replace(_SETTLED, altered="edgerollout-x-42")),
        False,
        "somebody has edited the response headers policy edgerollout-x-42",
    ),
    "a policy that goes along was edited": (
        drift_gate,
        _facts(status=replace(_SETTLED, stale=("team-cors",))),
        False,
        "team-cors was edited since release 42 copied what goes along of it",
    ),
    "every behavior carries the live release": (
        drift_gate,
        _facts(),
        True,
        "every behavior carries release 42",
    ),
    "CloudFront still propagates": (
        drift_gate,
        _facts(status=_status(status="InProgress")),
        False,
        "release 42 is still on its way: e1.example.com is InProgress",
    ),
    "the cache was not invalidated": (
        drift_gate,
        _facts(status=_status(invalidated=False)),
        False,
        "e1.example.com is not invalidated yet",
    ),
    "the live release is withdrawn": (
        drift_gate,
        _facts(status=replace(_SETTLED, withdrawn=True)),
        False,
        "release 42 is marked as withdrawn",
    ),
    "nothing is live": (
        drift_gate,
        _facts(status=replace(_SETTLED, live=None)),
        False,
        "no release is live",
    ),
    # --- observable
    "nothing that report-only cannot show": (observable_gate, _facts(), True, "has nothing that"),
    "sandbox cannot be observed": (
        observable_gate,
        _facts(observed=_SANDBOXED),
        False,
        "browsers ignore sandbox allow-scripts in report-only",
    ),
    "several cannot be observed": (
        observable_gate,
        _facts(observed=_csp(upgrade_insecure_requests=[], treat_as_public_address=[])),
        False,
        "browsers ignore upgrade-insecure-requests and treat-as-public-address",
    ),
    "it is enforced already": (
        observable_gate,
        _facts(observed=_SANDBOXED, enforced=_SANDBOXED),
        True,
        "has nothing that",
    ),
    "it is enforced already, otherwise": (
        observable_gate,
        _facts(observed=_SANDBOXED, enforced=_csp(sandbox=["allow-forms"])),
        False,
        "browsers ignore sandbox allow-scripts",
    ),
    "a sandbox that only allows more": (
        observable_gate,
        _facts(
            observed=_csp(sandbox=["allow-forms", "allow-scripts"]), enforced=_SANDBOXED, only_widens=True
        ),
        True,
        "only widens",
    ),
    "nothing is enforced yet": (
        observable_gate,
        _facts(observed=_csp(upgrade_insecure_requests=[]), enforced=None),
        False,
        "browsers ignore upgrade-insecure-requests",
    ),
    "the environment before enforces it already": (
        observable_gate,
        _after(observed=_SANDBOXED, before=_with_base(_SANDBOXED)),
        True,
        "sandbox allow-scripts was enforced in staging already",
    ),
    "the environment before enforces another policy with it": (
        observable_gate,
        _after(observed=_SANDBOXED, before=_with_base(P1)),
        False,
        "browsers ignore sandbox",
    ),
    "it is in this environment's overlay": (
        observable_gate,
        _after(observed=_UPGRADING),
        False,
        "browsers ignore upgrade-insecure-requests",
    ),
    # --- reporting
    "report-uri": (
        reporting_gate,
        _facts(observed=_csp(report_uri=["/csp"]), evidence=None),
        True,
        "violations are reported to /csp",
    ),
    "report-to with its endpoint": (
        reporting_gate,
        _facts(observed=_csp(report_to=["csp"]), headers=(_ENDPOINTS,), evidence=None),
        True,
        "violations are reported to csp",
    ),
    "report-to without an endpoint": (
        reporting_gate,
        _facts(observed=_csp(report_to=["csp"]), evidence=None),
        False,
        "report-to names csp, but no reporting-endpoints header says where that is",
    ),
    "report-to with another's endpoint": (
        reporting_gate,
        _facts(observed=_csp(report_to=["default"]), headers=(_ENDPOINTS,), evidence=None),
        False,
        "report-to names default",
    ),
    "report-to with an endpoint that is taken away": (
        reporting_gate,
        _facts(
            observed=_csp(report_to=["csp"]),
            headers=(replace(_ENDPOINTS, action="remove"),),
            evidence=None,
        ),
        False,
        "report-to names csp",
    ),
    "nobody would know": (reporting_gate, _facts(evidence=None), False, "nobody would know of a violation"),
    "a tour stands in for reports": (
        reporting_gate,
        _facts(),
        True,
        "the evidence of the tour replaces the reports",
    ),
    "a policy that only widens has nothing new to report": (
        reporting_gate,
        _facts(evidence=None, only_widens=True),
        True,
        "only widens",
    ),
    "evidence that does not do stands in for nothing": (
        reporting_gate,
        _facts(evidence=_REJECTED),
        False,
        "nobody would know of a violation",
    ),
    # --- lint
    "lint finds nothing": (lint_gate, _facts(), True, "lint finds no error"),
    "lint finds errors": (
        lint_gate,
        _facts(lint=("script-nonce-in-static", "unsafe-inline")),
        False,
        "lint finds errors: script-nonce-in-static and unsafe-inline",
    ),
    # --- headers
    "no environment to try headers in": (
        headers_gate,
        _facts(new_headers=(_HSTS,)),
        True,
        "it comes after no other environment",
    ),
    "headers stay": (headers_gate, _after(), True, "stay as they are"),
    "headers of its own stay": (headers_gate, _after(headers=(_HSTS,)), True, "stay as they are"),
    "headers stay, and those before are unknown": (
        headers_gate,
        _after(before=replace(_BEFORE, headers=None)),
        True,
        "stay as they are",
    ),
    "a header that the environment before sends": (
        headers_gate,
        _after(new_headers=(*HEADERS, _HSTS), before=replace(_BEFORE, headers=(_HSTS,))),
        True,
        "staging sends strict-transport-security already",
    ),
    "a header that the environment before does not send": (
        headers_gate,
        _after(new_headers=(*HEADERS, _HSTS)),
        False,
        "not live in staging yet: strict-transport-security: max-age=300 (staging: not set)",
    ),
    "a value that the environment before does not send": (
        headers_gate,
        _after(headers=(_HSTS,), new_headers=(_LONG_HSTS,), before=replace(_BEFORE, headers=(_HSTS,))),
        False,
        "strict-transport-security: max-age=63072000 (staging: max-age=300)",
    ),
    "a header that is not sent any more, also before": (
        headers_gate,
        _after(headers=(*HEADERS, _HSTS), new_headers=HEADERS),
        True,
        "already",
    ),
    "a header that is not sent any more, but still before": (
        headers_gate,
        _after(headers=(_HSTS,), new_headers=(), before=replace(_BEFORE, headers=(_HSTS,))),
        False,
        "strict-transport-security: not set (staging: max-age=300)",
    ),
    "a header that was replaced and is kept now": (
        headers_gate,
        _after(headers=(_HSTS,), new_headers=(replace(_HSTS, action="keep"),)),
        False,
        "strict-transport-security: max-age=300 (kept)",
    ),
    "headers before that are unknown": (
        headers_gate,
        _after(new_headers=(*HEADERS, _HSTS), before=replace(_BEFORE, headers=None)),
        False,
        "the headers of staging are unknown",
    ),
    "an environment before that is unknown": (
        headers_gate,
        _after(new_headers=(*HEADERS, _HSTS), before=None),
        False,
        "the headers of staging are unknown",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_gate_says_whether_it_is_met_and_why(name: str) -> None:
    judge, facts, passed, words = CASES[name]

    gate = judge(facts)

    assert (gate.passed, words in gate.detail) == (passed, True), gate.detail


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not case[2]])
def test_a_gate_that_is_not_met_says_what_would_meet_it(name: str) -> None:
    judge, facts, _, _ = CASES[name]

    assert judge(facts).remedy


@pytest.mark.parametrize("state", [BehaviorState.MISSING, BehaviorState.OLD, BehaviorState.FOREIGN])
def test_a_behavior_without_the_live_release_is_drift(state: BehaviorState) -> None:
    distribution = replace(_SETTLED.distributions[0], behaviors=(BehaviorStatus("/new/*", None, state),))

    gate = drift_gate(_facts(status=replace(_SETTLED, distributions=(distribution,))))

    assert not gate.passed
    assert gate.detail == f"not every behavior carries release 42: /new/* of e1.example.com is {state}"


def test_an_excluded_behavior_is_no_drift() -> None:
    excluded = BehaviorStatus("/internal/*", None, BehaviorState.EXCLUDED)
    distribution = replace(_SETTLED.distributions[0], behaviors=(excluded,))

    assert drift_gate(_facts(status=replace(_SETTLED, distributions=(distribution,)))).passed


def test_a_mixed_environment_names_its_releases() -> None:
    assert _SETTLED.live is not None
    mixed = replace(_SETTLED, live=replace(_SETTLED.live, counts=((41, 1), (42, 3))))

    assert "different releases (41 on 1, 42 on 3)" in drift_gate(_facts(status=mixed)).detail


def test_the_gates_come_in_one_order_and_each_once() -> None:
    assert tuple(gate.name for gate in evaluate(_facts())) == GATES
    assert all(gate.passed for gate in evaluate(_facts()))


def test_a_soak_says_when_to_come_back() -> None:
    assert (
        soak_gate(_facts(gates=_WEEK, soaked=9000)).remedy == "Come back at 2026-03-14 18:00 UTC, in 6d 7h."
    )


def test_a_tour_that_found_something_is_no_reason_for_the_same_tour_again() -> None:
    found = tour_gate(_facts(evidence=replace(_REJECTED, to_the_point=True)))

    assert "edgerollout tour -e" in (spelled(found.remedy, spell) or "")
    assert "--write" in (spelled(found.remedy, spell) or "")
    assert found.met_by is MetBy.PERSON


def test_the_release_records_the_sum_of_the_evidence_that_was_shown() -> None:
    result = tour_gate(_facts()).result

    assert result.name == "tour"
    assert result.detail.endswith(f"; evidence sha256 {'ab' * 32}")
    assert f"evidence sha256 {'cd' * 32}" in tour_gate(_facts(evidence=_REJECTED)).result.detail


def test_an_override_opens_a_gate_that_is_not_met_and_keeps_its_reason() -> None:
    facts = _facts(evidence=None, lint=("unsafe-inline",))
    overrides = (Override("lint", "ticket 7"), Override("soak", "not needed at all"))

    gates = {gate.name: gate for gate in evaluate(facts, overrides)}

    assert gates["lint"].open
    assert gates["lint"].override == Override("lint", "ticket 7")
    assert gates["lint"].result == GateResult("lint", passed=False, detail="lint finds errors: unsafe-inline")
    assert not gates["tour"].open
    assert gates["soak"].open
    assert gates["soak"].override is None


@given(st.sets(st.sampled_from(GATES)))
def test_exactly_the_overridden_gates_open(names: set[str]) -> None:
    facts = _facts(
        gates=_WEEK,
        after="staging",
        observed=_SANDBOXED,
        new_headers=(_HSTS,),
        status=_status(status="InProgress"),
        soaked=None,
        evidence=None,
        lint=("unsafe-inline",),
    )
    overrides = tuple(Override(name, "because") for name in names)

    assert {gate.name for gate in evaluate(facts, overrides) if gate.open} == names


def test_setting_drift_aside_says_loudly_what_that_means() -> None:
    facts = _facts(status=_status(status="InProgress"))

    drift = {gate.name: gate for gate in evaluate(facts, (Override("drift", "ticket 8"),))}["drift"]

    assert drift.detail.endswith("what is enforced now was NOT observed everywhere")
    assert "NOT" not in drift_gate(facts).detail


def _environment_before(
    release: object, *, documents: Mapping[int, object] | None = None, version: int = 17
) -> Before:
    snapshot = make_snapshot(
        make_distribution("E1", make_behavior(version=version)),
        releases={17: release},  # type: ignore[dict-item]
        invalidations={"E1": make_invalidation(17)},
        documents=documents,  # type: ignore[arg-type]
    )
    return before_of(status_of(make_environment(), snapshot))


def test_the_environment_before_is_told_by_its_release_or_by_its_ledger_line() -> None:
    enforcing = make_release(enforced=P1, report_only=P2)

    read, told = _environment_before(enforcing), _environment_before(enforcing, documents={})

    assert (read.name, read.account, read.release) == ("testing", "123456789012", 17)
    assert (read.base, read.policy, read.headers) == (P1.base_digest, P1, HEADERS)
    assert (told.base, told.policy, told.headers) == (P1.base_digest[:16], None, None)
    assert (read.unsettled, told.unsettled) == (None, None)


@pytest.mark.parametrize("documents", [None, {}], ids=["read", "not read"])
def test_an_environment_that_only_observes_enforces_no_base(documents: dict[int, object] | None) -> None:
    assert _environment_before(make_release(report_only=P1), documents=documents).base is None


def test_an_environment_where_nothing_is_live_enforces_nothing() -> None:
    before = before_of(status_of(make_environment(), make_snapshot()))

    assert before == Before("testing", "123456789012", None, None)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"withdrawn": True}, "release 42 of testing is withdrawn"),
        ({"distributions": _status(status="InProgress").distributions}, "still on its way"),
        ({"distributions": _status(invalidated=False).distributions}, "still on its way"),
    ],
    ids=["withdrawn", "in progress", "not invalidated"],
)
def test_an_environment_before_that_is_not_settled_says_why(change: dict[str, object], words: str) -> None:
    assert words in (before_of(replace(_SETTLED, **change)).unsettled or "")  # type: ignore[arg-type]


def test_an_environment_before_that_is_mixed_or_drifts_says_so() -> None:
    assert _SETTLED.live is not None
    mixed = replace(_SETTLED, live=replace(_SETTLED.live, counts=((41, 1), (42, 3))))
    missing = BehaviorStatus("/new/*", None, BehaviorState.MISSING)
    drifting = replace(_SETTLED, distributions=(replace(_SETTLED.distributions[0], behaviors=(missing,)),))

    assert before_of(mixed).unsettled == "testing is mixed: its behaviors carry different releases"
    assert before_of(drifting).unsettled == "testing drifts: not every behavior carries release 42"
