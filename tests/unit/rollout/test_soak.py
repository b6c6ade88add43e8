"""What the soak gate counts after gaps: what a run saw or closed starts it over, and nothing else does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.errors import ExitCode
from edgerollout.release.delivery.distribution_document import edit
from edgerollout.release.delivery.lambda_edge import LambdaEdge
from edgerollout.release.delivery.steps import TriggerIntent
from edgerollout.release.facts.choices import Choices
from edgerollout.release.facts.live import live_release
from edgerollout.release.facts.reads import ReadRelease
from edgerollout.release.facts.soak import OBSERVED_TAG, soaked_since
from tests.fakes import documents
from tests.fakes.answers import read
from tests.unit.release.builders import FUNCTION, FUNCTION_ARN, P1, make_environment

from .world import World

if TYPE_CHECKING:
    from datetime import datetime

    from edgerollout.policy.header_rules import ResponseEvent

WEEK = 8 * 86400
EVENTS: tuple[ResponseEvent, ...] = ("origin-response", "viewer-response")


def observed(world: World) -> datetime | None:
    """Since when, as a promotion would read it."""
    excluded = world.request.excluded
    reading = read(world.session(), world.request.environment)
    live = live_release(reading.snapshot, excluded)
    if live is not None:
        reading.ask(frozenset({ReadRelease(live.number)}))
    return soaked_since(reading.snapshot, excluded)


def changed_handler(world: World, text: str) -> None:
    """A change that leaves the policy alone."""
    world.request = replace(world.request, files={"index.py": text.encode()})


def soaking(event: ResponseEvent = "origin-response", *, ids: tuple[str, ...] = ("E1",)) -> World:
    """Two releases that observe the same policy, live everywhere for 8 days by now."""
    world = World(ids=ids)
    world.wants(P1, event=event)
    world.publish()
    world.settle()
    changed_handler(world, "# a second handler\n")
    assert world.publish().exit_code is ExitCode.DONE
    world.settle()
    world.clock.advance(WEEK)
    return world


def bare(world: World, distribution: str = "E1", path: str = "/p0/*") -> None:
    """Somebody takes our trigger off one behavior."""
    every = frozenset({"/p1/*", "Default (*)"})
    intent = TriggerIntent(LambdaEdge(), FUNCTION_ARN, None, None, excluded=every)
    world.aws.cloudfront.edit(distribution, lambda xml: edit(xml, intent, None).xml)


@pytest.mark.parametrize("event", EVENTS)
def test_a_release_that_changes_the_handler_only_goes_on_counting(event: ResponseEvent) -> None:
    world = soaking(event)
    before = observed(world)
    began = world.clock.now()
    changed_handler(world, "# a third handler\n")

    assert world.publish().exit_code is ExitCode.DONE

    assert before is not None
    assert (began - before).total_seconds() >= WEEK
    assert observed(world) == before


@pytest.mark.parametrize("event", EVENTS)
def test_a_behavior_that_was_bare_and_is_mended_starts_the_soak_over(event: ResponseEvent) -> None:
    """No release is published: the invalidation, or the last change, says since when."""
    world = soaking(event)
    bare(world)
    world.clock.advance(WEEK)
    assert observed(world) is None
    began = world.clock.now()

    assert world.publish().exit_code is ExitCode.DONE

    since = observed(world)
    assert world.versions() == (1, 2)
    assert since is not None
    assert since >= began
    # What follows carries the later beginning on.
    world.settle()
    changed_handler(world, "# a third handler\n")
    world.publish()
    assert observed(world) == since


def test_a_run_that_was_killed_while_it_mended_has_started_the_soak_over() -> None:
    world = soaking()
    bare(world)
    began = world.clock.now()
    world.publish(timeout=1)
    world.settle()

    assert world.publish().exit_code is ExitCode.DONE

    since = observed(world)
    assert since is not None
    assert since >= began


def test_a_distribution_added_together_with_a_change_starts_the_soak_over() -> None:
    world = soaking()
    world.ids = ("E1", "E2")
    world.aws.cloudfront.add("E2", documents.document(2, alias="e2.example.com"))
    selectors = make_environment(distributions=world.ids).distributions
    world.request = replace(
        world.request, environment=replace(world.request.environment, distributions=selectors)
    )
    changed_handler(world, "# a third handler\n")
    began = world.clock.now()

    assert world.publish().exit_code is ExitCode.DONE

    since = observed(world)
    assert since is not None
    assert since >= began


def test_a_path_that_is_no_longer_excluded_starts_the_soak_over() -> None:
    world = World()
    environment = replace(world.request.environment, exclude=("/p0/*",))
    world.request = replace(world.request, environment=environment)
    world.publish()
    world.settle()
    changed_handler(world, "# a second handler\n")
    world.publish()
    world.settle()
    world.clock.advance(WEEK)
    world.request = replace(world.request, environment=replace(environment, exclude=()))
    began = world.clock.now()

    assert world.publish().exit_code is ExitCode.DONE

    since = observed(world)
    assert since is not None
    assert since >= began


def test_a_distribution_stripped_and_attached_again_starts_the_soak_over() -> None:
    world = soaking(ids=("E1", "E2"))
    world.colleague_detaches("E2")
    world.settle()
    world.request = replace(world.request, choices=Choices(again=True, create=True))
    began = world.clock.now()

    assert world.publish().exit_code is ExitCode.DONE

    since = observed(world)
    assert since is not None
    assert since >= began


def test_a_rollback_that_keeps_the_policy_goes_on_counting() -> None:
    world = soaking()
    before = observed(world)
    changed_handler(world, "# a third handler\n")
    world.publish()
    world.settle()

    assert world.rollback().exit_code is ExitCode.DONE

    assert observed(world) == before


def test_a_rollback_behind_a_release_that_closed_a_gap_does_not_count_the_time_before_it() -> None:
    world = soaking()
    bare(world)
    changed_handler(world, "# a third handler\n")
    began = world.clock.now()
    world.publish()
    world.settle()
    world.rollback()

    since = observed(world)
    assert since is not None
    assert since >= began


def test_a_mend_of_what_counts_from_its_own_invalidation_anyway_writes_no_tag() -> None:
    world = World()
    world.publish()
    world.settle()
    bare(world)
    world.forget_calls()

    world.publish()

    assert OBSERVED_TAG not in world.aws.functions.tags(FUNCTION)
