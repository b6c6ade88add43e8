"""A policy moves on: what is carried and what is flipped, what waits, and what was begun is finished."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from edgerollout.errors import Conflict, Refused
from edgerollout.policy.csp import Csp, LayeredCsp
from edgerollout.release.checks.gates import Gate
from edgerollout.release.delivery.steps import SwapTriggers
from edgerollout.release.facts.environment import Gates
from edgerollout.release.facts.environment_before import Before
from edgerollout.release.facts.reads import ReadRelease
from edgerollout.release.facts.release import Override
from edgerollout.release.facts.unreadable import UnreadableCause, UnreadableRelease
from edgerollout.release.plans.plan import PublishVersion
from edgerollout.release.plans.promotion import plan_promotion
from tests.fakes.answers import planned
from tests.spelling import said

from .builders import (
    ACCOUNT,
    HEADERS,
    P1,
    P2,
    P3,
    csp,
    make_behavior,
    make_distribution,
    make_environment,
    make_invalidation,
    make_release,
    make_request,
    make_snapshot,
)

if TYPE_CHECKING:
    from edgerollout.release.facts.reads import Planning, Read
    from edgerollout.release.facts.release import Release
    from edgerollout.release.facts.snapshot import Distribution, Snapshot
    from edgerollout.release.plans.desired import PublishRequest
    from edgerollout.release.plans.plan import Plan
    from edgerollout.release.plans.promotion import Judge

AFTER = make_environment(after="staging")
SOAKING = replace(AFTER, gates=Gates(soak=timedelta(days=7)))


def staging(policy: LayeredCsp | None = P2, *, release: int = 17, **more: Any) -> Before:
    digest = None if policy is None else policy.base_digest
    return Before("staging", ACCOUNT, release, digest, policy, HEADERS, **more)


def flip(**more: Any) -> PublishRequest:
    return make_request(P3, environment=AFTER, enforce=True, **more)


def carry(*, environment: Any = AFTER, **more: Any) -> PublishRequest:
    return make_request(P3, environment=environment, **more)


def on(version: int | None, distribution: str = "E1", *, minute: float = 0) -> Distribution:
    return make_distribution(distribution, make_behavior(version=version), minute=minute)


def live(release: Release, number: int = 1) -> Snapshot:
    """That release on every behavior, all done."""
    return make_snapshot(
        on(number, minute=10 * number + 1),
        releases={number: release},
        invalidations={"E1": make_invalidation(number)},
    )


def judged(*gates: Gate) -> Judge:
    """Gates that are answered so, whatever they are asked about."""

    def judge(*_: object) -> Planning[tuple[Gate, ...]]:
        yield frozenset()
        return gates

    return judge


def never(*_: object) -> Planning[tuple[Gate, ...]]:
    raise AssertionError("no gate is asked here")


MET = judged(Gate("soak", passed=True, detail="long enough"))


def plan(
    request: PublishRequest, snapshot: Snapshot, judge: Judge = MET, *, before: Before | None = None
) -> Plan:
    """The plan where `before`, or `staging()`, is what comes before."""
    return planned(plan_promotion, request, replace(snapshot, before=before or staging()), judge)


def rules(made: Plan) -> list[str]:
    return [finding.rule for finding in made.findings]


# --- the flip ----------------------------------------------------------------------------------------


def test_a_flip_enforces_exactly_the_policy_that_is_observed_whatever_the_configuration_says() -> None:
    made = plan(flip(), live(make_release(enforced=P1, report_only=P2), 4))

    assert made.release is not None
    assert (made.release.enforced, made.release.report_only) == (P2, None)
    assert made.direction == "testing 4 report-only → enforced"
    assert made.publishes


def test_a_flip_of_what_is_enforced_already_has_nothing_to_do_and_asks_no_gate() -> None:
    made = plan(flip(), live(make_release(enforced=P1)), never)

    assert not made.changes
    assert rules(made) == ["enforced-already"]


def test_a_flip_without_an_observed_policy_is_refused_with_the_way_to_one() -> None:
    with pytest.raises(Refused, match="observes nothing that could be enforced") as refused:
        plan(flip(), live(make_release()))
    assert (
        said(refused.value.hint) == "Publish the policy that staging enforces: edgerollout promote -e testing"
    )


def test_a_flip_where_nothing_is_live_is_refused() -> None:
    with pytest.raises(Refused, match="nothing is live in testing"):
        plan(flip(), make_snapshot())


def test_what_was_published_by_hand_is_not_promoted() -> None:
    with pytest.raises(Refused, match="was not published by edgerollout"):
        plan(flip(), make_snapshot(on(1), releases={1: None}))


def test_a_live_release_that_cannot_be_read_is_not_promoted() -> None:
    snapshot = make_snapshot(
        on(1),
        releases={1: make_release(report_only=P1)},
        documents={1: UnreadableRelease("release 1", "denied", UnreadableCause.DENIED)},
    )

    with pytest.raises(Refused, match="the live release 1 cannot be read") as refused:
        plan(flip(), snapshot)
    assert refused.value.why == "denied"


# --- gates -------------------------------------------------------------------------------------------


def test_gate_results_and_needed_overrides_go_into_the_release() -> None:
    gates = (
        Gate("soak", passed=True, detail="long enough"),
        Gate("tour", passed=False, detail="no evidence", overridden="by hand", record="sha256 of nothing"),
    )

    made = plan(flip(), live(make_release(report_only=P1)), judged(*gates))

    assert made.release is not None
    assert [(gate.name, gate.passed) for gate in made.release.gates] == [("soak", True), ("tour", False)]
    assert [(override.gate, override.reason) for override in made.release.overrides] == [("tour", "by hand")]
    assert made.gates == gates
    assert not made.refused
    (step,) = (
        function_step for function_step in made.function_steps if isinstance(function_step, PublishVersion)
    )
    assert " override=tour " in step.description


def test_a_gate_that_is_not_met_refuses_the_plan() -> None:
    gate = Gate("soak", passed=False, detail="observed for 2d", remedy="Come back in 5d.")

    made = plan(flip(), live(make_release(report_only=P1)), judged(gate))

    assert made.refused
    assert made.unmet == (gate,)


def test_gates_do_not_change_the_release_digest() -> None:
    snapshot = live(make_release(report_only=P1))

    first, second = plan(flip(), snapshot), plan(flip(), snapshot, judged())

    assert first.release is not None
    assert second.release is not None
    assert first.release.digest() == second.release.digest()


# --- carrying ----------------------------------------------------------------------------------------


def test_carrying_observes_the_base_of_the_environment_before_with_the_own_overlay() -> None:
    own = csp("https://three.example", overlay={"connect-src": ["https://api.example"]})
    before = staging(csp("https://two.example", overlay={"img-src": ["https://staging.example"]}))
    request = make_request(own, environment=AFTER)

    made = plan(request, live(make_release(enforced=P1)), before=before)

    assert made.release is not None
    assert made.release.enforced == P1
    assert made.release.report_only == LayeredCsp(P2.base, own.overlay)
    assert made.direction == "staging 17 → testing report-only"


def test_carrying_into_an_environment_without_anything_observes_it() -> None:
    made = plan(carry(), make_snapshot())

    assert made.release is not None
    assert (made.release.enforced, made.release.report_only) == (None, P2)


@pytest.mark.parametrize(
    ("release", "rule"),
    [(make_release(report_only=P2), "observed-already"), (make_release(enforced=P2), "enforced-already")],
    ids=["observed", "enforced"],
)
def test_carrying_what_is_there_already_has_nothing_to_do(release: Release, rule: str) -> None:
    made = plan(carry(), live(release), never)

    assert not made.changes
    assert rules(made) == [rule]


def test_only_a_newer_place_to_report_to_is_carried_without_observing_anew() -> None:
    reporting = LayeredCsp(Csp((*P2.base.directives, ("report-uri", ("https://r.example",)))))

    made = plan(carry(), live(make_release(enforced=P2, report_only=P3)), before=staging(reporting))

    assert made.release is not None
    assert (made.release.enforced, made.release.report_only) == (reporting, P3)


def test_carrying_from_an_environment_that_enforces_nothing_is_refused() -> None:
    with pytest.raises(Refused, match="staging enforces no policy") as refused:
        plan(carry(), make_snapshot(), before=staging(None))
    assert "promote -e staging --enforce" in said(refused.value.hint)


def test_carrying_a_policy_whose_text_is_not_known_is_refused() -> None:
    before = Before("staging", ACCOUNT, 17, P2.base_digest)

    with pytest.raises(Refused, match="cannot be read"):
        plan(carry(), make_snapshot(), before=before)


def test_an_unsettled_environment_before_is_warned_about() -> None:
    made = plan(carry(), live(make_release(enforced=P1)), before=staging(unsettled="staging drifts"))

    assert rules(made) == ["before-unsettled"]
    assert not made.refused


# --- one policy soaks at a time ----------------------------------------------------------------------


def test_the_next_policy_waits_while_another_one_soaks() -> None:
    made = plan(carry(environment=SOAKING), live(make_release(enforced=P1, report_only=P3)), never)

    assert not made.changes
    assert rules(made) == ["promotion-waits"]


def test_it_is_carried_at_once_when_asked_to_start_the_soak_over() -> None:
    made = plan(
        carry(environment=SOAKING, restart_soak=True), live(make_release(enforced=P1, report_only=P3))
    )

    assert made.release is not None
    assert made.release.report_only == P2


def test_without_a_soak_nothing_waits() -> None:
    assert plan(carry(), live(make_release(enforced=P1, report_only=P3))).publishes


# --- what was begun is finished ----------------------------------------------------------------------


def begun(*, override: str | None = None) -> Snapshot:
    """Release 1 is live and observed; release 2 enforces its policy and is attached nowhere."""
    observed, flipped = make_release(report_only=P2), make_release(enforced=P2, previous=1)
    if override is not None:
        flipped = replace(flipped, overrides=(Override(override, "by hand"),))
    return make_snapshot(
        on(1, minute=11), releases={1: observed, 2: flipped}, invalidations={"E1": make_invalidation(1)}
    )


def test_a_promotion_that_was_published_and_not_attached_is_resumed() -> None:
    made = plan(flip(), begun())

    assert made.target == 2
    assert not made.publishes
    assert not made.refused


def test_what_is_attached_nowhere_asks_its_gates_again() -> None:
    """Cut off on Friday because it broke staging: on Monday nobody shall resume it unasked."""
    made = plan(flip(), begun(), judged(Gate("after", passed=False, detail="not now")))

    assert made.refused
    assert [gate.name for gate in made.unmet] == ["after"]


@pytest.mark.parametrize("recorded", ["tour", "soak"])
def test_what_was_published_carries_only_the_overrides_it_was_published_with(recorded: str) -> None:
    gate = Gate("tour", passed=False, detail="no evidence", overridden="by hand")

    made = plan(flip(), begun(override=recorded), judged(gate))

    assert made.refused is (recorded != "tour")


def test_a_half_swapped_promotion_is_finished_by_the_same_command() -> None:
    observed, begun = make_release(report_only=P2), make_release(enforced=P2, previous=1)
    two = make_environment(distributions=("E1", "E2"), after="staging")
    snapshot = make_snapshot(on(2, minute=21), on(1, "E2", minute=11), releases={1: observed, 2: begun})

    made = plan(make_request(P3, environment=two, enforce=True), snapshot, never)

    assert made.target == 2
    assert [
        distribution.id
        for distribution in made.distributions
        if any(isinstance(s, SwapTriggers) for s in distribution.steps)
    ] == ["E2"]


def test_a_half_rolled_back_promotion_is_not_finished() -> None:
    observed, begun = make_release(report_only=P2), make_release(enforced=P2, previous=1)
    two = make_environment(distributions=("E1", "E2"), after="staging")
    snapshot = make_snapshot(on(2, minute=21), on(1, "E2", minute=30), releases={1: observed, 2: begun})

    with pytest.raises(Refused, match="release 2 counts as rolled back"):
        plan(make_request(P3, environment=two, enforce=True), snapshot, never)


def test_a_mixed_environment_takes_no_other_promotion() -> None:
    release, two = make_release(report_only=P1), make_release(report_only=P3, previous=1)
    snapshot = make_snapshot(on(2), on(1, "E2"), releases={1: release, 2: two})

    with pytest.raises(Conflict, match="testing is mixed"):
        plan(flip(), snapshot)


def test_what_was_rolled_back_is_not_enforced_again_unasked() -> None:
    observed, enforced = make_release(report_only=P2), make_release(enforced=P2, previous=1)
    snapshot = make_snapshot(on(1), releases={1: observed, 2: enforced}, withdrawn=[2])

    with pytest.raises(Refused, match="rolled back"):
        plan(flip(), snapshot)
    assert plan(flip(again=True), snapshot).publishes


def test_the_live_release_is_read_for_any_promotion() -> None:
    asked: set[Read] = set()
    planned(plan_promotion, flip(), live(make_release(report_only=P1), 3), MET, asked=asked)
    assert ReadRelease(3) in asked


def test_a_flip_that_brings_another_handler_says_that_the_policy_was_not_observed_with_it() -> None:
    made = plan(
        flip(files={"index.py": b"# another\n", "more.py": b""}), live(make_release(report_only=P2), 4)
    )

    assert rules(made) == ["handler-untried"]
    assert "index.py changed, more.py new" in made.findings[0].message
    assert not made.refused


def test_a_carried_policy_is_observed_with_the_handler_that_comes_with_it() -> None:
    request = make_request(P3, environment=AFTER, files={"index.py": b"# another\n"})

    made = plan(request, live(make_release(report_only=P1), 4))

    assert made.publishes
    assert rules(made) == []
