"""What one distribution needs: the coverage table, and the steps in the order they are taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from edgerollout.release.delivery.coverage import plan_distribution
from edgerollout.release.delivery.lambda_edge import LambdaEdge
from edgerollout.release.delivery.steps import (
    Action,
    AwaitDeployed,
    DistributionPlan,
    Invalidate,
    SwapTriggers,
)
from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR, Behavior, Trigger
from tests.unit.release.builders import (
    FOREIGN_ARN,
    FUNCTION_ARN,
    ORIGIN,
    VIEWER,
    arn,
    make_behavior,
    make_distribution,
    make_invalidation,
)

if TYPE_CHECKING:
    from edgerollout.release.facts.snapshot import Distribution, Invalidation

SWAP, WAIT, CLEAR = "swap", "wait", "invalidate"
BOTH = (Trigger(ORIGIN, arn(2)), Trigger(VIEWER, arn(1)))


def plan_for(
    distribution: Distribution,
    invalidation: Invalidation | None = None,
    *,
    event: str = ORIGIN,
    target: int | None = 2,
    excluded: frozenset[str] = frozenset(),
) -> DistributionPlan:
    return plan_distribution(
        distribution,
        invalidation,
        means=LambdaEdge(event),
        function_arn=FUNCTION_ARN,
        target=target,
        excluded=excluded,
        paths=("/*",),
    )


def steps_of(plan: DistributionPlan) -> list[str]:
    names = {SwapTriggers: SWAP, AwaitDeployed: WAIT, Invalidate: CLEAR}
    return [names[type(step)] for step in plan.steps]


class Case(NamedTuple):
    behaviors: tuple[Behavior, ...]
    steps: list[str]
    actions: list[tuple[str, str, Action]]
    event: str = ORIGIN
    target: int | None = 2
    invalidation: Invalidation | None = None
    status: str = "Deployed"
    excluded: frozenset[str] = frozenset()


D = DEFAULT_BEHAVIOR
CASES = {
    "a fresh distribution: attach everywhere in one update": Case(
        (make_behavior("/a"), make_behavior()),
        [SWAP, WAIT, CLEAR],
        [("/a", ORIGIN, Action.ATTACH), (D, ORIGIN, Action.ATTACH)],
    ),
    "a version still to be published": Case(
        (make_behavior(version=1),),
        [SWAP, WAIT, CLEAR],
        [(D, ORIGIN, Action.REPLACE)],
        target=None,
    ),
    "an older version of ours is replaced": Case(
        (make_behavior(version=1),),
        [SWAP, WAIT, CLEAR],
        [(D, ORIGIN, Action.REPLACE)],
        invalidation=make_invalidation(1),
    ),
    "up to date: nothing to do": Case(
        (make_behavior("/a", 2), make_behavior(version=2)),
        [],
        [("/a", ORIGIN, Action.KEEP), (D, ORIGIN, Action.KEEP)],
        invalidation=make_invalidation(2),
    ),
    "up to date and somebody's change is propagating: wait for Deployed": Case(
        (make_behavior(version=2),),
        [WAIT],
        [(D, ORIGIN, Action.KEEP)],
        invalidation=make_invalidation(2),
        status="InProgress",
    ),
    "somebody's change is propagating before our swap: it is waited out first": Case(
        (make_behavior(version=1),),
        [WAIT, SWAP, WAIT, CLEAR],
        [(D, ORIGIN, Action.REPLACE)],
        status="InProgress",
    ),
    "killed before the invalidation: it is made": Case(
        (make_behavior(version=2),),
        [CLEAR],
        [(D, ORIGIN, Action.KEEP)],
    ),
    "killed before the invalidation, the release before had one": Case(
        (make_behavior(version=2),),
        [CLEAR],
        [(D, ORIGIN, Action.KEEP)],
        invalidation=make_invalidation(1),
    ),
    "killed while our change was propagating": Case(
        (make_behavior(version=2),),
        [WAIT, CLEAR],
        [(D, ORIGIN, Action.KEEP)],
        status="InProgress",
    ),
    "the invalidation was made and is still under way: its completion is not waited for again": Case(
        (make_behavior(version=2),),
        [],
        [(D, ORIGIN, Action.KEEP)],
        invalidation=make_invalidation(2, completed=False),
    ),
    "a new behavior without trigger gets one, the others are kept": Case(
        (make_behavior("/new"), make_behavior(version=2)),
        [SWAP, WAIT, CLEAR],
        [("/new", ORIGIN, Action.ATTACH), (D, ORIGIN, Action.KEEP)],
        invalidation=make_invalidation(2),
    ),
    "an excluded path is left alone, whatever is on it": Case(
        (make_behavior("/legacy", 1), make_behavior(version=2)),
        [],
        [("/legacy", ORIGIN, Action.SKIP), (D, ORIGIN, Action.KEEP)],
        invalidation=make_invalidation(2),
        excluded=frozenset({"/legacy"}),
    ),
    "everything is excluded: no steps": Case(
        (make_behavior(version=1),),
        [],
        [(D, ORIGIN, Action.SKIP)],
        excluded=frozenset({D}),
    ),
    "a foreign function on our event keeps its slot": Case(
        (make_behavior("/go", FOREIGN_ARN), make_behavior()),
        [SWAP, WAIT, CLEAR],
        [("/go", ORIGIN, Action.FOREIGN), (D, ORIGIN, Action.ATTACH)],
    ),
    "a foreign function on another event is no business of ours": Case(
        (make_behavior(version=2, more=(Trigger("viewer-request", FOREIGN_ARN),)),),
        [],
        [(D, ORIGIN, Action.KEEP)],
        invalidation=make_invalidation(2),
    ),
    "$LATEST or an alias on our event is foreign: CloudFront takes numbered versions only": Case(
        (make_behavior(version=f"{FUNCTION_ARN}:live"),),
        [],
        [(D, ORIGIN, Action.FOREIGN)],
    ),
    "viewer-response: nothing is cached with our headers, so nothing is invalidated": Case(
        (make_behavior(version=1, event=VIEWER),),
        [SWAP, WAIT],
        [(D, VIEWER, Action.REPLACE)],
        event=VIEWER,
    ),
    "viewer-response, up to date": Case(
        (make_behavior(version=2, event=VIEWER),),
        [],
        [(D, VIEWER, Action.KEEP)],
        event=VIEWER,
    ),
    "the event moves from origin to viewer: two updates, too, and what is cached is cleared at the end": Case(
        (make_behavior(version=1),),
        [SWAP, WAIT, SWAP, WAIT, CLEAR],
        [(D, VIEWER, Action.ATTACH), (D, ORIGIN, Action.DETACH)],
        event=VIEWER,
    ),
    "the event moves from viewer to origin: two updates, so that no response goes bare": Case(
        (make_behavior(version=1, event=VIEWER),),
        [SWAP, WAIT, CLEAR, SWAP, WAIT],
        [(D, ORIGIN, Action.ATTACH), (D, VIEWER, Action.DETACH)],
    ),
    "viewer to origin with somebody's change propagating": Case(
        (make_behavior(version=1, event=VIEWER),),
        [WAIT, SWAP, WAIT, CLEAR, SWAP, WAIT],
        [(D, ORIGIN, Action.ATTACH), (D, VIEWER, Action.DETACH)],
        status="InProgress",
    ),
    "viewer to origin, killed after the first update": Case(
        (Behavior(D, BOTH),),
        [WAIT, CLEAR, SWAP, WAIT],
        [(D, ORIGIN, Action.KEEP), (D, VIEWER, Action.DETACH)],
        status="InProgress",
    ),
    "viewer to origin, killed before the second update": Case(
        (Behavior(D, BOTH),),
        [SWAP, WAIT],
        [(D, ORIGIN, Action.KEEP), (D, VIEWER, Action.DETACH)],
        invalidation=make_invalidation(2),
    ),
    "viewer to origin, killed while the invalidation was under way: it is waited for": Case(
        (Behavior(D, BOTH),),
        [CLEAR, SWAP, WAIT],
        [(D, ORIGIN, Action.KEEP), (D, VIEWER, Action.DETACH)],
        invalidation=make_invalidation(2, completed=False),
    ),
    "viewer to origin, one behavior is there already": Case(
        (make_behavior("/a", 2), make_behavior(version=1, event=VIEWER)),
        [SWAP, WAIT, CLEAR, SWAP, WAIT],
        [("/a", ORIGIN, Action.KEEP), (D, ORIGIN, Action.ATTACH), (D, VIEWER, Action.DETACH)],
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_distribution_gets_the_steps_its_state_asks_for(case: Case) -> None:
    plan = plan_for(
        make_distribution("E1", *case.behaviors, status=case.status),
        case.invalidation,
        event=case.event,
        target=case.target,
        excluded=case.excluded,
    )
    assert steps_of(plan) == case.steps
    assert [(row.path, row.event, row.action) for row in plan.behaviors] == case.actions


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_no_plan_swaps_more_than_twice_or_invalidates_more_than_once(case: Case) -> None:
    steps = case.steps
    moves = any(action is Action.DETACH for _, _, action in case.actions)
    assert steps.count(SWAP) <= (2 if moves else 1)
    assert steps.count(CLEAR) <= 1


def test_rows_show_what_goes_out_and_what_comes_in() -> None:
    plan = plan_for(make_distribution("E1", make_behavior("/a", 1), make_behavior()), target=2)
    assert [(row.before, row.after) for row in plan.behaviors] == [(arn(1), arn(2)), (None, arn(2))]


def test_a_version_without_a_number_yet_is_shown_as_the_new_one() -> None:
    row = plan_for(make_distribution("E1", make_behavior(version=1)), target=None).behaviors[0]
    assert (row.before, row.after, row.to_new) == (arn(1), None, True)


def test_the_intent_remembers_the_triggers_the_plan_saw() -> None:
    plan = plan_for(
        make_distribution(
            "E1",
            make_behavior("/a", 1, more=(Trigger("viewer-request", FOREIGN_ARN),)),
            make_behavior("/b", FOREIGN_ARN),
            make_behavior("/skipped", 1),
            make_behavior(),
        ),
        excluded=frozenset({"/skipped"}),
    )
    swap = plan.steps[0]
    assert isinstance(swap, SwapTriggers)
    assert swap.intent.seen == frozenset({("/a", ORIGIN, arn(1)), ("/b", ORIGIN, FOREIGN_ARN)})


def test_the_first_of_two_updates_keeps_the_viewer_trigger_the_second_takes_it_out() -> None:
    plan = plan_for(make_distribution("E1", make_behavior(version=1, event=VIEWER)))
    first, second = (step.intent for step in plan.steps if isinstance(step, SwapTriggers))
    assert VIEWER in first.keep_events
    assert second.keep_events == frozenset()
    assert first.seen == second.seen


def test_the_configured_paths_are_invalidated() -> None:
    plan = plan_distribution(
        make_distribution("E1", make_behavior(version=2)),
        None,
        means=LambdaEdge(),
        function_arn=FUNCTION_ARN,
        target=2,
        excluded=frozenset(),
        paths=("/index.html", "/docs/*"),
    )
    assert plan.steps == (Invalidate(("/index.html", "/docs/*")),)
