"""First contact: what is seen, what differs, and what cannot be looked at."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgerollout.errors import ExitCode
from edgerollout.net.answer import HttpAnswer
from edgerollout.release.facts.contact import Assumption, Contact
from edgerollout.rollout.contact import LONGEST, look
from edgerollout.rollout.ports import AwsFailure
from tests.fakes.probe import FakeProbe, answer
from tests.unit.rollout.world import URL, World


def looked(world: World) -> dict[str, Assumption]:
    return {assumption.name: assumption for assumption in look(world.session(), world.request.environment)}


@pytest.fixture
def published() -> World:
    world = World()
    assert world.publish().exit_code is ExitCode.DONE
    world.settle()
    world.forget_calls()
    return world


def test_after_a_publish_everything_is_seen_and_nothing_is_changed(published: World) -> None:
    found = looked(published)
    assert {
        assumption.name: assumption.came
        for assumption in found.values()
        if assumption.state is not Contact.SEEN
    } == {}
    assert {"list", "distribution", "document", "splice", "invalidations", "download", "dry-run"} <= set(
        found
    )
    writes = {
        name for name in published.calls if name.partition(":")[2].startswith(("Create", "Publish", "Tag"))
    }
    assert writes == set()
    assert published.triggers() == published.everywhere(1)


def test_before_the_first_publish_what_is_not_there_is_not_seen() -> None:
    found = looked(World())
    assert {name for name, assumption in found.items() if assumption.state is Contact.NOT_SEEN} == {
        "function", "invalidations", "state"
    }  # fmt: skip
    assert all(assumption.came for assumption in found.values() if assumption.state is Contact.NOT_SEEN)


def test_what_may_not_be_read_is_not_seen_and_spares_the_rest(published: World) -> None:
    published.aws.faults.fail(
        "cloudfront:GetDistributionConfig", AwsFailure("x", "AccessDenied", "no"), times=9
    )
    found = looked(published)
    assert {name for name, assumption in found.items() if assumption.state is Contact.NOT_SEEN} == {
        "document",
        "splice",
    }
    assert found["document"].came == "x failed: AccessDenied: no"


def test_code_with_another_digest_differs(published: World) -> None:
    published.aws.functions.code = lambda name, version: b"other"  # type: ignore[method-assign]
    found = looked(published)
    assert found["download"].state is Contact.DIFFERS
    assert ", not " in (found["download"].came or "")


def test_a_page_is_seen_through_cloudfront_or_differs_or_is_not_seen(published: World) -> None:
    environment = replace(published.request.environment, urls=(URL,))
    published.request = replace(published.request, environment=environment)
    for came, state in (
        (answer(URL), Contact.SEEN),
        (HttpAnswer(URL, 200), Contact.DIFFERS),
        (HttpAnswer(URL, None, error="cannot connect"), Contact.NOT_SEEN),
    ):
        published.probe = FakeProbe()
        published.probe.script(URL, came)
        assert looked(published)["page"].state is state


def test_after_its_time_nothing_more_is_looked_at(published: World) -> None:
    published.aws.faults.before("cloudfront:GetDistribution", lambda: published.clock.advance(LONGEST + 1))
    found = looked(published)
    assert found["document"].came == "there was no time left"
    assert found["role"].state is Contact.NOT_SEEN
