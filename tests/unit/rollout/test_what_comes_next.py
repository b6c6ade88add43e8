"""What a run's outcome says is true now, what comes next, and what would take it back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.advice import CommandLine, advise
from edgerollout.errors import ExitCode
from edgerollout.policy.stage import Stage
from edgerollout.release.facts.events import CspState, RunResult
from edgerollout.rollout.next_step import Ways, after_status
from tests.spelling import said
from tests.unit.release.builders import P2
from tests.unit.views import statuses

from .test_brought_in import configure
from .world import World

if TYPE_CHECKING:
    from edgerollout.release.status.status import Status

ENFORCED, NOW = CspState("ab", None), CspState("ab", None, now_enforced=True)
OBSERVED, BOTH, NONE = CspState(None, "ab"), CspState("ab", "cd"), CspState(None, None)
WAYS = Ways(advise(CommandLine("publish", "staging")), "staging")


def published() -> World:
    world = World()
    assert world.publish().exit_code is ExitCode.DONE
    world.settle()
    return world


def test_a_first_publish_is_observed_toured_next_and_undone_by_its_number() -> None:
    outcome = World().publish()

    assert outcome.csp is not None
    assert (outcome.csp.stage, outcome.csp.enforced) == (Stage.REPORT_ONLY, None)
    assert said(outcome.next_step) == "edgerollout tour -e testing"
    assert said(outcome.undo) == "edgerollout rollback -e testing --from 1"


def test_where_nothing_was_to_do_nothing_is_undone() -> None:
    outcome = published().publish()

    assert (outcome.result, outcome.undo) == (RunResult.NOTHING_TO_DO, None)
    assert outcome.csp is not None
    assert not outcome.csp.now_enforced


def test_a_promotion_says_that_the_policy_blocks_from_now_on() -> None:
    world = published()
    outcome = world.promote()

    assert outcome.csp is not None
    assert (outcome.csp.stage, outcome.csp.now_enforced) == (Stage.ENFORCED, True)
    assert said(outcome.undo) == "edgerollout rollback -e testing --from 2"
    world.settle()
    world.wants(P2)
    later = world.publish()
    assert later.csp is not None
    assert (later.csp.stage, later.csp.now_enforced) == (Stage.REPORT_ONLY, False), "it was enforced before"


def test_a_path_that_is_no_longer_excluded_is_mended_and_the_release_is_not_taken_back_for_that() -> None:
    world = World(behaviors=1)
    configure(world, exclude=("/p0/*",))
    world.publish()
    world.settle()
    configure(world)

    outcome = world.publish()

    assert (outcome.result, outcome.release, outcome.undo) == (RunResult.COMPLETED, 1, None)


def test_a_rollback_leads_to_the_next_publish_and_has_no_way_back_of_its_own() -> None:
    world = published()
    outcome = world.rollback()

    assert (outcome.release, outcome.csp, outcome.undo) == (None, None, None)
    assert said(outcome.next_step) == "Repair config/policy.toml, then: edgerollout publish -e testing"


@pytest.mark.parametrize(
    ("ways", "csp", "command"),
    [
        pytest.param(WAYS, OBSERVED, "edgerollout tour -e staging", id="observed"),
        pytest.param(WAYS, BOTH, "edgerollout tour -e staging", id="the next one is observed"),
        pytest.param(
            replace(WAYS, asks_for_tour=False),
            OBSERVED,
            "edgerollout promote -e staging --enforce",
            id="no tour is asked for",
        ),
        pytest.param(
            replace(WAYS, followers=("production",)),
            ENFORCED,
            "edgerollout promote -e production",
            id="on to the next environment",
        ),
        pytest.param(WAYS, NOW, "edgerollout scan -e staging", id="the last one: what is it worth?"),
        pytest.param(WAYS, ENFORCED, "", id="it was enforced before: all is done"),
        pytest.param(
            replace(WAYS, after="testing"), NONE, "edgerollout promote -e staging", id="the policy is to come"
        ),
        pytest.param(WAYS, NONE, "", id="no policy at all"),
        pytest.param(replace(WAYS, environment=None), OBSERVED, "", id="by a function's name"),
        pytest.param(WAYS, None, "", id="what is live is not known"),
    ],
)
def test_the_next_step_goes_by_where_the_policy_stands(
    ways: Ways, csp: CspState | None, command: str
) -> None:
    assert said(ways.onward(csp)) == command


LIVE = statuses.CURRENT.live
assert LIVE is not None
ONLY_OBSERVED, ALL_ENFORCED = replace(LIVE, enforced=None), replace(LIVE, report_only=None)


@pytest.mark.parametrize(
    ("status", "toured", "command"),
    [
        (statuses.NOTHING, False, "plan -e staging"),
        (statuses.IN_PROGRESS, False, "wait -e staging"),
        (statuses.MIXED, False, "publish -e staging"),
        (statuses.DRIFT, False, "publish -e staging"),
        (replace(statuses.CURRENT, withdrawn=True), False, "rollback -e staging --from 42"),
        (replace(statuses.CURRENT, live=ONLY_OBSERVED), False, "tour -e staging"),
        (replace(statuses.CURRENT, live=ONLY_OBSERVED), True, "promote -e staging --enforce"),
        (replace(statuses.CURRENT, live=ALL_ENFORCED), True, ""),
        (statuses.UNKNOWN, True, ""),
    ],
)
def test_a_status_names_the_command_that_goes_on_from_it(status: Status, toured: bool, command: str) -> None:
    expected = f"edgerollout {command}" if command else ""
    assert said(after_status(status, WAYS, toured=toured)) == expected
